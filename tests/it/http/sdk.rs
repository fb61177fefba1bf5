//! The browser SDK's files, as the issuer serves them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::app::{Answer, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    pages_of_any_origin_load_the_sdk,
    the_sdk_is_revalidated,
    the_documented_hashes_are_the_served_files,
);

const CLASSIC: &str = "/sdk/v1/tiquo-auth.js";
const MODULE: &str = "/sdk/v1/tiquo-auth.mjs";

async fn pages_of_any_origin_load_the_sdk(store: TestStore) {
    let app = TestApp::start(store);
    for path in [CLASSIC, MODULE] {
        for method in ["GET", "HEAD"] {
            let request = app.request(method, path).header("origin", "https://any.example");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{method} {path}");
            for (name, value) in [
                ("content-type", "text/javascript; charset=utf-8"),
                ("access-control-allow-origin", "*"),
                ("cross-origin-resource-policy", "cross-origin"),
                ("x-content-type-options", "nosniff"),
                ("cache-control", "public, no-cache"),
            ] {
                assert_eq!(answer.headers()[name], value, "{method} {path}");
            }
        }
        let wrong = Answer::of(app.request("POST", path).send().await.unwrap()).await;
        assert_eq!(wrong.refusal(), (405, "method_not_allowed"));
    }
    assert_eq!(app.get("/sdk/v1/nothing.js").await.refusal(), (404, "not_found"));
}

async fn the_sdk_is_revalidated(store: TestStore) {
    let app = TestApp::start(store);
    let mut etags = vec![];
    for path in [CLASSIC, MODULE] {
        let etag =
            app.request("GET", path).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
        for (sent, status) in [(etag.clone(), 304), (format!("W/{etag}"), 304), ("\"x\"".into(), 200)] {
            let again = app.request("GET", path).header("if-none-match", &sent).send().await.unwrap();
            assert_eq!(again.status(), status, "{path} {sent}");
            assert_eq!(again.headers()["etag"], etag.as_str());
            assert_eq!(again.headers()["access-control-allow-origin"], "*");
        }
        etags.push(etag);
    }
    assert_ne!(etags[0], etags[1]);
}

/// Subresource Integrity §3.5.
async fn the_documented_hashes_are_the_served_files(store: TestStore) {
    let app = TestApp::start(store);
    let documents = ["README.md", "sdk/README.md"]
        .map(|path| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap());
    for (path, documented) in [(CLASSIC, &documents[..]), (MODULE, &documents[1..])] {
        let bytes = app.request("GET", path).send().await.unwrap().bytes().await.unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, &bytes);
        let integrity = format!("sha384-{}", STANDARD.encode(digest.as_ref()));
        for document in documented {
            assert!(document.contains(&integrity), "the hash of {path} is {integrity}");
        }
    }
}
