//! Resource servers that the operator describes (RFC 8707 §2): their scopes, which of these change data, and
//! the `typ` of their access tokens.

use std::collections::BTreeMap;

use super::claims::AccessTokenType;
use super::locale::Locale;
use super::resource_indicator::normal;
use super::scope::Scope;

/// A resource server beside the Client API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceServer {
    /// The resource server's identifier, a URI.
    pub id: String,
    pub scopes: Scope,
    /// The scopes that change data; a client gets these only on request.
    pub writes: Scope,
    /// Header `typ` of the access tokens; `None` for the general setting.
    pub access_token_type: Option<AccessTokenType>,
    /// Descriptions of the scopes for end-users, by scope token and language.
    pub descriptions: BTreeMap<String, BTreeMap<Locale, String>>,
}

#[derive(Debug, Clone, Default)]
pub struct ResourceServers {
    all: Vec<ResourceServer>,
    scopes: Scope,
    writes: Scope,
}

impl ResourceServers {
    pub fn new(all: Vec<ResourceServer>) -> Self {
        let of = |which: fn(&ResourceServer) -> &Scope| {
            all.iter().fold(Scope::default(), |sum, one| sum.union(which(one)))
        };
        let (scopes, writes) = (of(|one| &one.scopes), of(|one| &one.writes));
        Self { all, scopes, writes }
    }

    pub const fn scopes(&self) -> &Scope {
        &self.scopes
    }

    /// The scopes of all resource servers that change data.
    pub const fn writes(&self) -> &Scope {
        &self.writes
    }

    pub fn scopes_of(&self, ids: &[String]) -> Scope {
        let known = ids.iter().filter_map(|id| self.get(id));
        known.fold(Scope::default(), |sum, one| sum.union(&one.scopes))
    }

    /// The resource server of an identifier, in any spelling of the URL.
    pub fn get(&self, id: &str) -> Option<&ResourceServer> {
        self.all.iter().find(|one| one.id == id).or_else(|| {
            let id = normal(id);
            self.all.iter().find(|one| normal(&one.id) == id)
        })
    }

    /// The header `typ` of an access token for these resources: their common setting, or `default` when they
    /// differ, because a token has only one header.
    pub fn access_token_type(&self, ids: &[String], default: AccessTokenType) -> AccessTokenType {
        let mut types =
            ids.iter().map(|id| self.get(id).and_then(|one| one.access_token_type).unwrap_or(default));
        match types.next() {
            Some(first) if types.all(|other| other == first) => first,
            _ => default,
        }
    }

    /// The description of a scope, in English when the language has none.
    pub fn description(&self, token: &str, locale: Locale) -> Option<&str> {
        let by_language = self.all.iter().find_map(|one| one.descriptions.get(token))?;
        by_language.get(&locale).or_else(|| by_language.get(&Locale::En)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    fn servers() -> ResourceServers {
        let server = |id: &str, scopes: &str, writes: &str, access_token_type| ResourceServer {
            id: id.to_owned(),
            scopes: scope(scopes),
            writes: scope(writes),
            access_token_type,
            descriptions: BTreeMap::new(),
        };
        let mut tills = server("https://tills.example/api", "tills:read shared", "shared", None);
        let words = [(Locale::En, "See tills".to_owned()), (Locale::Fr, "Voir les caisses".to_owned())];
        tills.descriptions.insert("tills:read".to_owned(), BTreeMap::from(words));
        let stock = server(
            "https://stock.example",
            "stock:read stock:write",
            "stock:write",
            Some(AccessTokenType::AtJwt),
        );
        ResourceServers::new(vec![stock, tills])
    }

    #[test]
    fn rfc6749_3_3_scopes_of_resources_and_those_that_write() {
        let servers = servers();
        assert_eq!(*servers.scopes(), scope("stock:read stock:write tills:read shared"));
        assert_eq!(*servers.writes(), scope("stock:write shared"));
        let of = |id: &str| servers.scopes_of(&[id.to_owned()]);
        assert_eq!(
            of("https://STOCK.example/"),
            scope("stock:read stock:write"),
            "the same URI in other letters"
        );
        assert_eq!(of("https://other.example"), Scope::default());
    }

    #[test]
    fn rfc9068_2_1_the_type_of_a_token_is_its_resources_when_they_agree() {
        use AccessTokenType::{AtJwt, Jwt};
        let typ = |ids: &[&str], default| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
            servers().access_token_type(&ids, default)
        };
        let (stock, tills) = ("https://stock.example", "https://tills.example/api");
        assert_eq!((typ(&[], Jwt), typ(&[], AtJwt)), (Jwt, AtJwt));
        assert_eq!((typ(&[stock], Jwt), typ(&["https://stock.example/"], Jwt)), (AtJwt, AtJwt));
        assert_eq!((typ(&[tills], Jwt), typ(&[tills], AtJwt)), (Jwt, AtJwt), "one that does not say");
        assert_eq!(typ(&[stock, tills], Jwt), Jwt, "they do not agree");
        assert_eq!(typ(&[stock, tills], AtJwt), AtJwt);
    }

    #[test]
    fn people_read_what_a_scope_means_in_their_language_or_in_english() {
        let servers = servers();
        assert_eq!(servers.description("tills:read", Locale::Fr), Some("Voir les caisses"));
        assert_eq!(servers.description("tills:read", Locale::Es), Some("See tills"));
        assert_eq!(servers.description("shared", Locale::En), None);
    }
}
