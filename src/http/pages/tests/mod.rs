//! Tests of rules for all pages (`mod.rs`) and of each page's content (`each.rs`).

mod each;
mod markup;
mod samples;

use std::collections::BTreeSet;

use markup::Markup;
use samples::all;

use super::*;
use crate::protocol::client::LocalizedClientDisplay;
use crate::protocol::locale::Locale;

fn every() -> Vec<(String, String)> {
    Locale::ALL.into_iter().flat_map(all).collect()
}

#[test]
fn every_page_is_well_formed_small_and_without_a_script_but_where_one_helps() {
    for (name, page) in every() {
        let markup = Markup::read(&page);
        assert!(page.len() < 15_000, "{name}: {} bytes", page.len());
        assert_eq!(markup.only("style").get("nonce"), Some("bm9uY2U"), "{name}");
        assert_eq!(markup.with("rel", "icon").unwrap().get("href"), Some("/favicon.svg"), "{name}");
        for element in &markup.0 {
            assert!(!matches!(element.name.as_str(), "object" | "base"), "{name}");
            let may_have_frames =
                name.starts_with("logout with frames") || name.starts_with("logout changed");
            assert!(element.name != "iframe" || may_have_frames, "{name}");
            // The post page submits itself, and the code page submits a pasted code.
            let may_have_script = name.starts_with("post ") || name.contains("code ");
            let is_let_in = may_have_script && element.get("nonce") == Some("bm9uY2U");
            assert!(element.name != "script" || is_let_in, "{name}");
            for (attribute, _) in &element.attributes {
                assert!(!attribute.starts_with("on") && attribute != "style", "{name}: {attribute}");
            }
        }
        assert!(!markup.only("style").text.contains("url("), "{name} loads something");
    }
}

#[test]
fn wcag_every_page_has_its_language_one_heading_and_its_landmarks() {
    for locale in Locale::ALL {
        for (name, page) in all(locale) {
            let markup = Markup::read(&page);
            assert_eq!(markup.only("html").get("lang"), Some(locale.tag()), "{name}");
            assert!(!markup.only("h1").text.is_empty(), "{name}");
            assert!(markup.only("main").text.contains(&markup.only("h1").text), "{name}");
            assert_eq!(markup.all("header").len(), usize::from(!name.starts_with("unbranded")), "{name}");
            let title = &markup.only("title").text;
            assert!(title.contains(&markup.only("h1").text), "{name}: {title}");
        }
    }
}

#[test]
fn wcag_every_field_has_a_label_and_every_reference_a_target() {
    for (name, page) in every() {
        let markup = Markup::read(&page);
        let ids = markup.0.iter().filter_map(|element| element.get("id")).collect::<Vec<_>>();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{name}: an id twice");
        for element in &markup.0 {
            for target in element.get("aria-describedby").unwrap_or_default().split(' ') {
                assert!(target.is_empty() || ids.contains(&target), "{name}: {target}");
            }
            if element.name == "label" {
                assert!(ids.contains(&element.get("for").unwrap()), "{name}");
            }
        }
        for field in markup.all("input").iter().filter(|field| field.get("type") != Some("hidden")) {
            assert!(markup.with("for", field.get("id").unwrap()).is_some(), "{name}");
        }
        for button in markup.all("button") {
            assert!(!button.text.trim().is_empty(), "{name}: a button without a text");
        }
    }
}

#[test]
fn every_form_is_a_post_with_the_token() {
    for (name, page) in every() {
        let markup = Markup::read(&page);
        let forms = markup.all("form");
        assert!(forms.iter().all(|form| form.get("method") == Some("post") && form.has("action")), "{name}");
        // Forms to the client contain nothing of ours, and a device form proves only its user code.
        let bare =
            ["post ", "client error"].iter().any(|begin| name.starts_with(begin)) || name.contains("device ");
        let forms = if bare && !name.starts_with("consent") { Vec::new() } else { forms };
        let tokens =
            markup.all("input").iter().filter(|input| input.get("name") == Some(TOKEN_FIELD)).count();
        assert_eq!(tokens, forms.len(), "{name}");
        assert_eq!(page.matches(samples::TOKEN).count(), forms.len(), "{name}: the token elsewhere");
    }
}

#[test]
fn wcag_an_error_is_in_the_title_and_announced() {
    for (name, page) in every() {
        let markup = Markup::read(&page);
        let is_message = markup.with("action", "/to/address").is_none()
            && markup.with("action", "/to/resend").is_none()
            && markup.with("action", "/to/consent").is_none()
            && !name.starts_with("post ")
            && !name.contains("home ")
            && !["logout ", "device ", "DeviceAllowed", "DeviceDenied"]
                .iter()
                .any(|part| name.contains(part));
        let announced = markup.with("role", "alert");
        let title = &markup.only("title").text;
        let in_title = title.starts_with("Error: ") || title.starts_with("Erreur\u{a0}: ");
        assert_eq!(in_title, announced.is_some() || is_message, "{name}: {title}");
        let invalid = markup.with("aria-invalid", "true");
        assert_eq!(
            invalid.is_some(),
            ["Malformed", "Wrong", "(Unknown)", "address Unwritable"].iter().any(|part| name.contains(part)),
            "{name}"
        );
        if let Some(field) = invalid {
            assert!(field.get("aria-describedby").unwrap().split(' ').next() == Some("notice"), "{name}");
        }
    }
    let resent = CodePage { notice: Some(CodeNotice::Resent), ..samples::code(Locale::En) }.render().unwrap();
    assert!(Markup::read(&resent).with("role", "status").is_some());
}

#[test]
fn french_and_spanish_keep_their_typography() {
    for (name, page) in all(Locale::Fr) {
        let markup = Markup::read(&page);
        let text = format!("{} {}", markup.text(), markup.only("title").text);
        for bad in [" ?", " !", " ;", "\u{a0}?", "'", " :"] {
            assert!(!text.contains(bad), "{name}: {bad:?} in {text}");
        }
        let after = |sign: char, space: char| {
            let before = text.match_indices(sign).map(|(at, _)| text[..at].chars().next_back());
            before.into_iter().all(|before| before == Some(space))
        };
        assert!(
            after('?', '\u{202f}') && after(':', '\u{a0}') || name.starts_with("Consent"),
            "{name}: {text}"
        );
    }
    for (name, page) in all(Locale::Es) {
        let markup = Markup::read(&page);
        assert_eq!(markup.text().matches('?').count(), markup.text().matches('¿').count(), "{name}");
    }
}

#[test]
fn no_text_was_left_in_english() {
    let (en, fr, es) = (all(Locale::En), all(Locale::Fr), all(Locale::Es));
    for ((en, fr), es) in en.iter().zip(&fr).zip(&es) {
        let lines = |page: &str| {
            let markup = Markup::read(page);
            let said = markup.0.iter().filter(|element| {
                matches!(element.name.as_str(), "h1" | "h2" | "label" | "p" | "button" | "li" | "a" | "small")
            });
            let texts = said.map(|element| element.text.trim().to_owned()).collect::<BTreeSet<_>>();
            texts
                .into_iter()
                .filter(|text| text.contains(' ') && !text.contains('@'))
                .collect::<BTreeSet<_>>()
        };
        let (english, french, spanish) = (lines(&en.1), lines(&fr.1), lines(&es.1));
        assert!(english.is_disjoint(&french) && english.is_disjoint(&spanish), "{}", en.0);
        assert!(french.is_disjoint(&spanish), "{}", fr.0);
    }
}

#[test]
fn what_comes_from_outside_is_text_and_never_markup() {
    const EVIL: &str = "</title></style><script>alert(\"1\")</script>'&\u{202e}";
    let chrome = PageChrome {
        locale: Locale::En,
        head: PageHead { nonce: "\"><script>", icon: "/favicon.svg" },
        brand: Brand {
            organization: EVIL,
            accent: "#fff}body{display:none",
            logo: Some("https://cdn.example/\"'<>&"),
        },
    };
    let code = samples::code(Locale::En);
    let address = samples::address(Locale::En);
    let client = LocalizedClientDisplay {
        name: EVIL,
        logo: Some("javascript:alert(1)"),
        home: Some("javascript:alert(1)"),
        policy: Some("data:text/html,x"),
        terms: Some("https://fern.example/\"onclick=\"alert(1)"),
    };
    let address =
        AddressPage { chrome, client: Some(client), email: EVIL, token: EVIL, action: EVIL, ..address };
    let consent = samples::consent(Locale::En);
    let consent = ConsentPage {
        chrome,
        client,
        email: EVIL,
        scopes: &[ScopeLine { token: EVIL, words: Some(EVIL), writes: true }],
        returns_to: EVIL,
        token: EVIL,
        ..consent
    };
    let message = samples::message(Locale::En, MessageKind::NotFound);
    let message =
        MessagePage { brand: Some(chrome.brand), request_id: EVIL, client_name: Some(EVIL), ..message };
    for page in [
        address.render(),
        CodePage { chrome, client_name: Some(EVIL), email: EVIL, reference: EVIL, token: EVIL, ..code }
            .render(),
        consent.render(),
        ConsentPage { kind: ConsentKind::Confirm, ..consent }.render(),
        ConsentPage { kind: ConsentKind::Choose, ..consent }.render(),
        message.render(),
        MessagePage { back: Some("javascript:alert(1)"), ..message }.render(),
    ] {
        let page = page.unwrap();
        let markup = Markup::read(&page);
        assert!(markup.all("script").iter().all(|own| !own.text.contains("alert")), "{page}");
        assert!(markup.only("style").text.trim_end().ends_with('}'), "{page}");
        assert!(!page.contains("javascript:") && !page.contains("data:") && !page.contains("display:none"));
        assert!(markup.0.iter().all(|element| !element.has("onclick")), "{page}");
        assert!(markup.text().contains("<script>alert"), "it is shown as text");
    }
}
