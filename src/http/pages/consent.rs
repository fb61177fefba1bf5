//! The pages that ask whether, and as whom, to go on to an application.

use askama::Template;

use super::PageError;
use super::client_links::client_links;
use super::frame::{BrandMark, PageChrome, PageFrame};
use super::icons;
use super::text::{initial, one_line};
use super::words::{ConsentWords, PageWords};
use crate::protocol::client::LocalizedClientDisplay;

/// A decision of somebody who is signed in. The form posts `token` and `decision` (`allow` or `deny`) to `action`;
/// `other_account` gets `token` alone.
#[derive(Debug, Clone, Copy)]
pub struct ConsentPage<'a> {
    /// What is around it.
    pub chrome: PageChrome<'a>,
    /// What is asked.
    pub kind: ConsentKind,
    /// Who asks. Links that are neither http nor https are left out, and so are logos that are not https.
    pub client: LocalizedClientDisplay<'a>,
    /// Whether it registered itself, so that nobody checked what it says of itself.
    pub unchecked: bool,
    /// Who is signed in.
    pub email: &'a str,
    /// The scope that is asked for. Only on [`ConsentKind::Consent`].
    pub scopes: &'a [ScopeLine<'a>],
    /// Where the browser goes then: a host, or the scheme of an installed application.
    pub returns_to: &'a str,
    /// The code that a device shows which waits for the answer (RFC 8628 §5.4): then the browser goes nowhere.
    pub on_device: Option<&'a str>,
    /// Where the decision is posted.
    pub action: &'a str,
    /// Where another address is asked for.
    pub other_account: &'a str,
    /// Binds the forms to the browser (CSRF).
    pub token: &'a str,
}

/// A scope token that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeLine<'a> {
    /// The token. One that we do not know is shown as it is.
    pub token: &'a str,
    /// What it means at its resource server, if the operator says that: shown before the token.
    pub words: Option<&'a str>,
    /// Whether it changes something, which is marked.
    pub writes: bool,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentKind {
    /// May the application have this access?
    Consent,
    /// Was it really you who started this? (RFC 8252 §8.6)
    Confirm,
    /// Which account (`prompt=select_account`, OpenID Connect Core §3.1.2.1)?
    Choose,
}

/// One line of what the application may do.
struct GrantedAbility<'a> {
    icon: &'static str,
    /// In words.
    text: Option<&'a str>,
    /// The token as it is, when the words are not ours.
    token: Option<&'a str>,
    /// Whether it changes something.
    writes: bool,
}

#[derive(Template)]
#[template(path = "signin/consent.html")]
struct ConsentTemplate<'a> {
    frame: PageFrame<'a>,
    page: &'a ConsentPage<'a>,
    words: &'static PageWords,
    heading: String,
    lead: Option<String>,
    unchecked: Option<(&'static str, String)>,
    client: BrandMark,
    /// What is read out at the button that agrees.
    described: Option<&'static str>,
    initial: String,
    may: String,
    abilities: Vec<GrantedAbility<'a>>,
    cancel: String,
    change_of_mind: String,
    links: Vec<(String, &'static str)>,
}

impl ConsentPage<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`PageError`], which does not happen.
    pub fn render(&self) -> Result<String, PageError> {
        let words = PageWords::of(self.chrome.locale);
        let texts = &words.consent;
        let client = BrandMark::new(self.client.name, self.client.logo);
        let organization = one_line(self.chrome.brand.organization);
        let (heading, lead) = match self.kind {
            ConsentKind::Consent => ((texts.wants)(&client.name, &organization), None),
            ConsentKind::Confirm => ((texts.confirm)(&client.name), Some((texts.confirm_lead)(&client.name))),
            ConsentKind::Choose => (texts.choose.to_owned(), Some((words.to_continue)(&client.name))),
        };
        let view = ConsentTemplate {
            frame: PageFrame::new(&self.chrome, &heading, false),
            page: self,
            words,
            heading,
            lead,
            unchecked: words.unchecked(self.unchecked, self.chrome.brand.organization),
            described: match (self.unchecked, self.on_device) {
                (true, Some(_)) => Some("unchecked device warning"),
                (true, None) => Some("unchecked"),
                (false, Some(_)) => Some("device warning"),
                (false, None) => None,
            },
            initial: initial(self.email),
            may: (texts.may)(&client.name),
            abilities: self.scopes.iter().map(|line| ability(texts, line)).collect(),
            cancel: (words.cancel_to)(&client.name),
            change_of_mind: (texts.change_of_mind)(&organization),
            links: client_links(&self.client, texts),
            client,
        };
        Ok(view.render()?)
    }

    fn is_consent(&self) -> bool {
        self.kind == ConsentKind::Consent
    }

    fn is_choose(&self) -> bool {
        self.kind == ConsentKind::Choose
    }
}

fn ability<'a>(texts: &ConsentWords, line: &ScopeLine<'a>) -> GrantedAbility<'a> {
    let ours = (texts.scope)(line.token);
    let token = ours.is_none().then_some(line.token);
    let icon = icons::of_scope(line.token).unwrap_or(if line.writes { icons::PEN } else { icons::CODE });
    GrantedAbility { icon, text: ours.or(line.words), token, writes: line.writes }
}
