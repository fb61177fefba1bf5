//! The SMTP relay: its settings and their validation.

use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::connection::{Connection, DeliveryFailure};
use crate::protocol::secret::Secret;

/// How the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// STARTTLS (RFC 3207), usually on port 587. A relay that does not offer it gets no mail.
    StartTls,
    /// TLS from the first byte (RFC 8314 §3.3), usually on port 465.
    Tls,
    /// No encryption. Allowed for loopback addresses only.
    None,
}

#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name, against which the certificate is verified, or IP address.
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    /// User name and password, if the relay requires authentication.
    pub credentials: Option<SmtpCredentials>,
    /// Root certificates (PEM) beside the system's, for a private relay.
    pub extra_roots: Option<String>,
    /// Our name in EHLO; the host's name when absent.
    pub hello_name: Option<String>,
    /// Limit for a connection, with TLS, EHLO and AUTH.
    pub connect_timeout: Duration,
    /// Limit for one mail on an open connection.
    pub send_timeout: Duration,
}

#[derive(Debug, Clone)]
pub struct SmtpCredentials {
    pub username: String,
    pub password: Secret<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSettingsError {
    /// Codes must not cross a network unencrypted.
    #[error(
        "mail to {host} would go unencrypted over the network: without TLS only localhost, 127.0.0.1 and ::1 \
         are allowed; use STARTTLS or TLS"
    )]
    PlainToNetwork { host: String },
    #[error("the EHLO name {name:?} is not a host name such as mail.example.com")]
    HelloName { name: String },
    #[error("the extra root certificates cannot be read: they must be one or more certificates in PEM form")]
    ExtraRoots,
    #[error("TLS for the connection to the mail relay cannot be set up: {0}")]
    Tls(String),
}

/// A relay whose settings were validated. It holds no connection.
#[derive(Clone)]
pub struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) hello_name: ClientId,
    pub(super) credentials: Option<Credentials>,
    pub(super) connect_timeout: Duration,
    pub(super) send_timeout: Duration,
}

impl Relay {
    /// Validates the settings and reads the root certificates.
    ///
    /// # Errors
    /// [`SmtpSettingsError`] says what is wrong and what would be right.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpSettingsError> {
        let host = settings.host.clone();
        let tls = match settings.security {
            SmtpSecurity::StartTls => Tls::Required(tls_parameters(settings)?),
            SmtpSecurity::Tls => Tls::Wrapper(tls_parameters(settings)?),
            SmtpSecurity::None if is_loopback(&host) => Tls::None,
            SmtpSecurity::None => return Err(SmtpSettingsError::PlainToNetwork { host }),
        };
        Ok(Self {
            host,
            port: settings.port,
            tls,
            hello_name: settings.hello_name.as_deref().map_or_else(|| Ok(ClientId::default()), hello_name)?,
            credentials: settings
                .credentials
                .as_ref()
                .map(|user| Credentials::new(user.username.clone(), user.password.expose().clone())),
            connect_timeout: settings.connect_timeout,
            send_timeout: settings.send_timeout,
        })
    }

    /// Connects, authenticates and disconnects, so that an operator can test the settings.
    ///
    /// # Errors
    /// [`DeliveryFailure`] says why the relay cannot be used.
    pub async fn check(&self) -> Result<(), DeliveryFailure> {
        let mut connection = Connection::new(self.clone());
        let outcome = connection.open().await;
        connection.hang_up().await;
        outcome
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SmtpSettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.extra_roots {
        // The TLS library would accept a text without certificates as an empty list.
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(SmtpSettingsError::ExtraRoots);
        }
        let roots = Certificate::from_pem(pem.as_bytes()).map_err(|_| SmtpSettingsError::ExtraRoots)?;
        builder = builder.add_root_certificate(roots);
    }
    builder.build().map_err(|error| SmtpSettingsError::Tls(error.to_string()))
}

fn is_loopback(host: &str) -> bool {
    // The name `localhost` always means this machine (RFC 6761 §6.3).
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Accepts only names that cannot inject another SMTP command.
fn hello_name(name: &str) -> Result<ClientId, SmtpSettingsError> {
    if let Ok(ip) = name.parse::<IpAddr>() {
        return Ok(match ip {
            IpAddr::V4(ip) => ClientId::Ipv4(ip),
            IpAddr::V6(ip) => ClientId::Ipv6(ip),
        });
    }
    let sound = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() > 253 || !name.split('.').all(sound) {
        return Err(SmtpSettingsError::HelloName { name: name.to_owned() });
    }
    Ok(ClientId::Domain(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_name_cannot_carry_a_command() {
        for good in ["mail.example.com", "localhost", "xn--bcher-kva.example", "192.0.2.1", "2001:db8::1"] {
            assert!(hello_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\r\nMAIL FROM:<x@y.z>", "a..b", "bücher.example", "[::1]"] {
            assert!(hello_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for here in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_loopback(here), "{here}");
        }
        for there in
            ["", "mail.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "127.0.0.1.nip.io"]
        {
            assert!(!is_loopback(there), "{there}");
        }
    }
}
