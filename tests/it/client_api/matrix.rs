//! Nobody sees another's: every endpoint, with another customer's ids, cursors and tokens, of the same and of another
//! organization.

use serde_json::{Value, json};
use tiquo_auth::protocol::id::{ClientId, OrganizationId, UserId};
use tiquo_auth::protocol::policy::Organization;
use tiquo_auth::protocol::record::CustomerKey;

use super::{Person, booking, enquiry, give_bookings, give_enquiries, give_orders, known, order, person};
use crate::support::app::{BOOKINGS, ENQUIRIES, ORDERS, PROFILE, SESSION, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    everybody_sees_their_own_and_nobody_elses,
    parameters_that_name_another_customer_select_nobody,
    another_customers_cursor_tells_nothing,
    the_same_customer_id_in_another_organization_is_another_customer,
    a_change_reaches_nobody_else,
);

const LISTS: [&str; 3] = [ORDERS, BOOKINGS, ENQUIRIES];

/// Two customers of the demo shop and one of another.
async fn three(store: TestStore) -> (TestApp, [Person; 3]) {
    let app = TestApp::start_with(store, |policy| {
        policy.client_api_limits.clear();
        let other = Organization {
            id: OrganizationId::new("org_other"),
            name: "Other".to_owned(),
            public_key: "pk_dom_other".to_owned(),
            dom_client: ClientId::new("dom_other"),
            ..policy.organizations[0].clone()
        };
        policy.organizations.push(other);
    });
    let ana = person(&app, "ana@example.com").await;
    let bea = person(&app, "bea@example.com").await;
    let signed_in = app.sign_in_at("pk_dom_other", "ana@example.com").await;
    let other = known(&app, &signed_in, "org_other").await;
    let people = [ana, bea, other];
    for (person, name) in people.iter().zip(["ana", "bea", "other"]) {
        let ids = [0, 1, 2].map(|number| format!("{name}-{number}"));
        let times = || ids.iter().zip([1, 2, 3]);
        let orders = times().map(|(id, at)| order(id, at, "pending")).collect::<Vec<_>>();
        give_orders(&app, &person.key, &orders).await;
        give_bookings(&app, &person.key, &times().map(|(id, at)| booking(id, at)).collect::<Vec<_>>()).await;
        give_enquiries(&app, &person.key, &ids.iter().map(|id| enquiry(id)).collect::<Vec<_>>()).await;
    }
    (app, people)
}

const NAMES: [&str; 3] = ["ana", "bea", "other"];

fn names_only(answer: &Value, name: &str) {
    let text = answer.to_string();
    for other in NAMES.iter().filter(|other| **other != name) {
        assert!(!text.contains(&format!("{other}-")), "{name} sees {other}: {text}");
    }
}

async fn everybody_sees_their_own_and_nobody_elses(store: TestStore) {
    let (app, people) = three(store).await;
    for (person, name) in people.iter().zip(NAMES) {
        for path in LISTS {
            let answer = app.get_as(&person.token, path).await;
            let list = answer.data().as_object().unwrap().values().find_map(Value::as_array).unwrap();
            assert_eq!(list.len(), 3, "no more and no less");
            names_only(answer.data(), name);
        }
        for path in [PROFILE, SESSION] {
            let answer = app.get_as(&person.token, path).await;
            assert_eq!(answer.data()["customer"]["id"], person.key.customer.as_str());
        }
    }
    let ids =
        people.iter().map(|person| person.key.customer.as_str()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids.len(), 3, "one address in two organizations is two customers");
}

async fn parameters_that_name_another_customer_select_nobody(store: TestStore) {
    let (app, [ana, bea, other]) = three(store).await;
    for victim in [&bea, &other] {
        let (customer, organization) = (&victim.key.customer, &victim.key.organization);
        let query = format!(
            "customer={customer}&customerId={customer}&customer_id={customer}&user={customer}&sub={customer}&\
             organization={organization}&organization_id={organization}&id={customer}&email=bea@example.com"
        );
        for path in LISTS {
            let own = app.get_as(&ana.token, path).await;
            let asked = app.get_as(&ana.token, &format!("{path}?{query}")).await;
            assert_eq!(asked.data(), own.data());
            let deeper = app.get_as(&ana.token, &format!("{path}/{customer}")).await;
            assert_eq!(deeper.refusal(), (404, "not_found"));
        }
        let own = app.get_as(&ana.token, PROFILE).await;
        let asked = app.get_as(&ana.token, &format!("{PROFILE}?{query}")).await;
        assert_eq!(asked.data(), own.data());
    }
}

/// What a refusal says, but for its own id.
fn said(answer: &crate::support::app::Answer) -> (u16, Value, Value, Vec<String>) {
    let mut names = answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    names.sort();
    (answer.status, answer.body["error"].clone(), answer.body["reason"].clone(), names)
}

async fn another_customers_cursor_tells_nothing(store: TestStore) {
    let (app, [ana, ..]) = three(store).await;
    for path in LISTS {
        let nobody = app.get_as(&ana.token, &format!("{path}?cursor=nobody-1")).await;
        assert_eq!(nobody.refusal(), (400, "invalid_request"));
        for cursor in ["bea-0", "bea-1", "other-2"] {
            let answer = app.get_as(&ana.token, &format!("{path}?cursor={cursor}")).await;
            assert_eq!(said(&answer), said(&nobody), "as one that nobody has");
        }
        let own = app.get_as(&ana.token, &format!("{path}?cursor=ana-1")).await;
        names_only(own.data(), "ana");
    }
}

async fn the_same_customer_id_in_another_organization_is_another_customer(store: TestStore) {
    let (app, [ana, _, other]) = three(store).await;
    let twin =
        CustomerKey { organization: other.key.organization.clone(), customer: ana.key.customer.clone() };
    assert!(app.store.assign_customer(&twin, &UserId::new("user_twin")).await.unwrap());
    give_orders(&app, &twin, &[order("other-twin", 9, "pending")]).await;
    for (person, name) in [(&ana, "ana"), (&other, "other")] {
        let answer = app.get_as(&person.token, ORDERS).await;
        names_only(answer.data(), name);
        assert!(!answer.data().to_string().contains("twin"));
    }
}

async fn a_change_reaches_nobody_else(store: TestStore) {
    let (app, [ana, bea, other]) = three(store).await;
    let body = json!({"firstName": "Changed"}).to_string();
    app.patch_as(&ana.token, PROFILE, &body).await.data();
    for person in [&bea, &other] {
        let answer = app.get_as(&person.token, PROFILE).await;
        assert_eq!(answer.data()["customer"]["firstName"], json!(null));
    }
    for field in ["id", "customerId", "user", "organization_id"] {
        let body = json!({"firstName": "Mallory", field: bea.key.customer.as_str()}).to_string();
        assert_eq!(app.patch_as(&ana.token, PROFILE, &body).await.refusal().0, 400);
    }
    assert_eq!(app.get_as(&bea.token, PROFILE).await.data()["customer"]["firstName"], json!(null));
}
