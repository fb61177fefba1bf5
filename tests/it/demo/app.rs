//! The application that is somebody else's, as `dev` starts it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tempfile::TempDir;

use super::{assert_nothing_inline, assert_strict, loads};

/// `dev`, until this value ends.
struct Dev {
    issuer: String,
    app: String,
    child: Child,
    _folder: TempDir,
}

impl Dev {
    fn start(app_port: u16) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tiquo-auth"))
            .args(["dev", "--port", &port.to_string(), "--app-port", &app_port.to_string(), "--data"])
            .arg(folder.path().join("data"))
            .arg("--keys")
            .arg(folder.path().join("keys"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut find = |word: &str| {
            let line =
                lines.find(|line| line.trim_start().starts_with(word)).unwrap_or_else(|| panic!("no {word}"));
            line.trim_start().strip_prefix(word).unwrap().trim().to_owned()
        };
        let (app, issuer) = (find("Demo app"), find("Issuer"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { issuer, app, child, _folder: folder }
    }

    /// Where the application is.
    fn url(&self) -> &str {
        self.app.split(',').next().unwrap().trim_end_matches('/')
    }

    /// Ends it; what it said to its log.
    fn end(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn get(url: &str) -> Response {
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    http.get(url).send().await.unwrap()
}

#[tokio::test]
async fn csp3_its_page_speaks_to_the_issuer_alone_and_never_tells_its_own_url() {
    let dev = Dev::start(0);
    for path in ["/", "/callback?code=x&state=y"] {
        let page = get(&format!("{}{path}", dev.url())).await;
        assert_eq!(page.status(), 200, "{path}");
        let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
        assert_strict(&header("content-security-policy"), &dev.issuer);
        // RFC 9700 §4.2.4: the callback's URL has a code in it.
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        let html = page.text().await.unwrap();
        assert_nothing_inline(&html);
        assert!(!html.contains("code=x"), "what came with the URL is not shown");
        for file in loads(&html) {
            assert_eq!(get(&format!("{}{file}", dev.url())).await.status(), 200, "{file}");
        }
    }
    for path in ["/nothing.js", "/dev/outbox", "/demo", "/api/oauth2/jwks"] {
        assert_eq!(get(&format!("{}{path}", dev.url())).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn rfc6749_3_1_2_3_it_is_registered_with_the_port_that_it_got() {
    let dev = Dev::start(0);
    let begin = async |callback: &str| {
        let url = format!(
            "{}/api/auth/oauth2/authorize?client_id=demo-app&response_type=code&scope=openid&state=s&nonce=n\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&redirect_uri={callback}",
            dev.issuer
        );
        get(&url).await.status().as_u16()
    };
    assert_eq!(begin(&format!("{}/callback", dev.url())).await, 200);
    assert_eq!(begin("http://localhost:1/callback").await, 400);
}

#[tokio::test]
async fn both_answer_on_both_loopback_addresses() {
    let dev = Dev::start(0);
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    for (url, path) in [(dev.issuer.as_str(), "/healthz"), (dev.url(), "/")] {
        let port = url.rsplit(':').next().unwrap();
        for host in ["127.0.0.1", "[::1]"].into_iter().filter(|host| has_ipv6 || *host != "[::1]") {
            assert_eq!(get(&format!("http://{host}:{port}{path}")).await.status(), 200, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn when_its_port_is_taken_everything_else_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let dev = Dev::start(port);
    assert_eq!(dev.app, format!("not running: port {port} is taken"));
    assert_eq!(get(&format!("{}/demo", dev.issuer)).await.status(), 200);
    let said = dev.end();
    assert!(said.contains("WARN") && said.contains("--app-port"), "{said}");
}
