//! The HTML pages of the sign-in, rendered from view models. Nothing here knows a request, a store or the
//! next step.
//!
//! All pages work without a script. Only [`PostPage`] and [`CodePage`] have one, inline with a nonce like
//! every page's style sheet; [`security_headers`] admits these, the icon and the logos, and nothing else. All
//! texts are in `words`, URLs from outside are checked in `text`, and `askama` escapes everything.

mod accent;
mod address;
mod client_error;
mod client_links;
mod code;
mod consent;
mod device;
mod frame;
mod headers;
mod home;
mod icon;
mod icons;
mod message;
mod notice;
mod post;
mod refused;
mod sign_out;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use accent::{Accent, AccentTones, VISIBLE};
pub use address::{AddressNotice, AddressPage};
pub use client_error::{ClientErrorPage, ErrorContinuation};
pub use code::{CodeNotice, CodePage};
pub use consent::{ConsentKind, ConsentPage, ScopeLine};
pub use device::{DeviceNotice, DevicePage};
pub use frame::{Brand, PageChrome, PageHead};
pub use headers::{
    frame_origin, security_headers, security_headers_with_frames, security_headers_with_script,
};
pub use home::{Development, HomePage};
pub use icon::icon;
pub use message::{MessageKind, MessagePage};
pub use post::{PostPage, PostPurpose};
pub use refused::RefusalPage;
pub use sign_out::{FarewellKind, FarewellPage, SignOutPage};

/// Hidden field with a page's token.
pub const TOKEN_FIELD: &str = "token";
pub const EMAIL_FIELD: &str = "email";
pub const CODE_FIELD: &str = "code";
/// Hidden field with the reference that the code page shows.
pub const REFERENCE_FIELD: &str = "reference";
/// Field and query parameter with the user code of a device.
pub const USER_CODE_FIELD: &str = "user_code";
/// Name of the buttons on a [`ConsentPage`] or a [`SignOutPage`].
pub const DECISION_FIELD: &str = "decision";
pub const ALLOW: &str = "allow";
pub const DENY: &str = "deny";

/// A template failed. This does not happen, because it only writes to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page could not be rendered")]
pub struct PageError;

impl From<askama::Error> for PageError {
    fn from(_: askama::Error) -> Self {
        Self
    }
}
