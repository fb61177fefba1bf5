//! Who vouches for a client, and how far its claims about itself are shown.

use super::{Client, LocalizedClientDisplay};
use crate::protocol::locale::Locale;
use crate::protocol::mail::SignInPlace;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{self, Scope};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VouchedBy {
    /// The operator, who put the client into the configuration.
    Operator,
    /// The holder of an initial access token (RFC 7591 §3). The client's claims about itself were not
    /// verified.
    InitialAccessToken,
    /// Nobody: the client registered without a token, as anyone can.
    Nobody,
}

impl Client {
    /// Who vouches for the client. This follows from its id, because only registration issues dynamic ids.
    pub fn vouched_by(&self) -> VouchedBy {
        match (self.id.is_dynamic(), &self.extras.initial_access) {
            (false, _) => VouchedBy::Operator,
            (true, Some(_)) => VouchedBy::InitialAccessToken,
            (true, None) => VouchedBy::Nobody,
        }
    }

    /// Whether the client registered itself, so that its name is unverified: pages mark the name as such, and
    /// mails do not contain it.
    pub fn is_unchecked(&self) -> bool {
        self.vouched_by() != VouchedBy::Operator
    }

    /// The presentation on a page that marks [unverified](Self::is_unchecked) clients. The logo of an
    /// unverified client is omitted, because it could imitate an organization.
    pub fn seen(&self, locale: Locale) -> LocalizedClientDisplay<'_> {
        let seen = self.shown.seen(locale);
        if self.is_unchecked() { LocalizedClientDisplay { logo: None, ..seen } } else { seen }
    }

    /// The presentation on a page without such a mark; `None` for unverified clients.
    pub fn seen_unmarked(&self, locale: Locale) -> Option<LocalizedClientDisplay<'_>> {
        (!self.is_unchecked()).then(|| self.seen(locale))
    }

    /// The link back to the client without an answer: its home page, or the start page of the request's
    /// redirect URI. `None` for an unverified client, because the page has no mark for it.
    pub fn way_back(&self, redirect_uri: Option<&str>, locale: Locale) -> Option<String> {
        let home = self.seen_unmarked(locale)?.home.map(ToOwned::to_owned);
        home.or_else(|| self.redirect_uri(redirect_uri?)?.site())
    }

    /// How a mail names the application of the sign-in. `redirect_uri` is the request's; `None` for a device.
    pub fn named_in_mail(&self, redirect_uri: Option<&str>, locale: Locale) -> SignInPlace {
        if !self.is_unchecked() {
            return SignInPlace::Named(self.shown.seen(locale).name.to_owned());
        }
        let uri = redirect_uri.and_then(|requested| self.redirect_uri(requested));
        uri.and_then(RedirectUri::registrable_domain).map_or(SignInPlace::Application, SignInPlace::Named)
    }

    /// The part of a granted scope that is still valid: a dynamically registered client loses scopes of the
    /// Client API and resource servers that it may not register any more.
    pub fn still_has(&self, granted: &Scope) -> Scope {
        if self.vouched_by() == VouchedBy::Operator {
            return granted.clone();
        }
        granted.filter(|token| scope::OPENID.contains(&token) || self.scope.contains(token))
    }
}
