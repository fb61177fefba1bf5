//! The response modes (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).

use serde::{Deserialize, Serialize};

/// The supported `response_mode` values. `fragment` is not supported: no server receives a code in a
/// fragment, and scripts on the page could read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// The query of the redirect URI, the default of `response_type=code`.
    #[default]
    Query,
    /// A form that the browser posts to the redirect URI.
    FormPost,
}

impl ResponseMode {
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}
