//! A customer's page of 50 orders, on kept connections.

use std::rc::Rc;
use std::time::Duration;

use crate::Outcome;
use crate::connection::Connection;
use crate::measure::{Watch, load};
use crate::refresh::{sign_in, token};

const PATH: &str = "/api/client/v1/orders?limit=50";

/// Signs somebody in, gives them sample records, writes the page to `file`, and asks for it again and again.
pub(crate) async fn orders(
    address: &str,
    connections: usize,
    span: Duration,
    file: &str,
    watch: &Watch,
) -> Outcome<()> {
    let mut first = Connection::open(address).await?;
    let token = token(&sign_in(&mut first, "orders@example.com").await?, "access_token")?;
    let headers = Rc::<str>::from(format!("Authorization: Bearer {token}\r\n"));
    let given = first.ask("POST", "/dev/samples", &headers, "").await?.status;
    let page = first.ask("GET", PATH, &headers, "").await?;
    if (given, page.status) != (200, 200) {
        return Err(format!("{given}, {}: no page", page.status).into());
    }
    std::fs::write(file, page.body)?;
    let mut opened = vec![first];
    while opened.len() < connections {
        opened.push(Connection::open(address).await?);
    }
    let label = format!("GET orders, a page of 50, {connections} at once");
    let ask = async move |connection: &mut Connection| {
        let answer = connection.ask("GET", PATH, &headers, "").await?;
        if answer.status == 200 { Ok(()) } else { Err(format!("{}: no page", answer.status).into()) }
    };
    load(&label, opened, span, watch, ask).await.map(drop)
}
