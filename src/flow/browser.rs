//! A browser's cookies, and the tokens that prove that a form was sent from a page of ours in that browser.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Context, InternalError, Result};
use crate::protocol::id::{ChallengeId, InteractionId, OrganizationId, SsoId, UserId};
use crate::protocol::mac::{MacKeyId, MacPurpose};
use crate::protocol::opaque::Opaque;
use crate::protocol::secret::Secret;

/// The values of our cookies in a request.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The browser's own secret, which its interactions are bound to.
    pub secret: Option<Secret<String>>,
    /// The values of its SSO sessions, by organization.
    pub sso: BTreeMap<OrganizationId, Secret<String>>,
    /// The values of its known-device cookies, by organization.
    pub devices: BTreeMap<OrganizationId, Secret<String>>,
}

/// The cookies to set or remove.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieChanges {
    pub secret: Option<Secret<String>>,
    /// The value of a new SSO session.
    pub sso: Option<OrganizationCookie>,
    /// The known-device value of that sign-in.
    pub device: Option<OrganizationCookie>,
    /// The organizations whose SSO session the browser has to forget.
    pub forget: Vec<OrganizationId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationCookie {
    pub organization: OrganizationId,
    pub value: Secret<String>,
    pub lifetime: Duration,
}

impl Browser {
    /// The id of the SSO session at an organization.
    pub(super) fn sso_id(&self, organization: &OrganizationId) -> Option<SsoId> {
        let value = self.sso.get(organization)?;
        Some(SsoId::of(&Opaque::parse(value.expose())?))
    }

    pub(super) fn fingerprint(&self) -> Option<String> {
        self.secret.as_ref().map(fingerprint)
    }
}

/// The SHA-256 of a browser's secret, which interactions are stored with.
pub(super) fn fingerprint(secret: &Secret<String>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.expose().as_bytes()))
}

/// The purpose of a form. A token for one purpose is not valid for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormPurpose<'a> {
    /// The steps of signing in.
    SignIn,
    /// A decision for the account that the page named.
    Decision(&'a SsoId),
    /// The confirmation of a logout from these SSO sessions.
    SignOut(&'a [SsoId]),
}

impl Context {
    /// A browser's secret of 128 random bits.
    pub(super) fn new_browser_secret(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.random::<16>()))
    }

    /// The value of the SSO session that a challenge's code opens in this browser. It has 256 bits that
    /// nobody can compute without both the browser's secret and our key. A form that is sent twice results in
    /// the same value.
    pub(super) fn sso_value(
        &self,
        user: &UserId,
        interaction: &InteractionId,
        challenge: &ChallengeId,
        browser: &Secret<String>,
    ) -> Result<Opaque> {
        let covered = [
            b"sso\0".as_slice(),
            interaction.as_bytes().as_slice(),
            challenge.as_bytes().as_slice(),
            browser.expose().as_bytes(),
        ];
        let key = self.mac_keys.active();
        let secret = self.mac_keys.mac(key, MacPurpose::Cookie, &covered.concat());
        let secret = secret.map_err(|_| InternalError::Unexpected("the active MAC key is missing"))?;
        Ok(Opaque::new(self.subject_bucket(user), secret))
    }

    /// 128 bits that are derived from a form's contents, each part with its length, and the browser's secret.
    /// They are the same whenever this browser sends the form, and different for everybody else.
    pub(super) fn form_digest(&self, parts: &[&[u8]], browser: &Secret<String>) -> Result<[u8; 16]> {
        let mut covered = b"form digest\0".to_vec();
        for part in parts.iter().copied().chain([browser.expose().as_bytes()]) {
            covered.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            covered.extend(part);
        }
        let tag = self.mac_keys.mac(self.mac_keys.active(), MacPurpose::Cookie, &covered);
        let tag = tag.map_err(|_| InternalError::Unexpected("the active MAC key is missing"))?;
        Ok(tag.first_chunk::<16>().copied().unwrap_or_default())
    }

    /// The hidden field of a form, which only this browser can send back, in this interaction and for this
    /// purpose. The browser's secret is in its cookie, which another site can neither read nor set.
    pub(super) fn form_token(
        &self,
        id: &InteractionId,
        browser: &Secret<String>,
        form: FormPurpose<'_>,
    ) -> String {
        let key = self.mac_keys.active();
        let tag = self.mac_keys.mac(key, MacPurpose::Cookie, &covered(id, browser, form)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([[key.number()].as_slice(), &tag].concat())
    }

    /// Whether a hidden field was made by [`Context::form_token`].
    pub(super) fn is_form_token(
        &self,
        text: &str,
        id: &InteractionId,
        browser: &Secret<String>,
        form: FormPurpose<'_>,
    ) -> bool {
        let read = || {
            let bytes: [u8; 33] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
            let (key, tag) = bytes.split_first()?;
            Some((MacKeyId::new(*key), *tag.first_chunk::<32>()?))
        };
        let Some((key, tag)) = read() else { return false };
        self.mac_keys.verify(key, MacPurpose::Cookie, &covered(id, browser, form), &tag) == Ok(true)
    }
}

fn covered(id: &InteractionId, browser: &Secret<String>, form: FormPurpose<'_>) -> Vec<u8> {
    let (purpose, accounts): (&[u8], &[SsoId]) = match form {
        FormPurpose::SignIn => (b"sign-in", &[]),
        FormPurpose::Decision(account) => (b"decision", std::slice::from_ref(account)),
        FormPurpose::SignOut(accounts) => (b"sign-out", accounts),
    };
    // Ids have a fixed length, so their number tells where they end.
    let number = accounts.len().to_be_bytes();
    let accounts =
        number.iter().chain(accounts.iter().flat_map(SsoId::as_bytes)).copied().collect::<Vec<_>>();
    [b"form\0", purpose, b"\0", id.as_bytes().as_slice(), &accounts, browser.expose().as_bytes()].concat()
}
