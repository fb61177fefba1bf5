//! The standard claims about an end-user (OpenID Connect Core §5.1), their scopes (§5.4), and which an
//! operator may set.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::end_user::EndUser;
use super::json::without_byte_order_mark;
use super::profile::Profile;
use super::scope::Scope;

/// Claims of scope `profile`.
pub const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];
/// Claims of scope `email`.
pub const EMAIL: [&str; 2] = ["email", "email_verified"];
/// Claims of scope `address`.
pub const ADDRESS: [&str; 1] = ["address"];
/// Claims of scope `phone`.
pub const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];
/// Claims about the sign-in, which need no scope.
pub const ABOUT_THE_SIGN_IN: [&str; 4] = ["sub", "auth_time", "acr", "amr"];
/// The members of `address` (§5.1.1).
const ADDRESS_MEMBERS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];
/// The longest URL, in bytes.
const MAX_LINK: usize = 2048;
/// The longest text, in characters.
const MAX_TEXT: usize = 500;

/// The scope that grants a claim (§5.4).
pub fn scope_of(claim: &str) -> Option<&'static str> {
    [("profile", PROFILE.as_slice()), ("email", &EMAIL), ("address", &ADDRESS), ("phone", &PHONE)]
        .into_iter()
        .find_map(|(scope, claims)| claims.contains(&claim).then_some(scope))
}

/// The operator's claims about an end-user. Documents are validated by [`StandardClaims::read`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StandardClaims(Map<String, Value>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    #[error("the claims are not a JSON object")]
    NotAnObject,
    /// The operator may not set the claim.
    #[error("{0} is not a claim that can be set")]
    Unknown(String),
    /// The claim has the wrong type or form.
    #[error("{claim} {must}")]
    Wrong { claim: String, must: &'static str },
}

impl StandardClaims {
    /// Reads the operator's claims from a JSON object. `email` is excluded, because the address is proven by
    /// a code.
    ///
    /// # Errors
    /// [`ClaimsError`] names the first wrong claim.
    pub fn read(json: &[u8]) -> Result<Self, ClaimsError> {
        Self::of(serde_json::from_slice(without_byte_order_mark(json)).map_err(|_| ClaimsError::NotAnObject)?)
    }

    /// Validates a parsed object.
    ///
    /// # Errors
    /// [`ClaimsError`] names the first claim that is wrong.
    pub fn of(object: Map<String, Value>) -> Result<Self, ClaimsError> {
        for (claim, value) in &object {
            judge(claim, value)?;
        }
        Ok(Self(object))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn judge(claim: &str, value: &Value) -> Result<(), ClaimsError> {
    let wrong = |must| Err(ClaimsError::Wrong { claim: claim.to_owned(), must });
    let is_link =
        |text: &str| text.len() <= MAX_LINK && text.starts_with("https://") && Url::parse(text).is_ok();
    match (claim, value) {
        ("updated_at", Value::Number(number)) if number.is_u64() => Ok(()),
        ("updated_at", _) => wrong("must be a number of seconds"),
        ("phone_number_verified", Value::Bool(_)) => Ok(()),
        ("phone_number_verified", _) => wrong("must be true or false"),
        ("address", Value::Object(members)) => members.iter().try_for_each(|(member, value)| {
            if ADDRESS_MEMBERS.contains(&member.as_str()) && is_text(value) {
                Ok(())
            } else {
                wrong("must have members of OpenID Connect Core §5.1.1, each a text")
            }
        }),
        ("address", _) => wrong("must be an object"),
        ("profile" | "picture" | "website", Value::String(text)) if is_link(text) => Ok(()),
        ("profile" | "picture" | "website", _) => wrong("must be an https URL"),
        ("birthdate", Value::String(text)) if !is_birthdate(text) => {
            wrong("must be YYYY-MM-DD, 0000-MM-DD or YYYY")
        }
        _ if PROFILE.contains(&claim) || claim == "phone_number" => {
            if is_text(value) {
                Ok(())
            } else {
                wrong("must be a text of 1 to 500 characters")
            }
        }
        _ => Err(ClaimsError::Unknown(claim.to_owned())),
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= MAX_TEXT)
}

/// §5.1: an ISO 8601 date; the year 0000 when it is withheld.
fn is_birthdate(text: &str) -> bool {
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        None => is_year(text),
        // 2000 was a leap year, so 0000-02-29 is valid.
        Some((year, rest)) => {
            let dated = if year == "0000" { "2000" } else { year };
            is_year(year)
                && rest.len() == 5
                && chrono::NaiveDate::parse_from_str(&format!("{dated}-{rest}"), "%Y-%m-%d").is_ok()
        }
    }
}

/// All claims about an end-user: the operator's, overridden by the customer's profile, and the proven
/// address.
pub fn of(end_user: &EndUser) -> Map<String, Value> {
    let mut claims = end_user.claims.0.clone();
    let said = end_user.customer.as_ref().map(|customer| &customer.profile);
    for (claim, text) in said.into_iter().flat_map(Profile::standard_claims) {
        // A number that the customer changed is unverified.
        if claim == "phone_number" && claims.get(claim) != Some(&Value::from(text.as_str())) {
            claims.insert("phone_number_verified".to_owned(), Value::from(false));
        }
        claims.insert(claim.to_owned(), Value::from(text));
    }
    if let Some(name) = said.and_then(Profile::full_name) {
        claims.entry("name").or_insert(Value::from(name));
    }
    if claims.contains_key("phone_number") {
        claims.entry("phone_number_verified").or_insert(Value::from(false));
    } else {
        claims.remove("phone_number_verified");
    }
    // §5.1: a recorded change takes precedence over the operator's `updated_at`.
    if let Some(changed_at) = end_user.claims_changed_at {
        claims.insert("updated_at".to_owned(), Value::from(changed_at.as_secs()));
    }
    claims.insert("email".to_owned(), Value::from(end_user.email.as_typed()));
    claims.insert("email_verified".to_owned(), Value::from(true));
    claims
}

/// The claims that a scope grants or that are requested by name (§5.4, §5.5).
pub fn opened<'a>(
    claims: Map<String, Value>,
    scope: &Scope,
    by_name: impl Fn(&str) -> bool + 'a,
) -> Map<String, Value> {
    let is_open = |name: &str| scope_of(name).is_some_and(|needed| scope.contains(needed));
    claims.into_iter().filter(|(name, _)| is_open(name) || by_name(name)).collect()
}

#[cfg(test)]
#[path = "standard_claims_tests.rs"]
mod tests;
