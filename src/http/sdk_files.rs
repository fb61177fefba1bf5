//! The files of the browser SDK that this program was built with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const MAP: &str = "application/json";

/// A file in one content coding (RFC 9110 §8.4.1) with an entity tag of its own (§8.8.3.3).
pub(super) struct EncodedFile {
    pub(super) bytes: &'static [u8],
    pub(super) etag: String,
}

impl EncodedFile {
    fn of(bytes: &'static [u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self { bytes, etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.as_ref())) }
    }
}

/// A file of the SDK, in every coding that it is sent in.
pub(super) struct SdkFile {
    pub(super) kind: &'static str,
    pub(super) plain: EncodedFile,
    pub(super) gzip: EncodedFile,
    pub(super) brotli: EncodedFile,
}

macro_rules! file {
    ($kind:expr, $name:literal) => {
        SdkFile {
            kind: $kind,
            plain: EncodedFile::of(include_bytes!(concat!("../../sdk/dist/", $name))),
            gzip: EncodedFile::of(include_bytes!(concat!("../../sdk/dist/", $name, ".gz"))),
            brotli: EncodedFile::of(include_bytes!(concat!("../../sdk/dist/", $name, ".br"))),
        }
    };
}

/// The files of the SDK.
pub struct Sdk {
    pub(super) classic: SdkFile,
    pub(super) classic_map: SdkFile,
    pub(super) module: SdkFile,
    pub(super) module_map: SdkFile,
}

impl Sdk {
    /// The files that this program was built with.
    pub fn built() -> Self {
        Self {
            classic: file!(SCRIPT, "tiquo-auth.js"),
            classic_map: file!(MAP, "tiquo-auth.js.map"),
            module: file!(SCRIPT, "tiquo-auth.mjs"),
            module_map: file!(MAP, "tiquo-auth.mjs.map"),
        }
    }
}
