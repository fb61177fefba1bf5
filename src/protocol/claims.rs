//! The claims of an access token (RFC 9068 §2.2) and its header.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::grant::Generation;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum AccessTokenType {
    /// `JWT`, which the default resource server of a large framework requires.
    #[default]
    #[serde(rename = "JWT")]
    Jwt,
    /// `at+jwt` (RFC 9068 §2.1).
    #[serde(rename = "at+jwt")]
    AtJwt,
}

impl AccessTokenType {
    pub const ALL: [Self; 2] = [Self::Jwt, Self::AtJwt];

    pub fn from_typ(typ: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.typ() == typ)
    }

    pub const fn typ(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AtJwt => "at+jwt",
        }
    }
}

/// Authentication method: a one-time code (RFC 8176 §2).
pub const AMR_OTP: [&str; 1] = ["otp"];
/// Authentication context class of a sign-in with a code by e-mail.
pub const ACR_EMAIL_OTP: &str = "urn:tiquo:acr:email-otp";

/// Which way of signing in a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenSource {
    Dom,
    Oauth,
}

/// The claims of an access token (RFC 9068 §2.2). Times are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims<'a> {
    #[serde(borrow)]
    pub iss: Cow<'a, str>,
    #[serde(borrow)]
    pub aud: Audience<'a>,
    /// The end-user, or for `client_credentials` the client.
    #[serde(borrow)]
    pub sub: Cow<'a, str>,
    /// The verified e-mail address.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Cow<'a, str>>,
    pub token_source: TokenSource,
    #[serde(borrow)]
    pub organization_id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub client_id: Cow<'a, str>,
    /// The granted scope, separated by spaces.
    #[serde(borrow)]
    pub scope: Cow<'a, str>,
    /// The time of issue, never ahead of the server's clock.
    pub iat: u64,
    pub exp: u64,
    /// The grant's generation (4 bytes) and 12 random bytes in base64url.
    #[serde(borrow)]
    pub jti: Cow<'a, str>,
    /// The grant's public id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Cow<'a, str>>,
    /// When the end-user entered the one-time code, whichever session is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Cow<'a, str>>,
}

impl AccessTokenClaims<'_> {
    pub fn into_owned(self) -> AccessTokenClaims<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        AccessTokenClaims {
            iss: own(self.iss),
            aud: self.aud.into_owned(),
            sub: own(self.sub),
            email: self.email.map(own),
            token_source: self.token_source,
            organization_id: own(self.organization_id),
            customer_id: self.customer_id.map(own),
            client_id: own(self.client_id),
            scope: own(self.scope),
            iat: self.iat,
            exp: self.exp,
            jti: own(self.jti),
            sid: self.sid.map(own),
            auth_time: self.auth_time,
            amr: self.amr.map(|amr| amr.into_iter().map(own).collect()),
            acr: self.acr.map(own),
        }
    }
}

pub fn jti(generation: Generation, random: &[u8; 12]) -> String {
    let mut bytes = [0; 16];
    let (head, tail) = bytes.split_at_mut(4);
    head.copy_from_slice(&generation.number().to_be_bytes());
    tail.copy_from_slice(random);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the generation from a `jti`; `None` when it has another form.
pub fn jti_generation(jti: &str) -> Option<Generation> {
    let bytes: [u8; 16] = URL_SAFE_NO_PAD.decode(jti).ok()?.try_into().ok()?;
    bytes.first_chunk::<4>().map(|generation| Generation::new(u32::from_be_bytes(*generation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jti_carries_its_generation() {
        let text = jti(Generation::new(70_000), &[1; 12]);
        assert_eq!(jti_generation(&text), Some(Generation::new(70_000)));
        assert_eq!(jti_generation("AAAA"), None);
        assert_eq!(jti_generation("not base64url"), None);
    }
}
