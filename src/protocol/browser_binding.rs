//! Which browser a request on its way through the pages belongs to.

use serde::{Deserialize, Serialize};

/// The browser that a request is bound to: SHA-256 of its secret, in base64url. A request that came as a form of another
/// site, without cookies, is bound to none yet. Rows and seals hold the text, which is empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct BrowserBinding(Option<String>);

impl BrowserBinding {
    pub const NONE: Self = Self(None);

    pub const fn to(fingerprint: String) -> Self {
        Self(Some(fingerprint))
    }

    pub const fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the request is bound to the browser with this fingerprint.
    pub fn is_to(&self, fingerprint: &str) -> bool {
        self.0.as_deref() == Some(fingerprint)
    }

    pub fn as_text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<String> for BrowserBinding {
    fn from(text: String) -> Self {
        Self(Some(text).filter(|text| !text.is_empty()))
    }
}

impl From<BrowserBinding> for String {
    fn from(binding: BrowserBinding) -> Self {
        binding.0.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_bound_to_no_browser_is_no_browser_s_request() {
        let none = BrowserBinding::from(String::new());
        assert!(none.is_none() && !none.is_to("") && !none.is_to("a"));
        let bound = BrowserBinding::from("a".to_owned());
        assert!(!bound.is_none() && bound.is_to("a") && !bound.is_to("b"));
        assert_eq!([String::from(none), String::from(bound)], ["", "a"]);
    }
}
