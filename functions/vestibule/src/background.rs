//! Effects, carried out beside the calls.

use std::{sync::Arc, time::Duration};

use deliver::{Deliverer, Report};
use store::StoreError;
use tokio::{sync::Notify, task::JoinHandle};

/// How often the outbox is looked at without being told: what waits for another attempt is due some time.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long one run may take before it looks whether the process is to end.
const RUN: Duration = Duration::from_secs(5);

/// How long the run in flight may take when the process ends; what it does not record then is done again.
const LAST_RUN: Duration = Duration::from_secs(10);

/// What carries out effects while the process serves.
pub(crate) struct Background {
    deliverer: Deliverer,
    wake: Arc<Notify>,
}

impl Background {
    pub(crate) fn new(deliverer: Deliverer) -> Background {
        Background {
            deliverer,
            wake: Arc::default(),
        }
    }

    /// What tells it that there may be something to do.
    pub(crate) fn wake(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    pub(crate) fn start(self) -> Running {
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(self.run(stop.clone()));
        Running { stop, task }
    }

    async fn run(self, stop: Arc<Notify>) {
        let clock = assembly::clock();
        loop {
            let run = self.deliverer.drain(clock.now().plus(RUN)).await;
            log(&run);
            let again = matches!(&run, Ok(report) if *report != Report::default());
            let pause = if again { Duration::ZERO } else { INTERVAL };
            tokio::select! {
                () = stop.notified() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// A run that goes on until it is told to stop.
pub(crate) struct Running {
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Running {
    /// Finishes the run in flight.
    pub(crate) async fn stop(self) {
        self.stop.notify_one();
        if tokio::time::timeout(LAST_RUN, self.task).await.is_err() {
            tracing::warn!(target: "vestibule", "effects were still being carried out after {} s", LAST_RUN.as_secs());
        }
    }
}

/// Each attempt is logged where it is made; what is left is a store that failed.
fn log(run: &Result<Report, StoreError>) {
    if let Err(error) = run {
        tracing::error!(target: "vestibule", reason = %error, "effects wait: the outbox cannot be read or written");
    }
}
