//! `tiquo-auth health`: for images that have no other HTTP client.

use std::sync::Arc;

use clap::Args;

use crate::http::routes::READYZ;
use crate::outbound::{FetchSettings, HttpFetcher};
use crate::ports::fetcher::{Fetcher, Wanted};

/// Arguments of `health`.
#[derive(Args)]
pub(super) struct Health {
    /// Where the server is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl Health {
    pub(super) fn run(&self) -> Result<(), String> {
        let settings = FetchSettings { allow_plain_http: true, ..FetchSettings::default() };
        let fetcher: Arc<dyn Fetcher> =
            Arc::new(HttpFetcher::new(settings).map_err(|error| error.to_string())?);
        let url = format!("{}{READYZ}", self.url.trim_end_matches('/'));
        let asked = actix_web::rt::System::new().block_on(fetcher.get(Wanted::json(&url)));
        asked.map(drop).map_err(|error| format!("{url} {error}"))
    }
}
