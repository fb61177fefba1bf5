//! How a client proves at the token endpoint that it is who it says (RFC 6749 §2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{AuthenticationMethod, Client, Credentials};
use super::client_assertion::{ClientAssertion, ClientAssertionError};
use super::id::ClientId;
use super::parameters::{Parameters, RepeatedParameter};
use super::secret::Secret;

/// Why a client is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthenticationError {
    /// RFC 6749 §3.2.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// RFC 6749 §2.3: a client must not use more than one method in a request.
    #[error("two ways of client authentication at once")]
    TwoMethods,
    /// The `Authorization` header and the body name different clients.
    #[error("two clients at once")]
    TwoClients,
    /// Nothing says which client it is.
    #[error("no client_id")]
    NoClient,
    /// The `Authorization` header is not `Basic`, or cannot be read (RFC 7617 §2).
    #[error("the Authorization header cannot be read")]
    BadHeader,
    /// Nobody registered it.
    #[error("unknown client")]
    UnknownClient,
    /// The client is registered for another method.
    #[error("the client is not registered for {}", .0.name())]
    OtherMethod(AuthenticationMethod),
    /// The secret is wrong.
    #[error("wrong secret")]
    WrongSecret,
    /// RFC 7523 §3.
    #[error(transparent)]
    Assertion(#[from] ClientAssertionError),
}

/// What a request says of its client.
#[derive(Debug)]
pub struct PresentedCredentials {
    client: ClientId,
    proof: ClientProof,
    method: AuthenticationMethod,
}

/// What it proves itself with.
#[derive(Debug)]
enum ClientProof {
    None,
    Secret(Secret<String>),
    Assertion(Box<ClientAssertion>),
}

impl PresentedCredentials {
    /// Reads what a request says. `authorization` is the `Authorization` header.
    ///
    /// # Errors
    /// [`ClientAuthenticationError`].
    pub fn read(
        authorization: Option<&[u8]>,
        parameters: &Parameters,
    ) -> Result<Self, ClientAuthenticationError> {
        claim(authorization, parameters)
    }

    /// Which client it says it is.
    #[must_use]
    pub const fn client(&self) -> &ClientId {
        &self.client
    }

    /// Whether it is that client, but for the signature of an assertion, which is the caller's to verify.
    ///
    /// # Errors
    /// [`ClientAuthenticationError`].
    pub fn judge(&self, client: &Client) -> Result<(), ClientAuthenticationError> {
        let other = Err(ClientAuthenticationError::OtherMethod(self.method));
        match (&client.credentials, &self.proof) {
            // An empty secret is none (RFC 6749 §2.3.1): some libraries send it in the header for a public client.
            (Credentials::Public, ClientProof::None)
            | (Credentials::PrivateKey, ClientProof::Assertion(_)) => Ok(()),
            (Credentials::Secret { digest, methods }, ClientProof::Secret(secret)) => {
                if !digest.is_of(secret.expose()) {
                    Err(ClientAuthenticationError::WrongSecret)
                } else if methods.contains(&self.method) {
                    Ok(())
                } else {
                    other
                }
            }
            (Credentials::Secret { .. } | Credentials::PrivateKey, ClientProof::None) => {
                Err(ClientAuthenticationError::OtherMethod(AuthenticationMethod::None))
            }
            (Credentials::Public, ClientProof::Secret(_) | ClientProof::Assertion(_))
            | (Credentials::Secret { .. }, ClientProof::Assertion(_))
            | (Credentials::PrivateKey, ClientProof::Secret(_)) => other,
        }
    }

    /// The assertion, when it comes with one.
    #[must_use]
    pub fn assertion(&self) -> Option<&ClientAssertion> {
        match &self.proof {
            ClientProof::Assertion(assertion) => Some(assertion),
            ClientProof::None | ClientProof::Secret(_) => None,
        }
    }
}

fn claim(
    authorization: Option<&[u8]>,
    parameters: &Parameters,
) -> Result<PresentedCredentials, ClientAuthenticationError> {
    let in_body = parameters.get("client_id")?.map(ClientId::new);
    let secret_in_body = parameters.get("client_secret")?.map(|secret| Secret::new(secret.to_owned()));
    if let Some(assertion) = parameters.get("client_assertion")? {
        if authorization.is_some() || secret_in_body.is_some() {
            return Err(ClientAuthenticationError::TwoMethods);
        }
        return by_assertion(parameters.get("client_assertion_type")?, assertion, in_body);
    }
    let Some(header) = authorization else {
        let client = in_body.ok_or(ClientAuthenticationError::NoClient)?;
        let (proof, method) = match secret_in_body {
            Some(secret) => (ClientProof::Secret(secret), AuthenticationMethod::ClientSecretPost),
            None => (ClientProof::None, AuthenticationMethod::None),
        };
        return Ok(PresentedCredentials { client, proof, method });
    };
    let (client, secret) = basic(header).ok_or(ClientAuthenticationError::BadHeader)?;
    if secret_in_body.is_some() {
        return Err(ClientAuthenticationError::TwoMethods);
    }
    if in_body.is_some_and(|named| named != client) {
        return Err(ClientAuthenticationError::TwoClients);
    }
    let proof = secret.map_or(ClientProof::None, ClientProof::Secret);
    Ok(PresentedCredentials { client, proof, method: AuthenticationMethod::ClientSecretBasic })
}

/// RFC 7523 §2.2: `client_id` is not needed, and must be the assertion's when it is there (RFC 7521 §4.2).
fn by_assertion(
    assertion_type: Option<&str>,
    assertion: &str,
    in_body: Option<ClientId>,
) -> Result<PresentedCredentials, ClientAuthenticationError> {
    let assertion = ClientAssertion::read(assertion_type.unwrap_or_default(), assertion)?;
    let client = assertion.client()?;
    if in_body.is_some_and(|named| named != client) {
        return Err(ClientAuthenticationError::TwoClients);
    }
    let proof = ClientProof::Assertion(Box::new(assertion));
    Ok(PresentedCredentials { client, proof, method: AuthenticationMethod::PrivateKeyJwt })
}

/// Id and secret of a `Basic` header, both form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic(header: &[u8]) -> Option<(ClientId, Option<Secret<String>>)> {
    let header = std::str::from_utf8(header).ok()?;
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let (id, secret) = (form_decoded(id), form_decoded(secret));
    let secret = (!secret.is_empty()).then(|| Secret::new(secret));
    (!id.is_empty()).then(|| (ClientId::new(id), secret))
}

/// RFC 6749 appendix B.
fn form_decoded(text: &str) -> String {
    // As the value of a field, in which `&` and `=` stand for themselves.
    let field = text.replace('&', "%26");
    let field = format!("v={field}");
    url::form_urlencoded::parse(field.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "client_authentication_tests.rs"]
mod tests;
