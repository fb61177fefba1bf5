//! What the keys do: signatures that the JWK Set alone verifies, MACs that differ by purpose and key.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tiquo_auth::ports::mac_keys::MacKeys as _;
use tiquo_auth::ports::signer::Signer as _;
use tiquo_auth::ports::store::StoreStamp;
use tiquo_auth::protocol::mac::{IndexPurpose, MacError, MacKeyId, MacPurpose};

use super::folder::KeyFolder;

#[test]
fn a_signature_verifies_with_the_jwk_set_alone() {
    let keyring = KeyFolder::made().open().unwrap();
    let payload = json!({ "sub": "user_1", "text": "ümläut" });
    for typ in ["JWT", "at+jwt", "logout+jwt", "something \"else\""] {
        let token = keyring.sign(typ, payload.to_string().as_bytes()).unwrap();
        let published: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&keyring.jwk_set().json).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((header.typ.as_deref(), header.alg), (Some(typ), Algorithm::RS256));
        let jwk = published.find(header.kid.as_deref().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(jwk).unwrap();
        let data = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(data.claims, payload);
    }
}

#[test]
fn the_jwk_set_is_active_next_retired_and_only_public() {
    let folder = KeyFolder::made();
    folder.edit(|manifest| {
        // In the file: next, retired, active.
        let keys = manifest["signing_keys"].as_array_mut().unwrap();
        keys.reverse();
    });
    let keyring = folder.open().unwrap();
    let kids = |index: usize| folder.manifest()["signing_keys"][index]["kid"].clone();
    let published: Value = serde_json::from_slice(&keyring.jwk_set().json).unwrap();
    assert_eq!(published["keys"][0]["kid"], kids(1));
    assert_eq!(published["keys"][1]["kid"], kids(0));
    for key in published["keys"].as_array().unwrap() {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        let members: BTreeSet<_> = members.into_iter().collect();
        assert_eq!(members, BTreeSet::from(["alg", "e", "kid", "kty", "n", "use"]));
    }
}

#[test]
fn the_entity_tag_is_strong_and_changes_with_the_set() {
    let folder = KeyFolder::made();
    let before = folder.open().unwrap().jwk_set().etag.clone();
    assert!(before.starts_with('"') && before.ends_with('"') && before.len() > 10, "{before}");
    assert_eq!(folder.open().unwrap().jwk_set().etag, before);
    folder.edit(|manifest| {
        manifest["signing_keys"].as_array_mut().unwrap().pop();
    });
    assert_ne!(folder.open().unwrap().jwk_set().etag, before);
}

#[test]
fn macs_differ_by_purpose_key_and_data_and_are_the_same_after_a_restart() {
    let folder = KeyFolder::made();
    let keyring = folder.open().unwrap();
    let mut seen = BTreeSet::new();
    for id in [1, 2] {
        for purpose in MacPurpose::ALL {
            for data in [b"a", b"b"] {
                let mac = keyring.mac(MacKeyId::new(id), purpose, data).unwrap();
                assert_eq!(folder.open().unwrap().mac(MacKeyId::new(id), purpose, data), Ok(mac));
                seen.insert(mac);
            }
        }
    }
    for purpose in [IndexPurpose::Subject, IndexPurpose::Address, IndexPurpose::Pairwise] {
        assert_eq!(folder.open().unwrap().index(purpose, b"a"), keyring.index(purpose, b"a"));
        seen.insert(keyring.index(purpose, b"a"));
    }
    assert_eq!(seen.len(), 2 * MacPurpose::ALL.len() * 2 + 3);
}

#[test]
fn a_mac_verifies_and_a_changed_one_does_not() {
    let keyring = KeyFolder::made().open().unwrap();
    let id = keyring.active();
    assert_eq!(id, MacKeyId::new(1));
    let mut tag = keyring.mac(id, MacPurpose::Cookie, b"data").unwrap();
    assert_eq!(keyring.verify(id, MacPurpose::Cookie, b"data", &tag), Ok(true));
    assert_eq!(keyring.verify(id, MacPurpose::KnownDevice, b"data", &tag), Ok(false));
    tag[31] ^= 1;
    assert_eq!(keyring.verify(id, MacPurpose::Cookie, b"data", &tag), Ok(false));
}

#[test]
fn the_mac_key_after_the_newest_is_not_loaded_yet_and_any_other_is_unknown() {
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["past_mac_keys"] = json!([{ "id": 0, "fingerprint": "x" }]));
    let keyring = folder.open().unwrap();
    let mac = |id| keyring.mac(MacKeyId::new(id), MacPurpose::Otp, b"").err();
    assert_eq!(mac(3), Some(MacError::NotLoadedYet));
    for unknown in [0, 4, 255] {
        assert_eq!(mac(unknown), Some(MacError::UnknownKey), "{unknown}");
    }
}

#[test]
fn retired_mac_keys_still_verify() {
    let folder = KeyFolder::made();
    let tag = folder.open().unwrap().mac(MacKeyId::new(1), MacPurpose::Otp, b"code").unwrap();
    folder.edit(|manifest| {
        manifest["mac_keys"][0]["state"] = json!("retired");
        manifest["mac_keys"][1]["state"] = json!("active");
    });
    let keyring = folder.open().unwrap();
    assert_eq!(keyring.active(), MacKeyId::new(2));
    assert_eq!(keyring.verify(MacKeyId::new(1), MacPurpose::Otp, b"code", &tag), Ok(true));
}

#[test]
fn a_store_is_told_the_fingerprints_of_all_keys_those_that_are_gone_included() {
    let folder = KeyFolder::made();
    folder.edit(|manifest| manifest["past_mac_keys"] = json!([{ "id": 0, "fingerprint": "gone" }]));
    let claim = folder.open().unwrap().store_opening();
    let manifest = folder.manifest();
    assert_eq!(claim.stamp, StoreStamp::Production);
    assert_eq!(claim.index_key, manifest["index_key"]["fingerprint"]);
    assert_eq!(claim.mac_keys.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(claim.mac_keys[&0], "gone");
    assert_eq!(claim.mac_keys[&1], manifest["mac_keys"][0]["fingerprint"]);
    assert_eq!(claim.index_key.len(), 22, "16 bytes in base64url");
}
