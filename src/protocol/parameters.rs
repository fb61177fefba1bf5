//! Request parameters in `application/x-www-form-urlencoded` (RFC 6749 appendix B). Only `resource` may be
//! repeated, and empty values count as absent (RFC 6749 §3.1, §3.2, RFC 8707 §2). There are at most
//! [`MAX_PARAMETERS`], so that processing them is bounded.

use std::collections::BTreeMap;
use std::fmt;

/// The most parameters of a request, including unknown ones.
pub const MAX_PARAMETERS: usize = 64;

/// The longest `state` that is returned to a client, in bytes.
pub const MAX_STATE: usize = 8192;

/// The parameters of a request, by name. `Debug` shows the names but no values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parameters(BTreeMap<String, Vec<String>>);

/// A parameter is repeated (RFC 6749 §3.1, §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} is there more than once")]
pub struct RepeatedParameter(pub &'static str);

/// A request has more than [`MAX_PARAMETERS`] parameters (`invalid_request`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are more than {MAX_PARAMETERS} parameters")]
pub struct TooManyParameters {
    /// The first parameters, not the full request: enough to find the client and where to send the error (RFC
    /// 6749 §4.1.2.1).
    pub first: Parameters,
}

impl Parameters {
    /// Reads a query or a body; stops after [`MAX_PARAMETERS`].
    ///
    /// # Errors
    /// [`TooManyParameters`] when there are more.
    pub fn parse(encoded: &[u8]) -> Result<Self, TooManyParameters> {
        let mut pairs = url::form_urlencoded::parse(encoded);
        let mut read = Self::default();
        for (name, value) in pairs.by_ref().take(MAX_PARAMETERS) {
            read.0.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        if pairs.next().is_some() { Err(TooManyParameters { first: read }) } else { Ok(read) }
    }

    /// The value of a parameter; `None` when it is absent or empty.
    ///
    /// # Errors
    /// [`RepeatedParameter`] when it occurs more than once.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, RepeatedParameter> {
        Ok(self.get_as_sent(name)?.filter(|value| !value.is_empty()))
    }

    /// The value of a parameter, even an empty one, for parameters outside RFC 6749.
    ///
    /// # Errors
    /// [`RepeatedParameter`] when it occurs more than once.
    pub fn get_as_sent(&self, name: &'static str) -> Result<Option<&str>, RepeatedParameter> {
        match self.0.get(name).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([only]) => Ok(Some(only)),
            Some(_) => Err(RepeatedParameter(name)),
        }
    }

    /// The non-empty values of a parameter that may be repeated (RFC 8707 §2).
    pub fn get_all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let values = self.0.get(name).into_iter().flatten().map(String::as_str);
        values.filter(|value| !value.is_empty())
    }

    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut rest = self.clone();
        for name in names {
            rest.0.remove(*name);
        }
        rest
    }

    /// Replaces the parameters with the names of `others`.
    #[must_use]
    pub fn with(&self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut all, others) = (self.clone(), others.into_iter().collect::<Self>());
        all.0.extend(others.0);
        all
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let mut all = Self::default();
        for (name, value) in pairs {
            all.0.entry(name).or_default().push(value);
        }
        all
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_none_twice_and_empty_is_left_out() {
        let parameters = Parameters::parse(b"a=1&b=&c=1&c=2&d=%E9&e=x+y%2B").unwrap();
        assert_eq!(parameters.get("a"), Ok(Some("1")));
        assert_eq!((parameters.get("b"), parameters.get_as_sent("b")), (Ok(None), Ok(Some(""))));
        assert_eq!(parameters.get("c"), Err(RepeatedParameter("c")));
        assert_eq!(parameters.get("d"), Ok(Some("\u{fffd}")));
        assert_eq!(parameters.get("e"), Ok(Some("x y+")));
        assert_eq!(parameters.get("f"), Ok(None));
        assert_eq!(parameters.get_all("c").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parameters.get_all("b").count(), 0);
        assert_eq!(format!("{:?}", Parameters::parse(b"code=secret").unwrap()), "{\"code\"}");
    }

    #[test]
    fn a_request_has_64_parameters_at_most_whatever_their_names() {
        let of = |count: usize, name: fn(usize) -> String| {
            let pairs = (0..count).map(name).collect::<Vec<_>>();
            Parameters::parse(format!("client_id=app&{}", pairs.join("&")).as_bytes())
        };
        for name in [|number| format!("p{number}=1"), |_| "same".to_owned(), |_| "=".to_owned()] {
            assert!(of(63, name).is_ok());
            assert_eq!(of(64, name).unwrap_err().first.get("client_id"), Ok(Some("app")));
        }
        assert!(Parameters::parse(&[b'&'; 1000]).unwrap().is_empty(), "nothing is no parameter");
    }

    #[test]
    fn oidc_core_6_1_what_is_inside_takes_the_place_of_what_is_outside() {
        let outside = Parameters::parse(b"a=1&b=2&b=3&c=4").unwrap();
        let inside =
            [("b", "5"), ("d", "6"), ("d", "7")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let both = outside.without(&["c", "x"]).with(inside);
        assert_eq!(both, Parameters::parse(b"a=1&b=5&d=6&d=7").unwrap());
    }
}
