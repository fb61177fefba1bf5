//! Clients that registered themselves.

use serde_json::json;
use tiquo_auth::ports::store::{Admission, RegistrationLimits, RegistrationOutcome, ReplacementOutcome};
use tiquo_auth::protocol::budget::Limit;
use tiquo_auth::protocol::client::{
    Client, ClientDisplay, ClientExtensions, ClientParty, Credentials, DisplayTranslation, GrantType,
    InitialAccess, SecretDigest,
};
use tiquo_auth::protocol::id::{ClientId, OrganizationId};
use tiquo_auth::protocol::locale::Locale;
use tiquo_auth::protocol::redirect_uri::RedirectUri;
use tiquo_auth::protocol::registered_client::RegisteredClient;
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::protocol::time::Timestamp;

use super::make::{HOUR, after, caller, secs, stranger, stranger_limits};
use super::race::{FEW_ROUNDS, nothing, race};
use crate::support::stores::{TestStore, on_every_store};
use tiquo_auth::protocol::strangers::{StrangerAdmission, StrangerRequest};

on_every_store! {
    every_field_of_a_client_is_kept,
    registering_the_same_client_again_changes_nothing,
    an_unknown_client_is_unknown,
    what_an_initial_access_token_allowed_stays,
    an_organization_knows_its_clients,
    an_organization_has_as_many_as_its_ceiling,
    a_replacement_names_the_revision_that_it_is_made_from,
    a_client_that_is_used_does_not_end,
    a_client_that_was_removed_is_unknown,
    registrations_are_limited_by_network_and_by_organization,
    one_address_uses_up_its_share_of_a_networks_registrations_and_no_more,
    of_registrations_at_once_as_many_as_the_ceiling_go_through,
    of_replacements_at_once_one_goes_through,
}

/// When an unused one ends.
fn end() -> Timestamp {
    after(3_600_000)
}

fn demo() -> OrganizationId {
    OrganizationId::new("org_demo")
}

fn id(number: u8) -> ClientId {
    ClientId::from_random(&[number; 16])
}

fn registered(number: u8) -> RegisteredClient {
    let french = DisplayTranslation { name: Some("Le Café".to_owned()), ..DisplayTranslation::default() };
    let translated = [(Locale::Fr, french)].into();
    let client = Client {
        id: id(number),
        organization: OrganizationId::new("org_demo"),
        credentials: Credentials::Secret { digest: SecretDigest::of("secret"), methods: Vec::new() },
        redirect_uris: vec![RedirectUri::parse("https://app.example/callback").unwrap()],
        grant_types: vec![GrantType::AuthorizationCode],
        scope: Scope::parse("openid email").unwrap(),
        party: ClientParty::Third,
        require_pkce: false,
        shown: ClientDisplay { name: "Café".to_owned(), translated, ..ClientDisplay::default() },
        extras: ClientExtensions { default_max_age: Some(60), ..ClientExtensions::default() },
    };
    let metadata = json!({"client_name": "Café", "client_name#fr": "Le Café"});
    RegisteredClient {
        client,
        metadata: metadata.as_object().unwrap().clone(),
        registration_token: SecretDigest::of("token"),
        issued_at: after(0),
        unused_until: Some(end()),
        revision: 3,
    }
}

/// Before any of them ends.
fn now() -> Timestamp {
    after(1)
}

async fn register(store: &TestStore, client: &RegisteredClient) {
    let answer = store.register_client(client, 100, now()).await.unwrap();
    assert_eq!(answer, RegistrationOutcome::Registered);
}

async fn known(store: &TestStore, number: u8) -> RegisteredClient {
    store.peek_client(&id(number)).await.unwrap().unwrap()
}

/// The next revision, under this name.
fn renamed(client: &RegisteredClient, name: &str) -> RegisteredClient {
    let mut next = RegisteredClient { revision: client.revision + 1, ..client.clone() };
    name.clone_into(&mut next.client.shown.name);
    next
}

async fn every_field_of_a_client_is_kept(store: TestStore) {
    let forever = RegisteredClient { unused_until: None, ..registered(2) };
    for one in [registered(1), forever] {
        register(&store, &one).await;
        assert_eq!(store.peek_client(&one.client.id).await.unwrap(), Some(one));
    }
}

async fn registering_the_same_client_again_changes_nothing(store: TestStore) {
    register(&store, &registered(1)).await;
    register(&store, &RegisteredClient { revision: 9, ..registered(1) }).await;
    assert_eq!(known(&store, 1).await, registered(1));
    let again = store.register_client(&registered(1), 1, now()).await.unwrap();
    assert_eq!(again, RegistrationOutcome::Registered, "though its organization is full");
}

async fn what_an_initial_access_token_allowed_stays(store: TestStore) {
    let access = InitialAccess {
        grants: vec![GrantType::ClientCredentials],
        scopes: Scope::parse("profile:write").unwrap(),
    };
    let mut client = registered(1);
    client.client.extras.initial_access = Some(access.clone());
    for one in [client.clone(), registered(2)] {
        register(&store, &one).await;
        assert_eq!(store.peek_client(&one.client.id).await.unwrap(), Some(one));
    }
    let mut next = renamed(&client, "Other");
    next.client.extras.initial_access = None;
    for _ in 0..2 {
        assert_eq!(store.replace_client(&next, now()).await.unwrap(), ReplacementOutcome::Replaced);
        let stands = known(&store, 1).await;
        assert_eq!((stands.revision, stands.client.extras.initial_access), (4, Some(access.clone())));
    }
    let mut next = renamed(&registered(2), "Other");
    next.client.extras.initial_access = Some(access);
    assert_eq!(store.replace_client(&next, now()).await.unwrap(), ReplacementOutcome::Replaced);
    assert_eq!(known(&store, 2).await.client.extras.initial_access, None);
}

async fn an_organization_knows_its_clients(store: TestStore) {
    assert_eq!(store.clients_of(&demo()).await.unwrap(), []);
    let mut elsewhere = registered(4);
    elsewhere.client.organization = OrganizationId::new("org_demo2");
    for one in [registered(3), registered(1), registered(2), elsewhere] {
        register(&store, &one).await;
    }
    let sorted = |numbers: &[u8]| {
        let mut ids = numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
        ids.sort();
        ids
    };
    assert_eq!(store.clients_of(&demo()).await.unwrap(), sorted(&[1, 2, 3]));
    store.touch_client(&demo(), &id(2), now()).await.unwrap();
    store.remove_client(&demo(), &id(1)).await.unwrap();
    assert_eq!(store.clients_of(&demo()).await.unwrap(), sorted(&[2, 3]));
    assert_eq!(store.clients_of(&OrganizationId::new("org_demo2")).await.unwrap(), [id(4)]);
}

async fn an_unknown_client_is_unknown(store: TestStore) {
    register(&store, &registered(1)).await;
    assert_eq!(store.peek_client(&id(2)).await.unwrap(), None);
    let answer = store.replace_client(&registered(2), now()).await.unwrap();
    assert_eq!(answer, ReplacementOutcome::Unknown);
    store.touch_client(&demo(), &id(2), now()).await.unwrap();
    store.remove_client(&demo(), &id(2)).await.unwrap();
    assert_eq!(store.peek_client(&id(2)).await.unwrap(), None);
}

async fn an_organization_has_as_many_as_its_ceiling(store: TestStore) {
    let fits = async |number| store.register_client(&registered(number), 2, now()).await.unwrap();
    assert_eq!(fits(1).await, RegistrationOutcome::Registered);
    assert_eq!(fits(2).await, RegistrationOutcome::Registered);
    assert_eq!(fits(3).await, RegistrationOutcome::Full);
    assert_eq!(store.peek_client(&id(3)).await.unwrap(), None);
    let mut elsewhere = registered(4);
    elsewhere.client.organization = OrganizationId::new("org_b");
    let other = store.register_client(&elsewhere, 2, now()).await.unwrap();
    assert_eq!(other, RegistrationOutcome::Registered, "another organization has places of its own");
    store.remove_client(&demo(), &id(1)).await.unwrap();
    assert_eq!(fits(3).await, RegistrationOutcome::Registered, "one was removed");
    store.touch_client(&demo(), &id(2), now()).await.unwrap();
    let later = end().plus(secs(1));
    let late = |number| RegisteredClient { unused_until: Some(later.plus(HOUR)), ..registered(number) };
    assert_eq!(store.register_client(&late(5), 2, later).await.unwrap(), RegistrationOutcome::Registered);
    let full = store.register_client(&late(6), 2, later).await.unwrap();
    assert_eq!(full, RegistrationOutcome::Full, "the used one stays, the unused one is over");
}

async fn a_replacement_names_the_revision_that_it_is_made_from(store: TestStore) {
    register(&store, &registered(1)).await;
    let next = renamed(&registered(1), "Other");
    let moved = RegisteredClient { issued_at: after(50), unused_until: None, ..next.clone() };
    assert_eq!(store.replace_client(&moved, now()).await.unwrap(), ReplacementOutcome::Replaced);
    assert_eq!(known(&store, 1).await, next, "its times stay as they stand");
    assert_eq!(
        store.replace_client(&next, now()).await.unwrap(),
        ReplacementOutcome::Replaced,
        "the same again"
    );
    let late = renamed(&registered(1), "Late");
    assert_eq!(store.replace_client(&late, now()).await.unwrap(), ReplacementOutcome::Moved);
    let early = RegisteredClient { revision: 9, ..late };
    assert_eq!(store.replace_client(&early, now()).await.unwrap(), ReplacementOutcome::Moved);
    let over = renamed(&next, "Over");
    assert_eq!(store.replace_client(&over, end()).await.unwrap(), ReplacementOutcome::Unknown);
    assert_eq!(known(&store, 1).await, next);
}

async fn a_client_that_is_used_does_not_end(store: TestStore) {
    for number in [1, 2] {
        register(&store, &registered(number)).await;
    }
    for _ in 0..2 {
        store.touch_client(&demo(), &id(1), now()).await.unwrap();
        assert_eq!(known(&store, 1).await, RegisteredClient { unused_until: None, ..registered(1) });
    }
    store.touch_client(&demo(), &id(2), end()).await.unwrap();
    assert_eq!(known(&store, 2).await, registered(2), "it is over already");
    let next = renamed(&registered(1), "Other");
    assert_eq!(store.replace_client(&next, end()).await.unwrap(), ReplacementOutcome::Replaced);
    assert_eq!(known(&store, 1).await.unused_until, None, "a replacement does not undo the use");
}

async fn a_client_that_was_removed_is_unknown(store: TestStore) {
    for number in [1, 2] {
        register(&store, &registered(number)).await;
    }
    for _ in 0..2 {
        store.remove_client(&demo(), &id(1)).await.unwrap();
        assert_eq!(store.peek_client(&id(1)).await.unwrap(), None);
    }
    let next = renamed(&registered(1), "Other");
    assert_eq!(store.replace_client(&next, now()).await.unwrap(), ReplacementOutcome::Unknown);
    store.touch_client(&demo(), &id(1), now()).await.unwrap();
    assert_eq!(store.peek_client(&id(1)).await.unwrap(), None);
    assert_eq!(known(&store, 2).await, registered(2));
}

async fn registrations_are_limited_by_network_and_by_organization(store: TestStore) {
    let window = secs(100);
    let limits = RegistrationLimits {
        per_address: Limit { count: 1, window },
        per_network: Limit { count: 1, window },
        per_organization: Limit { count: 2, window: 2 * window },
    };
    let admit = async |from: u8, seconds| {
        store.admit_registration(&demo(), &caller(from, 1), limits, after(seconds)).await.unwrap()
    };
    let limited = |seconds| Admission::Limited { retry_after: secs(seconds) };
    assert_eq!(admit(1, 0).await, Admission::Admitted);
    assert_eq!(admit(1, 40).await, limited(60), "of its network");
    assert_eq!(admit(2, 40).await, Admission::Admitted, "which did not count for the organization");
    assert_eq!(admit(3, 50).await, limited(150), "of the organization");
    assert_eq!(admit(3, 200).await, Admission::Admitted);
    let other = OrganizationId::new("org_b");
    let elsewhere = store.admit_registration(&other, &caller(3, 1), limits, after(200)).await.unwrap();
    assert_eq!(elsewhere, Admission::Admitted);
    let sending = StrangerRequest { organization: Some(demo()), ..stranger(3, 200) };
    let sending = store.admit_stranger(&sending, stranger_limits(limits.per_network)).await.unwrap();
    assert_eq!(sending, StrangerAdmission::Admitted, "sendings are counted apart");
}

async fn one_address_uses_up_its_share_of_a_networks_registrations_and_no_more(store: TestStore) {
    let window = secs(100);
    let limits = RegistrationLimits {
        per_address: Limit { count: 1, window },
        per_network: Limit { count: 2, window },
        per_organization: Limit { count: 10, window },
    };
    let admit = async |number: u8| {
        store.admit_registration(&demo(), &caller(1, number), limits, after(0)).await.unwrap()
    };
    let limited = Admission::Limited { retry_after: window };
    assert_eq!((admit(1).await, admit(1).await), (Admission::Admitted, limited));
    assert_eq!((admit(2).await, admit(3).await), (Admission::Admitted, limited), "then its network");
}

async fn of_registrations_at_once_as_many_as_the_ceiling_go_through(store: TestStore) {
    let client = |round: u64, number: u64| {
        let mut client = registered(1);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&round.to_be_bytes());
        random[8..].copy_from_slice(&number.to_be_bytes());
        client.client.id = ClientId::from_random(&random);
        client.client.organization = OrganizationId::new(format!("org_{round}"));
        client
    };
    let racer = move |store: TestStore, round, number| async move {
        store.register_client(&client(round, number), 3, now()).await.unwrap()
    };
    race(&store, FEW_ROUNDS, nothing, racer, async |_, heard| {
        assert_eq!(heard.count(|answer| *answer == RegistrationOutcome::Registered), 3);
    })
    .await;
}

async fn of_replacements_at_once_one_goes_through(store: TestStore) {
    let client = |round: u64| {
        let mut client = RegisteredClient { revision: 0, ..registered(1) };
        let mut random = [0; 16];
        random[..8].copy_from_slice(&round.to_be_bytes());
        client.client.id = ClientId::from_random(&random);
        client
    };
    let setup = move |store: TestStore, round| async move {
        let _ = store.register_client(&client(round), 1000, now()).await.unwrap();
    };
    let racer = move |store: TestStore, round, number: u64| async move {
        let next = renamed(&client(round), &format!("Name {number}"));
        if number.is_multiple_of(8) {
            store.touch_client(&demo(), &next.client.id, now()).await.unwrap();
        }
        store.replace_client(&next, now()).await.unwrap()
    };
    race(&store, FEW_ROUNDS, setup, racer, async |round, heard| {
        assert_eq!(heard.count(|answer| *answer == ReplacementOutcome::Replaced), 1);
        assert_eq!(heard.count(|answer| *answer == ReplacementOutcome::Unknown), 0);
        let stands = store.peek_client(&client(round).client.id).await.unwrap().unwrap();
        assert_eq!((stands.revision, stands.unused_until), (1, None));
    })
    .await;
}
