//! What a browser keeps for us, and what proves that a form was sent from a page of ours in that browser.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Context, InternalError};
use crate::protocol::id::{ChallengeId, InteractionId, OrganizationId, SsoId, UserId};
use crate::protocol::mac::{MacKeyId, MacPurpose};
use crate::protocol::opaque::Opaque;
use crate::protocol::secret::Secret;

/// What a browser sent us of what it keeps.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The browser's own secret: its interactions are bound to it.
    pub secret: Option<Secret<String>>,
    /// Its sign-ins, by organization.
    pub sso: BTreeMap<OrganizationId, Secret<String>>,
    /// The device values of earlier sign-ins, by organization.
    pub devices: BTreeMap<OrganizationId, Secret<String>>,
}

/// What a browser is to keep from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookieChanges {
    /// The browser's own secret.
    pub secret: Option<Secret<String>>,
    /// A new sign-in.
    pub sso: Option<OrganizationCookie>,
    /// The device value of that sign-in.
    pub device: Option<OrganizationCookie>,
    /// The organizations whose sign-in it is to forget.
    pub forget: Vec<OrganizationId>,
}

/// A value of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationCookie {
    pub organization: OrganizationId,
    pub value: Secret<String>,
    /// For how long.
    pub lifetime: Duration,
}

impl Browser {
    /// The sign-in at an organization, as the store knows it.
    pub(super) fn sso_id(&self, organization: &OrganizationId) -> Option<SsoId> {
        let value = self.sso.get(organization)?;
        Some(SsoId::of(&Opaque::parse(value.expose())?))
    }

    /// What an interaction of this browser is stored with; `None` for a browser without a secret.
    pub(super) fn fingerprint(&self) -> Option<String> {
        self.secret.as_ref().map(fingerprint)
    }
}

/// The SHA-256 of a browser's secret.
pub(super) fn fingerprint(secret: &Secret<String>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.expose().as_bytes()))
}

/// What a form is for: a token of one is none of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormPurpose<'a> {
    /// The steps of signing in.
    SignIn,
    /// A decision about the account that the page named.
    Decision(&'a SsoId),
    /// The end-user's word about a logout of these sign-ins.
    SignOut(&'a [SsoId]),
}

impl Context {
    /// A browser's secret: 128 random bits.
    pub(super) fn new_browser_secret(&self) -> Secret<String> {
        Secret::new(URL_SAFE_NO_PAD.encode(self.random::<16>()))
    }

    /// The value of the sign-in that the code of a challenge makes in this browser: 256 bits that nobody can know who
    /// has not both the browser's secret and our key. A form that is sent twice makes one and the same.
    pub(super) fn sso_value(
        &self,
        user: &UserId,
        interaction: &InteractionId,
        challenge: &ChallengeId,
        browser: &Secret<String>,
    ) -> Result<Opaque, InternalError> {
        let covered = [
            b"sso\0".as_slice(),
            interaction.as_bytes().as_slice(),
            challenge.as_bytes().as_slice(),
            browser.expose().as_bytes(),
        ];
        let key = self.mac_keys.active();
        let secret = self.mac_keys.mac(key, MacPurpose::Cookie, &covered.concat());
        let secret = secret.map_err(|_| InternalError::Unexpected("the active MAC key is gone"))?;
        Ok(Opaque::new(self.subject_bucket(user), secret))
    }

    /// 128 bits that follow from what a form of this browser says, each part with its length before it: the same whenever
    /// the form is sent, and nobody else's.
    pub(super) fn form_digest(
        &self,
        parts: &[&[u8]],
        browser: &Secret<String>,
    ) -> Result<[u8; 16], InternalError> {
        let mut covered = b"form digest\0".to_vec();
        for part in parts.iter().copied().chain([browser.expose().as_bytes()]) {
            covered.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            covered.extend(part);
        }
        let tag = self.mac_keys.mac(self.mac_keys.active(), MacPurpose::Cookie, &covered);
        let tag = tag.map_err(|_| InternalError::Unexpected("the active MAC key is gone"))?;
        Ok(tag.first_chunk::<16>().copied().unwrap_or_default())
    }

    /// The hidden field of a form: only this browser, in this interaction, for this purpose can send it back. The
    /// browser's secret is in its cookie, which another site can neither read nor set.
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

    /// Whether a hidden field is the one that [`Context::form_token`] made.
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
    // An id has a fixed length, so their number tells where they end.
    let number = accounts.len().to_be_bytes();
    let accounts =
        number.iter().chain(accounts.iter().flat_map(SsoId::as_bytes)).copied().collect::<Vec<_>>();
    [b"form\0", purpose, b"\0", id.as_bytes().as_slice(), &accounts, browser.expose().as_bytes()].concat()
}
