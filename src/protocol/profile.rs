//! The profile that customers edit themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::web_url;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_photo: Option<String>,
}

impl Profile {
    /// The fields as standard claims (OpenID Connect Core §5.1).
    pub fn standard_claims(&self) -> impl Iterator<Item = (&'static str, String)> {
        let claims = [
            ("given_name", &self.first_name),
            ("family_name", &self.last_name),
            ("name", &self.display_name),
            ("phone_number", &self.phone),
            ("picture", &self.profile_photo),
        ];
        claims.into_iter().filter_map(|(claim, value)| Some((claim, value.clone()?)))
    }

    /// First and last name; `None` when both are missing.
    pub fn full_name(&self) -> Option<String> {
        let parts = [&self.first_name, &self.last_name].into_iter().flatten();
        let name = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr)]
#[strum(serialize_all = "camelCase", const_into_str)]
pub enum ProfileField {
    FirstName,
    LastName,
    DisplayName,
    Phone,
    ProfilePhoto,
}

impl ProfileField {
    pub const ALL: [Self; 5] =
        [Self::FirstName, Self::LastName, Self::DisplayName, Self::Phone, Self::ProfilePhoto];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    /// The name in stored rows.
    pub const fn stored_name(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::DisplayName => "display_name",
            Self::Phone => "phone",
            Self::ProfilePhoto => "profile_photo",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The longest value, in characters.
    pub const fn longest(self) -> usize {
        match self {
            Self::FirstName | Self::LastName => 100,
            Self::DisplayName => 200,
            Self::Phone => 32,
            Self::ProfilePhoto => 2048,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The value is only white space.
    #[error("must not be empty; null clears it")]
    Empty,
    #[error("must be at most {0} characters")]
    TooLong(usize),
    #[error("must be one line without control characters")]
    Control,
    #[error("must be a telephone number: digits, spaces and any of + - . ( ) /")]
    Phone,
    #[error("must be an https URL")]
    Url,
}

/// Changes of fields: a new value, or `None` to clear the field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChange(BTreeMap<ProfileField, Option<String>>);

impl ProfileChange {
    /// Adds the change of a field; `None` clears it.
    ///
    /// # Errors
    /// [`ProfileError`] when the value is not valid for the field.
    pub fn set(&mut self, field: ProfileField, value: Option<&str>) -> Result<(), ProfileError> {
        let value = value.map(|text| check(field, text)).transpose()?;
        self.0.insert(field, value);
        Ok(())
    }

    pub fn iter(&self) -> impl Iterator<Item = (ProfileField, Option<&str>)> {
        self.0.iter().map(|(field, value)| (*field, value.as_deref()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn apply(&self, profile: &mut Profile) {
        for (field, value) in &self.0 {
            profile.slot(*field).clone_from(value);
        }
    }
}

impl Profile {
    fn slot(&mut self, field: ProfileField) -> &mut Option<String> {
        match field {
            ProfileField::FirstName => &mut self.first_name,
            ProfileField::LastName => &mut self.last_name,
            ProfileField::DisplayName => &mut self.display_name,
            ProfileField::Phone => &mut self.phone,
            ProfileField::ProfilePhoto => &mut self.profile_photo,
        }
    }
}

/// Validates a value and trims it. The length limit counts before trimming, as the OpenAPI document says.
fn check(field: ProfileField, text: &str) -> Result<String, ProfileError> {
    if text.chars().count() > field.longest() {
        return Err(ProfileError::TooLong(field.longest()));
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(ProfileError::Empty);
    }
    if text.chars().any(is_unseen) {
        return Err(ProfileError::Control);
    }
    match field {
        ProfileField::FirstName | ProfileField::LastName | ProfileField::DisplayName => Ok(text.to_owned()),
        ProfileField::Phone => is_phone(text).then(|| text.to_owned()).ok_or(ProfileError::Phone),
        ProfileField::ProfilePhoto => photo(text).ok_or(ProfileError::Url),
    }
}

/// Control characters and direction marks, with which a name could make a page read as something else.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '.' | '(' | ')' | '/');
    (3..=20).contains(&digits) && text.chars().all(allowed)
}

/// Normalizes an https URL; the result cannot end an HTML attribute or be a script.
fn photo(text: &str) -> Option<String> {
    let url = web_url::parse(text)?;
    let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let written = String::from(url);
    (plain && written.chars().count() <= ProfileField::ProfilePhoto.longest()).then_some(written)
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
