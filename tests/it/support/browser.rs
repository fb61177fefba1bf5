//! A browser without a window: it keeps cookies, reads forms, and stops where it would leave us for the application.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::app::TestApp;

/// A browser of one person. A clone keeps the same cookies: another request of it at the same time.
#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    base: String,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Headers of its requests.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What a browser shows, or where it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    /// The path of the page, or the URL of the application that it was sent to. Of a page that stands at the address of
    /// the request, because nothing of it is stored yet, it is where its first form goes.
    pub(crate) url: String,
    pub(crate) html: String,
}

impl Screen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value of the hidden field of the form with this action.
    pub(crate) fn token(&self, action: &str) -> String {
        let form = self.html.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("no form to {action} in {}", self.html));
        let field = form.split("<input").find(|input| input.contains("name=\"token\"")).expect("a token");
        let value = field.split("value=\"").nth(1).expect("a value");
        value.split('"').next().expect("its end").to_owned()
    }

    /// Where the forms of the page go.
    fn actions(&self) -> Vec<String> {
        let actions = self.html.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
        actions.map(ToOwned::to_owned).collect()
    }

    /// A parameter of the URL that it was sent to.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&self.url).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn code(&self) -> String {
        self.parameter("code")
            .unwrap_or_else(|| panic!("no code: {} {} {}", self.status, self.url, self.html))
    }

    /// Where the link of the page leads that comes before an error (RFC 9700 §4.11.2).
    pub(crate) fn way_on(&self) -> Self {
        assert_eq!(self.status, 400, "{self:?}");
        let link = self.html.split("<a class=\"second\" href=\"").nth(1);
        let link = link.unwrap_or_else(|| panic!("no way on: {} {}", self.url, self.html));
        let url = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        Self { url, ..self.clone() }
    }

    /// `error`, with a description that may be sent (RFC 6749 §4.1.2.1).
    pub(crate) fn error(&self) -> String {
        let description = self.parameter("error_description").unwrap_or_default();
        let is_allowed = |c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        assert!(!description.is_empty() && description.chars().all(is_allowed), "{description}");
        self.parameter("error")
            .unwrap_or_else(|| panic!("no error: {} {} {}", self.status, self.url, self.html))
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}

impl Browser {
    pub(crate) fn new(app: &TestApp) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, base: app.base.clone(), cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Opens a page of ours and follows where it leads.
    pub(crate) async fn open(&mut self, path: &str) -> Screen {
        let answer = self.send(self.http.get(self.full(path))).await;
        self.follow(path, answer, false).await
    }

    /// Sends a form and follows where it leads.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Screen {
        let answer = self.send(self.form(path, fields)).await;
        self.follow(path, answer, true).await
    }

    /// Sends a form and stays where it is answered.
    pub(crate) async fn submit_alone(&mut self, path: &str, fields: &[(&str, &str)]) -> Screen {
        let answer = self.send(self.form(path, fields)).await;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let url = location.unwrap_or(path).to_owned();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Screen { status, headers, url, html: answer.text().await.unwrap() }
    }

    /// Sends a form that is on a page, with its hidden field.
    pub(crate) async fn press(&mut self, page: &Screen, action: &str, fields: &[(&str, &str)]) -> Screen {
        let token = page.token(action);
        self.submit(action, &[&[("token", token.as_str())], fields].concat()).await
    }

    /// Types an address, then the code from the mail; ends on whatever comes after.
    pub(crate) async fn sign_in(&mut self, app: &TestApp, page: Screen, email: &str) -> Screen {
        let first = page.url.split('?').next().unwrap_or_default().to_owned();
        let page = self.press(&page, &first, &[("email", email)]).await;
        assert_eq!((page.status, page.url.ends_with("/code")), (200, true), "{page:?}");
        let code = app.newest_code(email).await;
        let action = page.url.clone();
        self.press(&page, &action, &[("code", &code)]).await
    }

    /// Allows what a consent page asks.
    pub(crate) async fn allow(&mut self, page: &Screen) -> Screen {
        assert!(page.url.ends_with("/consent"), "{page:?}");
        self.press(page, &page.url.clone(), &[("decision", "allow")]).await
    }

    fn full(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(self.full(path));
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let mut request =
            if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    async fn follow(&mut self, path: &str, mut answer: Response, mut by_form: bool) -> Screen {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let Some(location) = answer.headers().get(LOCATION) else { break };
            assert_eq!(answer.status(), 303, "RFC 9700 4.12");
            path = location.to_str().unwrap().to_owned();
            if !path.starts_with('/') {
                break;
            }
            answer = self.send(self.http.get(self.full(&path))).await;
            by_form = false;
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let screen = Screen { status, headers, url: path, html: answer.text().await.unwrap() };
        let is_page = ["/signin/", "/signout/"].iter().any(|pages| screen.url.contains(pages)) && !by_form;
        if !screen.html.contains("name=\"token\"") || is_page {
            return screen;
        }
        // Of the forms the one that goes on: the consent page begins with the way to another account.
        let actions = screen.actions();
        let decision = actions.iter().find(|action| action.ends_with("/consent"));
        let url = decision.or_else(|| actions.first()).unwrap_or(&screen.url).clone();
        Screen { url, ..screen }
    }

    /// Sends the form of a page that goes on by itself.
    pub(crate) async fn go_on(&mut self, page: &Screen) -> Screen {
        let action = page.actions().first().unwrap_or_else(|| panic!("no form in {page:?}")).clone();
        assert!(page.says("document.forms[0].submit()"), "{page:?}");
        self.press(page, &action, &[]).await
    }
}
