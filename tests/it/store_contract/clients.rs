//! Clients that registered themselves.

use serde_json::json;
use tiquo_auth::protocol::client::{Client, Credentials, Extras, GrantType, Party, SecretDigest, Shown};
use tiquo_auth::protocol::id::{ClientId, OrganizationId};
use tiquo_auth::protocol::redirect_uri::RedirectUri;
use tiquo_auth::protocol::registered_client::RegisteredClient;
use tiquo_auth::protocol::scope::Scope;

use super::make::after;
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    every_field_of_a_client_is_kept,
    registering_the_same_client_again_changes_nothing,
    an_unknown_client_is_unknown,
}

fn id(number: u8) -> ClientId {
    ClientId::from_random(&[number; 16])
}

fn registered(number: u8) -> RegisteredClient {
    let client = Client {
        id: id(number),
        organization: OrganizationId::new("org_demo"),
        credentials: Credentials::Secret { digest: SecretDigest::of("secret"), methods: Vec::new() },
        redirect_uris: vec![RedirectUri::parse("https://app.example/callback").unwrap()],
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::parse("openid email").unwrap(),
        party: Party::Third,
        require_pkce: false,
        shown: Shown { name: "Café".to_owned(), ..Shown::default() },
        extras: Extras { default_max_age: Some(60), ..Extras::default() },
    };
    let metadata = json!({"client_name": "Café", "client_name#fr": "Le Café"});
    RegisteredClient {
        client,
        metadata: metadata.as_object().unwrap().clone(),
        registration_token: SecretDigest::of("token"),
        issued_at: after(0),
        unused_until: Some(after(3_600_000)),
        revision: 3,
    }
}

async fn every_field_of_a_client_is_kept(store: TestStore) {
    let forever = RegisteredClient { unused_until: None, ..registered(2) };
    for one in [registered(1), forever] {
        store.register_client(&one).await.unwrap();
        assert_eq!(store.peek_client(&one.client.id).await.unwrap(), Some(one));
    }
}

async fn registering_the_same_client_again_changes_nothing(store: TestStore) {
    store.register_client(&registered(1)).await.unwrap();
    store.register_client(&RegisteredClient { revision: 9, ..registered(1) }).await.unwrap();
    assert_eq!(store.peek_client(&id(1)).await.unwrap(), Some(registered(1)));
}

async fn an_unknown_client_is_unknown(store: TestStore) {
    store.register_client(&registered(1)).await.unwrap();
    assert_eq!(store.peek_client(&id(2)).await.unwrap(), None);
}
