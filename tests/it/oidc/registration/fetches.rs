//! What is fetched for clients is bounded: for who replaces its registration, and for who sends a request by reference.

use serde_json::json;
use tiquo_auth::protocol::id::ClientId;

use super::{CALLBACK, Registered, try_register};
use crate::outbound::hostile::{Hostile, Manner};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{AUTHORIZE, SERVER, SERVER_CALLBACK, query};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    three_hundred_replacements_of_a_registration_make_ten_fetches,
    a_request_uri_that_too_much_is_fetched_of_is_temporarily_unavailable,
);

async fn three_hundred_replacements_of_a_registration_make_ten_fetches(store: TestStore) {
    let app = TestApp::start(store);
    let document = json!([CALLBACK]).to_string();
    let server = Hostile::start("127.0.0.1", None, Manner::document("application/json", &document));
    let sector = format!("http://127.0.0.1:{}/sector.json", server.port());
    let pairwise = json!({"subject_type": "pairwise", "sector_identifier_uri": sector});
    let client = Registered::new(&app, &pairwise).await;
    let before = server.connections();
    let mut answers = Vec::new();
    for number in 0..300 {
        let change = json!({"client_name": format!("App {number}"), "sector_identifier_uri": sector});
        answers.push(client.manage(&app, "PUT", Some(&client.changed(&change))).await);
    }
    assert_eq!(server.connections() - before, 10);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    let refused = answers.last().unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")), "{refused:?}");
    // Who names no document needs none.
    let public = client.changed(&json!({"subject_type": "public", "sector_identifier_uri": null}));
    assert_eq!(client.manage(&app, "PUT", Some(&public)).await.status, 200);
    // The network's own bound counts those who are about to register.
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(try_register(&app, None, &pairwise).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    app.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(client.manage(&app, "PUT", Some(&client.changed(&pairwise))).await.status, 200);
}

async fn a_request_uri_that_too_much_is_fetched_of_is_temporarily_unavailable(store: TestStore) {
    let server = Hostile::start("127.0.0.1", None, Manner::document("application/jwt", "no request object"));
    let uri = format!("http://127.0.0.1:{}/request.jwt", server.port());
    let registered = uri.clone();
    let app = TestApp::start_with(store, |policy| {
        let client = policy.clients.get_mut(&ClientId::new(SERVER)).unwrap();
        client.extras.request_uris = vec![registered];
    });
    let request = [("client_id", SERVER), ("redirect_uri", SERVER_CALLBACK), ("request_uri", uri.as_str())];
    let url = format!("{AUTHORIZE}?{}", query(&request));
    let mut errors = Vec::new();
    for _ in 0..100 {
        errors.push(Browser::new(&app).open(&url).await.error());
    }
    // Three quarters of what the network has, for its one address.
    assert_eq!(server.connections(), 90);
    assert_eq!(errors.iter().filter(|error| *error == "temporarily_unavailable").count(), 10, "{errors:?}");
    app.clock.advance(std::time::Duration::from_secs(60));
    assert_ne!(Browser::new(&app).open(&url).await.error(), "temporarily_unavailable");
}
