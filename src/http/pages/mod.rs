//! The pages that an end-user meets while signing in: what is to be shown goes in, HTML comes out. Nothing here knows
//! a request, a store or what comes next.
//!
//! A page works without a script. [`PostPage`] and [`CodePage`] have one, inline under a nonce as every page's style sheet;
//! [`security_headers`] lets in these, the icon, the logos and nothing else. Every text is in `words`, every address from outside is judged in `text`, and `askama` escapes
//! all of it.

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

/// The name of the hidden field with a page's token.
pub const TOKEN_FIELD: &str = "token";
/// The name of the field with the address.
pub const EMAIL_FIELD: &str = "email";
/// The name of the field with the code.
pub const CODE_FIELD: &str = "code";
/// The name of the hidden field with the reference that the code's page shows.
pub const REFERENCE_FIELD: &str = "reference";
/// The name of the field, and of the parameter, with the code that a device shows.
pub const USER_CODE_FIELD: &str = "user_code";
/// The name of the buttons that decide on a [`ConsentPage`] or a [`SignOutPage`].
pub const DECISION_FIELD: &str = "decision";
/// The value of the button that agrees.
pub const ALLOW: &str = "allow";
/// The value of the button that does not.
pub const DENY: &str = "deny";

/// A template failed, which it does not: it only writes to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page could not be rendered")]
pub struct PageError;

impl From<askama::Error> for PageError {
    fn from(_: askama::Error) -> Self {
        Self
    }
}
