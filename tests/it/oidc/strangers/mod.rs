//! Everybody against everybody: two clients, two organizations, two end-users. Each presents what belongs to the other
//! wherever something can be presented, and gets what somebody gets who made it up; and the other's things go on.

pub(super) mod party;
mod sessions;
mod things;

use serde_json::Value;

use crate::support::app::{Answer, TestApp};
use crate::support::stores::{TestStore, on_every_store};
use party::Party;

use super::registration::{INITIAL, with_another};

on_every_store!(
    two_clients_of_one_organization,
    two_clients_of_two_organizations,
    two_end_users_of_one_client,
);

async fn two_clients_of_one_organization(store: TestStore) {
    let app = TestApp::start_with(store, with_another);
    let ana = Party::new(&app, None, "ana@example.com").await;
    let bo = Party::new(&app, None, "bo@example.com").await;
    both_ways(&app, ana, bo, "consent_required").await;
}

async fn two_clients_of_two_organizations(store: TestStore) {
    let app = TestApp::start_with(store, with_another);
    let ana = Party::new(&app, None, "ana@example.com").await;
    // The same address, which is another end-user there.
    let there = Party::new(&app, Some(INITIAL), "ana@example.com").await;
    assert_ne!(ana.subject(), there.subject());
    both_ways(&app, ana, there, "login_required").await;
}

async fn two_end_users_of_one_client(store: TestStore) {
    let app = TestApp::start_with(store, with_another);
    let mut ana = Party::new(&app, None, "ana@example.com").await;
    let mut bo = Party::of(&app, ana.client.clone(), "bo@example.com").await;
    sessions::of_one_client(&app, &mut ana, &bo).await;
    sessions::of_one_client(&app, &mut bo, &ana).await;
    ana.goes_on(&app).await;
    bo.goes_on(&app).await;
}

/// `silently` is what one hears who asks for the other's client with `prompt=none`.
async fn both_ways(app: &TestApp, mut one: Party, mut other: Party, silently: &str) {
    for (me, them) in [(&one, &other), (&other, &one)] {
        things::present_all(app, me, them).await;
    }
    sessions::meet(app, &mut one, &other, silently).await;
    sessions::meet(app, &mut other, &one, silently).await;
    one.goes_on(app).await;
    other.goes_on(app).await;
}

/// Of something and of something made up there is one answer: nobody learns what there is.
fn assert_alike(cell: &str, theirs: &Answer, made_up: &Answer) {
    let plain = |answer: &Answer| {
        let mut body = answer.body.clone();
        if let Some(members) = body.as_object_mut() {
            members.remove("request_id");
        }
        let headers = ["content-type", "content-length", "www-authenticate", "cache-control"];
        let headers = headers.map(|name| answer.header(name).map(str::to_owned));
        (answer.status, headers, body)
    };
    assert_eq!(plain(theirs), plain(made_up), "{cell}");
}

/// The code of a refusal, of OAuth or of the Client API.
fn error(answer: &Answer) -> &str {
    let member = |name: &str| answer.body.get(name).and_then(Value::as_str);
    member("reason").or_else(|| member("error")).unwrap_or_default()
}
