//! Client authentication, grant types and scope of a registration.

use super::allowance::ClientAllowance;
use super::error::{MetadataError, Result};
use super::reader::MetadataReader;
use crate::protocol::client::{AuthenticationMethod, ClientKeys, GrantType};
use crate::protocol::jws::{Algorithm, KeySet};
use crate::protocol::scope::{self, Scope};

/// RFC 7591 §2: the default is `client_secret_basic`. With the default the secret is accepted in the body,
/// too, because some client libraries send it there when no method was chosen, whatever the registration
/// response says.
pub(super) fn methods(reader: &mut MetadataReader<'_>) -> Result<Vec<AuthenticationMethod>> {
    const NAME: &str = "token_endpoint_auth_method";
    let all = AuthenticationMethod::ALL.map(AuthenticationMethod::name);
    let method = reader.one_of(NAME, AuthenticationMethod::from_name, &all)?;
    let methods = method.map_or_else(
        || vec![AuthenticationMethod::ClientSecretBasic, AuthenticationMethod::ClientSecretPost],
        |method| vec![method],
    );
    reader.note_some(NAME, methods.first().map(|method| method.name()));
    Ok(methods)
}

/// The algorithm of client assertions (OpenID Connect Registration §2); `None` for any.
pub(super) fn assertion_alg(reader: &mut MetadataReader<'_>) -> Result<Option<Algorithm>> {
    const NAME: &str = "token_endpoint_auth_signing_alg";
    let all = Algorithm::ALL.map(Algorithm::name);
    let alg = reader.one_of(NAME, Algorithm::from_name, &all)?;
    reader.note_some(NAME, alg.map(Algorithm::name));
    Ok(alg)
}

/// RFC 7591 §2: `jwks` or `jwks_uri`, never both; public keys only.
pub(super) fn keys(
    reader: &mut MetadataReader<'_>,
    methods: &[AuthenticationMethod],
) -> Result<Option<ClientKeys>> {
    match (reader.value("jwks"), reader.text("jwks_uri")?) {
        (Some(_), Some(_)) => {
            Err(MetadataError::metadata("jwks", "is there beside jwks_uri: send one of them"))
        }
        (None, Some(text)) => {
            super::uris::asked_whole("jwks_uri", text)?;
            reader.note("jwks_uri", text);
            Ok(Some(ClientKeys::Url(text.to_owned())))
        }
        (Some(set), None) => {
            let keys = KeySet::parse(set.to_string().as_bytes())
                .map_err(|error| MetadataError::metadata("jwks", format!("cannot be used: {error}")))?;
            if keys.is_empty() {
                return Err(MetadataError::metadata(
                    "jwks",
                    "has no public key that signatures are verified with",
                ));
            }
            reader.note("jwks", set.clone());
            Ok(Some(ClientKeys::Inline(set.clone())))
        }
        (None, None) if methods.contains(&AuthenticationMethod::PrivateKeyJwt) => {
            Err(MetadataError::metadata("jwks", "or jwks_uri is needed for private_key_jwt"))
        }
        (None, None) => Ok(None),
    }
}

/// Grant types and response types, which have to be consistent (RFC 7591 §2.1).
pub(super) fn grant_types(
    reader: &mut MetadataReader<'_>,
    methods: &[AuthenticationMethod],
    allowance: &ClientAllowance,
) -> Result<Vec<GrantType>> {
    const NAME: &str = "grant_types";
    let mut types = Vec::new();
    for name in reader.texts(NAME)?.unwrap_or_else(|| vec![GrantType::AuthorizationCode.name()]) {
        let all = GrantType::ALL.map(GrantType::name).join(", ");
        let unknown =
            || MetadataError::metadata(NAME, format!("has an entry that is not supported here: {all}"));
        types.push(GrantType::from_name(name).ok_or_else(unknown)?);
    }
    let begins = |one: &GrantType| !matches!(one, GrantType::RefreshToken | GrantType::ClientCredentials);
    if types.contains(&GrantType::RefreshToken) && !types.iter().any(begins) {
        return Err(MetadataError::metadata(NAME, "has refresh_token without a grant type that gives one"));
    }
    if types.contains(&GrantType::ClientCredentials) && methods.contains(&AuthenticationMethod::None) {
        let text = "has client_credentials, which is for clients that authenticate (RFC 6749 section 4.4)";
        return Err(MetadataError::metadata(NAME, text));
    }
    // RFC 7591 §2 permits replacing the grant type, but then the client would fail only at its first token
    // request.
    if let Some(refused) = types.iter().find(|one| !allowance.has_grant(**one)) {
        let name = refused.name();
        let text = format!("has {name}, which needs an initial access token that allows it: leave it out");
        return Err(MetadataError::metadata(NAME, text));
    }
    reader.note(NAME, types.iter().map(|one| one.name()).collect::<Vec<_>>());
    response_types(reader, types.contains(&GrantType::AuthorizationCode))?;
    Ok(types)
}

fn response_types(reader: &mut MetadataReader<'_>, has_codes: bool) -> Result<()> {
    const NAME: &str = "response_types";
    let fitting: &[&str] = if has_codes { &["code"] } else { &[] };
    let types = reader.texts(NAME)?.unwrap_or_else(|| fitting.to_vec());
    if types.iter().any(|one| *one != "code") {
        return Err(MetadataError::metadata(NAME, "has an entry that is not supported here: code"));
    }
    if types != fitting {
        return Err(MetadataError::metadata(
            NAME,
            "has code exactly when grant_types has authorization_code",
        ));
    }
    reader.note(NAME, types);
    Ok(())
}

/// The scope that the client may request. When it names none or only unknown words, that is all that its grant
/// types allow, and the second value holds the unknown words, which the client will request. Otherwise
/// unavailable scopes are dropped, as the response shows (RFC 7591 §3.2.1).
pub(super) fn scope(
    reader: &mut MetadataReader<'_>,
    grant_types: &[GrantType],
    pairwise: bool,
    allowance: &ClientAllowance,
) -> Result<(Scope, Option<Scope>)> {
    const NAME: &str = "scope";
    let may = allowance.within(&may_have(grant_types, pairwise, allowance));
    let asked = match reader.value(NAME) {
        None => Scope::default(),
        Some(value) => {
            let form = "must be scope tokens with a space between them (RFC 6749 section 3.3)";
            value.as_str().and_then(Scope::parse).ok_or(MetadataError::metadata(NAME, form))?
        }
    };
    let known = asked.intersection(&may);
    let (scope, unknown) = if !known.is_empty() {
        (known, None)
    } else if asked.iter().any(|token| is_known(token, allowance)) {
        // Some of the named scopes are known, but none is available to the client.
        return Err(MetadataError::metadata(NAME, format!("has nothing that it may have here: {may}")));
    } else {
        (may, Some(asked).filter(|asked| !asked.is_empty()))
    };
    reader.note(NAME, scope.to_string());
    Ok((scope, unknown))
}

fn is_known(token: &str, allowance: &ClientAllowance) -> bool {
    scope::OPENID.contains(&token)
        || scope::CLIENT_API.contains(&token)
        || allowance.resource_scopes().contains(token)
}

/// A client with pairwise subjects gets no scope of the Client API, which has the same end-user ids for all
/// clients.
fn may_have(grant_types: &[GrantType], pairwise: bool, allowance: &ClientAllowance) -> Scope {
    let refreshes = grant_types.contains(&GrantType::RefreshToken);
    let client_api: &[&str] = if pairwise { &[] } else { &scope::CLIENT_API };
    let openid = scope::OPENID.iter().filter(|token| refreshes || **token != scope::OFFLINE_ACCESS);
    let tokens = openid.chain(client_api).copied().collect::<Vec<_>>();
    Scope::parse(&tokens.join(" ")).unwrap_or_default().union(allowance.resource_scopes())
}
