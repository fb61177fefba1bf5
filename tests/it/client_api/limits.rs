//! Limits per end-user: exact, told in advance, and over once their window is.

use std::time::Duration;

use tiquo_auth::protocol::budget::Limit;

use super::{Person, person};
use crate::support::app::{Answer, ORDERS, PROFILE, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    what_is_left_is_told_before_it_is_used_up,
    past_a_limit_the_answer_is_429_until_the_window_ends,
    wrong_requests_do_not_count,
    every_end_user_has_limits_of_their_own,
    of_a_thousand_requests_exactly_the_allowed_number_pass,
);

mod two_processes_on_one_redis_share_the_limits {
    crate::support::stores::on_redis_stores!(super::through_two_servers);
}

fn limited(store: TestStore, limits: &[(u32, u64)]) -> TestApp {
    let limit =
        |(count, seconds): &(u32, u64)| Limit { count: *count, window: Duration::from_secs(*seconds) };
    TestApp::start_with(store, |policy| policy.client_api_limits = limits.iter().map(limit).collect())
}

async fn orders(app: &TestApp, person: &Person) -> Answer {
    app.get_as(&person.token, ORDERS).await
}

async fn what_is_left_is_told_before_it_is_used_up(store: TestStore) {
    let app = limited(store, &[(5, 60), (100, 3600)]);
    let ana = person(&app, "ana@example.com").await;
    app.clock.advance(Duration::from_millis(20_500));
    let answer = orders(&app, &ana).await;
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""60s";q=5;w=60, "3600s";q=100;w=3600"#));
    assert_eq!(answer.header("ratelimit"), Some(r#""60s";r=3;t=40, "3600s";r=98;t=3580"#));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("RateLimit, RateLimit-Policy"), "{exposed}");
    let patched = app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana"}"#).await;
    assert!(patched.header("ratelimit").unwrap().starts_with(r#""60s";r=2;"#), "writing counts once");
}

async fn past_a_limit_the_answer_is_429_until_the_window_ends(store: TestStore) {
    let app = limited(store, &[(3, 60)]);
    let ana = person(&app, "ana@example.com").await;
    for _ in 0..2 {
        orders(&app, &ana).await.data();
    }
    app.clock.advance(Duration::from_millis(15_100));
    for _ in 0..3 {
        let refused = orders(&app, &ana).await;
        assert_eq!(refused.refusal(), (429, "rate_limited"));
        assert_eq!(refused.header("retry-after"), Some("45"));
        assert_eq!(refused.header("ratelimit"), Some(r#""60s";r=0;t=45"#));
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "a page can read it");
    }
    let refused = app.patch_as(&ana.token, PROFILE, r#"{"firstName":"Ana"}"#).await;
    assert_eq!(refused.refusal(), (429, "rate_limited"));
    app.clock.advance(Duration::from_secs(45));
    orders(&app, &ana).await.data();
    let profile = app.get_as(&ana.token, PROFILE).await;
    assert_eq!(profile.data()["customer"]["firstName"], serde_json::json!(null), "nothing was changed");
}

async fn wrong_requests_do_not_count(store: TestStore) {
    let app = limited(store, &[(3, 60)]);
    let ana = person(&app, "ana@example.com").await;
    for _ in 0..5 {
        let refused = app.get_as(&ana.token, &format!("{ORDERS}?limit=0")).await;
        assert_eq!(refused.refusal().0, 400);
    }
    orders(&app, &ana).await.data();
}

async fn every_end_user_has_limits_of_their_own(store: TestStore) {
    let app = limited(store, &[(2, 60)]);
    let ana = person(&app, "ana@example.com").await;
    let bea = person(&app, "bea@example.com").await;
    orders(&app, &ana).await.data();
    assert_eq!(orders(&app, &ana).await.status, 429);
    orders(&app, &bea).await.data();
}

/// How many of a thousand requests, through these servers in turn, are let in.
async fn passed(apps: [&TestApp; 2], person: &Person) -> usize {
    let mut passed = 0;
    for _ in 0..20 {
        let batch = (0..50).map(|number| orders(apps[number % 2], person));
        let answers = futures(batch).await;
        passed += answers.iter().filter(|answer| answer.status == 200).count();
        assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)));
        apps[0].clock.advance(Duration::from_millis(900));
        apps[1].clock.advance(Duration::from_millis(900));
    }
    passed
}

/// All at once on this task.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all = all.map(Box::pin).collect::<Vec<_>>();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

async fn of_a_thousand_requests_exactly_the_allowed_number_pass(store: TestStore) {
    let app = limited(store, &[(300, 60), (301, 3600)]);
    let ana = person(&app, "ana@example.com").await;
    assert_eq!(passed([&app, &app], &ana).await, 299, "and one for finding out who it is");
    app.clock.advance(Duration::from_secs(60));
    let last = orders(&app, &ana).await;
    assert_eq!(last.status, 200);
    assert_eq!(orders(&app, &ana).await.status, 429, "the longer window is full");
}

async fn through_two_servers(store: TestStore) {
    let one = limited(store.clone(), &[(300, 60)]);
    let issuer = one.base.clone();
    let other = TestApp::start_with(store, |policy| {
        policy.client_api_limits = vec![Limit { count: 300, window: Duration::from_secs(60) }];
        policy.issuer = issuer;
    });
    let ana = person(&one, "ana@example.com").await;
    assert_eq!(passed([&one, &other], &ana).await, 299);
}
