use super::*;
use crate::protocol::grant::tests::grant;
use crate::protocol::grant_extensions::GrantExtensions;
use crate::protocol::id::{Bucket, SsoId};
use crate::protocol::opaque::Opaque;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "https://app.example/callback";

fn verifier() -> CodeVerifier {
    CodeVerifier::parse(VERIFIER).unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_000_000).plus(Duration::from_secs(seconds))
}

fn attempt(number: u8) -> AttemptId {
    AttemptId::new([number; 16])
}

fn code() -> AuthorizationCode {
    let bucket = Bucket::of_hash(&[1; 32]);
    AuthorizationCode {
        id: CodeId::of(&Opaque::new(bucket, [2; 32])),
        terms: CodeTerms {
            client: ClientId::new("app"),
            organization: OrganizationId::new("org_demo"),
            user: UserId::new("user_1"),
            redirect_uri: CALLBACK.to_owned(),
            redirect_uri_sent: true,
            code_challenge: Some(CodeChallenge::of(&verifier())),
            nonce: None,
            extensions: GrantExtensions::default(),
            subject_type: None,
            scope: Scope::default(),
        },
        auth_time: at(0),
        expires_at: at(60),
        used: None,
    }
}

fn used_at(seconds: u64) -> AuthorizationCode {
    let sid = Sid::new(Bucket::of_hash(&[1; 32]), &[3; 16]);
    AuthorizationCode { used: Some(CodeUse { attempt: attempt(1), at: at(seconds), sid }), ..code() }
}

fn without_challenge(code: &AuthorizationCode) -> AuthorizationCode {
    AuthorizationCode { terms: CodeTerms { code_challenge: None, ..code.terms.clone() }, ..code.clone() }
}

fn admits(
    code: &AuthorizationCode,
    client: &str,
    uri: Option<&str>,
    verifier: Option<&str>,
) -> Result<(), RedemptionRefusal> {
    let verifier = verifier.map(|text| CodeVerifier::parse(text).unwrap());
    let client = ClientId::new(client);
    let registered = [RedirectUri::parse(CALLBACK).unwrap()];
    let verifier = verifier.as_ref();
    code.admits(&CodePresentation { client: &client, registered: &registered, redirect_uri: uri, verifier })
}

#[test]
fn rfc6749_4_1_3_the_redirect_uri_is_still_registered() {
    let (client, verifier) = (ClientId::new("app"), verifier());
    let presented = |registered: &[&str]| {
        let registered = registered.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect::<Vec<_>>();
        let (redirect_uri, verifier) = (Some(CALLBACK), Some(&verifier));
        code().admits(&CodePresentation { client: &client, registered: &registered, redirect_uri, verifier })
    };
    assert_eq!(presented(&["https://other.example/", CALLBACK]), Ok(()));
    assert_eq!(presented(&["https://other.example/"]), Err(RedemptionRefusal::RedirectUriGone));
    assert_eq!(presented(&[]), Err(RedemptionRefusal::RedirectUriGone));
}

#[test]
fn oidc_core_8_1_the_sector_is_that_of_the_authorization() {
    let sector = |name: &str| SubjectType::Pairwise { sector: name.to_owned() };
    let at_redemption = |issued: Option<SubjectType>, now: SubjectType| {
        let terms = CodeTerms { subject_type: issued, ..code().terms };
        terms.extensions_of_grant(&now).sector
    };
    let (a, b) = (sector("a.example"), sector("b.example"));
    assert_eq!(at_redemption(Some(a.clone()), b.clone()).as_deref(), Some("a.example"));
    assert_eq!(at_redemption(Some(a), SubjectType::Public).as_deref(), Some("a.example"));
    assert_eq!(at_redemption(Some(SubjectType::Public), b.clone()), None);
    assert_eq!(
        at_redemption(None, b).as_deref(),
        Some("b.example"),
        "a code of a version that did not keep it"
    );
    assert_eq!(at_redemption(None, SubjectType::Public), None);
    let before = serde_json::to_value(&code().terms).unwrap();
    assert!(before.get("subject_type").is_none());
    assert_eq!(serde_json::from_value::<CodeTerms>(before).unwrap(), code().terms);
}

#[test]
fn rfc6749_4_1_3_only_the_client_and_redirect_uri_of_the_code_are_admitted() {
    let (code, right) = (code(), Some(VERIFIER));
    assert_eq!(admits(&code, "app", Some(CALLBACK), right), Ok(()));
    assert_eq!(admits(&code, "other", Some(CALLBACK), right), Err(RedemptionRefusal::OtherClient));
    assert_eq!(
        admits(&code, "app", Some("https://app.example/"), right),
        Err(RedemptionRefusal::OtherRedirectUri)
    );
    assert_eq!(admits(&code, "app", None, right), Err(RedemptionRefusal::OtherRedirectUri));
    let unnamed =
        AuthorizationCode { terms: CodeTerms { redirect_uri_sent: false, ..code.terms.clone() }, ..code };
    assert_eq!(admits(&unnamed, "app", None, right), Ok(()));
    assert_eq!(admits(&unnamed, "app", Some(CALLBACK), right), Ok(()));
}

#[test]
fn rfc7636_4_6_and_rfc9700_2_1_1_the_verifier() {
    let wrong = "a".repeat(43);
    assert_eq!(admits(&code(), "app", Some(CALLBACK), Some(&wrong)), Err(RedemptionRefusal::WrongVerifier));
    assert_eq!(admits(&code(), "app", Some(CALLBACK), None), Err(RedemptionRefusal::NoVerifier));
    let plain = without_challenge(&code());
    assert_eq!(admits(&plain, "app", Some(CALLBACK), Some(VERIFIER)), Err(RedemptionRefusal::NoChallenge));
    assert_eq!(admits(&plain, "app", Some(CALLBACK), None), Ok(()));
}

#[test]
fn a_code_lives_60_seconds() {
    assert_eq!(redeem(&code(), attempt(1), at(59), true), CodeVerdict::Granted);
    assert_eq!(redeem(&code(), attempt(1), at(60), true), CodeVerdict::Expired);
    assert_eq!(redeem(&code(), attempt(1), at(59), false), CodeVerdict::Expired, "it died with its session");
    assert_eq!(
        redeem(&used_at(5), attempt(1), at(6), false),
        CodeVerdict::Granted,
        "it made the grant before"
    );
}

#[test]
fn rfc6749_4_1_2_a_second_use() {
    assert_eq!(redeem(&used_at(5), attempt(1), at(700), true), CodeVerdict::Granted, "the same attempt");
    assert_eq!(redeem(&used_at(5), attempt(2), at(15), true), CodeVerdict::Twice);
    assert_eq!(redeem(&used_at(5), attempt(2), at(16), true), CodeVerdict::Replayed);
    assert_eq!(
        redeem(&used_at(5), attempt(2), at(604), true),
        CodeVerdict::Replayed,
        "also past its own life"
    );
    assert_eq!(
        redeem(&used_at(5), attempt(2), at(605), true),
        CodeVerdict::Expired,
        "forgotten after ten minutes"
    );
    assert_eq!(redeem(&without_challenge(&used_at(5)), attempt(2), at(6), true), CodeVerdict::Replayed);
}

#[test]
fn a_redemption_asks_for_the_session_that_its_grant_is_made_in() {
    let root = SsoRoot::of_first_sign_in(SsoId::of(&Opaque::new(Bucket::of_hash(&[1; 32]), [5; 32])));
    let extensions = GrantExtensions { sso: Some(root), ..GrantExtensions::default() };
    let redemption =
        |extensions| Redemption { attempt: attempt(1), now: at(1), grant: Grant { extensions, ..grant() } };
    assert_eq!(redemption(extensions).session(), Some(&root));
    assert_eq!(redemption(GrantExtensions::default()).session(), None);
}
