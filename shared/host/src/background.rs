//! Jobs beside one another in one process: each runs again and again, in a task of its own, so that none waits for another.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{sync::Notify, task::JoinHandle};

use crate::{Job, job, random_id};

/// How long a task waits from one run that found nothing to the next: what waits for another attempt is due some time.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// How long one run begins new pieces of work. Short, so that the end of the process does not wait for all that is due.
const RUN: Duration = Duration::from_secs(5);

/// How long the runs in flight may take when the process ends; what they do not record then is done again.
const LAST_RUN: Duration = Duration::from_secs(10);

/// Jobs that are not started yet.
pub struct Background<J>(Vec<Task<J>>);

struct Task<J> {
    job: J,
    wake: Arc<Notify>,
}

/// Tells every task that there may be something to do.
#[derive(Clone, Default)]
pub struct Wake(Vec<Arc<Notify>>);

impl Wake {
    /// Does so; a run in flight is followed by another one.
    pub fn all(&self) {
        self.0.iter().for_each(|wake| wake.notify_one());
    }
}

impl<J: Job> Background<J> {
    /// A task for each [part](Job::apart) of a job.
    pub fn new(job: J) -> Background<J> {
        let task = |job| Task {
            job,
            wake: Arc::default(),
        };
        Background(job.apart().into_iter().map(task).collect())
    }

    /// What wakes the tasks.
    pub fn wake(&self) -> Wake {
        Wake(self.0.iter().map(|task| task.wake.clone()).collect())
    }

    /// Starts them, on the runtime that this is called in.
    pub fn start(self) -> Running {
        let start = |task: Task<J>| {
            let stop = Arc::new(Notify::new());
            (stop.clone(), tokio::spawn(task.run(stop)))
        };
        Running(self.0.into_iter().map(start).collect())
    }
}

impl<J: Job> Task<J> {
    async fn run(self, stop: Arc<Notify>) {
        loop {
            // What failed is in the log, and the next run tries again.
            let ran = job::run(&self.job, RUN, &random_id()).await;
            let pause = J::pause(ran.unwrap_or_default());
            tokio::select! {
                biased;
                () = stop.notified() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// Tasks that go on until they are told to stop.
pub struct Running(Vec<(Arc<Notify>, JoinHandle<()>)>);

impl Running {
    /// Finishes the runs in flight, as far as there is time.
    pub async fn stop(self) {
        let (stops, tasks): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        stops.iter().for_each(|stop| stop.notify_one());
        if tokio::time::timeout(LAST_RUN, join_all(tasks)).await.is_err() {
            tracing::warn!(target: "vestibule", "jobs were still at work after {} s", LAST_RUN.as_secs());
        }
    }
}
