use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

/// The proof and the key of RFC 9449 §4.2, figure 2, and §6.1.
const EXAMPLE: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const URL: &str = "https://server.example.com/token";
const AT: Timestamp = Timestamp::from_secs(1_562_262_616);

/// Makes proofs with one key, each with one error.
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

    fn judge(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Result<Proof, DpopError> {
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
    let proof = verify(EXAMPLE, "POST", URL, AT).unwrap();
    assert_eq!(proof.jkt.as_str(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(proof.good_until, AT.plus(WINDOW));
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
fn rfc9449_4_3_a_proof_counts_for_five_minutes_and_may_be_ten_seconds_ahead() {
    let at = |now: Timestamp| verify(EXAMPLE, "POST", URL, now);
    let millisecond = Duration::from_millis(1);
    assert!(at(AT.plus(WINDOW)).is_ok());
    assert_eq!(at(AT.plus(WINDOW).plus(millisecond)), Err(DpopError::Time));
    assert!(at(AT.minus(AHEAD)).is_ok());
    assert_eq!(at(AT.minus(AHEAD).minus(millisecond)), Err(DpopError::Time));
    let dated = |iat: f64| Maker::new().judge(|_, claims| claims["iat"] = json!(iat));
    assert!(dated(1_562_262_626.0).is_ok());
    assert_eq!(dated(1_562_262_626.4), Err(DpopError::Time), "a fraction counts (RFC 7519 §2)");
    assert_eq!(dated(1_562_262_610.25).unwrap().good_until, Timestamp::from_millis(1_562_262_910_250));
}

fn proof(number: u8, seconds: u64) -> Proof {
    let good_until = AT.plus(Duration::from_secs(seconds)).plus(WINDOW);
    Proof { jkt: Jkt("key".to_owned()), id: ProofId::of_hash(&[number; 32]), good_until }
}

fn attempt(number: u8) -> AttemptId {
    AttemptId::new([number; 16])
}

#[test]
fn rfc9449_11_1_a_proof_is_good_once_for_as_long_as_it_could_be_used() {
    let used = UsedProofs::default().remember(&proof(1, 0), None, attempt(1), AT).unwrap();
    let end = AT.plus(WINDOW);
    for now in [AT, end] {
        assert_eq!(used.remember(&proof(1, 0), None, attempt(2), now), Err(ProofRefusal::Replayed));
        assert_eq!(used.remember(&proof(1, 0), None, attempt(1), now).as_ref(), Ok(&used), "our own retry");
        assert_eq!(used.remember(&proof(2, 0), None, attempt(2), now).unwrap().0.len(), 2);
    }
    let later = end.plus(Duration::from_millis(1));
    let renewed = used.remember(&proof(2, 301), None, attempt(2), later).unwrap();
    assert_eq!(renewed.0.len(), 1, "what is over is forgotten");
    assert_eq!(renewed.good_until(), end.plus(Duration::from_secs(301)));
    assert_eq!(UsedProofs::default().good_until(), Timestamp::default());
}

#[test]
fn rfc9449_11_1_a_ninth_live_proof_is_refused() {
    let mut used = UsedProofs::default();
    for number in 0..8 {
        used = used.remember(&proof(number, u64::from(number)), None, attempt(number), AT).unwrap();
    }
    assert_eq!(used.remember(&proof(9, 0), None, attempt(9), AT), Err(ProofRefusal::TooMany));
    assert_eq!(used.remember(&proof(3, 3), None, attempt(9), AT), Err(ProofRefusal::Replayed));
    assert_eq!(used.remember(&proof(3, 3), None, attempt(3), AT).as_ref(), Ok(&used));
    let first_is_over = AT.plus(WINDOW).plus(Duration::from_millis(1));
    assert_eq!(used.remember(&proof(9, 300), None, attempt(9), first_is_over).unwrap().0.len(), 8);
}

#[test]
fn rfc9449_11_1_a_proof_that_refreshed_one_grant_is_refused_at_another() {
    let grants = (0..9)
        .map(|number| Sid::new(crate::protocol::id::Bucket::of_hash(&[0; 32]), &[number; 16]))
        .collect::<Vec<_>>();
    let refresh = |used: &UsedProofs, number, grant: usize, attempt_number| {
        used.remember(&proof(number, 0), Some(grants[grant]), attempt(attempt_number), AT)
    };
    let used = refresh(&UsedProofs::default(), 1, 0, 1).unwrap();
    assert_eq!(refresh(&used, 1, 1, 2), Err(ProofRefusal::Replayed));
    assert_eq!(refresh(&used, 1, 1, 1), Err(ProofRefusal::Replayed), "the same attempt is of one grant");
    assert_eq!(refresh(&used, 1, 0, 1).as_ref(), Ok(&used), "our own retry");
    // Eight proofs of each grant, for eight grants.
    let mut used = UsedProofs::default();
    for number in 0..64 {
        used = refresh(&used, number, usize::from(number / 8), number).unwrap();
    }
    assert_eq!(refresh(&used, 64, 0, 64), Err(ProofRefusal::TooMany));
    assert_eq!(refresh(&used, 64, 8, 64), Err(ProofRefusal::TooMany));
}

#[test]
fn two_proofs_are_told_apart_by_their_jti() {
    let with = |jti: &str| Maker::new().judge(|_, claims| claims["jti"] = json!(jti)).unwrap().id;
    assert_eq!(with("a"), with("a"));
    assert_ne!(with("a"), with("b"));
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
