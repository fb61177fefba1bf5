//! The browser SDK's files, as the issuer serves them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::app::{Answer, TestApp};
use crate::support::stores::{TestStore, on_every_store};

on_every_store!(
    pages_of_any_origin_load_the_sdk,
    the_sdk_is_revalidated,
    the_sdk_is_sent_in_the_coding_that_is_liked_best,
    the_source_maps_are_served_beside_the_scripts,
    the_documented_hashes_are_the_served_files,
);

const CLASSIC: &str = "/sdk/v1/tiquo-auth.js";
const MODULE: &str = "/sdk/v1/tiquo-auth.mjs";
const MAPS: [&str; 2] = ["/sdk/v1/tiquo-auth.js.map", "/sdk/v1/tiquo-auth.mjs.map"];

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

/// RFC 9110 §12.5.3.
async fn the_sdk_is_sent_in_the_coding_that_is_liked_best(store: TestStore) {
    let app = TestApp::start(store);
    for path in [CLASSIC, MODULE] {
        let mut etags = vec![];
        let mut sizes = vec![];
        for (accepted, coding) in [
            (None, None),
            (Some("gzip"), Some("gzip")),
            (Some("br"), Some("br")),
            (Some("gzip, deflate, br, zstd"), Some("br")),
            (Some("br;q=0.5, gzip;q=0.8"), Some("gzip")),
            (Some("br;q=0, gzip;q=0.1, identity;q=0.05"), Some("gzip")),
            (Some("identity, br;q=0.9"), None),
            (Some("zstd, deflate"), None),
            (Some("*;q=0"), None),
            (Some("br;q=0"), None),
            (Some(""), None),
            (Some("br;q=2"), None),
        ] {
            for method in ["GET", "HEAD"] {
                let ask = || match accepted {
                    Some(accepted) => app.request(method, path).header("accept-encoding", accepted),
                    None => app.request(method, path),
                };
                let answer = ask().send().await.unwrap();
                let header =
                    |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(answer.status(), 200);
                assert_eq!(header("content-encoding").as_deref(), coding, "{method} {path} {accepted:?}");
                assert_eq!(header("vary").as_deref(), Some("Accept-Encoding"));
                let (etag, length) = (header("etag").unwrap(), header("content-length").unwrap());
                if !etags.contains(&etag) {
                    etags.push(etag.clone());
                    sizes.push(length.parse::<usize>().unwrap());
                }
                let again = ask().header("if-none-match", &etag).send().await.unwrap();
                assert_eq!(
                    (again.status().as_u16(), again.headers()["vary"].to_str().unwrap()),
                    (304, "Accept-Encoding")
                );
                assert_eq!(again.headers()["etag"], etag.as_str());
                assert!(again.bytes().await.unwrap().is_empty());
                if method == "GET" {
                    assert_eq!(answer.bytes().await.unwrap().len().to_string(), length);
                }
            }
        }
        assert_eq!(etags.len(), 3, "one for each coding");
        println!("{path}: raw {}, gzip {}, brotli {}", sizes[0], sizes[1], sizes[2]);
        assert!(sizes[0] > 2 * sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
        let other =
            app.request("GET", path).header("accept-encoding", "br").header("if-none-match", &etags[1]);
        assert_eq!(other.send().await.unwrap().status(), 200, "the entity tag of another coding");
    }
}

async fn the_source_maps_are_served_beside_the_scripts(store: TestStore) {
    let app = TestApp::start(store);
    for (script, map) in [CLASSIC, MODULE].into_iter().zip(MAPS) {
        let text = app.request("GET", script).send().await.unwrap().text().await.unwrap();
        let name = text.trim_end().rsplit_once("sourceMappingURL=").unwrap().1;
        assert_eq!(map.rsplit_once('/').unwrap().1, name);
        let answer = app.request("GET", map).header("origin", "https://any.example").send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let map = serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.unwrap()).unwrap();
        assert!(map["sources"].as_array().is_some_and(|sources| sources.len() > 10));
    }
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
