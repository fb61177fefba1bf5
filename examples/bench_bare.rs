//! For `scripts/bench.sh`: a bare actix-web server that answers every GET with one file's bytes, to compare the JWK Set
//! with.
//!
//! `bench_bare PORT FILE`

use std::io;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};

async fn answer(body: Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body.get_ref().clone())
}

fn main() -> io::Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [port, file] = arguments.as_slice() else { return Err(io::Error::other("bench_bare PORT FILE")) };
    let port: u16 = port.parse().map_err(io::Error::other)?;
    let body = Data::new(Bytes::from(std::fs::read(file)?));
    let serve = async move {
        HttpServer::new(move || App::new().app_data(body.clone()).default_service(web::get().to(answer)))
            .bind(("127.0.0.1", port))?
            .run()
            .await
    };
    actix_web::rt::System::new().block_on(serve)
}
