use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

/// The proof and the key of RFC 9449 §4.2, figure 2, and §6.1.
const EXAMPLE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const URL: &str = "https://server.example.com/token";
const AT: Timestamp = Timestamp::from_secs(1_562_262_616);

/// Makes proofs with one key, each with one thing wrong.
struct Maker(EcdsaKeyPair);

impl Maker {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn header(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}})
    }

    fn proof(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn judge(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Result<Jkt, DpopError> {
        let (mut header, mut claims) = (self.header(), claims());
        change(&mut header, &mut claims);
        verify(&self.proof(&header, &claims), "POST", URL, AT)
    }
}

fn claims() -> Value {
    json!({"jti": "-BwC3ESc6acc2lTc", "htm": "POST", "htu": URL, "iat": AT.as_secs()})
}

#[test]
fn rfc9449_4_2_example() {
    let jkt = verify(EXAMPLE, "POST", URL, AT).unwrap();
    assert_eq!(jkt.as_str(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn each_check_of_rfc9449_4_3_refuses_on_its_own() {
    let maker = Maker::new();
    assert!(maker.judge(|_, _| ()).is_ok());
    let refused = |change: fn(&mut Value, &mut Value)| maker.judge(change).unwrap_err();
    assert_eq!(refused(|header, _| header["typ"] = json!("JWT")), DpopError::Type);
    assert_eq!(refused(|header, _| header["alg"] = json!("none")), DpopError::Algorithm);
    assert_eq!(refused(|header, _| header["alg"] = json!("HS256")), DpopError::Algorithm);
    assert_eq!(refused(|header, _| header["jwk"]["kty"] = json!("RSA")), DpopError::Key);
    assert_eq!(refused(|header, _| header["jwk"]["crv"] = json!("P-384")), DpopError::Key);
    assert_eq!(refused(|header, _| header["jwk"]["d"] = json!("AA")), DpopError::Key);
    assert_eq!(refused(|header, _| header["jwk"]["x"] = json!("AA")), DpopError::Key);
    assert_eq!(refused(|_, claims| claims["htm"] = json!("GET")), DpopError::Method);
    assert_eq!(refused(|_, claims| claims["htu"] = json!("https://other.example/token")), DpopError::Url);
    assert_eq!(refused(|_, claims| claims["jti"] = json!("")), DpopError::Malformed);
    assert_eq!(refused(|_, claims| claims["iat"] = json!("now")), DpopError::Malformed);
    assert_eq!(refused(|_, claims| claims["iat"] = json!(-1)), DpopError::Malformed);
    for name in ["jti", "htm", "htu", "iat"] {
        let without = maker.judge(|_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert_eq!(without, Err(DpopError::Malformed), "{name}");
    }
}

#[test]
fn another_keys_signature_is_refused() {
    let (mine, other) = (Maker::new(), Maker::new());
    let proof = other.proof(&mine.header(), &claims());
    assert_eq!(verify(&proof, "POST", URL, AT), Err(DpopError::Signature));
    let changed = EXAMPLE.replacen("eyJqdGki", "eyJqdGkj", 1);
    assert_eq!(verify(&changed, "POST", URL, AT), Err(DpopError::Signature));
}

#[test]
fn query_and_fragment_of_htu_do_not_count() {
    let with = |htu: String| Maker::new().judge(|_, claims| claims["htu"] = json!(htu));
    assert!(with(format!("{URL}?a=b#c")).is_ok());
    assert!(with(format!("{URL}/more")).is_err());
}

#[test]
fn a_proof_counts_for_five_minutes_before_and_after_its_time() {
    let at = |now: Timestamp| verify(EXAMPLE, "POST", URL, now);
    let early = Timestamp::from_secs(AT.as_secs() - WINDOW.as_secs());
    assert!(at(AT.plus(WINDOW)).is_ok());
    assert_eq!(at(AT.plus(WINDOW).plus(Duration::from_millis(1))), Err(DpopError::Time));
    assert!(at(early).is_ok());
    assert_eq!(at(Timestamp::from_secs(early.as_secs() - 1)), Err(DpopError::Time));
}

proptest::proptest! {
    #[test]
    fn no_input_panics(text in "[A-Za-z0-9_.-]{0,200}|.*") {
        let _ = verify(&text, "POST", URL, AT);
    }

    #[test]
    fn no_claims_panic(iat in proptest::num::f64::ANY) {
        let _ = Maker::new().judge(|_, claims| claims["iat"] = json!(iat));
    }
}
