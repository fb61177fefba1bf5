//! Examples of the RFCs, and all refusals.

use serde_json::{Value, json};

use super::*;

/// The example of RFC 7515 appendix A.2.
const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9\
    pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5\
    jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9\
    383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp\
    0igcN_IoypGlUPQGe77Rw";
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL\
    -yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa\
    2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4F\
    RWyuXpoQ";
/// The example of RFC 7515 appendix A.3.
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9\
    pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// The example of RFC 8037 appendix A.4.
const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3A\
    IbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": RSA_N, "e": "AQAB" })
}

fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
}

fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn with(mut key: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("not an object") };
    key.as_object_mut().unwrap().extend(members);
    key
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn header(alg: Algorithm, kid: Option<&str>) -> JwsHeader {
    JwsHeader { alg, kid: kid.map(str::to_owned), typ: None }
}

/// Whether a key of the set verifies the signature.
fn verifies(keys: &[Value], text: &str) -> bool {
    let jws = Jws::read(text).unwrap();
    set(keys).choose(&jws.header).is_ok_and(|key| key.verify(&jws))
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn rfc7515_a_2_rs256_a_3_es256_and_rfc8037_a_4_eddsa() {
    let keys = [rsa(), p256(), ed25519()];
    for (text, payload) in
        [(RS256, "{\"iss\":\"joe\""), (ES256, "{\"iss\":\"joe\""), (EDDSA, "Example of Ed25519")]
    {
        assert!(verifies(&keys, text), "{text}");
        assert!(Jws::read(text).unwrap().payload.starts_with(payload.as_bytes()));
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        bytes[7] ^= 1;
        assert!(!verifies(&keys, &format!("{signed}.{}", encode(&bytes))), "another signature");
        assert!(
            !verifies(&keys, &format!("{}A.{signature}", &signed[..signed.len() - 4])),
            "another payload"
        );
        assert!(!verifies(&keys, &format!("{signed}.")), "none");
    }
}

#[test]
fn rfc7518_3_4_and_3_5_es384_and_ps256_signed_by_others() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PSS_SHA256, RsaKeyPair,
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let p384 = json!({ "kty": "EC", "crv": "P-384", "x": encode(&point[1..49]), "y": encode(&point[49..]) });
    let signed = format!("{}.{}", encode(r#"{"alg":"ES384"}"#), encode("{}"));
    let signature = pair.sign(&random, signed.as_bytes()).unwrap();
    assert!(verifies(&[p384], &format!("{signed}.{}", encode(signature.as_ref()))));

    let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let big_endian =
        |number: aws_lc_rs::rsa::PublicKeyComponents<Vec<u8>>| (encode(number.n), encode(number.e));
    let (n, e) = big_endian(pair.public_key().into());
    let key = json!({ "kty": "RSA", "n": n, "e": e });
    let signed = format!("{}.{}", encode(r#"{"alg":"PS256"}"#), encode("{}"));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    let text = format!("{signed}.{}", encode(&signature));
    assert!(verifies(std::slice::from_ref(&key), &text));
    assert!(!verifies(&[with(key, json!({ "alg": "RS256" }))], &text), "a key for PKCS #1 alone");
}

#[test]
fn rfc8725_3_1_a_key_is_used_with_its_own_algorithms_only() {
    let body = RS256.split_once('.').unwrap().1;
    for alg in ["PS256", "ES256", "EdDSA", "Ed25519", "ES384"] {
        let text = format!("{}.{body}", encode(format!(r#"{{"alg":"{alg}"}}"#)));
        assert!(!verifies(&[rsa(), p256(), ed25519()], &text), "{alg}");
        let jws = Jws::read(&text).unwrap();
        assert!(
            !PublicKey::of(rsa().as_object().unwrap()).unwrap().verify(&jws),
            "{alg}, whoever chose the key"
        );
    }
}

#[test]
fn what_is_no_jws_is_refused_by_name() {
    let with_header = |header: &str| format!("{}.e30.AAAA", encode(header));
    for (text, expected) in [
        ("a".repeat(MAX_LENGTH + 1), JwsError::TooLong),
        (String::new(), JwsError::Malformed),
        ("a.b".to_owned(), JwsError::Malformed),
        ("e30.e30.AAAA.AAAA".to_owned(), JwsError::Malformed),
        ("e30.e30.AAAA".to_owned(), JwsError::Malformed),
        (with_header("[]"), JwsError::Malformed),
        (with_header(r#"{"alg":5}"#), JwsError::Malformed),
        (with_header(r#"{"alg":"RS256","alg":"ES256"}"#), JwsError::Malformed),
        (format!("{}=.e30.AAAA", encode(r#"{"alg":"RS256"}"#)), JwsError::Malformed),
        (format!("{}.e30.AA+A", encode(r#"{"alg":"RS256"}"#)), JwsError::Malformed),
        (with_header(r#"{"alg":"none"}"#), JwsError::Unsecured),
        (with_header(r#"{"alg":"HS256"}"#), JwsError::Algorithm),
        (with_header(r#"{"alg":"None"}"#), JwsError::Algorithm),
        (with_header(r#"{"alg":"RS512"}"#), JwsError::Algorithm),
        (with_header(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#), JwsError::Critical),
        (with_header(r#"{"alg":"RS256","crit":[]}"#), JwsError::Critical),
    ] {
        assert_eq!(Jws::read(&text), Err(expected), "{text:.80}");
    }
}

#[test]
fn rfc7515_a_5_an_unsecured_jws_is_read_by_those_who_ask_for_one() {
    let text = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(r#"{"a":1}"#));
    assert_eq!(unsecured(&text).unwrap(), br#"{"a":1}"#);
    assert_eq!(unsecured(&format!("{text}AAAA")), Err(JwsError::Malformed));
    assert_eq!(unsecured(RS256), Err(JwsError::Algorithm));
}

#[test]
fn a_key_is_chosen_by_kid_then_by_alg_and_use() {
    let a = with(p256(), json!({ "kid": "a" }));
    let b = with(rsa(), json!({ "kid": "b", "use": "sig" }));
    let c = with(rsa(), json!({ "kid": "c", "use": "enc" }));
    let d = with(rsa(), json!({ "kid": "d", "alg": "PS256", "key_ops": ["verify"] }));
    let keys = set(&[a, b, c, d, rsa()]);
    let choose = |alg, kid| keys.choose(&header(alg, kid)).map(PublicKey::kid);
    assert_eq!(choose(Algorithm::Es256, Some("a")), Ok(Some("a")));
    assert_eq!(choose(Algorithm::Rs256, Some("b")), Ok(Some("b")));
    assert_eq!(choose(Algorithm::Es256, None), Ok(Some("a")), "the only one");
    assert_eq!(choose(Algorithm::Ps256, None), Ok(Some("d")), "the only one that says so");
    assert_eq!(
        choose(Algorithm::Rs256, None),
        Err(KeySelectionError::Ambiguous),
        "b and the one without a name"
    );
    for (alg, kid) in [
        (Algorithm::Rs256, Some("a")),
        (Algorithm::Rs256, Some("c")),
        (Algorithm::Rs256, Some("d")),
        (Algorithm::Rs256, Some("e")),
        (Algorithm::Rs256, Some("")),
        (Algorithm::EdDsa, None),
    ] {
        assert_eq!(choose(alg, kid), Err(KeySelectionError::Unknown), "{alg:?} {kid:?}");
    }
    let twins = set(&[with(p256(), json!({ "kid": "a" })), with(p256(), json!({ "kid": "a" }))]);
    assert_eq!(
        twins.choose(&header(Algorithm::Es256, Some("a"))).map(|_| ()),
        Err(KeySelectionError::Ambiguous)
    );
    let kinds = set(&[with(p256(), json!({ "kid": "a" })), with(rsa(), json!({ "kid": "a" }))]);
    assert!(kinds.choose(&header(Algorithm::Es256, Some("a"))).is_ok(), "RFC 7517 §4.5: of two kinds");
}

#[test]
fn rfc7517_5_keys_that_are_of_no_use_are_left_out() {
    let x = |bytes: usize| encode(vec![1; bytes]);
    for useless in [
        with(rsa(), json!({ "use": "enc" })),
        with(rsa(), json!({ "key_ops": ["encrypt"] })),
        with(rsa(), json!({ "alg": "RSA-OAEP" })),
        with(rsa(), json!({ "alg": "ES256" })),
        with(rsa(), json!({ "alg": 5 })),
        with(rsa(), json!({ "kid": 5 })),
        with(rsa(), json!({ "n": encode([0xff; 255]) })),
        with(rsa(), json!({ "n": encode([0xff; 1025]) })),
        with(rsa(), json!({ "n": format!("AAAA{RSA_N}") })),
        with(rsa(), json!({ "e": "" })),
        with(rsa(), json!({ "e": "AQ" })),
        with(rsa(), json!({ "e": "Ag" })),
        with(rsa(), json!({ "e": encode([1; 9]) })),
        with(p256(), json!({ "x": x(31) })),
        with(p256(), json!({ "y": x(32) })),
        with(p256(), json!({ "crv": "P-384" })),
        with(p256(), json!({ "crv": "secp256k1" })),
        with(ed25519(), json!({ "x": x(31) })),
        with(ed25519(), json!({ "crv": "Ed448" })),
        json!({ "kty": "AKP" }),
        json!({}),
    ] {
        assert!(set(std::slice::from_ref(&useless)).is_empty(), "{useless}");
        assert!(verifies(&[useless, rsa()], RS256));
    }
}

#[test]
fn what_is_no_key_set_of_a_client_is_refused_by_name() {
    let many = json!({ "keys": vec![json!({}); 33] });
    let keys = |key: Value| json!({ "keys": [rsa(), key] });
    for (document, expected) in [
        (json!([]), KeySetError::NotAKeySet),
        (json!({}), KeySetError::NotAKeySet),
        (json!({ "keys": {} }), KeySetError::NotAKeySet),
        (json!({ "keys": ["key"] }), KeySetError::NotAKeySet),
        (many, KeySetError::TooMany),
        (json!({ "keys": [], "more": " ".repeat(128 * 1024) }), KeySetError::TooLong),
        (keys(with(p256(), json!({ "d": "AA" }))), KeySetError::Private),
        (keys(with(ed25519(), json!({ "d": "AA" }))), KeySetError::Private),
        (keys(with(rsa(), json!({ "p": "AA" }))), KeySetError::Private),
        (keys(with(rsa(), json!({ "use": "enc", "d": null }))), KeySetError::Private),
        (keys(json!({ "kty": "oct", "k": "AAAA" })), KeySetError::Symmetric),
        (keys(json!({ "kty": "oct" })), KeySetError::Symmetric),
        (keys(json!({ "k": "AAAA" })), KeySetError::Symmetric),
    ] {
        let text = document.to_string();
        assert_eq!(KeySet::parse(text.as_bytes()).map(|_| ()), Err(expected), "{text:.80}");
    }
    assert_eq!(KeySet::parse(b"{").map(|_| ()), Err(KeySetError::NotAKeySet));
}

#[test]
fn names_are_those_of_the_registry() {
    for alg in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(alg.name()), Some(alg));
        assert_eq!(serde_json::to_value(alg).unwrap(), alg.name());
    }
}

#[test]
fn rfc9864_2_2_ed25519_is_eddsa_by_another_name() {
    let keys = |alg: &str| set(&[with(ed25519(), json!({ "alg": alg }))]);
    for (of_key, of_token) in [("EdDSA", Algorithm::Ed25519), ("Ed25519", Algorithm::EdDsa)] {
        assert!(keys(of_key).choose(&header(of_token, None)).is_ok(), "{of_key}");
    }
    assert!(keys("Ed25519").choose(&header(Algorithm::Es256, None)).is_err());
}
