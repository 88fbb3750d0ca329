//! Effects, carried out beside the calls.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use deliver::{Deliverer, Report};
use futures_util::{FutureExt, future::join_all};
use store::StoreError;
use tokio::{sync::Notify, task::JoinHandle};

/// How often the outbox is looked at without being told: what waits for another attempt is due some time.
const INTERVAL: Duration = Duration::from_secs(2);

/// How long one run may take before it looks whether the process is to end.
const RUN: Duration = Duration::from_secs(5);

/// How long the run in flight may take when the process ends; what it does not record then is done again.
const LAST_RUN: Duration = Duration::from_secs(10);

/// What carries out effects while the process serves: a task for each receiver, so that none waits for another.
pub(crate) struct Background(Vec<Task>);

struct Task {
    deliverer: Deliverer,
    wake: Arc<Notify>,
}

/// Tells every task that there may be something to do.
#[derive(Clone, Default)]
pub(crate) struct Wake(Vec<Arc<Notify>>);

impl Wake {
    pub(crate) fn all(&self) {
        self.0.iter().for_each(|wake| wake.notify_one());
    }
}

impl Background {
    pub(crate) fn new(deliverer: &Deliverer) -> Background {
        let task = |deliverer| Task {
            deliverer,
            wake: Arc::default(),
        };
        Background(deliverer.one_for_each_receiver().into_iter().map(task).collect())
    }

    pub(crate) fn wake(&self) -> Wake {
        Wake(self.0.iter().map(|task| task.wake.clone()).collect())
    }

    pub(crate) fn start(self) -> Running {
        let start = |task: Task| {
            let stop = Arc::new(Notify::new());
            (stop.clone(), tokio::spawn(task.run(stop)))
        };
        Running(self.0.into_iter().map(start).collect())
    }
}

impl Task {
    async fn run(self, stop: Arc<Notify>) {
        let clock = assembly::clock();
        loop {
            let run = AssertUnwindSafe(self.deliverer.drain(clock.now().plus(RUN)))
                .catch_unwind()
                .await;
            // The panic hook said where; the next run tries again.
            let run = run.unwrap_or_else(|_panic| Ok(Report::default()));
            log(&run);
            let again = matches!(&run, Ok(report) if *report != Report::default());
            let pause = if again { Duration::ZERO } else { INTERVAL };
            tokio::select! {
                biased;
                () = stop.notified() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// Runs that go on until they are told to stop.
pub(crate) struct Running(Vec<(Arc<Notify>, JoinHandle<()>)>);

impl Running {
    /// Finishes the runs in flight.
    pub(crate) async fn stop(self) {
        let (stops, tasks): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        stops.iter().for_each(|stop| stop.notify_one());
        if tokio::time::timeout(LAST_RUN, join_all(tasks)).await.is_err() {
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
