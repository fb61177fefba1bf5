//! The shop's account page.

use std::sync::Arc;

use reqwest::header::{HOST, LOCATION};
use reqwest::{Client, Response};
use tiquo_auth::mail::MemoryOutbox;

use super::{assert_nothing_inline, assert_strict, loads};
use crate::support::app::{Answer, TestApp};
use crate::support::clock::ManualClock;
use crate::support::stores::embedded;

const FILES: [&str; 7] =
    ["style.css", "app.js", "sign-in.js", "profile.js", "lists.js", "dom.js", "icon.svg"];

async fn get(app: &TestApp, path: &str) -> Response {
    app.request("GET", path).send().await.unwrap()
}

#[tokio::test]
async fn csp3_the_page_has_nothing_inline_and_loads_only_what_is_there() {
    let app = TestApp::start(embedded());
    let page = get(&app, "/demo").await;
    assert_eq!(page.status(), 200);
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        (header("cache-control"), header("referrer-policy")),
        ("no-store".into(), "no-referrer".into())
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_strict(&header("content-security-policy"), "'self'");
    assert!(!page.headers().contains_key("access-control-allow-origin"), "pages have no CORS");
    let html = page.text().await.unwrap();
    assert_nothing_inline(&html);
    assert!(html.contains("data-public-key=\"pk_dom_demo\"") && html.contains("/dev/outbox"));
    assert!(html.contains(&format!("data-issuer=\"{}\"", app.base)));
    let loaded = loads(&html);
    assert!(loaded.contains(&"/sdk/v1/tiquo-auth.js".to_owned()), "{loaded:?}");
    for path in loaded {
        assert_eq!(get(&app, &path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn its_files_say_what_they_are_and_name_only_files_that_are_there() {
    let app = TestApp::start(embedded());
    for name in FILES {
        let file = get(&app, &format!("/demo/{name}")).await;
        assert_eq!(file.status(), 200, "{name}");
        let kind = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(file.headers()["content-type"], kind, "{name}");
        assert_eq!(file.headers()["x-content-type-options"], "nosniff");
        let text = file.text().await.unwrap();
        for import in text.split(" from \"./").skip(1) {
            let import = import.split('"').next().unwrap();
            assert!(FILES.contains(&import), "{name} imports {import}");
        }
    }
    for path in ["/demo/nothing.js", "/demo/..%2fapp.js", "/demo/app.js/more", "/demo/"] {
        assert_eq!(app.get(path).await.refusal(), (404, "not_found"), "{path}");
    }
    let posted = Answer::of(app.request("POST", "/demo").send().await.unwrap()).await;
    assert_eq!((posted.refusal(), posted.header("allow")), ((405, "method_not_allowed"), Some("GET, HEAD")));
}

#[tokio::test]
async fn rfc9449_4_2_under_another_name_it_leads_to_the_issuers_own() {
    let app = TestApp::start(embedded());
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let port = app.base.rsplit(':').next().unwrap();
    let ask =
        async |host: String| http.get(format!("{}/demo", app.base)).header(HOST, host).send().await.unwrap();
    let moved = ask(format!("127.0.0.1:{port}")).await;
    assert_eq!(moved.status(), 303);
    assert_eq!(moved.headers()[LOCATION], format!("{}/demo", app.base).as_str());
    assert_eq!(ask(format!("LOCALHOST:{port}")).await.status(), 200);
    assert_eq!(ask("evil.example".to_owned()).await.status(), 421);
}

#[tokio::test]
async fn nothing_of_it_is_there_but_in_development() {
    let mailer = Arc::new(MemoryOutbox::new());
    let app = TestApp::start_mailing(embedded(), ManualClock::fixed(), mailer);
    assert_eq!(app.get("/healthz").await.status, 200);
    for path in ["/demo".to_owned()].into_iter().chain(FILES.map(|name| format!("/demo/{name}"))) {
        assert_eq!(app.get(&path).await.refusal(), (404, "not_found"), "{path}");
    }
}
