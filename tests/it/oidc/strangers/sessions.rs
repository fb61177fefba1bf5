//! What can be tried with a browser: pages, sessions and hints of somebody else.

use super::party::{HOME, Party};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::logout::end_session;

/// One end-user and their client with what is another's.
pub(super) async fn meet(app: &TestApp, me: &mut Party, them: &Party, silently: &str) {
    let (mine, theirs) = (me.client.id().to_owned(), them.client.id());
    let cell = |what: &str| format!("{mine} with {what} of {theirs}");
    // A session is good where it was made, and consent for whom it was given.
    let back = me.browser.open(&them.client.authorize(&[("prompt", "none")])).await;
    assert_eq!(back.error(), silently, "{}", cell("the client"));

    // A request in the name of the other client.
    let object = me.key.sign(&serde_json::json!({"client_id": them.client.id(), "state": "mine"}));
    let back =
        Browser::new(app).open(&them.client.authorize(&[("request", &object), ("prompt", "none")])).await;
    assert_eq!(back.error(), "invalid_request_object", "{}", cell("a request"));
    // Form Post Response Mode §2: the other client hears of it with the state that can be read in the object.
    assert_eq!(back.parameter("state").as_deref(), Some("mine"));

    // A hint that is for another client tells no more than one that is none.
    let mut heard = Vec::new();
    for hint in [them.token("id_token"), them.token("access_token"), "e30.e30.e30".to_owned()] {
        let back =
            me.browser.open(&me.client.authorize(&[("id_token_hint", &hint), ("prompt", "none")])).await;
        heard.push((back.error(), back.parameter("error_description")));
    }
    heard.dedup();
    assert!(heard.len() == 1 && heard[0].0 == "invalid_request", "{}: {heard:?}", cell("a hint"));
    let own = [("client_id", me.client.id()), ("post_logout_redirect_uri", HOME)];
    for hint in [them.token("id_token"), "e30.e30.e30".to_owned()] {
        let parameters = [own.as_slice(), &[("id_token_hint", hint.as_str())]].concat();
        let page = me.browser.open(&end_session(&parameters)).await;
        assert!(!page.url.starts_with("http"), "{}: {page:?}", cell("a hint at the logout"));
    }
    assert!(me.is_signed_in().await, "{}", cell("a hint at the logout"));
    pages(app, me, them).await;
}

/// Two end-users of one client, each in their own browser.
pub(super) async fn of_one_client(app: &TestApp, me: &mut Party, them: &Party) {
    let hint = them.token("id_token");
    let silent = me.client.authorize(&[("prompt", "none"), ("id_token_hint", &hint)]);
    assert_eq!(me.browser.open(&silent).await.error(), "login_required", "a hint of somebody else");
    let page = me.browser.open(&end_session(&[("id_token_hint", &hint)])).await;
    assert_eq!(page.status, 200);
    assert!(!page.says(&them.email), "nobody learns who they are: {page:?}");
    assert!(me.is_signed_in().await, "nobody is signed out by somebody else's hint");
    pages(app, me, them).await;
}

/// The pages of a sign-in that is under way in another browser.
async fn pages(app: &TestApp, me: &mut Party, them: &Party) {
    let (first, token) = (&them.page.url, them.page.token(&them.page.url));
    assert_eq!(
        me.browser.open(first).await.status,
        410,
        "{first}: nothing is stored, as of one that is made up"
    );
    for step in ["", "/code", "/consent", "/resend", "/restart", "/cancel", "/account"] {
        let path = format!("{first}{step}");
        let fields =
            [("token", token.as_str()), ("email", &me.email), ("code", "123456"), ("decision", "allow")];
        for browser in [&mut me.browser, &mut Browser::new(app)] {
            let page = browser.submit(&path, &fields).await;
            assert_eq!(page.status, 403, "{path}: {page:?}");
        }
    }
    // With a form of one's own sign-in.
    let mine = me.page.token(&me.page.url);
    let page = me.browser.submit(first, &[("token", &mine), ("email", &me.email)]).await;
    assert_eq!(page.status, 403, "{page:?}");
}
