//! What can be presented at an endpoint, without a browser.

use serde_json::json;

use super::party::{Party, manage, poll};
use super::{assert_alike, error};
use crate::oidc::registration::REGISTER;
use crate::support::app::{Answer, BOOKINGS, ENQUIRIES, ORDERS, PROFILE, TestApp};
use crate::support::oidc::{USERINFO, basic, post_form, token};

const INTROSPECT: &str = "/api/auth/oauth2/introspect";
const REVOKE: &str = "/api/auth/oauth2/revoke";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Where a thing is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    RedeemCode,
    Refresh,
    RefreshPath,
    PollDevice,
    Introspect,
    Bearer(&'static str),
    ReadRegistration,
    ReplaceRegistration,
    RemoveRegistration,
    ClientIdWithMySecret,
    ClientIdInMyAssertion,
}

/// Where, what of theirs, and the status and code that it gets.
type Cell = (At, &'static str, fn(&Party) -> String, u16, &'static str);

const CELLS: &[Cell] = &[
    (At::RedeemCode, "a code", |them| them.code.clone(), 400, "invalid_grant"),
    (At::RedeemCode, "a refresh token", |them| them.token("refresh_token"), 400, "invalid_grant"),
    (At::Refresh, "a refresh token", |them| them.token("refresh_token"), 400, "invalid_grant"),
    (At::Refresh, "an access token", |them| them.token("access_token"), 400, "invalid_grant"),
    (At::RefreshPath, "an access token", |them| them.token("access_token"), 401, "invalid"),
    (At::PollDevice, "a device code", |them| them.device_code.clone(), 400, "invalid_grant"),
    (At::PollDevice, "a code", |them| them.code.clone(), 400, "invalid_grant"),
    (At::Introspect, "an access token", |them| them.token("access_token"), 200, ""),
    (At::Introspect, "a refresh token", |them| them.token("refresh_token"), 200, ""),
    (At::Introspect, "an ID token", |them| them.token("id_token"), 200, ""),
    (At::Introspect, "a code", |them| them.code.clone(), 200, ""),
    (At::Bearer(USERINFO), "an ID token", |them| them.token("id_token"), 401, "invalid_token"),
    (At::Bearer(USERINFO), "a refresh token", |them| them.token("refresh_token"), 401, "invalid_token"),
    (At::Bearer(USERINFO), "a code", |them| them.code.clone(), 401, "invalid_token"),
    (At::Bearer(USERINFO), "a registration token", registration_token, 401, "invalid_token"),
    (At::Bearer(USERINFO), "a client secret", secret, 401, "invalid_token"),
    (At::Bearer(PROFILE), "an ID token", |them| them.token("id_token"), 401, "token_invalid"),
    (At::Bearer(PROFILE), "a refresh token", |them| them.token("refresh_token"), 401, "token_invalid"),
    (At::Bearer(PROFILE), "a registration token", registration_token, 401, "token_invalid"),
    (At::Bearer(ORDERS), "an ID token", |them| them.token("id_token"), 401, "token_invalid"),
    (At::Bearer(BOOKINGS), "a code", |them| them.code.clone(), 401, "token_invalid"),
    (At::Bearer(ENQUIRIES), "a client secret", secret, 401, "token_invalid"),
    (At::ReadRegistration, "a client id", id, 401, "invalid_token"),
    (At::ReplaceRegistration, "a client id", id, 401, "invalid_token"),
    (At::RemoveRegistration, "a client id", id, 401, "invalid_token"),
    (At::ClientIdWithMySecret, "a client id", id, 401, "invalid_client"),
    (At::ClientIdInMyAssertion, "a client id", id, 401, "invalid_client"),
];

fn id(them: &Party) -> String {
    them.client.id().to_owned()
}

fn secret(them: &Party) -> String {
    them.client.text("client_secret").to_owned()
}

fn registration_token(them: &Party) -> String {
    them.client.text("registration_access_token").to_owned()
}

/// Every cell: theirs, and the same made up.
pub(super) async fn present_all(app: &TestApp, me: &Party, them: &Party) {
    for (at, what, of, status, code) in CELLS {
        let cell = format!("{} presents {what} of {} at {at:?}", me.client.id(), them.client.id());
        let thing = of(them);
        let answer = present(app, me, *at, &thing).await;
        assert_eq!((answer.status, error(&answer)), (*status, *code), "{cell}: {answer:?}");
        if *at == At::Introspect {
            assert_eq!(answer.body, json!({"active": false}), "{cell}");
        }
        // Whether an ID token is genuine anybody can tell by the published keys; a resource server says what is wrong.
        let is_public = matches!(at, At::Bearer(_)) && *what == "an ID token";
        let answer_to_nothing = present(app, me, *at, &made_up(&thing)).await;
        if is_public {
            assert_eq!(answer.status, answer_to_nothing.status, "{cell}");
        } else {
            assert_alike(&cell, &answer, &answer_to_nothing);
        }
    }
    for name in ["access_token", "refresh_token"] {
        // RFC 7009 §2.1: whoever gives back another's token is told so, and nothing ends.
        let thing = them.token(name);
        let answer = post_form(app, REVOKE, Some(&me.client.basic()), &[("token", &thing)]).await;
        assert_eq!(answer.oauth_error(), (400, "invalid_grant"), "{name}");
    }
    let bearer = registration_token(them);
    let registered = crate::oidc::registration::try_register(app, Some(&bearer), &json!({})).await;
    assert_eq!(registered.oauth_error(), (401, "invalid_token"), "a registration token registers nothing");
}

async fn present(app: &TestApp, me: &Party, at: At, thing: &str) -> Answer {
    let basic_auth = me.client.basic();
    let mine = Some(basic_auth.as_str());
    match at {
        At::RedeemCode => me.client.redeem(app, thing).await,
        At::Refresh => me.client.refresh(app, thing).await,
        At::RefreshPath => app.refresh(thing).await,
        At::PollDevice => poll(app, &me.client, thing).await,
        At::Introspect => post_form(app, INTROSPECT, mine, &[("token", thing)]).await,
        At::Bearer(path) => app.get_as(thing, path).await,
        At::ReadRegistration => registration(app, me, "GET", thing).await,
        At::ReplaceRegistration => registration(app, me, "PUT", thing).await,
        At::RemoveRegistration => registration(app, me, "DELETE", thing).await,
        At::ClientIdWithMySecret => {
            let header = basic(thing, me.client.text("client_secret"));
            token(app, Some(&header), &[("grant_type", "client_credentials")]).await
        }
        At::ClientIdInMyAssertion => {
            use tiquo_auth::ports::clock::Clock as _;
            let exp = app.clock.now().as_secs() + 60;
            let claims = json!({"iss": thing, "sub": thing, "aud": app.base, "jti": thing, "exp": exp});
            let assertion = me.key.sign(&claims);
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", ASSERTION),
                ("client_assertion", &assertion),
            ];
            token(app, None, &fields).await
        }
    }
}

async fn registration(app: &TestApp, me: &Party, method: &str, id: &str) -> Answer {
    let document = me.client.changed(&json!({"client_id": id}));
    manage(app, method, &format!("{REGISTER}/{id}"), &registration_token(me), &document).await
}

/// Something of the same shape that nobody was ever given.
fn made_up(thing: &str) -> String {
    let (head, tail) = thing.split_at(thing.len() - 12);
    let other = |c: char| if c.is_ascii_alphanumeric() { if c == 'A' { 'B' } else { 'A' } } else { c };
    // The last character of base64url has bits that must be zero; it stays.
    let (middle, last) = tail.split_at(11);
    format!("{head}{}{last}", middle.chars().map(other).collect::<String>())
}
