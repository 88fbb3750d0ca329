//! Delivering as a job: woken by the table's stream, a schedule or a timer.

use std::time::Duration;

use host::{Job, JobError, Ran};

use crate::{Deliverer, Report, lane};

impl Job for Deliverer {
    const NAME: &'static str = "deliver";

    /// As long as the longest lease: an attempt and recording what came of it.
    fn longest_piece(&self) -> Duration {
        let carriers = self.routes.iter().filter_map(|route| route.carrier.as_ref());
        let limits = carriers.map(|carrier| carrier.time_limit());
        limits.max().unwrap_or_default() + lane::MARGIN
    }

    /// One for each receiver, carried or not.
    fn apart(self) -> Vec<Deliverer> {
        let alone = |route| Deliverer {
            parts: self.parts.clone(),
            routes: vec![route],
        };
        self.routes.into_iter().map(alone).collect()
    }

    async fn run(&self, time: Duration) -> Result<Ran, JobError> {
        let until = self.parts.clock.now().plus(time);
        match self.drain(until).await {
            Ok(Report {
                delivered,
                failed,
                parked,
            }) => Ok(Ran {
                done: delivered,
                failed,
                given_up: parked,
                unfinished: false,
            }),
            Err(error) => Err(JobError::new(error.to_string())),
        }
    }
}
