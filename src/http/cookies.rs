//! The cookies (RFC 6265). On https their names begin with `__Host-`, so that no other host can set them and
//! they are sent over TLS only. Plain http, used in development, does not allow that prefix.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::COOKIE;

use crate::flow::browser::{Browser, CookieChanges, OrganizationCookie};
use crate::protocol::id::OrganizationId;
use crate::protocol::secret::Secret;

const PREFIX: &str = "__Host-";
const BROWSER: &str = "tiquo-browser";
const SSO: &str = "tiquo-sso.";
const DEVICE: &str = "tiquo-device.";
/// Longest value that is read, in bytes.
const MAX_VALUE: usize = 512;
/// Most cookies of a request that are read. Browsers store at most 180 of a site.
const MAX_PAIRS: usize = 512;

/// Reads and writes cookies.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    /// Whether the issuer's URL is https.
    pub secure: bool,
}

impl Cookies {
    /// Reads our cookies; all others are ignored.
    pub fn read(self, request: &HttpRequest) -> Browser {
        let mut browser = Browser::default();
        // Other sites' cookies are in this header too (RFC 6265 §8.6), so each pair is parsed by itself.
        let pairs = request
            .headers()
            .get_all(COOKIE)
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        for pair in pairs.take(MAX_PAIRS).filter_map(|pair| std::str::from_utf8(pair).ok()) {
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            let Some(name) = (if self.secure { name.strip_prefix(PREFIX) } else { Some(name) }) else {
                continue;
            };
            if value.is_empty() || value.len() > MAX_VALUE {
                continue;
            }
            let value = Secret::new(value.to_owned());
            if name == BROWSER {
                browser.secret.get_or_insert(value);
            } else if let Some(organization) = name.strip_prefix(SSO) {
                browser.sso.entry(OrganizationId::new(organization)).or_insert(value);
            } else if let Some(organization) = name.strip_prefix(DEVICE) {
                browser.devices.entry(OrganizationId::new(organization)).or_insert(value);
            }
        }
        browser
    }

    /// The cookies to set and to delete.
    pub fn write(self, cookies: &CookieChanges) -> Vec<Cookie<'static>> {
        let secret = cookies.secret.as_ref().map(|secret| self.cookie(BROWSER.to_owned(), secret));
        let kept = |prefix: &str, kept: &OrganizationCookie| {
            let mut cookie = self.cookie(format!("{prefix}{}", kept.organization), &kept.value);
            let seconds = i64::try_from(kept.lifetime.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(CookieDuration::seconds(seconds));
            cookie
        };
        let sso = cookies.sso.as_ref().map(|value| kept(SSO, value));
        let device = cookies.device.as_ref().map(|value| kept(DEVICE, value));
        // A browser applies cookies in order, so deletions come before a new sign-in.
        let forgotten = cookies.forget.iter().map(|organization| {
            let mut cookie = self.cookie(format!("{SSO}{organization}"), &Secret::new(String::new()));
            cookie.set_max_age(CookieDuration::ZERO);
            cookie
        });
        forgotten.chain([secret, sso, device].into_iter().flatten()).collect()
    }

    fn cookie(self, name: String, value: &Secret<String>) -> Cookie<'static> {
        let name = if self.secure { format!("{PREFIX}{name}") } else { name };
        Cookie::build(name, value.expose().clone())
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::test::TestRequest;

    use super::*;

    fn changes() -> CookieChanges {
        let organization = OrganizationId::new("org_demo");
        let value = Secret::new("value".to_owned());
        let kept = OrganizationCookie { organization, value, lifetime: Duration::from_secs(60) };
        let secret = Some(Secret::new("mine".to_owned()));
        CookieChanges { secret, sso: Some(kept.clone()), device: Some(kept), ..CookieChanges::default() }
    }

    #[test]
    fn rfc6265bis_4_1_3_2_host_prefix_on_https() {
        let written = Cookies { secure: true }.write(&changes());
        let written = written.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            written,
            [
                "__Host-tiquo-browser=mine; HttpOnly; SameSite=Lax; Secure; Path=/",
                "__Host-tiquo-sso.org_demo=value; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60",
                "__Host-tiquo-device.org_demo=value; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60",
            ]
        );
    }

    #[test]
    fn rfc6265_5_3_a_sign_in_that_is_to_be_forgotten_is_taken_away() {
        let cookies =
            CookieChanges { forget: vec![OrganizationId::new("org_demo")], ..CookieChanges::default() };
        let written = Cookies { secure: true }.write(&cookies);
        let written = written.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            written,
            ["__Host-tiquo-sso.org_demo=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"]
        );
    }

    #[test]
    fn foreign_cookies_hide_none_of_ours_and_only_a_bounded_number_is_read() {
        let read = |header: &[u8]| {
            let header = actix_web::http::header::HeaderValue::from_bytes(header).unwrap();
            Cookies { secure: false }
                .read(&TestRequest::default().insert_header((COOKIE, header)).to_http_request())
        };
        let browser = read(b"theirs=\xe9\xff; tiquo-sso.org_demo=value; tiquo-browser=mine");
        assert_eq!((browser.secret.unwrap().expose().as_str(), browser.sso.len()), ("mine", 1));
        let many = |before: usize| format!("{}tiquo-browser=mine", "tiquo-sso.o=v; ".repeat(before));
        assert!(read(many(511).as_bytes()).secret.is_some());
        assert!(read(many(512).as_bytes()).secret.is_none());
    }

    #[test]
    fn cookies_that_were_written_are_read_back_and_no_others() {
        for secure in [true, false] {
            let cookies = Cookies { secure };
            let pairs =
                cookies.write(&changes()).iter().map(|c| c.stripped().to_string()).collect::<Vec<_>>();
            let header = format!("{}; other=1; tiquo-sso.org_x=plain", pairs.join("; "));
            let browser =
                cookies.read(&TestRequest::default().insert_header((COOKIE, header)).to_http_request());
            assert_eq!(browser.secret.unwrap().expose(), "mine");
            assert!(browser.sso.contains_key(&OrganizationId::new("org_demo")));
            assert!(browser.devices.contains_key(&OrganizationId::new("org_demo")));
            assert_eq!(browser.sso.contains_key(&OrganizationId::new("org_x")), !secure);
        }
    }
}
