use super::*;

fn part(name: &'static str, state: PartState) -> HealthPart {
    HealthPart { name, state, since: None }
}

#[test]
fn only_a_store_that_is_away_takes_a_process_out_of_rotation() {
    use PartState::{NotTried, Ready, Unavailable};
    for (store, mail, keys, status) in [
        (Ready, Ready, Ready, ProcessStatus::Ready),
        (Ready, NotTried, Ready, ProcessStatus::Ready),
        (Ready, PartState::Away, Ready, ProcessStatus::Degraded),
        (Ready, PartState::CredentialsRefused, Ready, ProcessStatus::Degraded),
        (Ready, Ready, Unavailable, ProcessStatus::Degraded),
        (Unavailable, Ready, Ready, ProcessStatus::NotReady),
        (PartState::Full, Ready, Ready, ProcessStatus::Degraded),
        (PartState::Full, Unavailable, Ready, ProcessStatus::Degraded),
        (Unavailable, Unavailable, Unavailable, ProcessStatus::NotReady),
    ] {
        assert_eq!(judge(&[part(STORE, store), part(MAIL, mail), part(KEYS, keys)]), status);
    }
}

#[test]
fn a_full_store_is_not_reported_as_unavailable() {
    let why = "there is no room".to_owned();
    assert_eq!(store_state(Ok(StoreState::Well)), (PartState::Ready, None));
    assert_eq!(store_state(Ok(StoreState::Full(why.clone()))), (PartState::Full, Some(why)));
    let (state, why) = store_state(Err(StoreError::Unavailable("it broke".to_owned())));
    assert_eq!((state.word(), why.is_some_and(|why| why.contains("it broke"))), ("unavailable", true));
    assert_eq!((PartState::Full.word(), PartState::Full.is_trouble()), ("full", true));
}

#[test]
fn a_relay_that_was_never_tried_is_not_called_ready() {
    for (relay, takes_mail, word, is_trouble) in [
        (RelayState::NotTried, true, "not_tried", false),
        (RelayState::NotTried, false, "unavailable", true),
        (RelayState::Ready, true, "ready", false),
        (RelayState::Ready, false, "unavailable", true),
        (RelayState::CredentialsRefused, false, "credentials_refused", true),
        (RelayState::CredentialsRefused, true, "credentials_refused", true),
        (RelayState::Away, false, "away", true),
    ] {
        let state = mail_state(relay, takes_mail);
        assert_eq!((state.word(), state.is_trouble()), (word, is_trouble), "{relay:?}, {takes_mail}");
    }
}

#[test]
fn a_trouble_keeps_the_time_when_it_was_first_seen_until_it_ends() {
    let readiness = Readiness::complete();
    let at = Timestamp::from_secs;
    let note =
        |state, why: Option<&str>, now| readiness.note(MAIL, state, why.map(str::to_owned), at(now)).since;
    assert_eq!(note(PartState::Ready, None, 1), None);
    assert_eq!(note(PartState::Unavailable, Some("refused"), 5), Some(at(5)));
    assert_eq!(note(PartState::Unavailable, Some("timed out"), 9), Some(at(5)));
    assert_eq!(note(PartState::Ready, None, 12), None);
    assert_eq!(note(PartState::Unavailable, Some("refused"), 20), Some(at(20)));
}

#[test]
fn what_a_start_waits_for_keeps_its_first_time_and_goes_when_the_start_is_complete() {
    let readiness = Readiness::default();
    assert!(!readiness.is_complete());
    readiness.wait_for("Redis at a:1", Timestamp::from_secs(3));
    readiness.wait_for("Redis at a:1", Timestamp::from_secs(4));
    let wait = StartDependency { what: "Redis at a:1".to_owned(), since: Timestamp::from_secs(3) };
    assert_eq!(readiness.waits_for(), Some(wait));
    readiness.start_is_complete();
    assert_eq!((readiness.is_complete(), readiness.waits_for()), (true, None));
}
