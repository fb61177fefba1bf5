//! The web servers of the process: begun together, ended together.

use actix_web::dev::{Server, ServerHandle};
use tokio::task::JoinHandle;

/// The public listener, and the admin listener when there is one.
pub(super) struct Listeners {
    handles: Vec<ServerHandle>,
    serving: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Listeners {
    /// Begins to serve.
    pub(super) fn start(servers: impl Iterator<Item = Server>) -> Self {
        let mut begun = Self { handles: Vec::new(), serving: Vec::new() };
        for server in servers {
            begun.handles.push(server.handle());
            begun.serving.push(actix_web::rt::spawn(server));
        }
        begun
    }

    /// Ends when one of them has ended though nobody asked it to: whoever looks after the process has to start it anew.
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

    /// Takes no more connections, and waits until requests in flight are answered.
    pub(super) async fn drain(&self) {
        for handle in &self.handles {
            handle.stop(true).await;
        }
    }

    /// Ends them without waiting for anybody.
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
