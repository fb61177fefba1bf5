//! Which tokens are taken, and which are not.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proptest::prelude::*;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::json;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::protocol::claims::TokenSource;
use tiquo_auth::protocol::grant::Generation;
use tiquo_auth::protocol::time::Timestamp;
use tiquo_auth::resource::{InvalidToken, Subject, TokenError, Verifier};

use super::issuer::{AUDIENCE, Issuer, sid};
use crate::keyring::folder::KeyFolder;

pub(super) async fn refusal(verifier: &Verifier, token: &str) -> InvalidToken {
    match verifier.verify(token).await {
        Err(TokenError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_access_token_is_read_whole() {
    let issuer = Issuer::start();
    let token = issuer.verifier().verify(&issuer.token()).await.unwrap();
    let Subject::EndUser { user, sid: grant } = &token.subject else { panic!("{token:?}") };
    assert_eq!((user.as_str(), *grant), ("user_1", sid()));
    assert_eq!(token.organization.as_str(), "org_1");
    assert_eq!(token.customer.as_ref().unwrap().as_str(), "cust_1");
    assert_eq!(token.client.as_str(), "dom_demo");
    assert_eq!(token.scope.to_string(), "orders:read profile:read");
    assert_eq!(token.generation, Generation::new(7));
    assert_eq!(token.source, TokenSource::Dom);
    assert_eq!(token.email.as_deref(), Some("a@b.example"));
    assert_eq!(token.auth_time, Some(Timestamp::from_secs(issuer.now() - 60)));
    assert_eq!(token.expires_at, Timestamp::from_secs(issuer.now() + 3600));
    assert_eq!(token.require("orders:read"), Ok(()));
    assert_eq!(token.require("profile:write").unwrap_err().status(), 403);
}

#[tokio::test]
async fn rfc8725_3_1_alg_none_and_unsigned_tokens() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let token = issuer.token();
    let (_, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    for alg in ["none", "None", "NONE", "", "RS384", "PS256", "rs256"] {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": issuer.kid() }).to_string();
        let header = URL_SAFE_NO_PAD.encode(header);
        for signature in ["", signature] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(refusal(&verifier, &token).await, InvalidToken::Algorithm, "{alg}");
        }
    }
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    assert_eq!(refusal(&verifier, &unsigned).await, InvalidToken::Signature);
}

#[tokio::test]
async fn rfc8725_2_1_hs256_under_the_public_key() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let jwk = issuer.keyring.jwk_set().set.keys[0].clone();
    let private = fs::read_to_string(issuer.folder.signing_file(0)).unwrap();
    let public = rsa::RsaPrivateKey::from_pkcs8_pem(&private).unwrap().to_public_key();
    let secrets: [Vec<u8>; 4] = [
        public.to_public_key_pem(LineEnding::LF).unwrap().into_bytes(),
        public.to_public_key_der().unwrap().as_bytes().to_vec(),
        URL_SAFE_NO_PAD.decode(&jwk.n).unwrap(),
        jwk.n.clone().into_bytes(),
    ];
    for secret in secrets {
        let header = Header { kid: jwk.kid.clone(), ..Header::new(Algorithm::HS256) };
        let key = EncodingKey::from_secret(&secret);
        let token = jsonwebtoken::encode(&header, &issuer.claims(), &key).unwrap();
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::Algorithm);
    }
}

#[tokio::test]
async fn a_signature_of_another_key_under_our_kid() {
    let issuer = Issuer::start();
    let pem = fs::read(KeyFolder::other().signing_file(0)).unwrap();
    let header = Header { kid: Some(issuer.kid()), ..Header::new(Algorithm::RS256) };
    let key = EncodingKey::from_rsa_pem(&pem).unwrap();
    let token = jsonwebtoken::encode(&header, &issuer.claims(), &key).unwrap();
    assert_eq!(refusal(&issuer.verifier(), &token).await, InvalidToken::Signature);
}

#[tokio::test]
async fn rfc8725_3_10_keys_in_the_header_are_ignored() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let theirs = KeyFolder::other();
    let their_jwk: jsonwebtoken::jwk::Jwk =
        serde_json::from_value(json!(theirs.open().unwrap().jwk_set().set.keys[0])).unwrap();
    let header = |kid: String| Header {
        kid: Some(kid),
        jku: Some(format!("{}/theirs", issuer.url)),
        x5u: Some(format!("{}/theirs", issuer.url)),
        jwk: Some(their_jwk.clone()),
        ..Header::new(Algorithm::RS256)
    };
    let key = EncodingKey::from_rsa_pem(&fs::read(theirs.signing_file(0)).unwrap()).unwrap();
    let their_kid = their_jwk.common.key_id.clone().unwrap();
    for (kid, reason) in [(issuer.kid(), InvalidToken::Signature), (their_kid, InvalidToken::UnknownKey)] {
        let token = jsonwebtoken::encode(&header(kid), &issuer.claims(), &key).unwrap();
        assert_eq!(refusal(&verifier, &token).await, reason);
    }
    verifier.verify(&issuer.sign_with_header(&header(issuer.kid()))).await.unwrap();
    assert!(issuer.requests().iter().all(|path| path != "/theirs"));
}

#[tokio::test]
async fn rfc7515_4_1_11_critical_extensions() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    for crit in [vec!["b64".to_owned()], vec!["exp".to_owned()], vec![]] {
        let header = Header { kid: Some(issuer.kid()), crit: Some(crit), ..Header::new(Algorithm::RS256) };
        let token = issuer.sign_with_header(&header);
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::Critical);
    }
}

#[tokio::test]
async fn a_token_without_kid() {
    let issuer = Issuer::start();
    let token = issuer.sign_with_header(&Header::new(Algorithm::RS256));
    assert_eq!(refusal(&issuer.verifier(), &token).await, InvalidToken::UnknownKey);
}

#[tokio::test]
async fn rfc9068_4_only_the_types_of_an_access_token() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
        verifier.verify(&issuer.sign(typ, &issuer.claims())).await.unwrap();
    }
    for typ in ["logout+jwt", "id+jwt", "dpop+jwt", "", "at+jwt ", "text/at+jwt", "ä"] {
        let token = issuer.sign(typ, &issuer.claims());
        assert_eq!(refusal(&verifier, &token).await, InvalidToken::Type, "{typ}");
    }
    let untyped = Header { kid: Some(issuer.kid()), typ: None, ..Header::new(Algorithm::RS256) };
    let token = issuer.sign_with_header(&untyped);
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::Type);
}

#[tokio::test]
async fn what_is_not_a_jwt() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let token = issuer.token();
    let parts: Vec<_> = token.split('.').collect();
    for broken in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{token}.x"),
        format!("{}.{}", parts[0], parts[1]),
        format!(" {token}"),
        format!("!.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", URL_SAFE_NO_PAD.encode([0xff, 0xfe]), parts[1], parts[2]),
        format!("{}.{}.{}", URL_SAFE_NO_PAD.encode("[]"), parts[1], parts[2]),
    ] {
        assert_eq!(refusal(&verifier, &broken).await, InvalidToken::NotAJwt, "{broken}");
    }
    for end in [1, parts[2].len() / 2, parts[2].len() - 1] {
        let cut = &token[..token.len() - end];
        assert!(matches!(refusal(&verifier, cut).await, InvalidToken::Signature | InvalidToken::NotAJwt));
    }
    let not_json = issuer.keyring.sign("JWT", &[0xff, 0xfe]).unwrap();
    assert_eq!(refusal(&verifier, &not_json).await, InvalidToken::NotAnAccessToken);
    let twice = format!(r#"{{"sub":"user_2",{}"#, &issuer.claims().to_string()[1..]);
    let twice = issuer.keyring.sign("JWT", twice.as_bytes()).unwrap();
    assert_eq!(refusal(&verifier, &twice).await, InvalidToken::NotAnAccessToken);
}

#[tokio::test]
async fn a_token_of_more_than_8_kib() {
    let issuer = Issuer::start();
    let verifier = issuer.verifier();
    let token = issuer.token_with(json!({ "email": "x".repeat(6700) }));
    assert!(token.len() > 9 * 1024, "{}", token.len());
    assert_eq!(refusal(&verifier, &token).await, InvalidToken::TooLong);
    assert_eq!(issuer.fetches(), 0, "nothing is looked up for it");
}

#[tokio::test]
async fn inside_the_issuer_the_live_keys_count_without_http() {
    let issuer = Issuer::start();
    let folder = KeyFolder::made();
    let keyring = Arc::new(folder.open().unwrap());
    let verifier = issuer.builder().in_process(keyring.clone());
    verifier.verify(&issuer.token()).await.unwrap();
    folder.edit(|manifest| {
        manifest["signing_keys"].as_array_mut().unwrap().remove(0);
        manifest["signing_keys"][0]["state"] = json!("active");
    });
    keyring.reload().unwrap();
    assert_eq!(refusal(&verifier, &issuer.token()).await, InvalidToken::UnknownKey);
    let token = keyring.sign("at+jwt", issuer.claims().to_string().as_bytes()).unwrap();
    verifier.verify(&token).await.unwrap();
    assert_eq!(issuer.fetches(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_input_panics_and_no_changed_token_is_taken(
        text in "\\PC{0,80}", place in any::<prop::sample::Index>(), letter in "[ -~]"
    ) {
        let clock = crate::support::clock::ManualClock::fixed();
        let keyring = Arc::new(KeyFolder::made().open().unwrap());
        let verifier =
            Verifier::builder("https://id.example", AUDIENCE, Arc::new(clock)).in_process(keyring.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(runtime.block_on(verifier.verify(&text)).is_err());
        let garbage = keyring.sign("JWT", text.as_bytes()).unwrap();
        prop_assert!(runtime.block_on(verifier.verify(&garbage)).is_err());
        let claims = json!({
            "iss": "https://id.example", "aud": AUDIENCE, "sub": "c", "client_id": "c", "scope": "",
            "token_source": "oauth", "organization_id": "o", "iat": 0, "exp": u64::MAX,
            "jti": "AAAAAAAAAAAAAAAAAAAAAA",
        });
        let token = keyring.sign("JWT", claims.to_string().as_bytes()).unwrap();
        prop_assert!(runtime.block_on(verifier.verify(&token)).is_ok());
        let place = place.index(token.len());
        let changed = format!("{}{letter}{}", &token[..place], &token[place + 1..]);
        prop_assert_eq!(runtime.block_on(verifier.verify(&changed)).is_ok(), changed == token);
    }
}
