//! Errors of dynamic client registration (RFC 7591 §3.2.2).

use std::borrow::Cow;

use strum::IntoStaticStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MetadataErrorCode {
    InvalidRedirectUri,
    /// A member other than a redirect URI is wrong.
    InvalidClientMetadata,
    /// A software statement was sent; none are approved here.
    UnapprovedSoftwareStatement,
}

impl MetadataErrorCode {
    pub const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// Why client metadata is refused. The texts are written for the client's developer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{member} {text}")]
pub struct MetadataError {
    pub code: MetadataErrorCode,
    pub member: &'static str,
    pub text: Cow<'static, str>,
}

/// What a rule about one member answers.
pub(super) type Result<T, E = MetadataError> = std::result::Result<T, E>;

impl MetadataError {
    pub fn metadata(member: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: MetadataErrorCode::InvalidClientMetadata, member, text: text.into() }
    }

    pub fn redirect_uri(text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: MetadataErrorCode::InvalidRedirectUri, member: "redirect_uris", text: text.into() }
    }
}
