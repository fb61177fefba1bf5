use serde_json::json;

use super::*;
use crate::protocol::client::{ClientDisplay, ClientExtensions, ClientParty, Credentials, GrantType};
use crate::protocol::id::{Bucket, OrganizationId, SsoId, UserId};
use crate::protocol::opaque::Opaque;
use crate::protocol::scope::Scope;

const HOME: &str = "https://app.example/?a=b";

fn client(id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        organization: OrganizationId::new("org_demo"),
        credentials: Credentials::Public,
        redirect_uris: Vec::new(),
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::default(),
        party: ClientParty::First,
        require_pkce: true,
        shown: ClientDisplay::default(),
        extras: ClientExtensions {
            post_logout_redirect_uris: vec![HOME.to_owned()],
            ..ClientExtensions::default()
        },
    }
}

fn session(which: u8, user: &str) -> SsoSession {
    let id = SsoId::of(&Opaque::new(Bucket::of_hash(&[1; 32]), [which; 32]));
    SsoSession {
        id,
        root: SsoRoot::of_first_sign_in(id),
        organization: OrganizationId::new("org_demo"),
        user: UserId::new(user),
        auth_time: Timestamp::from_secs(0),
        expires_at: Timestamp::from_secs(100),
        used_at: None,
        opened_by: None,
    }
}

fn hint_of(session: &SsoSession) -> Hint {
    let client = ClientId::new("app");
    let sid = Some(session_sid(&session.root, &client));
    Hint { sub: session.user.as_str().to_owned(), client, sid }
}

fn judge(
    query: &str,
    hint: Option<Hint>,
    client: Option<&Client>,
) -> Result<LogoutRequest, LogoutRequestError> {
    LogoutRequest::judge(
        &LogoutParameters::read(&Parameters::parse(query.as_bytes()).unwrap())?,
        hint,
        client,
    )
}

const BACK: &str = "post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F%3Fa%3Db&state=a%26b%20%C3%A9";

#[test]
fn rp_initiated_2_a_hint_of_the_session_ends_it_at_once_and_leads_back_with_the_state() {
    let here = session(1, "user_1");
    let request = judge(BACK, Some(hint_of(&here)), Some(&client("app"))).unwrap();
    assert_eq!(request.next(&[&here]), LogoutStep::AtOnce);
    let back = "https://app.example/?a=b&state=a%26b+%C3%A9";
    assert_eq!(request.way_back(), LogoutRedirect::Redirect(back.to_owned()));
    assert!(!request.not_back);
    let again = SsoSession { id: session(7, "user_1").id, ..here };
    assert_eq!(request.next(&[&again]), LogoutStep::AtOnce, "whoever signed in again is in the same session");
}

#[test]
fn rp_initiated_2_a_hint_of_another_session_asks() {
    let (here, before) = (session(1, "user_1"), session(2, "user_1"));
    let request = judge(BACK, Some(hint_of(&before)), Some(&client("app"))).unwrap();
    assert_eq!(request.next(&[&here]), LogoutStep::Ask);
    let other = session(1, "user_2");
    assert_eq!(request.next(&[&other]), LogoutStep::Ask);
    let without = Hint { sid: None, ..hint_of(&here) };
    let request = judge(BACK, Some(without), Some(&client("app"))).unwrap();
    assert_eq!(request.next(&[&here]), LogoutStep::Ask, "it says of no session");
    let of_other_client = Hint { sid: Some(session_sid(&here.root, &ClientId::new("b"))), ..hint_of(&here) };
    let request = judge(BACK, Some(of_other_client), Some(&client("app"))).unwrap();
    assert_eq!(request.next(&[&here]), LogoutStep::Ask);
}

#[test]
fn rp_initiated_2_without_a_hint_the_end_user_is_asked() {
    let here = session(1, "user_1");
    for client in [None, Some(&client("app"))] {
        let request = judge(BACK, None, client).unwrap();
        assert_eq!((request.next(&[&here]), request.not_back), (LogoutStep::Ask, client.is_none()));
    }
    let request = judge("", None, None).unwrap();
    assert_eq!((request.next(&[&here]), request.not_back), (LogoutStep::Ask, false));
}

#[test]
fn rp_initiated_3_a_client_that_is_named_gets_the_browser_back_at_a_uri_of_its_own() {
    let back = || "https://app.example/?a=b&state=a%26b+%C3%A9".to_owned();
    let way = |hint, client| judge(BACK, hint, client).unwrap().way_back();
    assert_eq!(way(None, None), LogoutRedirect::None, "nobody is named");
    let app = client("app");
    assert_eq!(way(None, Some(&app)), LogoutRedirect::Redirect(back()));
    let no_uri = judge("state=s", None, Some(&client("app"))).unwrap();
    assert_eq!(no_uri.way_back(), LogoutRedirect::None);
    // RFC 9700 §4.11.2: anyone may have registered this client.
    let id = ClientId::from_random(&[1; 16]);
    let dynamic = client(id.as_str());
    assert_eq!(way(None, Some(&dynamic)), LogoutRedirect::Link(back()));
    let hint = Hint { client: id, ..hint_of(&session(1, "user_1")) };
    assert_eq!(way(Some(hint), Some(&dynamic)), LogoutRedirect::Redirect(back()));
}

#[test]
fn rp_initiated_2_a_hint_whose_client_is_gone_is_none() {
    let here = session(1, "user_1");
    let request = judge(BACK, Some(hint_of(&here)), None).unwrap();
    assert_eq!((request.next(&[&here]), request.way_back()), (LogoutStep::Ask, LogoutRedirect::None));
}

#[test]
fn rp_initiated_4_when_nobody_is_signed_in_it_is_done() {
    let request = judge(BACK, Some(hint_of(&session(1, "user_1"))), Some(&client("app"))).unwrap();
    assert_eq!(request.next(&[]), LogoutStep::Nobody);
    let no_state =
        judge(&BACK.replace("&state", "&other"), Some(hint_of(&session(1, "u"))), Some(&client("app")));
    assert_eq!(no_state.unwrap().way_back(), LogoutRedirect::Redirect(HOME.to_owned()));
}

#[test]
fn rp_initiated_4_what_contradicts_itself_is_refused() {
    let (app, hint) = (client("app"), || Some(hint_of(&session(1, "user_1"))));
    assert_eq!(judge("client_id=b", hint(), Some(&app)), Err(LogoutRequestError::OtherClient));
    assert!(judge("client_id=app", hint(), Some(&app)).is_ok());
    for uri in
        ["https://app.example/", "https://app.example/?a=b%23", "https://app.example/?a=b&c", "javascript:1"]
    {
        let query = format!("post_logout_redirect_uri={}", uri.replace('&', "%26"));
        assert_eq!(judge(&query, hint(), Some(&app)), Err(LogoutRequestError::RedirectUri), "{uri}");
        assert_eq!(judge(&query, None, Some(&app)), Err(LogoutRequestError::RedirectUri), "{uri}");
    }
    for name in
        ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "logout_hint"]
    {
        let twice = judge(&format!("{name}=a&{name}=a"), None, None);
        assert!(matches!(twice, Err(LogoutRequestError::Repeated(_))), "{name}");
    }
    assert!(judge(&format!("state={}", "s".repeat(8192)), None, None).is_ok());
    assert_eq!(judge(&format!("state={}", "s".repeat(8193)), None, None), Err(LogoutRequestError::State));
}

#[test]
fn frontchannel_3_a_sid_is_of_one_session_and_one_client() {
    let (one, two) = (session(1, "u").root, session(2, "u").root);
    let (a, b) = (ClientId::new("a"), ClientId::new("b"));
    let sid = session_sid(&one, &a);
    assert_eq!((sid.len(), &sid), (22, &session_sid(&one, &a)));
    assert_ne!(sid, session_sid(&two, &a));
    assert_ne!(sid, session_sid(&one, &b));
    assert!(!one.encode().contains(&sid));
}

#[test]
fn frontchannel_2_the_url_has_iss_and_sid_beside_what_it_had() {
    let url = frontchannel_url("https://app.example/out?x=1", "https://id.example", "s-1");
    assert_eq!(url, "https://app.example/out?x=1&iss=https%3A%2F%2Fid.example&sid=s-1");
}

#[test]
fn backchannel_2_4_the_claims_of_a_logout_token() {
    let now = Timestamp::from_millis(1_000_999);
    let app = ClientId::new("app");
    let claims = LogoutTokenClaims::new("https://id.example", "user_1", &app, "s", "j", now);
    let expected = json!({
        "iss": "https://id.example", "sub": "user_1", "aud": "app", "iat": 1000, "exp": 1120, "jti": "j", "sid": "s",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    assert_eq!(serde_json::to_value(claims).unwrap(), expected);
}
