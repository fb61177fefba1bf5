//! Clients that register themselves, and what they do with their registrations.

mod empties;
mod fetches;
mod life;
mod manage;
mod pairwise;
mod redirector;
mod register;
mod rights;
mod sectors;
mod words;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tiquo_auth::protocol::client::{GrantType, InitialAccess, SecretDigest};
use tiquo_auth::protocol::id::OrganizationId;
use tiquo_auth::protocol::policy::Policy;
use tiquo_auth::protocol::registration::policy::InitialAccessToken;
use tiquo_auth::protocol::scope::Scope;

use crate::support::app::{Answer, TestApp};
use crate::support::oidc::{VERIFIER, authorize, basic, token};

pub(super) const REGISTER: &str = "/api/auth/oauth2/register";
pub(super) const CALLBACK: &str = "https://app.example/callback";
/// The initial access token of `org_other`.
pub(super) const INITIAL: &str = "initial-access-token-of-the-other-one";

/// A second organization with an initial access token.
pub(super) fn with_another(policy: &mut Policy) {
    let mut other = policy.organizations[0].clone();
    other.id = OrganizationId::new("org_other");
    "pk_dom_other".clone_into(&mut other.public_key);
    policy.organizations.push(other);
    let organization = OrganizationId::new("org_other");
    let digest = SecretDigest::of(INITIAL);
    let access = InitialAccess::default();
    policy.registration.tokens.push(InitialAccessToken { organization, digest, access, unused: None });
}

/// An initial access token of `org_demo` that says more.
pub(super) const TRUSTED: &str = "initial-access-token-that-says-more";

pub(super) fn with_trusted(policy: &mut Policy) {
    policy.registration.tokens.push(InitialAccessToken {
        organization: OrganizationId::new("org_demo"),
        digest: SecretDigest::of(TRUSTED),
        access: InitialAccess {
            grants: vec![GrantType::ClientCredentials],
            scopes: Scope::parse("profile:write").unwrap(),
        },
        unused: None,
    });
}

/// A request with a JSON body and a bearer token, when there are any.
pub(super) async fn ask(
    app: &TestApp,
    method: &str,
    path: &str,
    bearer: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    let mut request = app.request(method, path);
    if let Some(bearer) = bearer {
        request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
    }
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    Answer::of(request.send().await.unwrap()).await
}

pub(super) async fn try_register(app: &TestApp, bearer: Option<&str>, over: &Value) -> Answer {
    let mut document = json!({"redirect_uris": [CALLBACK], "client_name": "An App"});
    document.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    ask(app, "POST", REGISTER, bearer, Some(&document)).await
}

/// What a client was answered at its registration.
#[derive(Clone)]
pub(super) struct Registered(Value);

impl Registered {
    async fn new(app: &TestApp, over: &Value) -> Self {
        Self::with(app, None, over).await
    }

    pub(super) async fn with(app: &TestApp, bearer: Option<&str>, over: &Value) -> Self {
        let answer = try_register(app, bearer, over).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self(answer.body)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    pub(super) fn id(&self) -> &str {
        self.text("client_id")
    }

    /// Where its registration is.
    fn path(&self) -> String {
        format!("{REGISTER}/{}", self.id())
    }

    pub(super) fn basic(&self) -> String {
        basic(self.id(), self.text("client_secret"))
    }

    /// A request about the registration, with its own token.
    pub(super) async fn manage(&self, app: &TestApp, method: &str, body: Option<&Value>) -> Answer {
        ask(app, method, &self.path(), Some(self.text("registration_access_token")), body).await
    }

    /// A document to replace it with: this over what was registered.
    pub(super) fn changed(&self, over: &Value) -> Value {
        let mut document = self.0.clone();
        let members = document.as_object_mut().unwrap();
        for ours in ["registration_access_token", "registration_client_uri", "client_secret_expires_at"] {
            members.remove(ours);
        }
        members.remove("client_id_issued_at");
        members.extend(over.as_object().unwrap().clone());
        document
    }

    /// The URL of an authorization request.
    pub(super) fn authorize(&self, over: &[(&str, &str)]) -> String {
        let own = [("client_id", self.id()), ("redirect_uri", CALLBACK), ("scope", "openid email")];
        let own = own.into_iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name));
        authorize(&own.chain(over.iter().copied()).collect::<Vec<_>>())
    }

    pub(super) async fn redeem(&self, app: &TestApp, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        token(app, Some(&self.basic()), &fields).await
    }

    pub(super) async fn refresh(&self, app: &TestApp, refresh_token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        token(app, Some(&self.basic()), &fields).await
    }
}

/// What a confidential client with refresh tokens registers.
fn refreshing() -> Value {
    json!({"grant_types": ["authorization_code", "refresh_token"]})
}

/// The end-user signs in at a client, allows it if that is asked, and the client has tokens.
async fn tokens(app: &TestApp, client: &Registered, email: &str) -> Answer {
    let mut browser = crate::support::browser::Browser::new(app);
    let page = browser.open(&client.authorize(&[])).await;
    assert_eq!(page.status, 200, "{page:?}");
    let page = browser.sign_in(app, page, email).await;
    let back = if page.status == 200 { browser.allow(&page).await } else { page };
    client.redeem(app, &back.code()).await
}
