//! An application's way: the authorization endpoint, the pages, the token endpoint.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::connection::Connection;
use crate::measure::{Watch, load};

const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A3001%2Fcallback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SECRET: &str = "demo-server-secret-for-development-only";

/// A person with a browser, who comes from `demo-server`.
struct Person {
    connection: Connection,
    cookies: BTreeMap<String, String>,
    /// Which of how many: nobody of another level has the same addresses.
    name: String,
    visits: usize,
}

/// Where a request led: a page, or elsewhere.
enum Led {
    Page(String),
    To(String),
}

impl Person {
    async fn new(address: &str, name: String) -> Outcome<Self> {
        Ok(Self { connection: Connection::open(address).await?, cookies: BTreeMap::new(), name, visits: 0 })
    }

    /// A whole sign-in of somebody who was never here: six answers, a mail, a token response. The first page is the answer of
    /// the authorization endpoint itself, because nothing is stored for somebody who has not entered an address.
    async fn sign_in(&mut self) -> Outcome<()> {
        self.visits = self.visits.saturating_add(1);
        self.cookies.clear();
        let email = format!("bench-{}-{}@example.com", self.name, self.visits);
        let first = page(self.send("GET", &authorize(), "").await?)?;
        let (token, first) = (hidden(&first)?, action(&first)?);
        let body = format!("token={token}&email={email}");
        let second = to(self.send("POST", &first, &body).await?)?;
        let token = hidden(&page(self.send("GET", &second, "").await?)?)?;
        let mails = self.connection.get(&format!("/dev/outbox.json?to={email}")).await?;
        let mails: Value = serde_json::from_slice(mails)?;
        let code = mails.pointer("/0/code").and_then(Value::as_str).ok_or("no mail in the outbox")?;
        let third = to(self.send("POST", &second, &format!("token={token}&code={code}")).await?)?;
        let token = hidden(&page(self.send("GET", &third, "").await?)?)?;
        let back = to(self.send("POST", &third, &format!("token={token}&decision=allow")).await?)?;
        self.exchange(&back).await
    }

    /// A code for somebody who is signed in and allowed everything before: one answer.
    async fn authorize(&mut self) -> Outcome<String> {
        to(self.send("GET", &authorize(), "").await?)
    }

    async fn exchange(&mut self, back: &str) -> Outcome<()> {
        let code = back.split_once("code=").ok_or("no code")?.1;
        let code = code.split('&').next().unwrap_or_default();
        let body = format!(
            "grant_type=authorization_code&client_id=demo-server&client_secret={SECRET}&code={code}\
             &redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
        );
        match self.send("POST", "/api/auth/oauth2/token", &body).await? {
            Led::Page(_) => Ok(()),
            Led::To(_) => Err("a redirect instead of tokens".into()),
        }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Outcome<Led> {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let headers =
            format!("Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", cookies.join("; "));
        let answer = self.connection.ask(method, path, &headers, body).await?;
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("not a cookie")?;
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        match answer.status {
            200 => Ok(Led::Page(String::from_utf8(answer.body.to_vec())?)),
            303 => Ok(Led::To(answer.headers("location").next().ok_or("no Location")?.to_owned())),
            status => Err(format!("{status} at {path}").into()),
        }
    }
}

fn authorize() -> String {
    format!(
        "/api/auth/oauth2/authorize?client_id=demo-server&redirect_uri={CALLBACK}&response_type=code\
         &scope=openid%20email&state=s&nonce=n&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

fn to(led: Led) -> Outcome<String> {
    match led {
        Led::To(place) => Ok(place),
        Led::Page(_) => Err("a page instead of a redirect".into()),
    }
}

fn page(led: Led) -> Outcome<String> {
    match led {
        Led::Page(html) => Ok(html),
        Led::To(place) => Err(format!("a redirect to {place} instead of a page").into()),
    }
}

/// The hidden field of a page's forms.
fn hidden(html: &str) -> Outcome<String> {
    let field = html.split_once("name=\"token\"").ok_or("no form")?.1;
    let value = field.split_once("value=\"").ok_or("no value")?.1;
    Ok(value.split('"').next().unwrap_or_default().to_owned())
}

/// Where a page's first form is sent.
fn action(html: &str) -> Outcome<String> {
    let form = html.split_once("<form").ok_or("no form")?.1;
    let value = form.split_once("action=\"").ok_or("no action")?.1;
    Ok(value.split('"').next().unwrap_or_default().to_owned())
}

/// Whole sign-ins; then codes for people who are signed in, alone and with their exchange: the difference of the two is
/// what an exchange costs.
pub(crate) async fn flow(address: &str, levels: &str, span: Duration, watch: &Watch) -> Outcome<()> {
    for level in levels.split(',') {
        let level: usize = level.parse()?;
        let mut people = Vec::new();
        for number in 0..level {
            people.push(Person::new(address, format!("{number}-of-{level}")).await?);
        }
        let label = format!("whole sign-in, {level} at once");
        let people = load(&label, people, span, watch, async |person| person.sign_in().await).await?;
        let label = format!("a code, {level} at once");
        let people =
            load(&label, people, span, watch, async |person| person.authorize().await.map(drop)).await?;
        let label = format!("a code and its exchange, {level} at once");
        let both = async |person: &mut Person| {
            let back = person.authorize().await?;
            person.exchange(&back).await
        };
        load(&label, people, span, watch, both).await?;
    }
    Ok(())
}
