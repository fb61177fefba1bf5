//! Interactions, sign-ins at the issuer and authorization codes of tests: those of one number belong to the end-user
//! of that number.

use tiquo_auth::ports::store::{Holder, RedemptionOutcome};
use tiquo_auth::protocol::authorization::{AuthorizationRequest, Prompts, ResponseMode};
use tiquo_auth::protocol::authorization_code::{self, AuthorizationCode, CodeTerms, CodeVerdict, Redemption};
use tiquo_auth::protocol::browser_binding::BrowserBinding;
use tiquo_auth::protocol::client::SubjectType;
use tiquo_auth::protocol::grant::{Grant, GrantChannel};
use tiquo_auth::protocol::grant_extensions::{ClaimRequest, ClaimsRequest, GrantExtensions};
use tiquo_auth::protocol::id::{ClientId, CodeId, CustomerId, InteractionId, Sid, SsoId};
use tiquo_auth::protocol::interaction::{self, Interaction, SentCode, Stage};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::logout::{self, LogoutHint, LogoutRequest, PendingLogout};
use tiquo_auth::protocol::opaque::Opaque;
use tiquo_auth::protocol::pkce::{CodeChallenge, CodeVerifier};
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::sso::{Consent, SsoRoot, SsoSession};

use super::make::{
    DAY, ROTATION, START, account, after, attempt, bucket, bytes, challenge_id, grant, organization,
};
use crate::support::stores::TestStore;

pub(crate) fn app() -> ClientId {
    ClientId::new("app")
}

pub(crate) fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

pub(crate) fn code_challenge() -> CodeChallenge {
    CodeChallenge::of(&CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap())
}

pub(crate) fn interaction_id(number: u64) -> InteractionId {
    let [high, low] = bucket(number).to_bytes();
    let mut random = [0; 18];
    random[..2].copy_from_slice(&[high, low]);
    random[2..].copy_from_slice(&bytes::<16>(b'i', number));
    InteractionId::from_random(random)
}

/// An interaction that has just begun, at [`START`].
pub(crate) fn interaction(number: u64) -> Interaction {
    Interaction {
        id: interaction_id(number),
        browser: BrowserBinding::to("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned()),
        request: AuthorizationRequest {
            wanted_sid: Some("sid".to_owned()),
            client: app(),
            redirect_uri: "https://app.example/callback?a=b".to_owned(),
            redirect_uri_sent: true,
            state: Some("\u{0}\"Zustand\" 🙂\n".to_owned()),
            scope: scope("openid profile:read"),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            code_challenge: Some(code_challenge()),
            prompts: Prompts { login: true, ..Prompts::default() },
            max_age: Some(u64::MAX),
            login_hint: Some("Ana@Example.com".to_owned()),
            response_mode: ResponseMode::FormPost,
            claims: ClaimsRequest {
                userinfo: [("email".to_owned(), ClaimRequest { essential: true, ..ClaimRequest::default() })]
                    .into(),
                ..ClaimsRequest::default()
            },
            resources: vec!["https://api.example.com".to_owned()],
            wanted: Some("user_1".to_owned()),
            ui_locale: Some(Locale::Fr),
        },
        opened_at: START,
        expires_at: START.plus(interaction::LIFETIME),
        revision: 0,
        stage: Stage::default(),
    }
}

/// A logout request that waits, since [`START`].
pub(crate) fn pending_logout(number: u64) -> PendingLogout {
    PendingLogout {
        id: interaction_id(number),
        request: LogoutRequest {
            client: Some(app()),
            hint: Some(LogoutHint { sub: format!("user_{number}"), sid: Some("sid".to_owned()) }),
            redirect_uri: Some("https://app.example/?a=b".to_owned()),
            not_back: false,
            is_proven: false,
            state: Some("\u{0}\"Zustand\" 🙂\n".to_owned()),
            ui_locale: Some(Locale::Es),
        },
        expires_at: START.plus(logout::LIFETIME),
    }
}

/// A stage at which a code was sent; other numbers are other stages.
pub(crate) fn stage(number: u64) -> Stage {
    let email = format!("Ana.{number}@Example.com");
    Stage { sent: Some(SentCode { challenge: challenge_id(1, number), email }), ..Stage::default() }
}

/// The `which`th sign-in at the issuer of an end-user, at [`START`], for a day.
pub(crate) fn sso_session(number: u64, which: u64) -> SsoSession {
    let id = SsoId::of(&Opaque::new(bucket(number), bytes(b'o', which)));
    SsoSession {
        id,
        root: SsoRoot::of_first_sign_in(id),
        organization: organization(),
        user: account(number).user,
        auth_time: START,
        expires_at: START.plus(DAY),
        used_at: None,
        opened_by: None,
    }
}

pub(crate) fn consent(client: &ClientId, allowed: &str) -> Consent {
    Consent { client: client.clone(), scope: scope(allowed), fingerprint: "fingerprint".to_owned() }
}

/// A code with a challenge, issued at [`START`].
pub(crate) fn code(number: u64) -> AuthorizationCode {
    AuthorizationCode {
        id: CodeId::of(&Opaque::new(bucket(number), bytes(b'z', number))),
        terms: CodeTerms {
            subject_type: Some(SubjectType::Public),
            client: app(),
            organization: organization(),
            user: account(number).user,
            redirect_uri: "https://app.example/callback?a=b".to_owned(),
            redirect_uri_sent: true,
            code_challenge: Some(code_challenge()),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            extensions: GrantExtensions {
                resources: vec!["https://api.example".to_owned()],
                ..GrantExtensions::default()
            },
            scope: scope("openid profile:read"),
        },
        auth_time: START,
        expires_at: START.plus(authorization_code::LIFETIME),
        used: None,
    }
}

pub(crate) fn without_challenge(mut code: AuthorizationCode) -> AuthorizationCode {
    code.terms.code_challenge = None;
    code
}

/// The end-user signs in at the issuer, and the code is issued.
pub(crate) async fn issue(store: &TestStore, number: u64, code: &AuthorizationCode) {
    store.open_sso_session(&account(number), &sso_session(number, 0), &app(), None).await.unwrap();
    store.issue_code(code, None).await.unwrap();
}

/// A redemption of the code of a number, `seconds` after the start; each attempt would make a grant of its own.
pub(crate) fn redemption(number: u64, attempt_number: u64, seconds: u64) -> Redemption {
    let now = after(seconds);
    Redemption {
        attempt: attempt(attempt_number),
        now,
        grant: Grant {
            sid: Sid::new(bucket(number), &bytes(b'r', attempt_number)),
            client: app(),
            channel: GrantChannel::Public,
            scope: scope("openid profile:read"),
            rotated_at: now,
            previous_rotated_at: now,
            last_attempt: attempt(attempt_number),
            expires_at: now.plus(ROTATION.lifetime),
            ..grant(number)
        },
    }
}

/// Redeems the code of a number.
pub(crate) async fn redeem(
    store: &TestStore,
    number: u64,
    attempt_number: u64,
    seconds: u64,
) -> RedemptionOutcome {
    let redemption = redemption(number, attempt_number, seconds);
    store.redeem_code(&code(number).id, &account(number).user, &redemption).await.unwrap()
}

pub(crate) fn granted(number: u64) -> RedemptionOutcome {
    let email = format!("Ana.{number}@Example.com");
    let holder = Holder { email, customer: Some(CustomerId::new(format!("cust_{number}"))) };
    RedemptionOutcome::Judged {
        verdict: CodeVerdict::Granted,
        holder: Some(holder),
        ended: None,
        displaced: Vec::new(),
    }
}

pub(crate) fn refused(verdict: CodeVerdict) -> RedemptionOutcome {
    RedemptionOutcome::Judged { verdict, holder: None, ended: None, displaced: Vec::new() }
}

pub(crate) fn replayed(ended: Option<Sid>) -> RedemptionOutcome {
    RedemptionOutcome::Judged { verdict: CodeVerdict::Replayed, holder: None, ended, displaced: Vec::new() }
}
