//! The words of a client that nobody checked: not in mails, marked on pages, never an organization's name.

use std::time::Duration;

use serde_json::json;

use super::{CALLBACK, Registered, TRUSTED, try_register, with_trusted};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::oidc::{authorize, post_form};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    a_mail_names_the_domain_that_the_answer_goes_to,
    a_mail_names_no_application_on_a_machine_or_a_device,
    a_page_marks_an_application_that_nobody_checked,
    a_page_without_a_mark_leads_nobody_to_an_application_that_nobody_checked,
    uts39_4_no_client_has_an_organizations_name,
    clients_that_are_stored_already_are_marked_all_the_same,
);

const URGENT: &str = "URGENT: account locked, call 0800 555";
const MARKS: [(&str, &str); 3] = [
    ("en", "Nobody has checked this application"),
    ("fr", "Personne n’a vérifié cette application"),
    ("es", "Nadie ha comprobado esta aplicación"),
];

/// The mail of a sign-in at a client: its line about who asked, and nothing of the client's own words.
async fn asked_from(app: &TestApp, url: &str, email: &str) -> String {
    let mut browser = Browser::new(app);
    let page = browser.open(url).await;
    browser.sign_in(app, page, email).await;
    line(app, email).await
}

async fn line(app: &TestApp, email: &str) -> String {
    let mail = app.mails(email).await.remove(0);
    for part in ["subject", "text", "html", "from"] {
        assert!(!mail[part].as_str().unwrap().contains("URGENT"), "{part}: {mail}");
    }
    let text = mail["text"].as_str().unwrap();
    let begins = ["Asked from", "Demandé sur", "Pedido en"];
    let line = text.lines().find(|line| begins.iter().any(|begin| line.starts_with(begin)));
    line.unwrap_or_else(|| panic!("{text}")).split_once(':').unwrap().1.trim().to_owned()
}

async fn a_mail_names_the_domain_that_the_answer_goes_to(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    for (number, (uri, domain)) in [
        ("https://account-locked-call-0800.login.example.co.uk/callback", "example.co.uk"),
        ("https://app.xn--bcher-kva.example/callback", "xn--bcher-kva.example"),
        ("https://evil.github.io/callback", "evil.github.io"),
    ]
    .into_iter()
    .enumerate()
    {
        let over = json!({"client_name": URGENT, "client_name#fr": URGENT, "redirect_uris": [CALLBACK, uri]});
        for (kind, initial) in [("a", None), ("b", Some(TRUSTED))] {
            let client = Registered::with(&app, initial, &over).await;
            let url = client.authorize(&[("redirect_uri", uri), ("ui_locales", "fr")]);
            assert_eq!(asked_from(&app, &url, &format!("{kind}{number}@example.com")).await, domain);
        }
    }
    assert_eq!(asked_from(&app, &authorize(&[]), "web@example.com").await, "Demo Web App");
}

async fn a_mail_names_no_application_on_a_machine_or_a_device(store: TestStore) {
    let app = TestApp::start(store);
    let uri = "com.example.urgent:/callback";
    let over = json!({
        "client_name": URGENT, "redirect_uris": [uri], "application_type": "native",
        "token_endpoint_auth_method": "none",
    });
    let native = Registered::new(&app, &over).await;
    for (language, words) in [("en", "an application"), ("fr", "une application"), ("es", "una aplicación")]
    {
        let url = native.authorize(&[("redirect_uri", uri), ("ui_locales", language)]);
        assert_eq!(asked_from(&app, &url, &format!("{language}@example.com")).await, words);
    }
    let over = json!({
        "client_name": URGENT,
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
    });
    let device = Registered::new(&app, &over).await;
    let begun = post_form(&app, "/api/auth/oauth2/device_authorization", Some(&device.basic()), &[]).await;
    let mut browser = Browser::new(&app);
    let page = browser.submit("/device", &[("user_code", &begun.member("user_code"))]).await;
    assert!(page.says(MARKS[0].1), "{}", page.html);
    let page = browser.sign_in(&app, page, "tv@example.com").await;
    assert!(page.says(MARKS[0].1), "{}", page.html);
    assert_eq!(line(&app, "tv@example.com").await, "an application", "its redirect URIs prove nothing");
}

async fn a_page_marks_an_application_that_nobody_checked(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let over = json!({"client_name": "An App", "logo_uri": "https://cdn.example/shop.png"});
    for initial in [None, Some(TRUSTED)] {
        let client = Registered::with(&app, initial, &over).await;
        for (language, mark) in MARKS {
            let mut browser = Browser::new(&app);
            let page = browser.open(&client.authorize(&[("ui_locales", language)])).await;
            assert!(page.says("An App") && page.says(mark), "{}", page.html);
            let email = format!("{language}-{}@example.com", initial.is_some());
            let consent = browser.sign_in(&app, page, &email).await;
            assert!(consent.says("An App") && consent.says(mark), "{}", consent.html);
            assert!(!consent.says("cdn.example"), "a picture can say anything: {}", consent.html);
            assert!(!consent.header("content-security-policy").contains("cdn.example"));
        }
    }
    let mut browser = Browser::new(&app);
    let page = browser.open(&authorize(&[])).await;
    let consent = browser.sign_in(&app, page.clone(), "web@example.com").await;
    for page in [page, consent] {
        assert!(!page.says(MARKS[0].1), "the operator wrote this one: {}", page.html);
    }
}

async fn a_page_without_a_mark_leads_nobody_to_an_application_that_nobody_checked(store: TestStore) {
    let app = TestApp::start_with(store, with_trusted);
    let over = json!({"client_name": "An App", "client_uri": "https://app.example/"});
    for initial in [None, Some(TRUSTED)] {
        let client = Registered::with(&app, initial, &over).await;
        let mut browser = Browser::new(&app);
        let page = browser.open(&client.authorize(&[])).await;
        app.clock.advance(Duration::from_secs(3600));
        let expired = browser.press(&page, &page.url.clone(), &[("email", "ana@example.com")]).await;
        assert_eq!(expired.status, 410);
        assert!(!expired.says("An App") && !expired.says("<a "), "{}", expired.html);
    }
}

async fn uts39_4_no_client_has_an_organizations_name(store: TestStore) {
    let app = TestApp::start_with(store, |policy| {
        with_trusted(policy);
        "Maple & Oak".clone_into(&mut policy.organizations[0].sender.name);
    });
    let mut other = Vec::new();
    for name in ["Second Firing", "second-firing", "S\u{435}cond Firing", "SECOND FlRING", "Maple & 0ak"] {
        for over in [json!({"client_name": name}), json!({"client_name#fr": name})] {
            for initial in [None, Some(TRUSTED)] {
                let refused = try_register(&app, initial, &over).await;
                assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "{over}");
                other.push(refused.body["error_description"].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(
        other.iter().all(|text| text.starts_with("client_name is the name of an organization here")),
        "{other:?}"
    );
    let client = Registered::new(&app, &json!({"client_name": "Planner for Second Firing"})).await;
    let renamed = client.changed(&json!({"client_name": "Second Firing"}));
    let refused = client.manage(&app, "PUT", Some(&renamed)).await;
    assert_eq!(refused.oauth_error(), (400, "invalid_client_metadata"), "nor by a replacement");
}

async fn clients_that_are_stored_already_are_marked_all_the_same(store: TestStore) {
    let before = TestApp::start_with(store.clone(), |policy| {
        for organization in &mut policy.organizations {
            "Another Name".clone_into(&mut organization.name);
            "Another Name".clone_into(&mut organization.sender.name);
            for domain in &mut organization.domains {
                "Another Name".clone_into(&mut domain.sender.name);
            }
        }
    });
    let client = Registered::new(&before, &json!({"client_name": "Second Firing"})).await;
    let today = TestApp::start(store);
    let page = Browser::new(&today).open(&client.authorize(&[])).await;
    assert!(page.status == 200 && page.says(MARKS[0].1), "{page:?}");
}
