//! Why a client is not registered (RFC 7591 §3.2.2).

use std::borrow::Cow;

/// The code of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataErrorCode {
    /// A redirect URI is wrong.
    InvalidRedirectUri,
    /// Another member is wrong.
    InvalidClientMetadata,
    /// A software statement was sent. Nobody's are approved here.
    UnapprovedSoftwareStatement,
}

impl MetadataErrorCode {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
        }
    }
}

/// Why a document is not the metadata of a client. The words are for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{member} {text}")]
pub struct MetadataError {
    pub code: MetadataErrorCode,
    /// The member that is wrong.
    pub member: &'static str,
    /// What is wrong with it.
    pub text: Cow<'static, str>,
}

impl MetadataError {
    /// A member is wrong.
    #[must_use]
    pub fn metadata(member: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: MetadataErrorCode::InvalidClientMetadata, member, text: text.into() }
    }

    /// A redirect URI is wrong.
    #[must_use]
    pub fn redirect_uri(text: impl Into<Cow<'static, str>>) -> Self {
        Self { code: MetadataErrorCode::InvalidRedirectUri, member: "redirect_uris", text: text.into() }
    }
}
