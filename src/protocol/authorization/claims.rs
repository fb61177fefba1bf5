//! The `claims` parameter (OpenID Connect Core §5.5).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::error::{ErrorCode, RequestError};
use crate::protocol::claims::ACR_EMAIL_OTP;
use crate::protocol::grant_extensions::{ClaimRequest, ClaimsRequest};
use crate::protocol::json::{self, JsonError};
use crate::protocol::scope::Scope;
use crate::protocol::standard_claims::{self, ABOUT_THE_SIGN_IN};

/// The longest accepted parameter, in bytes.
const MAX_LENGTH: usize = 8192;

/// The parameter's JSON object. Unknown members are ignored (§5.5).
#[derive(Deserialize)]
struct ClaimsParameter {
    #[serde(default)]
    userinfo: Option<BTreeMap<String, Option<ClaimRequests>>>,
    #[serde(default)]
    id_token: Option<BTreeMap<String, Option<ClaimRequests>>>,
}

/// The request for one claim (§5.5.1).
#[derive(Deserialize)]
struct ClaimRequests {
    #[serde(default)]
    essential: bool,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    values: Vec<Value>,
}

/// Reads the parameter. Claims that are not supported or outside the client's scopes are dropped: even a
/// missing essential claim is no error (§5.5.1).
pub(super) fn read(text: &str, of_client: &Scope) -> Result<ClaimsRequest, RequestError> {
    let malformed = || {
        RequestError(
            ErrorCode::InvalidRequest,
            "claims is not an object as OpenID Connect Core section 5.5 says",
        )
    };
    if text.len() > MAX_LENGTH {
        return Err(RequestError(ErrorCode::InvalidRequest, "claims is longer than 8192 bytes"));
    }
    let sent: ClaimsParameter = json::read(text.as_bytes()).map_err(|error| match error {
        JsonError::TooManyMembers | JsonError::TooManyEntries | JsonError::TooManyParts => RequestError(
            ErrorCode::InvalidRequest,
            "claims has an object or a list with more than 64 members",
        ),
        _ => malformed(),
    })?;
    let keep = |asked: Option<BTreeMap<String, Option<ClaimRequests>>>| {
        let known = asked.unwrap_or_default().into_iter().filter(|(name, _)| may_have(name, of_client));
        known.map(|(name, asked)| (name, asked.map(ClaimRequest::from).unwrap_or_default())).collect()
    };
    let request = ClaimsRequest { userinfo: keep(sent.userinfo), id_token: keep(sent.id_token) };
    acr(&request)?;
    Ok(request)
}

fn may_have(name: &str, of_client: &Scope) -> bool {
    match standard_claims::scope_of(name) {
        Some(scope) => of_client.contains(scope),
        None => ABOUT_THE_SIGN_IN.contains(&name),
    }
}

/// §5.5.1.1: an essential `acr` whose values are all unavailable is a failed authentication.
fn acr(request: &ClaimsRequest) -> Result<(), RequestError> {
    let Some(acr) = request.id_token.get("acr").filter(|acr| acr.essential) else { return Ok(()) };
    if acr.admits(&Value::from(ACR_EMAIL_OTP)) {
        Ok(())
    } else {
        let description = "no sign-in of an acr that the request insists on is possible";
        Err(RequestError(ErrorCode::UnmetAuthenticationRequirements, description))
    }
}

impl From<ClaimRequests> for ClaimRequest {
    fn from(asked: ClaimRequests) -> Self {
        Self { essential: asked.essential, value: asked.value, values: asked.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Scope {
        Scope::parse("openid email profile").unwrap()
    }

    #[test]
    fn oidc_core_5_5_claims_that_we_have_are_kept_with_how_they_are_asked_for() {
        let text = r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "email": {"value": "a@b.example"},
            "http://example.info/claims/groups": null, "phone_number": null},
            "id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:other"]}}, "other": 1}"#;
        let request = read(text, &all()).unwrap();
        assert_eq!(request.userinfo.keys().collect::<Vec<_>>(), ["email", "given_name", "nickname"]);
        assert!(request.userinfo["given_name"].essential && !request.userinfo["nickname"].essential);
        assert_eq!(request.userinfo["email"].value, Some(Value::from("a@b.example")));
        assert_eq!(request.id_token.keys().collect::<Vec<_>>(), ["acr", "auth_time"]);
    }

    #[test]
    fn oidc_core_5_5_what_is_no_such_object_is_refused() {
        for text in ["", "null", "[]", "{\"userinfo\": 1}", "{\"id_token\": {\"acr\": 1}}", "{", "\"x\""] {
            assert_eq!(read(text, &all()).unwrap_err().0, ErrorCode::InvalidRequest, "{text}");
        }
        let wide = |count: usize| {
            let members = (0..count).map(|number| format!("\"c{number}\":null")).collect::<Vec<_>>();
            read(&format!("{{\"userinfo\": {{{}}}}}", members.join(",")), &all())
        };
        assert!(wide(64).is_ok());
        assert_eq!(wide(65).unwrap_err().0, ErrorCode::InvalidRequest);
        let long = format!("{{\"x\": \"{}\"}}", "y".repeat(MAX_LENGTH));
        assert_eq!(read(&long, &all()).unwrap_err().0, ErrorCode::InvalidRequest);
    }

    #[test]
    fn oidc_core_5_5_1_1_an_essential_acr_has_to_be_one_that_we_have() {
        let asked = |acr: &str| read(&format!("{{\"id_token\": {{\"acr\": {acr}}}}}"), &all());
        let refused = r#"{"essential": true, "values": ["urn:other"]}"#;
        assert_eq!(asked(refused).unwrap_err().0, ErrorCode::UnmetAuthenticationRequirements);
        assert!(asked(r#"{"essential": true, "values": ["urn:other", "urn:tiquo:acr:email-otp"]}"#).is_ok());
        assert!(asked(r#"{"essential": true}"#).is_ok());
        assert!(asked(r#"{"value": "urn:other"}"#).is_ok(), "a wish");
    }
}
