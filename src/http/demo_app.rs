//! Development only: the server of the third-party demo application. It shares nothing with the issuer but
//! the process.

use std::io;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use super::handlers::demo_app::{Issuer, file, page};
use super::paths::{APP, APP_CALLBACK, APP_FILE};

/// Starts the demo application on bound listeners.
///
/// # Errors
/// When the system refuses a listener or the worker.
pub fn start(listeners: Vec<TcpListener>, issuer: &str) -> io::Result<Server> {
    let issuer = Data::new(Issuer(issuer.to_owned()));
    let app = move || {
        App::new()
            .app_data(issuer.clone())
            .service(web::resource(APP).to(page))
            .service(web::resource(APP_CALLBACK).to(page))
            .service(web::resource(APP_FILE).to(file))
    };
    let mut server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1);
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
