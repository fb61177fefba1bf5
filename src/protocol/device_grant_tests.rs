use super::*;
use crate::protocol::id::SsoId;
use crate::protocol::opaque::Opaque;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn after(millis: u64) -> Timestamp {
    START.plus(Duration::from_millis(millis))
}

fn request() -> DeviceRequest {
    let user_code = UserCode::parse("WDJB-MJHT").unwrap();
    DeviceRequest {
        id: DeviceCodeId::of(&Opaque::new(user_code.bucket(), [1; 32])),
        terms: DeviceTerms {
            user_code,
            client: ClientId::new("tv"),
            organization: OrganizationId::new("org_a"),
            scope: Scope::parse("openid").unwrap(),
            resources: Vec::new(),
            subject_type: None,
        },
        opened_at: START,
        expires_at: START.plus(LIFETIME),
        polling: PollState::default(),
        decision: None,
        used: None,
    }
}

fn allowed() -> DeviceDecision {
    let sso = SsoRoot::of_first_sign_in(SsoId::of(&Opaque::new(Bucket::of_hash(&[0; 32]), [2; 32])));
    DeviceDecision::Allowed(DeviceApproval { user: UserId::new("user_a"), sso, auth_time: START })
}

fn judge(request: &DeviceRequest, now: Timestamp) -> (PollVerdict, PollState) {
    poll(request, &ClientId::new("tv"), AttemptId::new([1; 16]), now)
}

#[test]
fn rfc8628_6_1_a_user_code_is_read_in_any_case_and_with_anything_between() {
    let code = UserCode::parse("WDJBMJHT").unwrap();
    for typed in [
        "WDJB-MJHT",
        "wdjbmjht",
        " wdjb mjht ",
        "w.d.j.b–M J H T",
        "ＷＤＪＢ－ＭＪＨＴ",
        "ｗｄｊｂ　ｍｊｈｔ",
        "\u{200e}WDJB\u{2060}-MJHT\u{a0}",
    ] {
        assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed}");
    }
    for typed in ["", "WDJBMJH", "WDJBMJHTT", "WDJBMJHA", "WDJBMJH1", "WDJBMJHÉ", &"W-".repeat(40)] {
        assert_eq!(UserCode::parse(typed), None, "{typed}");
    }
    assert_eq!(code.shown(), "WDJB-MJHT");
    assert_eq!(format!("{code:?}"), "UserCode(…)");
}

#[test]
fn rfc8628_6_1_letters_are_drawn_evenly() {
    assert_eq!(UserCode::from_random(&[0; 32]).unwrap().as_str(), "BBBBBBBB");
    assert_eq!(UserCode::from_random(&[239; 32]).unwrap().as_str(), "ZZZZZZZZ");
    assert_eq!(UserCode::from_random(&[240; 32]), None);
    let mut mixed = [255; 32];
    mixed[24..].copy_from_slice(&[0, 1, 2, 3, 20, 21, 22, 23]);
    assert_eq!(UserCode::from_random(&mixed).unwrap().as_str(), "BCDFBCDF");
}

#[test]
fn rfc8628_3_5_a_poll_that_comes_too_early_makes_the_interval_grow_by_five_seconds() {
    let mut request = request();
    let mut step = |millis: u64, verdict: PollVerdict, seconds: u64| {
        let (heard, polling) = judge(&request, after(millis));
        assert_eq!(
            (heard, polling.interval.as_secs(), polling.last),
            (verdict, seconds, Some(after(millis)))
        );
        request.polling = polling;
    };
    step(0, PollVerdict::Pending, 5);
    step(4_000, PollVerdict::Pending, 5);
    step(7_999, PollVerdict::SlowDown, 10);
    step(16_998, PollVerdict::SlowDown, 15);
    step(30_998, PollVerdict::Pending, 15);
}

#[test]
fn rfc8628_3_5_what_is_decided_is_told_at_once() {
    let polled = PollState { interval: INTERVAL, last: Some(START) };
    for (decision, verdict) in
        [(DeviceDecision::Denied, PollVerdict::Denied), (allowed(), PollVerdict::Granted)]
    {
        let request = DeviceRequest { decision: Some(decision), polling: polled, ..request() };
        assert_eq!(judge(&request, after(1)), (verdict, polled));
    }
}

#[test]
fn rfc8628_3_5_after_its_time_a_device_code_is_expired_whatever_was_decided() {
    for decision in [None, Some(DeviceDecision::Denied), Some(allowed())] {
        let request = DeviceRequest { decision, ..request() };
        assert_ne!(judge(&request, after(599_999)).0, PollVerdict::Expired);
        assert_eq!(judge(&request, after(600_000)).0, PollVerdict::Expired);
    }
}

#[test]
fn an_allowed_request_gives_tokens_once_and_a_repeat_the_same_answer() {
    let used = |attempt| DeviceRequest { decision: Some(allowed()), used: Some(attempt), ..request() };
    assert_eq!(judge(&used(AttemptId::new([1; 16])), after(700_000)).0, PollVerdict::Granted);
    assert_eq!(judge(&used(AttemptId::new([2; 16])), START).0, PollVerdict::Used);
}

#[test]
fn rfc8628_3_4_a_device_code_is_for_its_own_client() {
    let request = DeviceRequest { decision: Some(allowed()), ..request() };
    let (verdict, polling) = poll(&request, &ClientId::new("other"), AttemptId::new([1; 16]), START);
    assert_eq!((verdict, polling), (PollVerdict::OtherClient, request.polling));
}
