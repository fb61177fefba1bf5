use super::*;
use crate::protocol::client::{ClientDisplay, ClientExtensions, ClientParty, GrantType, SecretDigest};
use crate::protocol::id::OrganizationId;
use crate::protocol::scope::Scope;

const SECRET: &str = "s:e +%&=é";

fn client(id: &str, credentials: Credentials) -> Client {
    Client {
        id: ClientId::new(id),
        organization: OrganizationId::new("org_demo"),
        credentials,
        redirect_uris: Vec::new(),
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::default(),
        party: ClientParty::Third,
        require_pkce: true,
        shown: ClientDisplay::default(),
        extras: ClientExtensions::default(),
    }
}

fn clients() -> Vec<Client> {
    use AuthenticationMethod::{ClientSecretBasic, ClientSecretPost};
    let secret = |methods: &[AuthenticationMethod]| Credentials::Secret {
        digest: SecretDigest::of(SECRET),
        methods: methods.to_vec(),
    };
    [
        client("web", Credentials::Public),
        client("a+b", secret(&[ClientSecretBasic])),
        client("post", secret(&[ClientSecretPost])),
        client("both", secret(&[ClientSecretBasic, ClientSecretPost])),
    ]
    .to_vec()
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn basic_header(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn judge(header: Option<&str>, body: &str) -> Result<String, ClientAuthenticationError> {
    let parameters = Parameters::parse(body.as_bytes()).unwrap();
    let claim = PresentedCredentials::read(header.map(str::as_bytes), &parameters)?;
    let known = clients().into_iter().find(|client| client.id == *claim.client());
    let client = known.ok_or(ClientAuthenticationError::UnknownClient)?;
    claim.judge(&client)?;
    Ok(client.id.as_str().to_owned())
}

#[test]
fn rfc6749_2_3_1_basic_is_form_decoded() {
    let header = basic_header(&encoded("a+b"), &encoded(SECRET));
    assert_eq!(judge(Some(&header), "").as_deref(), Ok("a+b"));
    assert_eq!(judge(Some(&header.replace("Basic", "bAsIc")), "client_id=a%2Bb").as_deref(), Ok("a+b"));
    // An unencoded plus is a space, which makes this another client.
    assert_eq!(
        judge(Some(&basic_header("a+b", &encoded(SECRET))), ""),
        Err(ClientAuthenticationError::UnknownClient)
    );
    // A secret with raw `&` and `=` is read as it was sent.
    assert_eq!(judge(Some(&basic_header("both", "s%3Ae+%2B%25&=%C3%A9")), "").as_deref(), Ok("both"));
}

#[test]
fn rfc6749_2_3_1_post() {
    let body = format!("client_id=both&client_secret={}", encoded(SECRET));
    assert_eq!(judge(None, &body).as_deref(), Ok("both"));
    assert_eq!(judge(None, "client_id=both&client_secret=x"), Err(ClientAuthenticationError::WrongSecret));
}

#[test]
fn rfc6749_2_3_never_two_methods() {
    let header = basic_header("both", &encoded(SECRET));
    assert_eq!(
        judge(Some(&header), "client_id=both&client_secret=x"),
        Err(ClientAuthenticationError::TwoMethods)
    );
    assert_eq!(judge(Some(&header), "client_id=web"), Err(ClientAuthenticationError::TwoClients));
    assert_eq!(
        judge(None, "client_id=web&client_id=both"),
        Err(ClientAuthenticationError::Repeated(RepeatedParameter("client_id")))
    );
}

#[test]
fn only_the_registered_method() {
    use AuthenticationMethod as M;
    let other = ClientAuthenticationError::OtherMethod;
    assert_eq!(judge(Some(&basic_header("post", &encoded(SECRET))), ""), Err(other(M::ClientSecretBasic)));
    let body = format!("client_id=a%2Bb&client_secret={}", encoded(SECRET));
    assert_eq!(judge(None, &body), Err(other(M::ClientSecretPost)));
    assert_eq!(judge(None, "client_id=both"), Err(other(M::None)));
    assert_eq!(judge(None, "client_id=both&client_secret="), Err(other(M::None)));
    assert_eq!(judge(None, "client_id=web&client_secret=x"), Err(other(M::ClientSecretPost)));
}

#[test]
fn a_public_client_only_says_its_name() {
    assert_eq!(judge(None, "client_id=web").as_deref(), Ok("web"));
    assert_eq!(judge(Some(&basic_header("web", "")), "").as_deref(), Ok("web"));
}

#[test]
fn a_request_without_a_readable_and_known_client_is_refused() {
    use ClientAuthenticationError as E;
    assert_eq!(judge(None, ""), Err(E::NoClient));
    assert_eq!(judge(None, "client_id=nobody"), Err(E::UnknownClient));
    for header in ["Basic", "Basic ", "Basic !!", "Bearer abc", "Basic Og==", "Basic YWJj"] {
        assert_eq!(judge(Some(header), ""), Err(E::BadHeader), "{header}");
    }
}

proptest::proptest! {
    #[test]
    fn no_header_panics(header in "\\PC{0,60}", body in "\\PC{0,60}") {
        let _ = judge(Some(&header), &body);
        let _ = judge(None, &body);
    }
}
