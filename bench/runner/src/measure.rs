//! How a row is measured: the function and its baseline in turn, so that whatever slows the machine slows both.

use end_to_end::binaries;
use end_to_end::events::Caller;
use end_to_end::http::Request;
use end_to_end::process::Program;
use end_to_end::runtime_api::{Invocation, Lambda};
use std::fs;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Warm calls go to one side this many times before the other has its turn.
const BATCH: usize = 25;

/// How often each side starts, and how many warm calls it gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) starts: usize,
    pub(crate) calls: usize,
}

/// A function and its baseline, ready to start, and the calls for both.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) function: Side,
    pub(crate) baseline: Side,
    pub(crate) request: fn(u64) -> Request,
}

/// One of the two.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// What its answers hold: a wrong answer, however fast, is no measurement.
    pub(crate) answer: &'static str,
}

/// What came out for one side.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// From the start of the process to its first answer, one of each start.
    pub(crate) starts: Sample,
    /// From handing over an event to its answer.
    pub(crate) warm: Sample,
    /// The most memory that the process had, in bytes, after all warm calls.
    pub(crate) peak_memory: u64,
    /// The size of its arm64 zip, where there is one.
    pub(crate) zip: Option<u64>,
}

/// Durations, sorted.
#[derive(Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Pair {
    /// Measures both sides: the function first, then its baseline.
    pub(crate) fn measure(&self, counts: Counts) -> (Measured, Measured) {
        let (function_starts, baseline_starts) = self.measure_starts(counts.starts);
        let (mut function, mut baseline) = self.measure_warm(counts.calls);
        (function.starts, baseline.starts) = (function_starts, baseline_starts);
        (function.zip, baseline.zip) = (zip_size(self.function.name), zip_size(self.baseline.name));
        (function, baseline)
    }

    fn measure_starts(&self, starts: usize) -> (Sample, Sample) {
        // The first start of each reads its file from disk.
        let _ = (self.start(&self.function), self.start(&self.baseline));
        (0..starts)
            .map(|_| (self.start(&self.function), self.start(&self.baseline)))
            .unzip()
    }

    fn start(&self, side: &Side) -> Duration {
        let event = self.event();
        let lambda = side.start();
        side.answer(&lambda, event) - lambda.process().started()
    }

    /// Warm calls alone.
    pub(crate) fn measure_warm(&self, calls: usize) -> (Measured, Measured) {
        let (function, baseline) = (self.function.start(), self.baseline.start());
        let _ = (
            self.call(&self.function, &function, 0..BATCH),
            self.call(&self.baseline, &baseline, 0..BATCH),
        );
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for batch in (0..calls).step_by(BATCH) {
            let batch = batch..calls.min(batch + BATCH);
            ours.extend(self.call(&self.function, &function, batch.clone()));
            theirs.extend(self.call(&self.baseline, &baseline, batch));
        }
        (measured(&function, ours), measured(&baseline, theirs))
    }

    fn call(&self, side: &Side, lambda: &Lambda, batch: Range<usize>) -> Vec<Duration> {
        let call = |_| {
            let event = self.event();
            let handed_over = Instant::now();
            side.answer(lambda, event) - handed_over
        };
        batch.map(call).collect()
    }

    /// An event of an applicant who never came before.
    fn event(&self) -> String {
        static APPLICANTS: AtomicU64 = AtomicU64::new(0);
        let request = (self.request)(APPLICANTS.fetch_add(1, Ordering::Relaxed));
        Caller::HttpApi.event(&request).to_string()
    }
}

impl Side {
    fn start(&self) -> Lambda {
        Lambda::start(self.program.clone())
    }

    /// The moment of the answer; panics where it is not the expected one.
    fn answer(&self, lambda: &Lambda, event: String) -> Instant {
        let invocation = lambda.invoke_text(event);
        let Invocation::Response(bytes, answered) = invocation else {
            panic!("{}: {invocation:?}\n{}", self.name, lambda.process().logs());
        };
        let response = Caller::HttpApi.response(&bytes);
        let right = response.status == 200 && response.text().contains(self.answer);
        assert!(right, "{}: {response:?}\n{}", self.name, lambda.process().logs());
        answered
    }
}

impl Sample {
    /// The value that this share of all does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.max(1) - 1).copied().unwrap_or_default()
    }

    /// The value in the middle.
    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }
}

impl Extend<Duration> for Sample {
    fn extend<T: IntoIterator<Item = Duration>>(&mut self, durations: T) {
        self.0.extend(durations);
        self.0.sort_unstable();
    }
}

fn measured(lambda: &Lambda, warm: Sample) -> Measured {
    Measured {
        warm,
        peak_memory: lambda.process().peak_memory(),
        ..Measured::default()
    }
}

/// cargo-lambda puts its zips beside the folders of the profiles.
fn zip_size(function: &str) -> Option<u64> {
    let zip = binaries::build_folder()
        .parent()?
        .join("lambda")
        .join(function)
        .join("bootstrap.zip");
    Some(fs::metadata(zip).ok()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_of_the_sample() {
        let mut sample = Sample::default();
        sample.extend((1..=100).rev().map(Duration::from_millis));
        assert_eq!(sample.median(), Duration::from_millis(50));
        assert_eq!(sample.quantile(0.99), Duration::from_millis(99));
        assert_eq!(Sample::default().median(), Duration::ZERO);
    }
}
