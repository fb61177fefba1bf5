//! Authorization requests on their way through the pages.

use tiquo_auth::ports::store::InteractionAdvance;
use tiquo_auth::protocol::authorization::{AuthorizationRequest, Prompts};
use tiquo_auth::protocol::interaction::{Interaction, InteractionAnswer, InteractionEnd, ProvenCode, Stage};

use super::make::{after, attempt, challenge_id};
use super::make_authorization::{interaction, interaction_id, sso_session, stage};
use crate::support::stores::{TestStore, on_every_store};

on_every_store! {
    every_field_of_an_interaction_is_kept,
    opening_the_same_interaction_again_changes_nothing,
    an_unknown_interaction_is_unknown_to_every_verb,
    the_first_advance_stores_an_interaction_that_was_sealed,
    an_advance_changes_the_stage_and_nothing_else,
    an_advance_from_another_revision_changes_nothing,
    the_same_attempt_hears_that_it_advanced_and_does_so_once,
    an_attempt_that_was_overtaken_hears_that_it_moved,
    there_is_none_after_the_last_revision,
}

async fn open(store: &TestStore) {
    store.open_interaction(&interaction(1)).await.unwrap();
}

async fn advance(store: &TestStore, revision: u32, number: u64) -> InteractionAdvance {
    let seen = Interaction { revision, ..interaction(1) };
    store.advance_interaction(&seen, &stage(number), attempt(number)).await.unwrap()
}

async fn peek(store: &TestStore, number: u64) -> Option<Interaction> {
    store.peek_interaction(&interaction_id(number)).await.unwrap()
}

fn at(revision: u32, stage: Stage) -> Interaction {
    Interaction { revision, stage, ..interaction(1) }
}

async fn every_field_of_an_interaction_is_kept(store: TestStore) {
    let session = sso_session(1, 0);
    let full = Interaction { revision: u32::MAX, stage: stage(7), ..interaction(1) };
    let bare = Interaction {
        request: AuthorizationRequest {
            redirect_uri_sent: false,
            state: None,
            nonce: None,
            code_challenge: None,
            prompts: Prompts::default(),
            max_age: None,
            login_hint: None,
            ui_locale: None,
            ..interaction(2).request
        },
        stage: Stage {
            chosen: true,
            proven: Some(ProvenCode { challenge: challenge_id(1, 2), session: session.id, at: after(3) }),
            finished: Some(InteractionEnd { answer: InteractionAnswer::Code(session.id), at: after(4) }),
            ..Stage::default()
        },
        opened_at: after(7),
        ..interaction(2)
    };
    for kept in [&full, &bare] {
        store.open_interaction(kept).await.unwrap();
        assert_eq!(store.peek_interaction(&kept.id).await.unwrap().as_ref(), Some(kept));
    }
}

async fn opening_the_same_interaction_again_changes_nothing(store: TestStore) {
    open(&store).await;
    let _ = advance(&store, 0, 1).await;
    let other = Interaction { browser: "another browser".to_owned().into(), ..interaction(1) };
    store.open_interaction(&other).await.unwrap();
    assert_eq!(peek(&store, 1).await, Some(at(1, stage(1))));
}

async fn an_unknown_interaction_is_unknown_to_every_verb(store: TestStore) {
    assert_eq!(advance(&store, 1, 1).await, InteractionAdvance::Unknown, "its row is gone");
    assert_eq!(peek(&store, 1).await, None, "and is not made");
    store.open_interaction(&interaction(2)).await.unwrap();
    assert_eq!(advance(&store, 1, 1).await, InteractionAdvance::Unknown);
    assert_eq!(peek(&store, 2).await, Some(interaction(2)));
}

async fn the_first_advance_stores_an_interaction_that_was_sealed(store: TestStore) {
    assert_eq!(advance(&store, 0, 1).await, InteractionAdvance::Advanced);
    assert_eq!(peek(&store, 1).await, Some(at(1, stage(1))), "whole");
    assert_eq!(advance(&store, 0, 1).await, InteractionAdvance::Advanced, "the same attempt");
    assert_eq!(advance(&store, 0, 2).await, InteractionAdvance::Moved, "another one");
    assert_eq!(advance(&store, 1, 3).await, InteractionAdvance::Advanced);
    assert_eq!(advance(&store, 0, 4).await, InteractionAdvance::Moved, "the row counts, whatever is sealed");
    assert_eq!(peek(&store, 1).await, Some(at(2, stage(3))));
}

async fn an_advance_changes_the_stage_and_nothing_else(store: TestStore) {
    open(&store).await;
    assert_eq!(advance(&store, 0, 1).await, InteractionAdvance::Advanced);
    assert_eq!(peek(&store, 1).await, Some(at(1, stage(1))));
    assert_eq!(advance(&store, 1, 2).await, InteractionAdvance::Advanced);
    assert_eq!(peek(&store, 1).await, Some(at(2, stage(2))));
}

async fn an_advance_from_another_revision_changes_nothing(store: TestStore) {
    open(&store).await;
    assert_eq!(advance(&store, 1, 1).await, InteractionAdvance::Moved, "one that is still to come");
    assert_eq!(peek(&store, 1).await, Some(interaction(1)));
    let _ = advance(&store, 0, 2).await;
    assert_eq!(advance(&store, 0, 3).await, InteractionAdvance::Moved, "one that is past");
    assert_eq!(peek(&store, 1).await, Some(at(1, stage(2))));
}

async fn the_same_attempt_hears_that_it_advanced_and_does_so_once(store: TestStore) {
    open(&store).await;
    for _ in 0..3 {
        assert_eq!(advance(&store, 0, 1).await, InteractionAdvance::Advanced);
        assert_eq!(peek(&store, 1).await, Some(at(1, stage(1))));
    }
}

async fn an_attempt_that_was_overtaken_hears_that_it_moved(store: TestStore) {
    open(&store).await;
    let _ = advance(&store, 0, 1).await;
    let _ = advance(&store, 1, 2).await;
    assert_eq!(advance(&store, 0, 1).await, InteractionAdvance::Moved, "it is not at its stage any more");
    assert_eq!(peek(&store, 1).await, Some(at(2, stage(2))));
}

async fn there_is_none_after_the_last_revision(store: TestStore) {
    let last = Interaction { revision: u32::MAX, ..interaction(1) };
    store.open_interaction(&last).await.unwrap();
    assert_eq!(advance(&store, u32::MAX, 1).await, InteractionAdvance::Moved);
    assert_eq!(peek(&store, 1).await, Some(last));
}
