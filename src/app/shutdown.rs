//! The end of the process: requests in flight, queued mails and logout notices are finished within the deadline.

use std::time::Duration;

use super::mail::Mail;
use super::servers::Listeners;
use crate::outbound::BackChannel;

/// Finishes what is under way. Answers how many mails and logout notices were left, or why it was cut short.
pub(super) async fn drain(
    servers: &mut Listeners,
    mail: &Mail,
    notices: &BackChannel,
    deadline: Duration,
    mut stop: impl AsyncFnMut(),
) -> Result<(usize, usize), &'static str> {
    tracing::info!(
        "the process ends after requests in flight and queued mails; a second signal ends it at once"
    );
    let drained = async {
        servers.drain().await;
        // Mails and notices are sent at the same time, each within the deadline.
        let (mails, notices) = (mail.drain(deadline), notices.drain(deadline));
        tokio::join!(mails, notices)
    };
    tokio::select! {
        // Twice the deadline: once for the requests, once for mails and notices.
        left = tokio::time::timeout(deadline.saturating_mul(2), drained) => left.map_err(|_| "at the shutdown deadline"),
        () = stop() => Err("at once on a second signal"),
    }
}

pub(super) fn report(left: &Result<(usize, usize), &'static str>) {
    match left {
        Ok((0, 0)) => {
            tracing::info!("the process ended; all requests, mails and logout notices were finished");
        }
        Ok((mails, notices)) => {
            tracing::warn!(
                mails,
                notices,
                "the process ended; these numbers of mails and logout notices were not sent"
            );
        }
        Err(how) => {
            tracing::warn!("the process ended {how}; requests, mails and logout notices may be lost");
        }
    }
}
