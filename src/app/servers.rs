//! The web servers of the process, which start and end together.

use actix_web::dev::{Server, ServerHandle};
use tokio::task::JoinHandle;

/// The public listener, and the admin listener if there is one.
pub(super) struct Listeners {
    handles: Vec<ServerHandle>,
    serving: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Listeners {
    pub(super) fn start(servers: impl Iterator<Item = Server>) -> Self {
        let mut begun = Self { handles: Vec::new(), serving: Vec::new() };
        for server in servers {
            begun.handles.push(server.handle());
            begun.serving.push(actix_web::rt::spawn(server));
        }
        begun
    }

    /// Returns when a server ended unexpectedly; the process must then be restarted from outside.
    pub(super) async fn ended(&mut self) {
        std::future::poll_fn(|context| {
            let ended = |one: &mut JoinHandle<_>| std::pin::Pin::new(one).poll(context).is_ready();
            if self.serving.iter_mut().any(ended) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    /// Closes the listeners and waits until requests in flight are answered.
    pub(super) async fn drain(&self) {
        for handle in &self.handles {
            handle.stop(true).await;
        }
    }

    /// Ends the servers without waiting for requests in flight.
    pub(super) fn give_up(&self) {
        for handle in &self.handles {
            drop(handle.stop(false));
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}
