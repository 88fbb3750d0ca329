//! The log: JSON on the clouds, readable on a terminal.

use tracing::{Level, Metadata};
use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Platform;

/// Starts the log, on standard output. Libraries are not heard: what they say of a request may be personal or secret,
/// and no variable changes that.
pub fn start(platform: &Platform) {
    let ours =
        filter_fn(|metadata: &Metadata<'_>| metadata.target() == "vestibule" && *metadata.level() <= Level::INFO);
    let registry = tracing_subscriber::registry().with(ours);
    // A second start, in a test, keeps the first log.
    let _ = match platform {
        Platform::Plain { .. } => {
            let layer = tracing_subscriber::fmt::layer()
                .compact()
                .with_ansi(false)
                .with_target(false);
            registry.with(layer).try_init()
        }
        Platform::Lambda | Platform::Azure { .. } => {
            let layer = tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_span_list(false);
            registry.with(layer.with_target(false)).try_init()
        }
    };
}
