//! What somebody sees who types the issuer's address, or one where nothing is.

use reqwest::Response;

use crate::support::app::{Answer, PROFILE, SEND, TestApp};
use crate::support::stores::{TestStore, on_every_store};

/// What browsers ask for when somebody types an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

on_every_store!(
    the_issuer_s_address_is_a_page_for_browsers_and_json_for_programs,
    where_nothing_is_browsers_get_a_page_and_programs_the_envelope,
    the_icon_is_cached_and_let_in_by_every_page,
);

async fn get(app: &TestApp, path: &str, accept: &str) -> Response {
    app.request("GET", path).header("accept", accept).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn the_issuer_s_address_is_a_page_for_browsers_and_json_for_programs(store: TestStore) {
    let app = TestApp::start(store);
    let shown = get(&app, "/", BROWSER).await;
    assert_eq!((shown.status().as_u16(), header(&shown, "vary")), (200, "Accept"));
    assert_eq!(header(&shown, "content-type"), "text/html; charset=utf-8");
    let page = shown.text().await.unwrap();
    let metadata = "/.well-known/openid-configuration";
    for link in ["/demo", "/dev/outbox", "/api/client/v1/docs", metadata, "http://localhost:8090/"] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}");
        if link.starts_with('/') {
            assert_eq!(get(&app, link, BROWSER).await.status(), 200, "{link}");
        }
    }
    for accept in ["*/*", "application/json"] {
        let told = Answer::of(get(&app, "/", accept).await).await;
        assert_eq!(told.header("vary"), Some("Accept"));
        assert_eq!(told.data()["issuer"], app.base.as_str());
        let url = told.data()["metadata"].as_str().unwrap();
        let found = Answer::of(app.http.get(url).send().await.unwrap()).await;
        assert_eq!(found.body["issuer"], app.base.as_str(), "{url}");
    }
    let head = app.request("HEAD", "/").header("accept", BROWSER).send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "content-type")), (200, "text/html; charset=utf-8"));
}

async fn where_nothing_is_browsers_get_a_page_and_programs_the_envelope(store: TestStore) {
    let app = TestApp::start(store);
    for (path, status, says) in [
        ("/nothing", 404, "There is no page here"),
        ("/api/client/v1/nothing", 404, "There is no page here"),
        (SEND, 405, "This page cannot be opened like this"),
        ("/api/auth/oauth2/token", 405, "This page cannot be opened like this"),
    ] {
        let shown = get(&app, path, BROWSER).await;
        assert_eq!((shown.status().as_u16(), header(&shown, "vary")), (status, "Accept"), "{path}");
        let id = header(&shown, "x-request-id").to_owned();
        let page = shown.text().await.unwrap();
        assert!(page.contains(says) && page.contains(&id), "{path}: {page}");
        let told = get(&app, path, "*/*").await;
        assert_eq!((told.status().as_u16(), header(&told, "vary")), (status, "Accept"), "{path}");
        assert_eq!(header(&told, "content-type"), "application/json", "{path}");
    }
    let sent = app.request("POST", "/nothing").header("accept", BROWSER).send().await.unwrap();
    assert_eq!(Answer::of(sent).await.refusal(), (404, "not_found"), "a form is no look");
    let refused = get(&app, PROFILE, BROWSER).await;
    assert_eq!(Answer::of(refused).await.refusal(), (401, "token_missing"), "there is something");
    let rebound = app.request("GET", "/").header("accept", BROWSER).header("host", "evil.example:8080");
    let rebound = rebound.send().await.unwrap();
    assert_eq!((rebound.status().as_u16(), header(&rebound, "vary")), (421, "Accept"));
    assert!(rebound.text().await.unwrap().contains("This address is not ours"));
}

async fn the_icon_is_cached_and_let_in_by_every_page(store: TestStore) {
    let app = TestApp::start(store);
    for path in ["/favicon.svg", "/favicon.ico"] {
        let icon = get(&app, path, "image/avif,image/webp,*/*;q=0.8").await;
        assert_eq!((icon.status().as_u16(), header(&icon, "content-type")), (200, "image/svg+xml"));
        assert_eq!(header(&icon, "cache-control"), "public, max-age=86400");
        let etag = header(&icon, "etag").to_owned();
        assert!(icon.text().await.unwrap().starts_with("<svg "));
        let again = app.request("GET", path).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), 304);
    }
    let page = get(&app, "/nothing", BROWSER).await;
    assert!(header(&page, "content-security-policy").contains("; img-src 'self'; "));
    assert!(page.text().await.unwrap().contains("<link rel=\"icon\" href=\"/favicon.svg\""));
}
