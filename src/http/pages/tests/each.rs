//! Tests of the content of each page.

use super::markup::Markup;
use super::samples::{
    CODE_NOTICES, FRAMES, SCOPES, address, client_error, code, consent, device, farewell, line, message,
    sign_out,
};
use crate::http::pages::*;
use crate::protocol::code::CodeForm;
use crate::protocol::locale::Locale;

fn read(page: Result<String, PageError>) -> Markup {
    Markup::read(&page.unwrap())
}

#[test]
fn the_address_field_helps_to_type_and_to_fill_in() {
    let page = read(address(Locale::En).render());
    let field = page.with("name", EMAIL_FIELD).unwrap();
    for (attribute, value) in [
        // Browsers refuse non-ASCII letters before the @ in a field with type=email.
        ("type", "text"),
        ("inputmode", "email"),
        ("autocomplete", "email"),
        ("autocapitalize", "none"),
        ("spellcheck", "false"),
        ("value", "ada@example.com"),
    ] {
        assert_eq!(field.get(attribute), Some(value), "{attribute}");
    }
    assert!(!field.has("maxlength"), "it would cut what is pasted, and make another address of it");
    assert!(field.has("required") && field.has("autofocus"));
    assert!(page.text().contains("to continue to Fern & Oak"));
    assert!(page.text().contains("Cancel and go back to Fern & Oak"));
    let bare = read(AddressPage { client: None, cancel: None, ..address(Locale::En) }.render());
    assert_eq!(bare.all("form").len(), 1);
}

#[test]
fn oidc_registration_2_a_third_party_application_is_recognised_on_the_first_page() {
    for locale in Locale::ALL {
        let (first, asked) = (read(address(locale).render()), read(consent(locale).render()));
        for page in [&first, &asked] {
            assert_eq!(page.with("src", "https://cdn.example/fern.png").unwrap().get("alt"), Some(""));
            let links = page.all("a").iter().filter_map(|link| link.get("href")).collect::<Vec<_>>();
            assert_eq!(
                links,
                ["https://fern.example/", "https://fern.example/privacy", "https://fern.example/terms"]
            );
        }
        let own = read(AddressPage { third_party: false, ..address(locale) }.render());
        assert!(own.all("a").is_empty() && own.all("img").is_empty(), "the organization's own is itself");
    }
}

#[test]
fn the_code_field_takes_a_code_from_the_mail_however_it_is_typed() {
    for (form, inputmode, shape) in
        [(CodeForm::Digits, "numeric", "6 digits"), (CodeForm::Letters, "text", "8 letters and digits")]
    {
        let page = read(CodePage { form, ..code(Locale::En) }.render());
        let field = page.with("name", CODE_FIELD).unwrap();
        assert_eq!(field.get("autocomplete"), Some("one-time-code"));
        assert_eq!(field.get("inputmode"), Some(inputmode));
        assert!(field.get("title").unwrap().starts_with(shape));
        for stop in ["maxlength", "pattern"] {
            assert!(!field.has(stop), "{stop} would stop or cut what is a code to us");
        }
        assert!(field.has("autofocus") && field.has("required"));
    }
}

#[test]
fn the_code_page_tells_which_mail_and_how_to_go_on_without_one() {
    let page = read(code(Locale::En).render());
    for text in ["ada@example.com", "reference K7", "spam folder", "Use another address", "in 30 s"] {
        assert!(page.text().contains(text), "{text}");
    }
    for action in ["/to/code", "/to/resend", "/to/restart", "/to/cancel"] {
        assert!(page.with("action", action).is_some(), "{action}");
    }
    assert!(page.all("button").iter().all(|button| !button.has("disabled")), "everybody can reach it");
    let style = &page.only("style").text;
    assert!(style.contains("initial-value:30") && style.contains("steps(30)"), "30 is shown for a second");
    let now = read(CodePage { resend_in: 0, ..code(Locale::En) }.render());
    assert!(!now.text().contains(" s\n") && !now.only("style").text.contains("@property"));
}

#[test]
fn wcag_3_2_2_a_code_that_is_sent_at_once_is_announced_and_never_after_an_error() {
    let plain = code(Locale::En);
    let resent = CodePage { notice: Some(CodeNotice::Resent), ..plain };
    for page in [plain, resent, CodePage { form: CodeForm::Letters, ..plain }] {
        assert!(page.sends_at_once());
        let page = read(page.render());
        assert_eq!(page.only("script").get("nonce"), Some("bm9uY2U"));
        let hint = page.with("id", "at-once").unwrap();
        assert!(hint.has("hidden"), "without the script it would not be true");
        assert_eq!(hint.text, "A code that you paste or fill in is sent at once.");
        let described = page.with("name", CODE_FIELD).unwrap().get("aria-describedby").unwrap();
        assert!(!described.contains("at-once"), "the script adds it: what is hidden would be read out");
    }
    let said = CODE_NOTICES.into_iter().filter(|notice| *notice != CodeNotice::Resent);
    let said = said.map(|notice| CodePage { notice: Some(notice), ..plain });
    for page in said.chain([CodePage { tried: true, ..plain }, CodePage { ended: true, ..resent }]) {
        assert!(!page.sends_at_once(), "{page:?}");
        let page = read(page.render());
        assert!(page.all("script").is_empty() && page.with("id", "at-once").is_none());
    }
}

#[test]
fn the_code_page_says_which_mail_once() {
    for locale in Locale::ALL {
        for notice in
            [None, Some(CodeNotice::Malformed), Some(CodeNotice::Wrong { left: 3 }), Some(CodeNotice::Resent)]
        {
            let page = read(CodePage { notice, ..code(locale) }.render());
            // Once in the text, and once on the ticket stub, which screen readers skip.
            assert_eq!(page.text().matches("K7").count(), 2, "{notice:?}");
            let described = page.with("name", CODE_FIELD).unwrap().get("aria-describedby").unwrap();
            let told = described.split(' ').map(|id| page.with("id", id).unwrap().text.as_str());
            assert!(told.collect::<String>().contains("K7"), "{notice:?}: it is heard at the field");
        }
    }
}

#[test]
fn a_code_that_is_over_leaves_only_the_way_to_a_new_one() {
    for notice in [CodeNotice::Expired, CodeNotice::Spent, CodeNotice::Retired] {
        let page = read(CodePage { notice: Some(notice), ..code(Locale::En) }.render());
        assert!(page.with("name", CODE_FIELD).is_none(), "{notice:?}");
        assert_eq!(page.all("button")[0].text, "Send a new code", "{notice:?}");
        assert_eq!(page.all("form")[0].get("action"), Some("/to/resend"), "{notice:?}");
    }
    for notice in [None, Some(CodeNotice::TooManyCodes { seconds: 90 }), Some(CodeNotice::Wrong { left: 1 })]
    {
        let page = read(CodePage { ended: true, notice, ..code(Locale::En) }.render());
        assert!(page.with("name", CODE_FIELD).is_none(), "{notice:?}");
        assert_eq!(page.all("button")[0].text, "Send a new code", "{notice:?}");
        assert!(!page.text().contains("Use the last code"), "{notice:?}");
    }
    let wrong =
        |left| read(CodePage { notice: Some(CodeNotice::Wrong { left }), ..code(Locale::En) }.render());
    assert!(wrong(4).text().contains("You have 4 attempts left."));
    assert!(wrong(1).text().contains("You have one attempt left."));
    assert!(!wrong(0).text().contains("left"));
}

#[test]
fn the_consent_page_says_who_asks_for_what_and_where_it_goes() {
    let page = read(consent(Locale::En).render());
    assert_eq!(page.only("h1").text, "Fern & Oak wants to access your Demo Shop account");
    assert_eq!(page.all("li").len(), SCOPES.len());
    assert!(page.all("code").is_empty(), "every scope of ours has words");
    for text in ["ada@example.com", "app.fern.example", "If you change your mind later, contact Demo Shop."] {
        assert!(page.text().contains(text), "{text}");
    }
    let decisions =
        page.all("button").into_iter().filter(|button| button.get("name") == Some(DECISION_FIELD));
    assert_eq!(decisions.map(|button| button.get("value").unwrap()).collect::<Vec<_>>(), [ALLOW, DENY]);
    assert!(page.with("action", "/to/other").is_some());
    let links = page.all("a");
    assert_eq!(links.len(), 3);
    assert!(links.iter().all(|link| link.get("rel") == Some("noopener noreferrer")));
    assert!(
        page.all("img").iter().all(|img| img.get("referrerpolicy") == Some("no-referrer") && img.has("alt"))
    );
}

#[test]
fn an_application_that_nobody_checked_is_marked_and_the_mark_is_heard() {
    for (locale, title, text) in [
        (Locale::En, "Nobody has checked this application", "Demo Shop does not vouch for it."),
        (Locale::Fr, "Personne n’a vérifié cette application", "Demo Shop ne s’en porte pas garant."),
        (Locale::Es, "Nadie ha comprobado esta aplicación", "Demo Shop no responde por ella."),
    ] {
        let asked = ConsentPage { unchecked: true, ..consent(locale) };
        let on_device = ConsentPage { on_device: Some("WDJB-MJHT"), ..asked };
        let choose = ConsentPage { kind: ConsentKind::Choose, ..asked };
        for page in [asked.render(), on_device.render(), choose.render()] {
            let page = read(page);
            assert!(page.text().contains(title) && page.text().contains(text), "{}", page.text());
            let described = page.with("value", ALLOW).unwrap().get("aria-describedby").unwrap();
            assert!(described.starts_with("unchecked"), "{described}");
        }
        let first = read(AddressPage { unchecked: true, ..address(locale) }.render());
        assert!(first.text().contains(title) && first.text().contains(text));
        assert_eq!(first.with("name", EMAIL_FIELD).unwrap().get("aria-describedby"), Some("unchecked next"));
        let checked = [read(consent(locale).render()), read(address(locale).render())];
        assert!(
            checked.iter().all(|page| !page.text().contains(title) && page.with("id", "unchecked").is_none())
        );
    }
}

#[test]
fn rfc9700_4_11_2_the_page_before_an_error_has_a_way_on_and_does_not_go_by_itself() {
    let uri = "com.example.app:/callback?error=invalid_scope&state=a";
    let page = read(client_error(Locale::En, ErrorContinuation::Link(uri)).render());
    let link = page.only("a");
    assert_eq!((link.get("href"), link.text.as_str()), (Some(uri), "Go on to app.fern.example"));
    assert!(page.all("form").is_empty() && page.all("script").is_empty());
    assert!(page.text().contains("invalid_scope") && page.text().contains("req-01J8"));
    let parameters = [("error", "invalid_scope".to_owned())];
    let way =
        ErrorContinuation::Form { action: "https://app.fern.example/callback", parameters: &parameters };
    let page = read(client_error(Locale::En, way).render());
    assert_eq!(page.only("form").get("action"), Some("https://app.fern.example/callback"));
    assert_eq!(page.with("name", "error").unwrap().get("value"), Some("invalid_scope"));
    assert_eq!(page.only("button").text, "Go on to app.fern.example");
    assert!(page.all("script").is_empty());
}

#[test]
fn rfc8628_3_3_the_field_takes_a_code_as_a_device_shows_it() {
    let page = read(DevicePage { typed: "", ..device(Locale::En, None) }.render());
    let field = page.with("name", USER_CODE_FIELD).unwrap();
    for (attribute, value) in
        [("autocomplete", "off"), ("autocapitalize", "characters"), ("spellcheck", "false"), ("value", "")]
    {
        assert_eq!(field.get(attribute), Some(value), "{attribute}");
    }
    assert!(field.has("required") && field.has("autofocus"));
    assert!(page.text().contains("Your device shows a code."));
    let unknown = read(device(Locale::En, Some(DeviceNotice::Unknown)).render());
    let field = unknown.with("name", USER_CODE_FIELD).unwrap();
    assert_eq!(
        (field.get("value"), field.get("aria-describedby")),
        (Some("WDJB-MJHT"), Some("notice shape"))
    );
    assert!(!unknown.text().contains("Your link brought this code"), "they typed it");
}

#[test]
fn rfc8628_5_4_a_code_that_a_link_brought_is_to_be_compared() {
    let page = read(device(Locale::En, None).render());
    assert!(page.text().contains("Continue only if your device shows the same."));
    let asks = read(ConsentPage { on_device: Some("WDJB-MJHT"), ..consent(Locale::En) }.render());
    for text in [
        "Does your device show this code?",
        "WDJB-MJHT",
        "If somebody sent you the code or a link, do not allow it.",
    ] {
        assert!(asks.text().contains(text), "{text}");
    }
    let allow = asks.with("value", ALLOW).unwrap();
    assert_eq!(allow.get("aria-describedby"), Some("device warning"), "whoever jumps to it hears both");
    assert!(!asks.text().contains("You then return to"), "the browser goes nowhere");
}

#[test]
fn rfc8628_3_3_on_the_way_to_a_device_nobody_is_sent_back_to_an_application() {
    let address = read(AddressPage { on_device: true, ..address(Locale::En) }.render());
    assert!(address.text().contains("to connect Fern & Oak"));
    let code = read(CodePage { on_device: true, ..code(Locale::En) }.render());
    for page in [address, code] {
        assert!(!page.text().contains("go back to"));
        assert!(page.all("button").iter().any(|button| button.text == "Cancel"));
    }
    let end = |kind| read(message(Locale::En, kind).render());
    assert!(
        end(MessageKind::DeviceAllowed).text().contains("Fern & Oak is now signed in with your account.")
    );
    assert!(end(MessageKind::DeviceDenied).text().contains("Fern & Oak has no access to your account."));
    assert_eq!(end(MessageKind::DeviceExpired).only("a").text, "Enter a new code");
}

#[test]
fn a_scope_that_is_unknown_is_shown_as_it_is() {
    for locale in Locale::ALL {
        let page = read(ConsentPage { scopes: &[line("loyalty:points")], ..consent(locale) }.render());
        assert_eq!(page.only("code").text, "loyalty:points");
        let all = read(consent(locale).render());
        assert!(all.all("code").is_empty(), "{locale:?}");
        let described = [
            ScopeLine { words: Some("See your points"), ..line("loyalty:points") },
            ScopeLine { words: Some("not for words of ours"), ..line("email") },
        ];
        let page = read(ConsentPage { scopes: &described, ..consent(locale) }.render());
        assert!(page.text().contains("See your points loyalty:points"), "{}", page.text());
        assert!(!page.text().contains("not for words of ours"));
    }
    let none = read(ConsentPage { scopes: &[], ..consent(Locale::En) }.render());
    assert!(none.all("ul").is_empty() && none.all("h2").is_empty());
}

#[test]
fn wcag_1_4_1_a_scope_that_changes_something_is_marked_and_not_by_colour_alone() {
    for (locale, mark) in
        [(Locale::En, "Can make changes"), (Locale::Fr, "Peut modifier"), (Locale::Es, "Puede modificar")]
    {
        let stock = ScopeLine { writes: true, ..line("stock:write") };
        let page = read(ConsentPage { scopes: &[line("email"), stock], ..consent(locale) }.render());
        let marked = page.all("li").into_iter().map(|line| line.text.contains(mark)).collect::<Vec<_>>();
        assert_eq!(marked, [false, true], "{locale:?}");
        assert_eq!(page.with("class", "writes").unwrap().name, "li");
        let ours = read(consent(locale).render());
        assert_eq!(ours.text().matches(mark).count(), 1, "profile:write alone");
    }
}

#[test]
fn rfc8252_8_6_the_confirmation_names_the_application_and_the_account() {
    let page = read(ConsentPage { kind: ConsentKind::Confirm, ..consent(Locale::En) }.render());
    assert_eq!(page.only("h1").text, "Continue to Fern & Oak?");
    assert!(page.text().contains("ada@example.com") && page.text().contains("app.fern.example"));
    assert!(page.all("li").is_empty());
    let choose = read(ConsentPage { kind: ConsentKind::Choose, ..consent(Locale::En) }.render());
    let first = choose.all("button")[0];
    assert_eq!((first.get("name"), first.get("value")), (Some(DECISION_FIELD), Some(ALLOW)));
    assert!(first.text.contains("ada@example.com"));
    assert!(choose.with("action", "/to/other").is_some());
}

#[test]
fn a_message_names_what_to_do_and_the_request() {
    let kind = MessageKind::TooManyRequests { seconds: 30 };
    let page = read(message(Locale::En, kind).render());
    assert!(page.text().contains("Wait 30\u{a0}seconds"));
    assert_eq!(page.only("code").text, "req-01J8");
    assert_eq!(page.only("a").get("href"), Some("https://fern.example/"));
    assert_eq!(page.only("a").text, "Back to Fern & Oak");
    for (kind, parameter) in
        [(MessageKind::UnknownClient, "client_id"), (MessageKind::BadRedirectUri, "redirect_uri")]
    {
        let page = read(MessagePage { brand: None, back: None, ..message(Locale::En, kind) }.render());
        assert!(page.text().contains(parameter), "a line for the developer");
        assert!(page.all("a").is_empty() && page.all("form").is_empty(), "no way on (RFC 6749 §4.1.2.1)");
    }
}

#[test]
fn a_logo_stands_for_the_name() {
    let brand = Brand { logo: Some("https://cdn.example/demo.svg"), ..super::samples::brand() };
    let chrome = PageChrome { brand, ..super::samples::chrome(Locale::En) };
    let own = AddressPage { third_party: false, ..address(Locale::En) };
    let page = read(AddressPage { chrome, ..own }.render());
    let logo = page.only("img");
    assert_eq!((logo.get("src"), logo.get("alt")), (Some("https://cdn.example/demo.svg"), Some("Demo Shop")));
    let brand = Brand { logo: Some("http://cdn.example/demo.svg"), ..brand };
    let page = read(AddressPage { chrome: PageChrome { brand, ..chrome }, ..own }.render());
    assert!(page.all("img").is_empty() && page.only("header").text.contains("Demo Shop"));
}

#[test]
fn rp_initiated_2_the_question_names_who_asks_and_who_is_signed_in() {
    let page = read(sign_out(Locale::En).render());
    for text in
        ["Sign out?", "Fern & Oak would like to sign you out", "ada@example.com", "will not be taken back"]
    {
        assert!(page.text().contains(text), "{text}");
    }
    let decisions = page.all("button").iter().map(|button| button.get("value").unwrap()).collect::<Vec<_>>();
    assert_eq!(decisions, [ALLOW, DENY]);
    assert_eq!(page.all("form").len(), 1);
}

#[test]
fn frontchannel_2_the_frames_are_of_the_clients_and_hidden_from_everybody() {
    let page = read(farewell(Locale::En, FarewellKind::SignedOut).render());
    let frames = page.all("iframe");
    let urls = frames.iter().map(|frame| frame.get("src").unwrap()).collect::<Vec<_>>();
    assert_eq!(urls, FRAMES);
    for frame in frames {
        assert!(frame.has("hidden") && frame.has("title") && frame.get("aria-hidden") == Some("true"));
        assert!(
            !frame.get("sandbox").unwrap().contains("allow-top-navigation"),
            "it cannot take the page away"
        );
    }
    let onward = page.only("a");
    assert_eq!(onward.get("href"), Some("https://app.fern.example/?state=%3C%22%27%3E"));
    assert_eq!(onward.text, "Continue to Fern & Oak");
    let hostile =
        FarewellPage { next: Some("javascript:alert(1)"), ..farewell(Locale::En, FarewellKind::SignedOut) };
    assert!(read(hostile.render()).all("a").is_empty());
}
