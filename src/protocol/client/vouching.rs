//! Who answers for a client, and what follows for its words.

use super::{Client, LocalizedClientDisplay};
use crate::protocol::locale::Locale;
use crate::protocol::mail::SignInPlace;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{self, Scope};

/// Who answers for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VouchedBy {
    /// The operator, who wrote it into the configuration.
    Operator,
    /// Whoever has an initial access token of the operator's (RFC 7591 §3). What the client says of itself nobody checked.
    InitialAccessToken,
    /// Nobody: anybody can have registered it.
    Nobody,
}

impl Client {
    /// Who answers for it. The form of the id tells it, which only registration gives out, so that no way of loading a
    /// client can forget it.
    #[must_use]
    pub fn vouched_by(&self) -> VouchedBy {
        match (self.id.is_dynamic(), &self.extras.initial_access) {
            (false, _) => VouchedBy::Operator,
            (true, Some(_)) => VouchedBy::InitialAccessToken,
            (true, None) => VouchedBy::Nobody,
        }
    }

    /// Whether it registered itself, so that nobody checked what it says of itself: a page that shows its name says so,
    /// a mail does not name it by its own words.
    #[must_use]
    pub fn is_unchecked(&self) -> bool {
        self.vouched_by() != VouchedBy::Operator
    }

    /// How it shows itself in a language, for a page that marks it when it [is unchecked](Self::is_unchecked). Then
    /// without its logo: a picture can say anything, and be that of an organization.
    #[must_use]
    pub fn seen(&self, locale: Locale) -> LocalizedClientDisplay<'_> {
        let seen = self.shown.seen(locale);
        if self.is_unchecked() { LocalizedClientDisplay { logo: None, ..seen } } else { seen }
    }

    /// The same for a page that has no mark: nothing for a client that is unchecked.
    #[must_use]
    pub fn seen_unmarked(&self, locale: Locale) -> Option<LocalizedClientDisplay<'_>> {
        (!self.is_unchecked()).then(|| self.seen(locale))
    }

    /// Where a page leads back to it when there is no answer to bring: its home page, or else the beginning of the site where
    /// it gets its answers. `redirect_uri` is the one of the request that the end-user came with, if it came with one.
    /// `None` for a client that is unchecked: a page without its mark leads nobody there.
    #[must_use]
    pub fn way_back(&self, redirect_uri: Option<&str>, locale: Locale) -> Option<String> {
        let home = self.seen_unmarked(locale)?.home.map(ToOwned::to_owned);
        home.or_else(|| self.redirect_uri(redirect_uri?)?.site())
    }

    /// How a mail names it that a person at a page of this client asks for. `redirect_uri` is where they go on from there;
    /// `None` for a device, which goes nowhere.
    #[must_use]
    pub fn named_in_mail(&self, redirect_uri: Option<&str>, locale: Locale) -> SignInPlace {
        if !self.is_unchecked() {
            return SignInPlace::Named(self.shown.seen(locale).name.to_owned());
        }
        let uri = redirect_uri.and_then(|requested| self.redirect_uri(requested));
        uri.and_then(RedirectUri::registrable_domain).map_or(SignInPlace::Application, SignInPlace::Named)
    }

    /// What of a scope that it was granted it may still have: a client that registered itself keeps nothing of the Client
    /// API, and of resource servers, that it may not register for any more.
    #[must_use]
    pub fn still_has(&self, granted: &Scope) -> Scope {
        if self.vouched_by() == VouchedBy::Operator {
            return granted.clone();
        }
        granted.filter(|token| scope::OPENID.contains(&token) || self.scope.contains(token))
    }
}
