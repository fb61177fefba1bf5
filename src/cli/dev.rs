//! `tiquo-auth dev`: runs everything on this machine for development.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::Args;

use super::failure::CommandFailure;
use super::signals::{self, Signals};
use crate::app::{self, RunningServer};
use crate::config::{PREFIX, Settings, demo_app_callback};
use crate::http::paths;
use crate::protocol::metadata;

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
    /// The port of the demo application that signs in by OpenID Connect; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 8090)]
    app_port: u16,
    /// Use this Redis instead of a file, for example `redis://127.0.0.1:6379`.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

impl Dev {
    pub(super) fn run(&self) -> Result<(), CommandFailure> {
        let own = |key: &str, value: String| (format!("{PREFIX}{key}"), value);
        let mut over = vec![own("KEYS__DIR", self.keys.display().to_string())];
        if let Some(url) = &self.redis {
            over.push(own("STORE__KIND", "redis".to_owned()));
            over.push(own("STORE__REDIS__URLS", url.clone()));
        }
        let demo_app = self.demo_app();
        let app = demo_app.as_ref().ok().and_then(|listener| listener.local_addr().ok());
        over.extend(
            app.and_then(|app| demo_app_callback(app.port(), paths::APP_CALLBACK)).into_iter().flatten(),
        );
        let env = over.into_iter().chain(super::environment());
        let settings =
            Settings::development(self.port, &self.data, env).map_err(|report| report.to_string())?;
        let format = settings.log.format;
        let _log = app::set_up_log(&settings).map_err(|error| CommandFailure::in_log(format, &error))?;
        if let Err(error) = &demo_app {
            let port = self.app_port;
            tracing::warn!(port, %error, "the demo application could not start; --app-port selects another port");
        }
        let issuer = settings.policy.issuer.clone();
        // Standard output may be closed; that must not end the server.
        let ready = |RunningServer { address, .. }| {
            drop(writeln!(io::stdout(), "{}", self.welcome(&issuer, address, app)));
        };
        let mut signals = Signals::default();
        let running = app::run_with_demo_app(settings, demo_app.ok(), async || signals.next().await, ready);
        signals::run(running).map_err(|error| CommandFailure::in_log(format, &error))
    }

    /// Takes the demo application's port first, because its client's redirect URI contains it.
    fn demo_app(&self) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, self.app_port))
    }

    fn welcome(&self, issuer: &str, address: SocketAddr, app: Option<SocketAddr>) -> String {
        let store =
            self.redis.as_ref().map_or_else(|| format!("{}/", self.data.display()), |_| "Redis".to_owned());
        let (send, verify, outbox) = (paths::OTP_SEND, paths::OTP_VERIFY, paths::OUTBOX);
        let demo = paths::DEMO;
        let app = app.map_or_else(
            || format!("not running: port {} is taken", self.app_port),
            |app| format!("http://localhost:{}/, another origin, signs in by OpenID Connect", app.port()),
        );
        let (profile, refresh, jwks) = (paths::PROFILE, paths::REFRESH, paths::JWKS);
        let metadata = metadata::openid_path(issuer);
        let keys = self.keys.display();
        format!(
            "
  tiquo-auth, for development only ({address})

  Demo shop     {issuer}{demo}
  Demo app      {app}

  Issuer        {issuer}
  Mails         {issuer}{outbox}
  JWK Set       {issuer}{jwks}
  Metadata      {issuer}{metadata}
  Organization  org_demo, public key pk_dom_demo
  Clients       demo-web (public), demo-server (confidential), for applications of your own by OpenID Connect
  Data, keys    {store}, {keys}/

  Try it, in another terminal:

    curl -s {issuer}{send} -H 'Origin: http://localhost:3000' \\
      -H 'Content-Type: application/json' -d '{{\"public_key\":\"pk_dom_demo\",\"email\":\"ana@example.com\"}}'

  Read the code at {issuer}{outbox}, then POST public_key, challenge_id and code to
  {verify}; GET {profile} with the access token; POST {refresh} with the refresh token.
  docs/client-api.md has it all to paste. Ctrl-C ends it.
"
        )
    }
}
