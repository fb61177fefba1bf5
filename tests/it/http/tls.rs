//! What is different with a certificate of our own.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use crate::support::app::TestApp;
use crate::support::stores::embedded;

pub(super) fn certificate() -> (String, ServerConfig) {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![own.der().clone()], private).unwrap();
    (own.pem(), config)
}

/// Over plain http it must not be said (§7.2), and behind a proxy it is the proxy's to say.
#[tokio::test]
async fn rfc6797_7_1_every_answer_says_that_only_https_is_to_be_used() {
    const HEADER: &str = "strict-transport-security";
    let paths =
        ["/healthz", "/nowhere", "/api/oauth2/jwks", "/api/auth/oauth2/authorize", "/api/client/v1/profile"];
    let (pem, tls) = certificate();
    let app = TestApp::start_with_tls(embedded(), tls);
    let root = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    for path in paths {
        let url = format!("{}{path}", app.base.replace("http://", "https://"));
        let answer = http.get(url).send().await.unwrap();
        let values = answer.headers().get_all(HEADER).iter().collect::<Vec<_>>();
        assert_eq!(values, ["max-age=31536000"], "{path}");
    }
    let app = TestApp::start(embedded());
    for path in paths {
        assert_eq!(app.get(path).await.header(HEADER), None, "{path}");
    }
}
