use super::*;

#[test]
fn identifiers_read_back_and_carry_their_bucket() {
    let hash = [0xff; 32];
    let bucket = Bucket::of_hash(&hash);
    assert!(bucket.number() < BUCKETS);
    let sid = Sid::new(bucket, &[7; 16]);
    assert_eq!(Sid::parse(&sid.encode()), Some(sid));
    assert_eq!(sid.bucket(), bucket);
    let challenge = ChallengeId::new(crate::protocol::mac::MacKeyId::new(9), bucket, &[1; 16]);
    assert_eq!(ChallengeId::parse(&challenge.encode()), Some(challenge));
    assert_eq!((challenge.bucket(), challenge.mac_key().number()), (bucket, 9));
    let address = AddressKey::of_hash(&hash);
    assert_eq!(AddressKey::parse(&address.encode()), Some(address));
    assert_eq!(address.bucket(), bucket);
}

#[test]
fn a_bucket_that_does_not_exist_is_refused() {
    assert_eq!(Bucket::from_bytes([0x40, 0x00]), None);
    assert_eq!(Sid::parse(&URL_SAFE_NO_PAD.encode([0xff; 18])), None);
    assert_eq!(ChallengeId::parse("short"), None);
}

#[test]
fn a_challenge_id_is_not_shown() {
    let id = ChallengeId::new(crate::protocol::mac::MacKeyId::new(1), Bucket(1), &[1; 16]);
    assert_eq!(format!("{id:?}"), "ChallengeId(…)");
}
