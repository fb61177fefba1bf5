//! `tiquo-auth dev`: everything on this machine, ready to be tried.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::app;
use crate::config::{PREFIX, Settings};
use crate::http::routes;
use crate::protocol::metadata;

/// Arguments of `dev`.
#[derive(Args)]
pub(super) struct Dev {
    /// The port on this machine.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the data are kept.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Where the keys are kept.
    #[arg(long, value_name = "DIR", default_value = "keys/development")]
    keys: PathBuf,
    /// Use this Redis instead of a file, for example `redis://127.0.0.1:6379`.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

impl Dev {
    pub(super) fn run(&self) -> Result<(), String> {
        let own = |key: &str, value: String| (format!("{PREFIX}{key}"), value);
        let mut over = vec![own("KEYS__DIR", self.keys.display().to_string())];
        if let Some(url) = &self.redis {
            over.push(own("STORE__KIND", "redis".to_owned()));
            over.push(own("STORE__REDIS__URLS", url.clone()));
        }
        let env = over.into_iter().chain(super::environment());
        let settings =
            Settings::development(self.port, &self.data, env).map_err(|report| report.to_string())?;
        let _log = app::set_up_log(&settings).map_err(|error| error.to_string())?;
        let issuer = settings.policy.issuer.clone();
        let ready = |address| println!("{}", self.welcome(&issuer, address));
        let running = app::run(settings, super::asked_to_end(), ready);
        actix_web::rt::System::new().block_on(running).map_err(|error| error.to_string())
    }

    fn welcome(&self, issuer: &str, address: SocketAddr) -> String {
        let store =
            self.redis.as_ref().map_or_else(|| format!("{}/", self.data.display()), |_| "Redis".to_owned());
        let (send, verify, outbox) = (routes::OTP_SEND, routes::OTP_VERIFY, routes::OUTBOX);
        let (profile, refresh, jwks) = (routes::PROFILE, routes::REFRESH, routes::JWKS);
        let metadata = metadata::openid_path(issuer);
        let keys = self.keys.display();
        format!(
            "
  tiquo-auth, for development only ({address})

  Issuer        {issuer}
  Mails         {issuer}{outbox}
  JWK Set       {issuer}{jwks}
  Metadata      {issuer}{metadata}
  Organization  org_demo, public key pk_dom_demo
  Clients       demo-web (public), demo-server (confidential), for applications by OpenID Connect
  Data, keys    {store}, {keys}/

  Try it, in another terminal:

    curl -s {issuer}{send} -H 'Origin: http://localhost:3000' \\
      -H 'Content-Type: application/json' -d '{{\"public_key\":\"pk_dom_demo\",\"email\":\"ana@example.com\"}}'

  Read the code at {issuer}{outbox}, then POST public_key, challenge_id and code to
  {verify}; GET {profile} with the access token; POST {refresh} with the refresh token.
  README.md has it all to paste. Ctrl-C ends it.
"
        )
    }
}
