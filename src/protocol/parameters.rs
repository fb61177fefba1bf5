//! Request parameters in `application/x-www-form-urlencoded` (RFC 6749 appendix B): none of them twice but for
//! `resource`, and an empty one counts as left out (RFC 6749 §3.1, §3.2, RFC 8707 §2).

use std::fmt;

/// The parameters of a request. Their `Debug` names them and shows no value.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter is there more than once (RFC 6749 §3.1, §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} is there more than once")]
pub struct Repeated(pub &'static str);

impl Parameters {
    /// Reads a query or a body.
    #[must_use]
    pub fn parse(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// [`Repeated`].
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        Ok(self.get_as_sent(name)?.filter(|value| !value.is_empty()))
    }

    /// The value of a parameter, also an empty one: where RFC 6749 has no say.
    ///
    /// # Errors
    /// [`Repeated`].
    pub fn get_as_sent(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated(name));
        }
        Ok(first)
    }

    /// The values of a parameter that may be there more than once (RFC 8707 §2).
    pub fn get_all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// All but these.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// These in the place of those of their names.
    #[must_use]
    pub fn with(&self, others: impl IntoIterator<Item = (String, String)>) -> Self {
        let others = others.into_iter().collect::<Vec<_>>();
        let names = others.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        let mut all = self.without(&names);
        all.0.extend(others);
        all
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_none_twice_and_empty_is_left_out() {
        let parameters = Parameters::parse(b"a=1&b=&c=1&c=2&d=%E9&e=x+y%2B");
        assert_eq!(parameters.get("a"), Ok(Some("1")));
        assert_eq!((parameters.get("b"), parameters.get_as_sent("b")), (Ok(None), Ok(Some(""))));
        assert_eq!(parameters.get("c"), Err(Repeated("c")));
        assert_eq!(parameters.get("d"), Ok(Some("\u{fffd}")));
        assert_eq!(parameters.get("e"), Ok(Some("x y+")));
        assert_eq!(parameters.get("f"), Ok(None));
        assert_eq!(parameters.get_all("c").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(parameters.get_all("b").count(), 0);
        assert_eq!(format!("{:?}", Parameters::parse(b"code=secret")), "{\"code\"}");
    }
}
