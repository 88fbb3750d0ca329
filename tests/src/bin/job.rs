//! A job on the product's own host whose runs do what `RUNS` says, one word a run: `done` finds something to do, `slow`
//! says `begun` and takes a second over it, `time` tells its time as a count of seconds, `fail` fails, `panic` panics;
//! afterwards there is nothing to do.

use std::{
    convert::Infallible,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use host::{Job, JobError, Platform, Ran, Settings, StartError};

fn main() -> ExitCode {
    match Settings::from_environment().map(|settings| settings.platform) {
        Ok(platform @ Platform::Azure { .. }) => host::run(behind_azure(platform)),
        _ => host::job_main(async |_settings| Ok(Script::read())),
    }
}

/// As a process that serves HTTP functions as well has it.
async fn behind_azure(platform: Platform) -> Result<(), StartError> {
    host::telemetry::start(&platform);
    let (script, azure) = (Arc::new(Script::read()), platform.clone());
    let service = tower::service_fn(move |request| {
        let (script, azure) = (script.clone(), azure.clone());
        async move { Ok::<_, Infallible>(host::azure_job(&azure, &*script, request).await) }
    });
    host::serve(&platform, service).await
}

struct Script {
    runs: Vec<String>,
    next: AtomicUsize,
}

impl Script {
    fn read() -> Script {
        let runs = std::env::var("RUNS").unwrap_or_default();
        Script {
            runs: runs.split_whitespace().map(str::to_owned).collect(),
            next: AtomicUsize::new(0),
        }
    }
}

impl Job for Script {
    /// That of the function for which the product's own `azure/` has a timer.
    const NAME: &'static str = "deliver";

    fn longest_piece(&self) -> Duration {
        Duration::from_secs(60)
    }

    #[expect(clippy::panic, clippy::print_stdout, reason = "what this program is for")]
    async fn run(&self, time: Duration) -> Result<Ran, JobError> {
        let run = self.next.fetch_add(1, Ordering::Relaxed);
        let done = |done| Ran { done, ..Ran::default() };
        match self.runs.get(run).map(String::as_str) {
            Some("done") => Ok(done(1)),
            Some("slow") => {
                println!("begun");
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(done(1))
            }
            Some("time") => Ok(done(usize::try_from(time.as_secs()).unwrap_or(usize::MAX))),
            Some("fail") => Err(JobError::new("the script says so")),
            Some("panic") => panic!("a secret that no log may show"),
            _ => Ok(Ran::default()),
        }
    }
}
