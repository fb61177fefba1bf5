//! Resource indicators (RFC 8707): the resources that an access token is for.
//!
//! A client names resources in the authorization request, and the grant is for these. A token request may
//! name some of them to restrict its access token. Without any the default applies: the Client API, or for a
//! client with pairwise subjects userinfo alone, under the issuer's name.

use std::collections::BTreeMap;

use super::audience::Audience;
use super::client::Client;
use super::parameters::Parameters;
use super::web_url;

/// A resource is unknown, not available to the client, or not granted (RFC 8707 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the resource is unknown, or not one that this client may have here")]
pub struct InvalidTarget;

/// The identifiers of the resources that a client may name: its registered ones and the default.
pub fn of_client<'a>(client: &'a Client, default: &'a str) -> Vec<&'a str> {
    client.extras.resources.iter().map(String::as_str).chain([default]).collect()
}

/// The requested resources as spelled in `known`; empty when the request names none.
///
/// # Errors
/// [`InvalidTarget`] when one is not in `known`.
pub fn requested(parameters: &Parameters, known: &[&str]) -> Result<Vec<String>, InvalidTarget> {
    let mut named = parameters.get_all("resource").peekable();
    if named.peek().is_none() {
        return Ok(Vec::new());
    }
    // Both spellings of each known resource, so that each URL is parsed only once. Of duplicates the first
    // counts.
    let mut by_spelling = BTreeMap::new();
    for (place, resource) in known.iter().enumerate() {
        by_spelling.entry((*resource).to_owned()).or_insert(place);
        by_spelling.entry(normal(resource)).or_insert(place);
    }
    let mut places = Vec::new();
    for one in named {
        let place = by_spelling.get(one).or_else(|| by_spelling.get(&normal(one))).ok_or(InvalidTarget)?;
        if !places.contains(place) {
            places.push(*place);
        }
    }
    Ok(places.iter().filter_map(|place| known.get(*place)).map(|one| (*one).to_owned()).collect())
}

/// The resources of a token request, which may be a subset of the granted ones (RFC 8707 §2.2). An empty
/// `granted` means the default.
///
/// # Errors
/// [`InvalidTarget`] when one was not granted.
pub fn narrowed(
    parameters: &Parameters,
    granted: &[String],
    default: &str,
) -> Result<Vec<String>, InvalidTarget> {
    if granted.is_empty() {
        return requested(parameters, &[default]);
    }
    let known = granted.iter().map(String::as_str).collect::<Vec<_>>();
    let named = requested(parameters, &known)?;
    Ok(if named.is_empty() { granted.to_vec() } else { named })
}

/// The audience of an access token. With `openid`, a token for other resources is for the issuer, too,
/// because such a sign-in includes userinfo (OpenID Connect Core §5.3).
pub fn audience<'a>(
    resources: &'a [String],
    openid: bool,
    default: &'a str,
    issuer: &'a str,
) -> Audience<'a> {
    if resources.is_empty() {
        return Audience::of([default]);
    }
    let userinfo = openid && !resources.iter().any(|resource| resource == default);
    Audience::of(resources.iter().map(String::as_str).chain(userinfo.then_some(issuer)))
}

/// Whether two identifiers are the same resource, also in different spellings of a URL.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || normal(one) == normal(other)
}

/// Normalizes a URL: libraries re-serialize URLs and add the path `/` to a bare origin (RFC 3986 §6.2.3).
pub(super) fn normal(resource: &str) -> String {
    web_url::parse(resource).map_or_else(|| resource.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "tiquo-client-api";
    const A: &str = "https://a.example";
    const B: &str = "https://b.example/path?tenant=1";

    fn parameters(resources: &[&str]) -> Parameters {
        let pairs = resources.iter().map(|resource| ("resource", resource));
        let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Parameters::parse(encoded.as_bytes()).unwrap()
    }

    #[test]
    fn rfc8707_2_resources_are_compared_as_uris_and_none_twice() {
        let ask = |named: &[&str]| requested(&parameters(named), &[A, B, API]);
        assert_eq!(ask(&[]), Ok(vec![]));
        assert_eq!(ask(&[""]), Ok(vec![]), "an empty one is left out");
        assert_eq!(ask(&["HTTPS://A.example:443/", A, B]), Ok(vec![A.to_owned(), B.to_owned()]));
        assert_eq!(ask(&[API]), Ok(vec![API.to_owned()]));
        for wrong in [
            "https://a.example/x",
            "https://a.example#f",
            "https://a.example/#",
            "http://a.example",
            "a",
            "//",
        ] {
            assert_eq!(ask(&[A, wrong]), Err(InvalidTarget), "{wrong}");
        }
    }

    #[test]
    fn rfc8707_2_2_a_token_request_names_some_of_what_was_granted() {
        let granted = [A.to_owned(), B.to_owned()];
        assert_eq!(narrowed(&parameters(&[]), &granted, API), Ok(granted.to_vec()));
        assert_eq!(narrowed(&parameters(&[B]), &granted, API), Ok(vec![B.to_owned()]));
        assert_eq!(narrowed(&parameters(&[API]), &granted, API), Err(InvalidTarget));
        assert_eq!(narrowed(&parameters(&[]), &[], API), Ok(vec![]));
        assert_eq!(narrowed(&parameters(&[API]), &[], API), Ok(vec![API.to_owned()]));
        assert_eq!(narrowed(&parameters(&[A]), &[], API), Err(InvalidTarget));
    }

    #[test]
    fn oidc_core_5_3_a_token_for_other_resources_opens_userinfo_where_openid_was_granted() {
        let issuer = "https://id.example.com";
        let of = |resources: &[&str], openid| {
            let resources = resources.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
            audience(&resources, openid, API, issuer).into_owned()
        };
        assert_eq!(of(&[], true), Audience::of([API]));
        assert_eq!(of(&[A], false), Audience::of([A]));
        assert_eq!(of(&[A], true), Audience::of([A, issuer]));
        assert_eq!(of(&[A, API], true), Audience::of([A, API]));
    }
}
