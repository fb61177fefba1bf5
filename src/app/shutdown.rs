//! The end of the process: requests in flight, queued mails and logout notices are finished within the deadline.

use std::time::Duration;

use super::mail::Mail;
use super::servers::Listeners;
use crate::outbound::BackChannel;

pub(super) enum ShutdownOutcome {
    /// All requests were finished; these numbers of mails and logout notices were not sent.
    Drained { mails: usize, notices: usize },
    /// The end did not wait for everything, for this reason.
    CutShort(&'static str),
}

/// Finishes what is under way.
pub(super) async fn drain(
    servers: &mut Listeners,
    mail: &Mail,
    notices: &BackChannel,
    deadline: Duration,
    mut stop: impl AsyncFnMut(),
) -> ShutdownOutcome {
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
        left = tokio::time::timeout(deadline.saturating_mul(2), drained) => match left {
            Ok((mails, notices)) => ShutdownOutcome::Drained { mails, notices },
            Err(_) => ShutdownOutcome::CutShort("at the shutdown deadline"),
        },
        () = stop() => ShutdownOutcome::CutShort("at once on a second signal"),
    }
}

pub(super) fn log(outcome: &ShutdownOutcome) {
    match outcome {
        ShutdownOutcome::Drained { mails: 0, notices: 0 } => {
            tracing::info!("the process ended; all requests, mails and logout notices were finished");
        }
        ShutdownOutcome::Drained { mails, notices } => {
            tracing::warn!(
                mails,
                notices,
                "the process ended; these numbers of mails and logout notices were not sent"
            );
        }
        ShutdownOutcome::CutShort(how) => {
            tracing::warn!("the process ended {how}; requests, mails and logout notices may be lost");
        }
    }
}
