//! Samples of every page, with everything that can be on it.

use super::super::*;
use crate::protocol::client::LocalizedClientDisplay;
use crate::protocol::code::CodeForm;
use crate::protocol::locale::Locale;

pub(super) const HEAD: PageHead<'static> = PageHead { nonce: "bm9uY2U", icon: "/favicon.svg" };
pub(super) const TOKEN: &str = "t0ken-of-the-form";

pub(super) const fn brand() -> Brand<'static> {
    Brand { organization: "Demo Shop", accent: "#2563eb", logo: None }
}

pub(super) const fn chrome(locale: Locale) -> PageChrome<'static> {
    PageChrome { locale, head: HEAD, brand: brand() }
}

pub(super) const CLIENT: LocalizedClientDisplay<'static> = LocalizedClientDisplay {
    name: "Fern & Oak",
    logo: Some("https://cdn.example/fern.png"),
    home: Some("https://fern.example/"),
    policy: Some("https://fern.example/privacy"),
    terms: Some("https://fern.example/terms"),
};

pub(super) const fn address(locale: Locale) -> AddressPage<'static> {
    AddressPage {
        chrome: chrome(locale),
        client: Some(CLIENT),
        third_party: true,
        unchecked: false,
        on_device: false,
        action: "/to/address",
        cancel: Some("/to/cancel"),
        token: TOKEN,
        email: "ada@example.com",
        notice: None,
    }
}

pub(super) const fn code(locale: Locale) -> CodePage<'static> {
    CodePage {
        chrome: chrome(locale),
        client_name: Some("Fern & Oak"),
        on_device: false,
        action: "/to/code",
        resend: "/to/resend",
        restart: "/to/restart",
        cancel: Some("/to/cancel"),
        token: TOKEN,
        email: "ada@example.com",
        reference: "K7",
        form: CodeForm::Digits,
        resend_in: 30,
        ended: false,
        tried: false,
        notice: None,
    }
}

pub(super) const fn consent(locale: Locale) -> ConsentPage<'static> {
    ConsentPage {
        chrome: chrome(locale),
        kind: ConsentKind::Consent,
        client: CLIENT,
        unchecked: false,
        email: "ada@example.com",
        scopes: &SCOPES,
        returns_to: "app.fern.example",
        on_device: None,
        action: "/to/consent",
        other_account: "/to/other",
        token: TOKEN,
    }
}

pub(super) const fn message(locale: Locale, kind: MessageKind) -> MessagePage<'static> {
    MessagePage {
        locale,
        head: HEAD,
        brand: Some(brand()),
        kind,
        request_id: "req-01J8",
        back: Some("https://fern.example/"),
        client_name: Some("Fern & Oak"),
    }
}

pub(super) fn post(locale: Locale, purpose: PostPurpose<'_>) -> Result<String, PageError> {
    let parameters = [("code", "abc".to_owned()), ("state", "<>\"'&".to_owned())];
    let page = PostPage {
        locale,
        head: HEAD,
        brand: Some(brand()),
        action: "https://app.fern.example/callback?a=1",
        purpose,
        parameters: &parameters,
    };
    page.render()
}

pub(super) const fn sign_out(locale: Locale) -> SignOutPage<'static> {
    SignOutPage {
        locale,
        head: HEAD,
        brand: Some(brand()),
        client_name: Some("Fern & Oak"),
        accounts: &[("Demo Shop", "ada@example.com")],
        not_back: true,
        action: "/to/signout",
        token: TOKEN,
    }
}

pub(super) const fn farewell(locale: Locale, kind: FarewellKind) -> FarewellPage<'static> {
    FarewellPage {
        locale,
        head: HEAD,
        brand: Some(brand()),
        kind,
        frames: &FRAMES,
        next: Some("https://app.fern.example/?state=<\"'>"),
        back: Some("https://fern.example/"),
        client_name: Some("Fern & Oak"),
    }
}

pub(super) const FRAMES: [&str; 2] =
    ["https://one.example/out?iss=a&sid=b", "https://two.example/\"><script>"];

const ACCOUNTS: [(&str, &str); 2] = [("Oak", "ada@example.com"), ("Fern", "ada@example.org")];

fn logouts(locale: Locale) -> Vec<(String, Result<String, PageError>)> {
    let (ask, end) = (sign_out(locale), |kind| farewell(locale, kind));
    let changed = FarewellPage { next: Some("/signin/x"), ..end(FarewellKind::Changed) };
    let alone = FarewellPage { frames: &[], next: None, ..end(FarewellKind::SignedOut) };
    let unbranded =
        SignOutPage { brand: None, client_name: None, accounts: &ACCOUNTS, not_back: false, ..ask };
    let pages: [(&str, Result<String, PageError>); 7] = [
        ("logout ask", ask.render()),
        ("unbranded logout ask", unbranded.render()),
        ("logout with frames", end(FarewellKind::SignedOut).render()),
        ("logout alone", alone.render()),
        ("logout stays", FarewellPage { frames: &[], next: None, ..end(FarewellKind::Stays) }.render()),
        ("logout changed", changed.render()),
        ("logout of nobody", FarewellPage { frames: &[], next: None, ..end(FarewellKind::Nobody) }.render()),
    ];
    pages.into_iter().map(|(name, page)| (name.to_owned(), page)).collect()
}

const DEVICE_NOTICES: [Option<DeviceNotice>; 4] = [
    None,
    Some(DeviceNotice::Malformed),
    Some(DeviceNotice::Unknown),
    Some(DeviceNotice::TooMany { seconds: 1900 }),
];

pub(super) const fn device(locale: Locale, notice: Option<DeviceNotice>) -> DevicePage<'static> {
    DevicePage { locale, head: HEAD, brand: None, action: "/to/device", typed: "WDJB-MJHT", notice }
}

fn on_the_way_to_a_device(locale: Locale) -> [(String, Result<String, PageError>); 5] {
    let nameless = |kind| MessagePage { client_name: None, ..message(locale, kind) }.render();
    let entry = DevicePage { brand: Some(brand()), typed: "", ..device(locale, None) };
    [
        ("address for a TV".to_owned(), AddressPage { on_device: true, ..address(locale) }.render()),
        ("code for a TV".to_owned(), CodePage { on_device: true, ..code(locale) }.render()),
        ("branded device ".to_owned(), entry.render()),
        ("nameless DeviceAllowed".to_owned(), nameless(MessageKind::DeviceAllowed)),
        ("nameless DeviceDenied".to_owned(), nameless(MessageKind::DeviceDenied)),
    ]
}

pub(super) const fn line(token: &'static str) -> ScopeLine<'static> {
    ScopeLine { token, words: None, writes: false }
}

pub(super) const SCOPES: [ScopeLine<'static>; 11] = [
    line("openid"),
    line("profile"),
    line("email"),
    line("phone"),
    line("address"),
    line("offline_access"),
    line("profile:read"),
    ScopeLine { writes: true, ..line("profile:write") },
    line("orders:read"),
    line("bookings:read"),
    line("enquiries:read"),
];

pub(super) const ADDRESS_NOTICES: [AddressNotice; 6] = [
    AddressNotice::Malformed,
    AddressNotice::Unwritable,
    AddressNotice::TooManyCodes { seconds: 1900 },
    AddressNotice::MailAway { seconds: 30 },
    AddressNotice::SignInAgain,
    AddressNotice::Unavailable,
];

pub(super) const CODE_NOTICES: [CodeNotice; 12] = [
    CodeNotice::Wrong { left: 4 },
    CodeNotice::Wrong { left: 1 },
    CodeNotice::Wrong { left: 0 },
    CodeNotice::Malformed,
    CodeNotice::Expired,
    CodeNotice::Spent,
    CodeNotice::Retired,
    CodeNotice::Resent,
    CodeNotice::TooSoon { seconds: 12 },
    CodeNotice::TooManyCodes { seconds: 1900 },
    CodeNotice::MailAway { seconds: 30 },
    CodeNotice::Unwritable,
];

pub(super) const MESSAGES: [MessageKind; 18] = [
    MessageKind::UnknownClient,
    MessageKind::BadRedirectUri,
    MessageKind::BadPostLogoutRedirectUri,
    MessageKind::LogoutExpired,
    MessageKind::BadRequest,
    MessageKind::InteractionExpired,
    MessageKind::InteractionFinished,
    MessageKind::OtherBrowser,
    MessageKind::FormExpired,
    MessageKind::NotFound,
    MessageKind::MethodNotAllowed,
    MessageKind::TooManyRequests { seconds: 30 },
    MessageKind::Unavailable,
    MessageKind::ServerError,
    MessageKind::Misdirected,
    MessageKind::DeviceAllowed,
    MessageKind::DeviceDenied,
    MessageKind::DeviceExpired,
];

pub(super) const fn client_error(locale: Locale, way: ErrorContinuation<'_>) -> ClientErrorPage<'_> {
    ClientErrorPage {
        locale,
        head: HEAD,
        brand: brand(),
        way,
        returns_to: "app.fern.example",
        error: ("invalid_scope", "scope has a forbidden character"),
        request_id: "req-01J8",
    }
}

/// Pages of self-registered clients.
fn unchecked(locale: Locale) -> Vec<(String, Result<String, PageError>)> {
    let notice = Some(AddressNotice::Malformed);
    let address = AddressPage { unchecked: true, ..address(locale) };
    let decision = |kind| ConsentPage { kind, unchecked: true, ..consent(locale) };
    let asked = decision(ConsentKind::Consent);
    let parameters = [("error", "invalid_scope".to_owned()), ("state", "<>\"'&".to_owned())];
    let form =
        ErrorContinuation::Form { action: "https://app.fern.example/callback?a=1", parameters: &parameters };
    let link = ErrorContinuation::Link("https://app.fern.example/callback?error=invalid_scope&state=%3C%22");
    let pages = [
        ("unchecked address", address.render()),
        ("unchecked address Malformed", AddressPage { notice, ..address }.render()),
        ("Consent of an unchecked one", asked.render()),
        ("Confirm of an unchecked one", decision(ConsentKind::Confirm).render()),
        ("Choose of an unchecked one", decision(ConsentKind::Choose).render()),
        (
            "consent for a device of an unchecked one",
            ConsentPage { on_device: Some("WDJB-MJHT"), ..asked }.render(),
        ),
        ("client error, link", client_error(locale, link).render()),
        ("client error, form", client_error(locale, form).render()),
    ];
    pages.into_iter().map(|(name, page)| (name.to_owned(), page)).collect()
}

pub(super) const fn home(locale: Locale, development: bool) -> HomePage<'static> {
    let there = Development {
        shop: "/to/shop",
        application: Some("http://localhost:8090/"),
        outbox: "/to/outbox",
        client_api: "/to/client-api",
    };
    HomePage {
        locale,
        head: HEAD,
        brand: Some(brand()),
        host: "id.example.com",
        metadata: "/to/metadata",
        development: if development { Some(there) } else { None },
    }
}

/// All samples in one language, each with a name.
pub(super) fn all(locale: Locale) -> Vec<(String, String)> {
    let mut pages = vec![
        ("address".to_owned(), address(locale).render()),
        ("bare address".to_owned(), AddressPage { client: None, cancel: None, ..address(locale) }.render()),
        (
            "address of the organization's own application".to_owned(),
            AddressPage { third_party: false, ..address(locale) }.render(),
        ),
        ("code now".to_owned(), CodePage { resend_in: 0, ..code(locale) }.render()),
        ("bare code".to_owned(), CodePage { client_name: None, cancel: None, ..code(locale) }.render()),
        (
            "unbranded".to_owned(),
            MessagePage { brand: None, back: None, ..message(locale, MESSAGES[0]) }.render(),
        ),
    ];
    pages.extend(ADDRESS_NOTICES.map(|notice| {
        (format!("address {notice:?}"), AddressPage { notice: Some(notice), ..address(locale) }.render())
    }));
    for form in [CodeForm::Digits, CodeForm::Letters] {
        pages.push((format!("code {form:?}"), CodePage { form, ..code(locale) }.render()));
        pages.extend(CODE_NOTICES.map(|notice| {
            let page = CodePage { form, notice: Some(notice), ..code(locale) };
            (format!("code {form:?} {notice:?}"), page.render())
        }));
    }
    pages.extend(
        [ConsentKind::Consent, ConsentKind::Confirm, ConsentKind::Choose]
            .map(|kind| (format!("{kind:?}"), ConsentPage { kind, ..consent(locale) }.render())),
    );
    pages.extend(unchecked(locale));
    pages.push((
        "consent for a device".to_owned(),
        ConsentPage { on_device: Some("WDJB-MJHT"), ..consent(locale) }.render(),
    ));
    pages.extend(
        DEVICE_NOTICES
            .map(|notice| (format!("unbranded device {notice:?}"), device(locale, notice).render())),
    );
    pages.extend(on_the_way_to_a_device(locale));
    let purposes =
        [PostPurpose::Answer("app.fern.example"), PostPurpose::SignIn("Fern & Oak"), PostPurpose::SignOut];
    pages.extend(purposes.map(|purpose| (format!("post {purpose:?}"), post(locale, purpose))));
    pages.extend(logouts(locale));
    pages.push(("home in development".to_owned(), home(locale, true).render()));
    pages.push(("home ".to_owned(), home(locale, false).render()));
    pages.push(("unbranded home ".to_owned(), HomePage { brand: None, ..home(locale, false) }.render()));
    pages.extend(MESSAGES.map(|kind| (format!("{kind:?}"), message(locale, kind).render())));
    pages.into_iter().map(|(name, page)| (format!("{name} {locale:?}"), page.unwrap())).collect()
}
