//! The claim `aud` of a JWT (RFC 7519 §4.1.3): one name as a string, or several as an array.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::resource_indicator::is_same;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Audience<'a> {
    /// Builds the claim. A single name is written as a string, because some verifiers accept nothing else.
    pub fn of(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut many = names.into_iter().map(Cow::Borrowed).collect::<Vec<_>>();
        match many.pop() {
            Some(only) if many.is_empty() => Self::One(only),
            last => {
                many.extend(last);
                Self::Many(many)
            }
        }
    }

    /// Whether every name is one of `ours`, and there is at least one.
    pub fn names_only(&self, ours: &[&str]) -> bool {
        let is_ours = |one: &Cow<'_, str>| ours.contains(&one.as_ref());
        match self {
            Self::One(one) => is_ours(one),
            Self::Many(many) => !many.is_empty() && many.iter().all(is_ours),
        }
    }

    /// Whether some name is one of `ours`, compared as resource indicators.
    pub fn names_any(&self, ours: &[String]) -> bool {
        let is_ours = |one: &Cow<'_, str>| ours.iter().any(|own| is_same(own, one));
        match self {
            Self::One(one) => is_ours(one),
            Self::Many(many) => many.iter().any(is_ours),
        }
    }

    pub fn into_owned(self) -> Audience<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::One(one) => Audience::One(own(one)),
            Self::Many(many) => Audience::Many(many.into_iter().map(own).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7662_1_a_resource_server_is_one_of_those_that_a_token_is_for() {
        let ours = ["https://a.example".to_owned(), "b".to_owned()];
        for (names, expected) in [
            (&["https://A.example/"][..], true),
            (&["x", "b"], true),
            (&["x"], false),
            (&["https://a.example/x", "https://a.example.evil"], false),
            (&[], false),
        ] {
            assert_eq!(Audience::of(names.iter().copied()).names_any(&ours), expected, "{names:?}");
        }
        assert!(!Audience::of(["a"]).names_any(&[]), "who serves nothing");
    }

    #[test]
    fn rfc7519_4_1_3_one_is_a_text_and_several_are_a_list() {
        let written =
            |names: &[&'static str]| serde_json::to_string(&Audience::of(names.iter().copied())).unwrap();
        assert_eq!(written(&["a"]), r#""a""#);
        assert_eq!(written(&["a", "b", "c"]), r#"["a","b","c"]"#);
        assert_eq!(written(&[]), "[]");
        let read = |text: &str| serde_json::from_str::<Audience<'_>>(text).unwrap().into_owned();
        for (text, expected) in [
            (r#""a""#, true),
            (r#""x""#, false),
            (r#"["b", "a"]"#, true),
            (r#"["x", "b"]"#, false),
            (r#"["b", "x"]"#, false),
            ("[]", false),
        ] {
            assert_eq!(read(text).names_only(&["b", "a"]), expected, "{text}");
        }
        assert_eq!(read(r#"["a"]"#).into_owned(), Audience::Many(vec!["a".into()]));
    }
}
