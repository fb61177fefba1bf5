//! Client authentication at the token endpoint (RFC 6749 §2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{AuthenticationMethod, Client, Credentials};
use super::client_assertion::{ClientAssertion, ClientAssertionError};
use super::id::ClientId;
use super::parameters::{Parameters, RepeatedParameter};
use super::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthenticationError {
    /// RFC 6749 §3.2: a parameter must not be repeated.
    #[error(transparent)]
    Repeated(#[from] RepeatedParameter),
    /// RFC 6749 §2.3: a client must not use more than one method in a request.
    #[error("two ways of client authentication at once")]
    TwoMethods,
    /// The `Authorization` header and the body name different clients.
    #[error("two clients at once")]
    TwoClients,
    #[error("the request names no client")]
    NoClient,
    /// The `Authorization` header is not `Basic`, or cannot be read (RFC 7617 §2).
    #[error("the Authorization header is not valid Basic authentication")]
    BadHeader,
    #[error("no client is registered with this client_id")]
    UnknownClient,
    /// The client is registered for another authentication method.
    #[error("the client is not registered for the authentication method {}", .0.name())]
    OtherMethod(AuthenticationMethod),
    #[error("the client secret is wrong")]
    WrongSecret,
    /// The client assertion was refused (RFC 7523 §3).
    #[error(transparent)]
    Assertion(#[from] ClientAssertionError),
}

/// The client credentials of a request, not yet judged.
#[derive(Debug)]
pub struct PresentedCredentials {
    client: ClientId,
    proof: ClientProof,
    method: AuthenticationMethod,
}

#[derive(Debug)]
enum ClientProof {
    None,
    Secret(Secret<String>),
    Assertion(Box<ClientAssertion>),
}

impl PresentedCredentials {
    /// Reads the client credentials from the `Authorization` header and the parameters.
    ///
    /// # Errors
    /// [`ClientAuthenticationError`] when they are missing, contradictory or malformed.
    pub fn read(
        authorization: Option<&[u8]>,
        parameters: &Parameters,
    ) -> Result<Self, ClientAuthenticationError> {
        claim(authorization, parameters)
    }

    /// The client that the request claims to come from.
    pub const fn client(&self) -> &ClientId {
        &self.client
    }

    /// Judges the credentials, except for the signature of an assertion, which the caller has to verify.
    ///
    /// # Errors
    /// [`ClientAuthenticationError::WrongSecret`] or [`ClientAuthenticationError::OtherMethod`].
    pub fn judge(&self, client: &Client) -> Result<(), ClientAuthenticationError> {
        let other = Err(ClientAuthenticationError::OtherMethod(self.method));
        match (&client.credentials, &self.proof) {
            // An empty secret counts as none (RFC 6749 §2.3.1): some libraries send one for a public client.
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

/// `client_id` is optional (RFC 7523 §2.2) and has to match the assertion (RFC 7521 §4.2).
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

/// Client id and secret of a `Basic` header, form-encoded before they were joined (RFC 6749 §2.3.1).
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

fn form_decoded(text: &str) -> String {
    // Decode as the value of a form field (RFC 6749 appendix B), in which `&` and `=` stand for themselves.
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
