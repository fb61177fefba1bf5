//! The English texts.

use super::{
    AddressWords, ClientErrorWords, CodeFormText, CodeWords, ConsentWords, DeviceWords, EndPageText,
    HomeWords, MessageWords, PageWords, PostWords, SignOutWords, TimedNoticeText,
};

pub(super) const WORDS: PageWords = PageWords {
    error: "Error: ",
    cancel: "Cancel",
    cancel_to: |client| format!("Cancel and go back to {client}"),
    other_address: "Use another address",
    to_continue: |client| format!("to continue to {client}"),
    continue_: "Continue",
    seconds: ("second", "seconds"),
    minutes: ("minute", "minutes"),
    hours: ("hour", "hours"),
    address: ADDRESS,
    code: CODE,
    consent: CONSENT,
    unchecked: UNCHECKED,
    client_error: CLIENT_ERROR,
    device: DEVICE,
    home: HOME,
    message: MESSAGE,
    sign_out: SIGN_OUT,
    post: POST,
};

const HOME: HomeWords = HomeWords {
    heading: |of| format!("The sign-in of {of}"),
    lead: "Shops and applications bring you to this address to sign in with a code by e-mail.",
    now: "There is nothing to open here by itself. To sign in, go to the shop or the application that you want to use.",
    running: "tiquo-auth is running",
    for_development: "For development, on this machine alone. Any address will do to sign in.",
    shop: ("Demo shop", "An account page made with the browser SDK"),
    application: ("Daybook", "Somebody else’s application, which signs in by OpenID Connect"),
    outbox: ("Outbox", "The mails with the codes, which are not sent"),
    client_api: ("Client API", "What an application can ask about its customer"),
    for_developers: "For developers:",
    metadata: "the metadata (OpenID Connect Discovery)",
};

const DEVICE: DeviceWords = DeviceWords {
    heading: "Connect a device",
    lead: "Your device shows a code. Enter it here to sign in on it.",
    compare: "Your link brought this code along. Continue only if your device shows the same.",
    label: "Code on your device",
    shape: "8 letters, with or without a dash",
    malformed: (
        "That is not a whole code",
        "Enter the 8 letters that your device shows. There are no vowels and no digits among them.",
    ),
    unknown: (
        "That is not a code we know",
        "Compare it with your device. If it is older than 10 minutes, ask the device for a new one.",
    ),
    too_many: ("Too many codes for now", |wait| {
        format!("Many codes were entered from your network. Try again in {wait}.")
    }),
    to_connect: |client| format!("to connect {client}"),
    check: "Does your device show this code?",
    warning: (
        "Only if the device is yours",
        "Allow this only with the device in front of you. If somebody sent you the code or a link, do not allow it.",
    ),
    allowed: |client| format!("{client} is now signed in with your account."),
    denied: |client| format!("{client} has no access to your account."),
    again: "Enter a new code",
};

const UNCHECKED: TimedNoticeText = ("Nobody has checked this application", |organization| {
    format!(
        "It registered itself and chose its own name. Continue only if you expected it: {organization} does not vouch for it."
    )
});

const CLIENT_ERROR: ClientErrorWords = ClientErrorWords {
    heading: "This request cannot be answered",
    lead: |organization| {
        format!(
            "An application sent you here with a request that is not in order. Nobody at {organization} has checked this application."
        )
    },
    now: "You can close this page. If you trust the application, go on to it: it hears what is wrong.",
    go_on: |to| format!("Go on to {to}"),
};

const POST: PostWords = PostWords {
    heading: "One moment",
    lead: |to| format!("You are on your way back to {to}. If nothing happens, choose Continue."),
    to_sign_in: |client| {
        format!("You are on your way to sign in to {client}. If nothing happens, choose Continue.")
    },
    to_sign_out: "You are on your way to sign out. If nothing happens, choose Continue.",
};

const ADDRESS: AddressWords = AddressWords {
    heading: "Sign in",
    email: "E-mail address",
    next: "No password needed: we send you a code to enter on the next page.",
    send: "Send me a code",
    malformed: ("Check the address", "An e-mail address looks like name@example.com."),
    too_many: ("Too many codes for now", |wait| {
        format!("Many codes were asked for with this address. Try again in {wait}.")
    }),
    mail_away: ("We cannot send mail right now", |wait| {
        format!("Nothing is wrong with your address. Try again in {wait}.")
    }),
    unwritable: (
        "We cannot write to this address",
        "Our mail server takes only letters from a to z, digits and signs before the @. Use another address.",
    ),
    sign_in_again: ("Your session has ended", "Sign in again to continue."),
    unavailable: ("This does not work right now", "It is our fault, not yours. Try again in a moment."),
};

const CODE: CodeWords = CodeWords {
    heading: "Check your e-mail",
    sent_to: CodeFormText { digits: "We sent a 6-digit code to", letters: "We sent an 8-character code to" },
    label: CodeFormText { digits: "6-digit code", letters: "8-character code" },
    shape: CodeFormText {
        digits: "6 digits, with or without a space",
        letters: "8 letters and digits, with or without a space",
    },
    reference: |reference| format!("The code in the mail with reference {reference}."),
    at_once: "A code that you paste or fill in is sent at once.",
    send_new: "Send a new code",
    wait: ("in", "s"),
    spam: "No mail yet? Look in the spam folder too.",
    wrong: ("That is not the code", |reference| {
        format!("Compare it with the mail that has reference {reference}.")
    }),
    left: |left| match left {
        1 => "You have one attempt left.".to_owned(),
        _ => format!("You have {left} attempts left."),
    },
    malformed: (
        "That is not a whole code",
        CodeFormText {
            digits: "Enter the 6 digits from the mail.",
            letters: "Enter the 8 letters and digits from the mail.",
        },
    ),
    expired: ("This code has expired", "Send yourself a new one to continue."),
    spent: ("This code can no longer be used", "Send yourself a new one to continue."),
    retired: (
        "You need a longer code",
        "There were many wrong codes for this address. To protect it, we now send 8 letters and digits instead.",
    ),
    resent: ("A new code is on its way", |reference| format!("Its mail has reference {reference}.")),
    too_soon: ("One moment, please", |wait| {
        format!("The last code may still arrive. You can send a new one in {wait}.")
    }),
    too_many: ("Too many codes for now", |wait| {
        format!("Use the last code that arrived, or send a new one in {wait}.")
    }),
};

const CONSENT: ConsentWords = ConsentWords {
    wants: |client, organization| format!("{client} wants to access your {organization} account"),
    may: |client| format!("If you allow it, {client} can:"),
    writes: "Can make changes",
    signed_in_as: "Signed in as",
    not_you: "Not you?",
    allow: "Allow",
    deny: "Don’t allow",
    returns_to: "You then return to",
    change_of_mind: |organization| format!("If you change your mind later, contact {organization}."),
    home: "Website",
    policy: "Privacy policy",
    terms: "Terms of use",
    new_tab: "(opens in a new tab)",
    confirm: |client| format!("Continue to {client}?"),
    confirm_lead: |client| format!("You sign in to {client} with this account."),
    choose: "Choose an account",
    continue_as: "Continue as",
    scope,
};

fn scope(token: &str) -> Option<&'static str> {
    Some(match token {
        "openid" => "Sign you in, and know your account again next time",
        "profile" => "See your name and profile details",
        "email" => "See your e-mail address",
        "phone" => "See your phone number",
        "address" => "See your postal address",
        "offline_access" => "Keep this access while you are away",
        "profile:read" => "See your customer record",
        "profile:write" => "Change your customer record",
        "orders:read" => "See your orders",
        "bookings:read" => "See your bookings",
        "enquiries:read" => "See your enquiries",
        _ => return None,
    })
}

const SIGN_OUT: SignOutWords = SignOutWords {
    heading: "Sign out?",
    asks: |client| format!("{client} would like to sign you out."),
    sign_out: "Sign out",
    stay: "Stay signed in",
    everywhere: "You will also be signed out of the other applications that you signed in to with this account in \
                 this browser.",
    not_back: "You will not be taken back to the application, because it did not prove which one it is.",
    signed_out: "You are signed out",
    close: "You can close this page.",
    nobody: "Nobody is signed in here",
    nothing_ended: "This browser has no sign-in that could be ended, and nothing was changed. You can close this page.",
    telling: "We are signing you out of your applications. This takes a few seconds.",
    one_moment: "One moment",
    on_to: |client| format!("Continue to {client}"),
    stays: "You are still signed in",
    unchanged: "Nothing was changed. You can close this page.",
    frame: "An application signs you out",
};

const MESSAGE: MessageWords = MessageWords {
    device_allowed: EndPageText {
        heading: "Your device is connected",
        what: "You allowed it to sign in with your account.",
        now: "Go back to your device. You can close this page.",
    },
    device_denied: EndPageText {
        heading: "The device was not connected",
        what: "It has no access to your account.",
        now: "You can close this page. To try again, ask the device for a new code.",
    },
    device_expired: EndPageText {
        heading: "This code can no longer be used",
        what: "The code of a device is valid for ten minutes and for one decision.",
        now: "Ask your device for a new code and enter that one.",
    },
    unknown_client: EndPageText {
        heading: "We do not know this application",
        what: "The link that brought you here names an application that is not registered with us.",
        now: "Go back to the application and tell its support. Your account is not affected.",
    },
    bad_redirect_uri: EndPageText {
        heading: "We cannot send you back safely",
        what: "The application asked us to send you to an address that it has not registered, so we stopped here.",
        now: "Go back to the application and tell its support. Your account is not affected.",
    },
    bad_post_logout_redirect_uri: EndPageText {
        heading: "We cannot send you back safely",
        what: "The application asked us to send you to an address that it has not registered, so we stopped here. You \
               may still be signed in.",
        now: "Go back to the application and tell its support.",
    },
    logout_expired: EndPageText {
        heading: "This page is out of date",
        what: "It was open too long. You may still be signed in.",
        now: "Go back to the application and sign out again.",
    },
    bad_request: EndPageText {
        heading: "This link does not work",
        what: "Something in it is missing or wrong.",
        now: "Go back to where you came from and start again.",
    },
    interaction_expired: EndPageText {
        heading: "This sign\u{2011}in has expired",
        what: "To protect you, a sign-in stays open only for a limited time.",
        now: "Go back to the application and sign in again.",
    },
    interaction_finished: EndPageText {
        heading: "This sign\u{2011}in is over",
        what: "It was completed or cancelled, perhaps in another tab.",
        now: "Go back to the application. If you are not signed in there, start again.",
    },
    other_browser: EndPageText {
        heading: "Continue where you started",
        what: "This sign-in began in another browser, or this browser does not accept cookies.",
        now: "Return to the browser where you began. If it is this one, allow cookies and sign in again.",
    },
    form_expired: EndPageText {
        heading: "This page is out of date",
        what: "What you sent was not accepted, because the page was open too long or belongs to another sign-in. \
               Nothing was changed.",
        now: "Go back, reload the page and try again.",
    },
    not_found: EndPageText {
        heading: "There is no page here",
        what: "The address is mistyped, or the page has gone.",
        now: "Check the address, or go back to where you came from.",
    },
    method_not_allowed: EndPageText {
        heading: "This page cannot be opened like this",
        what: "It only answers when a form on another page is sent.",
        now: "Go back to where you came from and start again.",
    },
    too_many_requests: EndPageText {
        heading: "A little too fast",
        what: "Too many requests came from your network in a short time.",
        now: "Wait a moment, then reload this page.",
    },
    unavailable: EndPageText {
        heading: "We are not available right now",
        what: "A part of our service does not answer. It is our fault, not yours.",
        now: "Wait a moment, then reload this page.",
    },
    server_error: EndPageText {
        heading: "Something went wrong here",
        what: "It is our fault, not yours.",
        now: "Try again. If it goes wrong once more, give our support the request id below.",
    },
    misdirected: EndPageText {
        heading: "This address is not ours",
        what: "The name in the address bar is not one that this service answers for.",
        now: "Check the address, or go back to where you came from.",
    },
    wait: |wait| format!("Wait {wait}, then reload this page."),
    for_developers: "For the application’s developer:",
    developer_client: "client_id names no registered client.",
    developer_redirect: "redirect_uri must be exactly one that is registered for the client.",
    developer_post_logout: "post_logout_redirect_uri must be exactly one that is registered for the client.",
    request_id: "Request id",
    back: "Back to the application",
    back_to: |client| format!("Back to {client}"),
};
