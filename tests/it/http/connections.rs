//! How many connections one address may have, and what becomes of one more.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::tls::certificate;
use crate::support::app::TestApp;
use crate::support::stores::embedded;

const PATIENCE: Duration = Duration::from_secs(20);

fn app(trusted: &[&str], with_tls: bool) -> TestApp {
    TestApp::start_listening(embedded(), |web| {
        web.connections_per_address = 3;
        web.trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
        web.tls = with_tls.then(|| certificate().1);
    })
}

/// A connection from an address of this machine.
async fn connect(app: &TestApp, from: Ipv4Addr) -> TcpStream {
    let port: u16 = app.base.rsplit(':').next().unwrap().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap()
}

/// Whether the server answers a request; closed without a byte is no answer.
async fn is_answered(connection: &mut TcpStream) -> bool {
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if connection.write_all(request.as_bytes()).await.is_err() {
        return false;
    }
    let mut byte = [0];
    let read =
        tokio::time::timeout(PATIENCE, connection.read(&mut byte)).await.expect("an answer, or the end");
    read.is_ok_and(|length| length == 1)
}

const ONE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

#[tokio::test]
async fn one_connection_more_of_an_address_is_closed_and_others_go_on() {
    let app = app(&[], false);
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut connection = connect(&app, ONE).await;
        assert!(is_answered(&mut connection).await);
        open.push(connection);
    }
    assert!(!is_answered(&mut connect(&app, ONE).await).await);
    assert!(is_answered(&mut connect(&app, OTHER).await).await, "another address");
    assert!(is_answered(&mut open[0]).await, "those that are open stay");
    drop(open);
    let again = async {
        while !is_answered(&mut connect(&app, ONE).await).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("there is room again");
}

#[tokio::test]
async fn a_trusted_proxy_has_as_many_connections_as_it_likes() {
    let app = app(&["127.0.0.1/32"], false);
    let mut open = Vec::new();
    for _ in 0..10 {
        let mut connection = connect(&app, ONE).await;
        assert!(is_answered(&mut connection).await);
        open.push(connection);
    }
}

#[tokio::test]
async fn one_connection_more_costs_no_handshake() {
    let app = app(&[], true);
    // The handshakes of three are waited for.
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(connect(&app, ONE).await);
    }
    // What is no handshake is answered by an alert (RFC 8446 §6.2) by whoever began one. The three may be counted a moment
    // after one more, which is why it is tried again.
    let mut is_closed = false;
    for _ in 0..50 {
        is_closed = !is_answered(&mut connect(&app, ONE).await).await;
        if is_closed {
            break;
        }
    }
    assert!(is_closed, "without a byte");
    assert!(is_answered(&mut connect(&app, OTHER).await).await, "another address hears the alert");
}
