//! Serves an application as actix-web's own server does, with a limit of connections per address: one more is
//! closed before anything is read from it and before TLS costs anything.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, map_config,
};
use actix_tls::accept::max_concurrent_tls_connect;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;

use super::connections::{Connections, RequestsUnderWay};
use super::state::WebSettings;

/// How long a connection may take to close, as in actix-web's own server. Without a limit a peer that never
/// closes would keep its place.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves what `app` makes for each worker on all listeners.
///
/// # Errors
/// When the system refuses a listener or a worker.
pub(super) fn serve<A, I, S, B>(listeners: Vec<TcpListener>, web: &WebSettings, app: A) -> io::Result<Server>
where
    A: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    max_concurrent_tls_connect(web.handshakes_per_worker);
    let connections = Connections::new(web.connections_per_address, web.trusted_proxies.clone());
    let mut server = ServerBuilder::default()
        .max_concurrent_connections(web.connections_per_worker)
        .shutdown_timeout(web.shutdown_deadline.as_secs())
        .disable_signals();
    if let Some(workers) = web.workers {
        server = server.workers(workers);
    }
    let (keep_alive, header_timeout, ending) =
        (web.keep_alive, web.header_timeout, server.graceful_shutdown_signal());
    macro_rules! service {
        ($app:ident, $ending:ident) => {{
            let ending = $ending.clone();
            let app = $app().into_factory().map_err(|error| error.into().error_response());
            HttpService::build()
                .graceful_shutdown_signal(move || {
                    let ending = ending.clone();
                    async move { ending.notified().await }
                })
                .keep_alive(keep_alive)
                .client_request_timeout(header_timeout)
                .client_disconnect_timeout(GOODBYE)
                .on_connect_ext(|_, data| {
                    data.insert(RequestsUnderWay::default());
                })
                .finish(map_config(app, |()| AppConfig::default()))
        }};
    }
    for listener in listeners {
        let (connections, ending, app) = (Arc::clone(&connections), ending.clone(), app.clone());
        server = match web.tls.clone() {
            Some(tls) => server.listen("web", listener, move || {
                count_connections(service!(app, ending).rustls_0_23(tls.clone()), Arc::clone(&connections))
            })?,
            None => server.listen("web", listener, move || {
                count_connections(service!(app, ending).tcp(), Arc::clone(&connections))
            })?,
        };
    }
    Ok(server.run())
}

/// Wraps a service so that each address has a limited number of connections.
fn count_connections<S>(
    service: S,
    connections: Arc<Connections>,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = S::Error, InitError = S::InitError>
where
    S: ServiceFactory<TcpStream, Config = (), Response = ()> + 'static,
    <S::Service as Service<TcpStream>>::Future: 'static,
{
    apply_fn_factory(service, move |stream: TcpStream, service: &S::Service| {
        // A peer that is gone already has no address, and nothing is served.
        let peer = stream.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let place = connections.admit(peer);
        let serving = place.map(|place| (service.call(stream), place));
        async move {
            match serving {
                Some((serving, _place)) => serving.await,
                None => Ok(()),
            }
        }
    })
}
