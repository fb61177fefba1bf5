//! Our own certificate: HTTP/2 (RFC 9113 §3.2) for whoever offers it in ALPN (RFC 7301), HTTP/1.1 for the others.

use reqwest::{Certificate, Client, Version};
use serde_json::Value;

use super::process::{SITE, Serve, send_body};
use crate::support::app::{REFRESH, SEND};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rfc9113_3_2_own_tls_speaks_http_2_with_who_offers_it() {
    let made = rcgen::generate_simple_self_signed(["id.example".to_owned()]).unwrap();
    let mut issuer = Serve::configured("");
    std::fs::write(issuer.path("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(issuer.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let config = std::fs::read_to_string(issuer.path("config.toml")).unwrap();
    let files = format!(
        "[listen.tls]\ncertificate_file = {:?}\nkey_file = {:?}\n",
        issuer.path("chain.pem"),
        issuer.path("key.pem")
    );
    std::fs::write(issuer.path("config.toml"), format!("{files}{config}")).unwrap();
    issuer.start();
    let client = || {
        let root = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        let address = ([127, 0, 0, 1], issuer.port).into();
        Client::builder().no_proxy().add_root_certificate(root).resolve("id.example", address)
    };
    let url = |path: &str| format!("https://id.example:{}{path}", issuer.port);
    let (new, old) = (client().build().unwrap(), client().http1_only().build().unwrap());
    let asking = async {
        while !new.get(url("/readyz")).send().await.is_ok_and(|answer| answer.status() == 200) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), asking).await.expect("it is ready");
    for (client, version) in [(&new, Version::HTTP_2), (&old, Version::HTTP_11)] {
        let keys = client.get(url("/api/oauth2/jwks")).send().await.unwrap();
        assert_eq!((keys.version(), keys.status().as_u16()), (version, 200));
        // A request with a body, and a refusal with its headers.
        let sent = client
            .post(url(SEND))
            .header("origin", SITE)
            .header("content-type", "application/json")
            .body(send_body("ana@example.com").to_string());
        assert_eq!(sent.send().await.unwrap().status(), 200);
        let refused = client
            .post(url(REFRESH))
            .header("content-type", "application/json")
            .body(r#"{"refresh_token":"rt_forged"}"#)
            .send()
            .await
            .unwrap();
        assert_eq!((refused.version(), refused.status().as_u16()), (version, 401));
        assert!(refused.headers().contains_key("x-request-id"));
        let body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
        assert_eq!(body["success"], false);
    }
}
