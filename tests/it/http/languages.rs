//! The language of refusals: what the body asks for, then what the browser does, else English.

use serde_json::{Value, json};

use crate::support::app::{
    Answer, LOGOUT, ORDERS, PROFILE, REFRESH, SEND, SESSION, SHOP, TestApp, VERIFY, wrong,
};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    the_body_then_the_browser_chooses_the_language_of_a_refusal,
    every_path_of_a_customer_refuses_in_their_language,
    a_wait_is_told_in_words,
    a_wrong_code_tells_how_many_attempts_are_left_in_words,
    a_value_of_the_profile_is_refused_in_words_for_the_customer,
    nothing_typed_is_told_to_the_customer_as_what_is_missing,
);

const MALFORMED: [&str; 3] = ["Check the address. ", "Vérifiez l’adresse. ", "Revise la dirección. "];
const OVER: [&str; 3] = ["Your session has ended", "Votre session est terminée", "Su sesión ha terminado"];

async fn ask(app: &TestApp, method: &str, path: &str, accepts: Option<&str>, body: Option<&Value>) -> Answer {
    let mut request = app.request(method, path).header("origin", SHOP);
    if let Some(accepts) = accepts {
        request = request.header("accept-language", accepts);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    Answer::of(request.send().await.unwrap()).await
}

fn said(answer: &Answer) -> &str {
    assert_eq!(answer.header("vary"), Some("Accept-Language"), "{answer:?}");
    answer.body["error"].as_str().unwrap()
}

async fn the_body_then_the_browser_chooses_the_language_of_a_refusal(store: TestStore) {
    let app = TestApp::start(store);
    for (sent, accepts, expected) in [
        (json!(null), None, 0),
        (json!("fr"), None, 1),
        (json!("fr"), Some("es"), 1),
        (json!("fr-CA"), Some("es"), 1),
        (json!("de"), Some("es"), 0),
        (json!(null), Some("es-MX, en;q=0.5"), 2),
        (json!(""), Some("es"), 2),
        (json!("  "), Some("fr;q=0.2, es"), 2),
        (json!(null), Some("de"), 0),
    ] {
        let body = json!({"public_key": "pk_dom_demo", "email": "nobody", "locale": sent});
        let refused = ask(&app, "POST", SEND, accepts, Some(&body)).await;
        assert_eq!(refused.refusal(), (400, "email_invalid"));
        assert!(said(&refused).starts_with(MALFORMED[expected]), "{sent} {accepts:?}: {refused:?}");
        assert_eq!(refused.header("content-language"), Some(["en", "fr", "es"][expected]));
        assert_eq!(refused.body["field"], "email");
        assert!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("\"email\"")));
    }
    let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "locale": 5});
    let refused = ask(&app, "POST", SEND, Some("es"), Some(&body)).await;
    assert_eq!(refused.refusal(), (400, "invalid_request"), "a locale that is no text");
    assert!(said(&refused).starts_with("Esta página cometió un error"), "{refused:?}");
}

async fn every_path_of_a_customer_refuses_in_their_language(store: TestStore) {
    let app = TestApp::start(store);
    let token = json!({"refresh_token": "rt_x"});
    for (place, accepts) in ["en", "fr", "es"].into_iter().enumerate() {
        for path in [REFRESH, LOGOUT] {
            let refused = ask(&app, "POST", path, Some(accepts), Some(&token)).await;
            assert_eq!(refused.refusal(), (401, "invalid"));
            assert!(said(&refused).starts_with(OVER[place]), "{refused:?}");
        }
        let in_body = json!({"refresh_token": "rt_x", "locale": accepts});
        assert!(said(&ask(&app, "POST", REFRESH, None, Some(&in_body)).await).starts_with(OVER[place]));
        let nobody = ["You are not signed in.", "Vous n’êtes pas connecté.", "No ha iniciado sesión."][place];
        for path in [SESSION, PROFILE, ORDERS] {
            let refused = ask(&app, "GET", path, Some(accepts), None).await;
            assert_eq!(refused.refusal(), (401, "token_missing"));
            assert!(said(&refused).starts_with(nobody), "{refused:?}");
        }
        let lost = ask(&app, "GET", "/api/client/v1/nothing", Some(accepts), None).await;
        assert_eq!(lost.refusal(), (404, "not_found"));
        assert_eq!(lost.header("content-language"), Some(accepts));
        let stranger = json!({"public_key": "pk_dom_nobody", "email": "ana@example.com"});
        let refused = ask(&app, "POST", SEND, Some(accepts), Some(&stranger)).await;
        assert_eq!(
            (refused.refusal(), refused.header("content-language")),
            ((403, "public_key_unknown"), Some(accepts))
        );
        assert!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("public key")));
    }
}

async fn a_wait_is_told_in_words(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    for (locale, text) in
        [("en", "in 30 seconds"), ("fr", "dans 30 secondes"), ("es", "dentro de 30 segundos")]
    {
        let body = json!({"public_key": "pk_dom_demo", "email": "ana@example.com", "challenge_id": challenge, "locale": locale});
        let refused = ask(&app, "POST", SEND, None, Some(&body)).await;
        assert_eq!(
            (refused.refusal(), refused.header("retry-after")),
            ((429, "resend_too_soon"), Some("30"))
        );
        assert!(said(&refused).contains(text), "{refused:?}");
    }
    for _ in 0..4 {
        app.send_code("ana@example.com").await.data();
    }
    app.clock.advance(std::time::Duration::from_secs(240));
    let limited = app.send_code("ana@example.com").await;
    assert_eq!(limited.refusal(), (429, "send_limit"));
    assert!(said(&limited).contains("in 56 minutes"), "{limited:?}");
}

async fn a_wrong_code_tells_how_many_attempts_are_left_in_words(store: TestStore) {
    let app = TestApp::start(store);
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let code = wrong(&app.newest_code("ana@example.com").await);
    for (locale, text, left) in [
        ("en", "That is not the code. You have 4 attempts left.", 4),
        ("fr", "Ce n’est pas le bon code. Il vous reste 3\u{a0}essais.", 3),
        ("es", "Ese no es el código. Le quedan 2\u{a0}intentos.", 2),
        ("en", "That is not the code. You have one attempt left.", 1),
    ] {
        let body =
            json!({"public_key": "pk_dom_demo", "challenge_id": challenge, "code": code, "locale": locale});
        let refused = ask(&app, "POST", VERIFY, None, Some(&body)).await;
        assert_eq!((refused.refusal(), &refused.body["attempts_left"]), ((401, "code_wrong"), &json!(left)));
        assert_eq!(said(&refused), text);
        assert_eq!(refused.body.get("detail"), None, "there is nothing for a developer to mend");
    }
}

async fn a_value_of_the_profile_is_refused_in_words_for_the_customer(store: TestStore) {
    let app = TestApp::start(store);
    let token = app.sign_in("ana@example.com").await.text("access_token");
    let patch = async |body: Value, accepts: &str| {
        let request = app.request("PATCH", PROFILE).header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json").header("accept-language", accepts);
        Answer::of(request.body(body.to_string()).send().await.unwrap()).await
    };
    let long = json!({"firstName": "a".repeat(101)});
    for (accepts, text) in [
        ("en", "First name: use at most 100 characters."),
        ("fr", "Prénom\u{a0}: utilisez au plus 100 caractères."),
        ("es", "Nombre: use como máximo 100 caracteres."),
    ] {
        let refused = patch(long.clone(), accepts).await;
        assert_eq!((refused.refusal(), said(&refused)), ((400, "invalid_request"), text));
        assert_eq!(refused.body["field"], "firstName");
        assert!(refused.body["detail"].as_str().unwrap().contains("\"firstName\" must be at most 100"));
    }
    let unknown = patch(json!({"nickname": "A"}), "en").await;
    assert_eq!(unknown.refusal(), (400, "invalid_request"));
    assert_eq!(
        said(&unknown),
        "This page made a mistake in its request (\"nickname\"). It is not your fault: tell whoever runs the page."
    );
    assert_eq!(
        (&unknown.body["field"], &unknown.body["detail"]),
        (&json!("nickname"), &json!("There is no field \"nickname\" in a profile."))
    );
}

async fn nothing_typed_is_told_to_the_customer_as_what_is_missing(store: TestStore) {
    let app = TestApp::start(store);
    let refused = app.post(SEND, &json!({"public_key": "pk_dom_demo", "email": ""})).await;
    assert_eq!(refused.refusal(), (400, "email_invalid"));
    assert!(said(&refused).starts_with(MALFORMED[0]), "{refused:?}");
    let challenge = app.send_code("ana@example.com").await.text("challenge_id");
    let refused = app.verify(&challenge, "").await;
    assert_eq!(refused.refusal(), (400, "code_malformed"));
    assert!(said(&refused).contains("6 digits"), "{refused:?}");
}
