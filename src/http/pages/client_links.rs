//! The links to what an application says of itself elsewhere.

use super::text::link;
use super::words::ConsentWords;
use crate::protocol::client::LocalizedClientDisplay;

/// Links of a client to its home page, policy and terms, with their texts (OpenID Connect Registration §2).
pub(super) fn client_links(
    client: &LocalizedClientDisplay<'_>,
    texts: &ConsentWords,
) -> Vec<(String, &'static str)> {
    let all = [(client.home, texts.home), (client.policy, texts.policy), (client.terms, texts.terms)];
    all.into_iter().filter_map(|(url, text)| Some((link(url)?, text))).collect()
}
