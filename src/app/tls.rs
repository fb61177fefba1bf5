//! The server's own TLS certificate, for an issuer without a proxy in front of it. A renewed certificate is
//! taken over without a restart.

use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::StartError;
use crate::config::Tls;
use crate::ports::clock::Clock;

const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Length and modification time of a file.
type CertificateMark = Option<(u64, SystemTime)>;

/// A certificate with its key, and the files they come from.
#[derive(Debug)]
pub(super) struct Certificate {
    files: Tls,
    provider: Arc<CryptoProvider>,
    /// The lock is held only to copy or replace the pointer.
    current: RwLock<CurrentCertificate>,
}

#[derive(Debug, Clone)]
struct CurrentCertificate {
    key: Arc<CertifiedKey>,
    /// The files at the last reading, whether it succeeded or not.
    seen: [CertificateMark; 2],
}

impl Certificate {
    pub(super) fn load(files: &Tls) -> Result<Arc<Self>, StartError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let seen = marks(files);
        let key = read(files, &provider)?;
        Ok(Arc::new(Self {
            files: files.clone(),
            provider,
            current: RwLock::new(CurrentCertificate { key, seen }),
        }))
    }

    /// Takes over changed files. Never returns.
    pub(super) async fn run_reloads(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            clock.sleep_until(clock.now().plus(LOOK_EVERY)).await;
            self.look();
        }
    }

    /// Takes over changed files if certificate and key match. They may be replaced one after the other: a
    /// pair that does not match yet is tried again when a file changes.
    fn look(&self) {
        let seen = marks(&self.files);
        let before = self.current();
        if seen == before.seen {
            return;
        }
        let file = self.files.certificate_file.display();
        let key = match read(&self.files, &self.provider) {
            Ok(key) => {
                tracing::info!(%file, "a new certificate is in use");
                key
            }
            Err(error) => {
                tracing::error!(%error, "the changed certificate or its key is unusable; the previous one stays in use");
                before.key
            }
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = CurrentCertificate { key, seen };
    }

    fn current(&self) -> CurrentCertificate {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key)
    }
}

/// TLS settings. The web server adds the ALPN protocols (RFC 7301) `h2` and `http/1.1`.
pub(super) fn server_config(certificate: &Arc<Certificate>) -> Result<ServerConfig, StartError> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(&certificate.provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| StartError::Tls {
        path: certificate.files.certificate_file.clone(),
        because: error.to_string(),
    })?;
    Ok(builder.with_no_client_auth().with_cert_resolver(Arc::clone(certificate) as _))
}

fn marks(files: &Tls) -> [CertificateMark; 2] {
    let mark = |path: &Path| {
        let data = fs::metadata(path).ok()?;
        Some((data.len(), data.modified().ok()?))
    };
    [mark(&files.certificate_file), mark(&files.key_file)]
}

fn read(files: &Tls, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, StartError> {
    let bad = |path: &Path, because: String| StartError::Tls { path: path.to_owned(), because };
    let chain = CertificateDer::pem_file_iter(&files.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(&files.certificate_file, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key_file)
        .map_err(|error| bad(&files.key_file, error.to_string()))?;
    let certified = CertifiedKey::from_der(chain, key, provider);
    certified.map(Arc::new).map_err(|error| bad(&files.certificate_file, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a new certificate for a name, and answers it in DER.
    fn write(files: &Tls, name: &str, with_key: bool) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        fs::write(&files.certificate_file, made.cert.pem()).unwrap();
        if with_key {
            fs::write(&files.key_file, made.signing_key.serialize_pem()).unwrap();
        }
        made.cert.der().to_vec()
    }

    fn shown(certificate: &Certificate) -> Vec<u8> {
        certificate.current().key.cert.first().unwrap().to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_taken_over_and_one_that_cannot_be_used_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let files = Tls { certificate_file: path("chain.pem"), key_file: path("key.pem") };
        let first = write(&files, "one.example", true);
        let certificate = Certificate::load(&files).unwrap();
        certificate.look();
        assert_eq!(shown(&certificate), first);
        // Longer names make longer files, so that a change is seen whatever the resolution of file times.
        write(&files, "halfway.example.example", false);
        certificate.look();
        assert_eq!(shown(&certificate), first, "its key is not there yet");
        let second = write(&files, "renewed.example.example.example", true);
        certificate.look();
        assert_eq!(shown(&certificate), second);
        fs::remove_file(&files.key_file).unwrap();
        certificate.look();
        assert_eq!(shown(&certificate), second);
    }
}
