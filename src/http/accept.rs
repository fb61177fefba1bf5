//! Chooses between HTML and JSON (RFC 9110 §12.5.1).

use actix_web::HttpMessage;
use actix_web::http::header::{Accept, Header as _, Quality};

/// Whether `Accept` gives HTML a higher quality than JSON, as browsers do. Equal qualities or `*/*` mean a
/// program.
pub fn prefers_html(request: &impl HttpMessage) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let quality = |kind: &str, subtype: &str| {
        let matching = accept.0.iter().filter_map(|wanted| {
            let (type_, subtype_) = (wanted.item.type_().as_str(), wanted.item.subtype().as_str());
            let specific = match (type_ == kind, subtype_) {
                (true, own) if own == subtype => 2,
                (true, "*") => 1,
                (false, "*") if type_ == "*" => 0,
                _ => return None,
            };
            Some((specific, wanted.quality))
        });
        // The most specific media range sets the quality.
        matching.max_by_key(|(specific, _)| *specific).map_or(Quality::ZERO, |(_, quality)| quality)
    };
    quality("text", "html") > quality("application", "json")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn rfc9110_12_5_1_browsers_get_pages_and_programs_json() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        let wants = |accept: &str| {
            prefers_html(&TestRequest::get().insert_header((ACCEPT, accept)).to_http_request())
        };
        for (accept, html) in [
            (browser, true),
            ("text/html", true),
            ("text/*, */*;q=0.1", true),
            ("application/json;q=0.5, text/html", true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("application/json, text/plain, */*", false),
            ("text/html;q=0, */*", false),
            ("text/html;q=0.4, */*;q=0.5", false),
            ("", false),
            ("no media type", false),
        ] {
            assert_eq!(wants(accept), html, "{accept}");
        }
        assert!(!prefers_html(&TestRequest::get().to_http_request()), "curl without a word");
    }
}
