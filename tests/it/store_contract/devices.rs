//! Devices that wait for an end-user (RFC 8628).

use tiquo_auth::ports::store::{DeviceDecisionOutcome, DeviceOpening, PollOutcome};
use tiquo_auth::protocol::client::SubjectType;
use tiquo_auth::protocol::device_grant::{
    self, DeviceApproval, DeviceDecision, DeviceRequest, DeviceTerms, LIFETIME, PollState, PollVerdict,
    UserCode,
};
use tiquo_auth::protocol::id::{ClientId, DeviceCodeId, SsoId, UserId};
use tiquo_auth::protocol::opaque::Opaque;
use tiquo_auth::protocol::sso::SsoRoot;

use super::make::{START, after, attempt, bucket, organization, secs};
use super::make_authorization::{app, scope};
use super::race::{FEW_ROUNDS, RACERS, race};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    a_user_code_is_one_requests_and_an_attempt_that_lost_its_answer_hears_the_same,
    rfc8628_3_5_polls_are_judged_as_the_rule_says,
    rfc8628_3_5_what_is_denied_stays_denied,
    what_was_decided_in_time_is_decided_once,
    rfc8628_3_4_another_clients_poll_changes_nothing,
    rfc8628_3_5_racing_polls_at_approval_take_it_once,
    racing_decisions_have_one_winner,
}

fn user_code(number: u64) -> UserCode {
    let letters =
        (0..8).map(|place| b"BCDFGHJKLM"[usize::try_from(number / 10_u64.pow(place) % 10).unwrap()]);
    UserCode::parse(&String::from_utf8(letters.collect()).unwrap()).unwrap()
}

fn device_id(number: u64) -> DeviceCodeId {
    let mut secret = [b'v'; 32];
    secret[..8].copy_from_slice(&number.to_be_bytes());
    DeviceCodeId::of(&Opaque::new(user_code(number).bucket(), secret))
}

pub(crate) fn request(number: u64) -> DeviceRequest {
    DeviceRequest {
        id: device_id(number),
        terms: DeviceTerms {
            user_code: user_code(number),
            client: app(),
            organization: organization(),
            scope: scope("openid profile:read"),
            resources: vec!["https://api.example/a".to_owned()],
            subject_type: Some(SubjectType::Pairwise { sector: "app.example".to_owned() }),
        },
        opened_at: START,
        expires_at: START.plus(LIFETIME),
        polling: PollState::default(),
        decision: None,
        used: None,
    }
}

fn by(number: u64) -> DeviceApproval {
    let sso = SsoRoot::of_first_sign_in(SsoId::of(&Opaque::new(bucket(number), [7; 32])));
    DeviceApproval { user: UserId::new(format!("user_{number}")), sso, auth_time: after(3) }
}

fn allowed(number: u64) -> DeviceDecision {
    DeviceDecision::Allowed(by(number))
}

fn taken(number: u64) -> PollOutcome {
    PollOutcome::Granted(Box::new((request(number).terms, by(number))))
}

async fn open(store: &TestStore, number: u64) {
    assert_eq!(store.open_device(&request(number)).await.unwrap(), DeviceOpening::Opened);
}

async fn poll(store: &TestStore, number: u64, attempt_number: u64, seconds: u64) -> PollOutcome {
    store.poll_device(&device_id(number), &app(), attempt(attempt_number), after(seconds)).await.unwrap()
}

async fn decide(
    store: &TestStore,
    number: u64,
    decision: &DeviceDecision,
    seconds: u64,
) -> DeviceDecisionOutcome {
    store.decide_device(&device_id(number), decision, after(seconds)).await.unwrap()
}

async fn a_user_code_is_one_requests_and_an_attempt_that_lost_its_answer_hears_the_same(store: TestStore) {
    assert_eq!(store.peek_device(&user_code(1)).await.unwrap(), None);
    open(&store, 1).await;
    open(&store, 1).await;
    assert_eq!(store.peek_device(&user_code(1)).await.unwrap(), Some(request(1)));
    let other =
        DeviceRequest { id: DeviceCodeId::of(&Opaque::new(user_code(1).bucket(), [9; 32])), ..request(1) };
    assert_eq!(store.open_device(&other).await.unwrap(), DeviceOpening::Taken);
    assert_eq!(store.peek_device(&user_code(1)).await.unwrap(), Some(request(1)));
    assert_eq!(poll(&store, 2, 1, 0).await, PollOutcome::Unknown);
    assert_eq!(decide(&store, 2, &DeviceDecision::Denied, 0).await, DeviceDecisionOutcome::Unknown);
}

async fn rfc8628_3_5_polls_are_judged_as_the_rule_says(store: TestStore) {
    open(&store, 1).await;
    let mut model = request(1);
    for (number, seconds) in (0..).zip([0, 4, 7, 8, 30, 40, 55, 599, 600, 700]) {
        let (verdict, polling) = device_grant::poll(&model, &app(), attempt(number), after(seconds));
        model.polling = polling;
        assert_eq!(poll(&store, 1, number, seconds).await, PollOutcome::Refused(verdict), "{seconds} s");
        assert_eq!(store.peek_device(&user_code(1)).await.unwrap(), Some(model.clone()));
    }
    assert_eq!(model.polling.interval, secs(25));
}

async fn rfc8628_3_5_what_is_denied_stays_denied(store: TestStore) {
    open(&store, 1).await;
    assert_eq!(decide(&store, 1, &DeviceDecision::Denied, 10).await, DeviceDecisionOutcome::Decided);
    for number in 0..3 {
        assert_eq!(poll(&store, 1, number, 11).await, PollOutcome::Refused(PollVerdict::Denied));
    }
    assert_eq!(decide(&store, 1, &allowed(1), 12).await, DeviceDecisionOutcome::Over);
    assert_eq!(poll(&store, 1, 9, 600).await, PollOutcome::Refused(PollVerdict::Expired));
}

async fn what_was_decided_in_time_is_decided_once(store: TestStore) {
    open(&store, 1).await;
    assert_eq!(decide(&store, 1, &allowed(1), 600).await, DeviceDecisionOutcome::Over);
    assert_eq!(decide(&store, 1, &allowed(1), 599).await, DeviceDecisionOutcome::Decided);
    assert_eq!(decide(&store, 1, &allowed(1), 600).await, DeviceDecisionOutcome::Decided);
    for other in [DeviceDecision::Denied, allowed(2)] {
        assert_eq!(decide(&store, 1, &other, 599).await, DeviceDecisionOutcome::Over);
    }
    assert_eq!(poll(&store, 1, 1, 599).await, taken(1));
    assert_eq!(poll(&store, 1, 1, 601).await, taken(1));
    assert_eq!(poll(&store, 1, 2, 599).await, PollOutcome::Refused(PollVerdict::Used));
}

async fn rfc8628_3_4_another_clients_poll_changes_nothing(store: TestStore) {
    open(&store, 1).await;
    let _ = decide(&store, 1, &allowed(1), 1).await;
    let other = ClientId::new("other");
    let heard = store.poll_device(&device_id(1), &other, attempt(1), after(2)).await.unwrap();
    assert_eq!(heard, PollOutcome::Refused(PollVerdict::OtherClient));
    assert_eq!(poll(&store, 1, 2, 2).await, taken(1));
}

async fn rfc8628_3_5_racing_polls_at_approval_take_it_once(store: TestStore) {
    let setup = |store: TestStore, round| async move {
        open(&store, round).await;
        assert_eq!(decide(&store, round, &allowed(round), 1).await, DeviceDecisionOutcome::Decided);
    };
    let racer = |store: TestStore, round, number| async move { poll(&store, round, number, 2).await };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        assert_eq!(heard.count(|polled| *polled == taken(round)), 1);
        assert_eq!(heard.count(|polled| *polled == PollOutcome::Refused(PollVerdict::Used)), RACERS - 1);
    })
    .await;
}

async fn racing_decisions_have_one_winner(store: TestStore) {
    let setup = |store: TestStore, round| async move { open(&store, round).await };
    let racer =
        |store: TestStore, round, number| async move { decide(&store, round, &allowed(number), 1).await };
    race(&store, FEW_ROUNDS, setup, racer, async |_, heard| {
        assert_eq!(heard.count(|decided| *decided == DeviceDecisionOutcome::Decided), 1);
        assert_eq!(heard.count(|decided| *decided == DeviceDecisionOutcome::Over), RACERS - 1);
    })
    .await;
}
