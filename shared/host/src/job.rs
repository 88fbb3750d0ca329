//! A job: what is not called over HTTP. Something wakes it, it works off what is due, and the next wake-up finds what it
//! left.

use std::{
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    process::ExitCode,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tracing::Instrument;

use crate::{
    Background, Platform, Settings, StartError, background::INTERVAL, lambda, log_panic, port::Signals, telemetry,
};

/// What a job is to its host.
pub trait Job: Send + Sync + 'static {
    /// Its name in the log, and behind the Azure host its path.
    const NAME: &'static str;

    /// The longest time that one piece of work takes from its beginning until it is recorded.
    fn longest_piece(&self) -> Duration;

    /// Works off what is due, until nothing is. Begins no piece of work after `time`.
    ///
    /// A run may end anywhere, and several may work at once: what that leaves half done, the next run sets right.
    fn run(&self, time: Duration) -> impl Future<Output = Result<Ran, JobError>> + Send;

    /// How long a process of its own waits from one run to the next: not at all where that run did something, and there may
    /// be more, and otherwise so long that what waits for another attempt is found soon.
    fn pause(ran: Ran) -> Duration {
        match ran == Ran::default() {
            true => INTERVAL,
            false => Duration::ZERO,
        }
    }

    /// The same job in parts that run beside one another where a process is there for that, so that what is slow in one
    /// keeps nothing else waiting.
    fn apart(self) -> Vec<Self>
    where
        Self: Sized,
    {
        vec![self]
    }
}

/// A function that this deployment has no use for: it may be woken all the same, and does nothing.
impl<J: Job> Job for Option<J> {
    const NAME: &'static str = J::NAME;

    fn longest_piece(&self) -> Duration {
        self.as_ref().map_or(Duration::ZERO, Job::longest_piece)
    }

    async fn run(&self, time: Duration) -> Result<Ran, JobError> {
        match self {
            Some(job) => job.run(time).await,
            None => Ok(Ran::default()),
        }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Pieces of work that were done.
    pub done: usize,
    /// Those that failed and are tried again.
    pub failed: usize,
    /// Those that nobody tries again before a person has looked.
    pub given_up: usize,
    /// Whether its time was over before its work was.
    pub unfinished: bool,
}

/// Why a run ended early. For the log: it holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobError(String);

impl JobError {
    /// A reason that is known to hold nothing personal.
    pub fn new(why: impl Into<String>) -> JobError {
        JobError(why.into())
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JobError {}

/// What `main` of a job's own binary does: reads the settings, builds the job and runs it, on AWS Lambda whenever the
/// table's stream or a schedule invokes it, elsewhere again and again until SIGTERM or Ctrl-C. What is wrong with a setting or the
/// policy is said on standard error, with exit 2.
pub fn job_main<J: Job, F>(build: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<J, StartError>>,
{
    crate::run(async {
        let settings = Settings::from_environment()?;
        telemetry::start(&settings.platform);
        let platform = settings.platform.clone();
        let job = build(settings).await?;
        std::panic::set_hook(Box::new(log_panic));
        match platform {
            Platform::Lambda => lambda::serve_job(&job).await,
            Platform::Plain { .. } => at_intervals(job).await,
            Platform::Azure { .. } => Err(StartError::new(
                "behind the Azure host one program serves all functions: start `vestibule serve`",
            )),
        }
    })
}

/// Runs a job until SIGTERM or Ctrl-C; what is in flight is finished.
async fn at_intervals<J: Job>(job: J) -> Result<(), StartError> {
    let mut signals = Signals::listen()?;
    tracing::info!(target: "vestibule", job = J::NAME, "{} runs every {} s", J::NAME, J::pause(Ran::default()).as_secs());
    let running = Background::new(job).start();
    signals.end().await;
    running.stop().await;
    tracing::info!(target: "vestibule", job = J::NAME, "asked to end: {} runs no more", J::NAME);
    Ok(())
}

/// Why a run did not end well. More is in the log.
pub(crate) enum Failure {
    /// It said so.
    Failed,
    /// It panicked.
    Panicked,
}

/// One run, within a span that names the invocation, and its line in the log.
pub(crate) async fn run<J: Job>(job: &J, time: Duration, invocation: &str) -> Result<Ran, Failure> {
    let span = tracing::info_span!(target: "vestibule", "run", invocation);
    let run = async {
        let start = Instant::now();
        let ran = AssertUnwindSafe(job.run(time)).catch_unwind().await;
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match ran {
            Ok(ran) => {
                log(J::NAME, &ran, milliseconds);
                ran.map_err(|_| Failure::Failed)
            }
            // The panic hook said where.
            Err(_panic) => Err(Failure::Panicked),
        }
    };
    run.instrument(span).await
}

/// One line for a run that changed anything: most find nothing to do. What was given up has an error's line of its own.
fn log(job: &str, ran: &Result<Ran, JobError>, milliseconds: u64) {
    match ran {
        Err(error) => {
            tracing::error!(target: "vestibule", job, reason = %error, milliseconds, "{job}: the run failed");
        }
        Ok(ran) if *ran == Ran::default() => {}
        Ok(Ran {
            done, failed, given_up, ..
        }) => {
            tracing::info!(
                target: "vestibule", job, done, failed, given_up, milliseconds,
                "{job}: {done} done, {failed} failed, {given_up} given up"
            );
        }
    }
}
