//! All functions in one process, and the operator's command line.

mod audit;
mod closed;
mod confirm;
mod effects;
mod existing;
mod failure;
mod invitations;
mod items;
mod list_files;
mod lists;
mod local;
mod policy_file;
mod progress;
mod requests;
mod router;
mod text;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use host::{Platform, Settings, StartError};

use crate::router::{Jobs, Router};

/// The gate that Microsoft's sign-up service calls while a person signs up.
#[derive(Parser)]
#[command(name = "vestibule", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the three steps and the review room in one process.
    Serve(Serve),
    /// Whether the histories of requests are as they were written.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Effects that were given up: accounts that were not created, mails that were not sent.
    #[command(subcommand)]
    Effects(effects::Command),
    /// Codes that let people sign up.
    #[command(subcommand)]
    Invitations(invitations::Command),
    /// Items that the policy looks up. What it prints may be personal.
    #[command(subcommand)]
    Items(items::Command),
    /// Lists that the policy looks up: packed files, and those in the store.
    #[command(subcommand)]
    Lists(lists::Command),
    /// Looks after the policy file.
    #[command(subcommand)]
    Policy(policy_file::Command),
    /// Requests that wait for reviewers, or were decided: looks at them, decides, forgets. What it prints is personal.
    #[command(subcommand)]
    Requests(requests::Command),
}

/// Flags win over the environment. Secrets have none: a command line can be seen by others.
#[derive(Args)]
struct Serve {
    /// Generate what is not set: credentials, a reviewer's token, a SQLite file, all kept in `.vestibule`
    #[arg(long)]
    local: bool,
    /// The policy file [VESTIBULE_POLICY; policy.toml]
    #[arg(long, value_name = "PATH")]
    policy: Option<String>,
    /// Where requests are kept: sqlite:PATH or dynamodb:TABLE [VESTIBULE_STORE]
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// The port to listen at [PORT; 3000]
    #[arg(long, value_name = "NUMBER")]
    port: Option<String>,
    /// The IP address to listen at [VESTIBULE_BIND; 127.0.0.1]
    #[arg(long, value_name = "IP")]
    bind: Option<String>,
    /// How long a call may take, in milliseconds [VESTIBULE_DEADLINE_MS; 1500]
    #[arg(long, value_name = "MILLISECONDS")]
    deadline_ms: Option<String>,
    /// What stands before /review in the addresses that browsers use [VESTIBULE_BASE_PATH]
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Policy(command) => command.run(),
        Command::Lists(command) => on_runtime(lists::main(command)),
        Command::Invitations(command) => on_runtime(invitations::main(command)),
        Command::Items(command) => on_runtime(items::main(command)),
        Command::Audit(command) => on_runtime(audit::main(command)),
        Command::Effects(command) => on_runtime(effects::main(command)),
        Command::Requests(command) => on_runtime(requests::main(command)),
        Command::Serve(flags) => on_runtime(async {
            match serve(&flags).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => host::fail(&error),
            }
        }),
    }
}

fn on_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => host::fail(&StartError::new(format!("no runtime: {error}"))),
    }
}

async fn serve(flags: &Serve) -> Result<(), StartError> {
    let platform = Platform::detect(&|name| flags.variable(name))?;
    host::telemetry::start(&platform);
    match router(flags, &platform).await {
        Ok((router, jobs)) => {
            let running = jobs.start();
            let served = host::serve(&platform, router).await;
            running.stop().await;
            served
        }
        // The Azure host gives up after about three failed starts, and then answers nothing that the sign-up service
        // understands. Behind it a wrong setting serves blocks, and the log says why.
        Err(error) if matches!(platform, Platform::Azure { .. }) => {
            tracing::error!(target: "vestibule", reason = %error, "every sign-up is blocked: a setting or the policy is wrong");
            host::serve(&platform, Router::closed()).await
        }
        Err(error) => Err(error),
    }
}

async fn router(flags: &Serve, platform: &Platform) -> Result<(Router, Jobs), StartError> {
    let mut settings = Settings::read(&|name| flags.variable(name))?;
    let guide = match flags.local {
        true => Some(local::complete(&mut settings)?),
        false => None,
    };
    let prefix = if matches!(platform, Platform::Azure { .. }) {
        "/api"
    } else {
        ""
    };
    let router = Router::open(&settings, prefix).await?;
    if let Some(guide) = guide {
        guide.print();
    }
    Ok(router)
}

impl Serve {
    fn variable(&self, name: &str) -> Option<String> {
        let flag = match name {
            "VESTIBULE_POLICY" => &self.policy,
            "VESTIBULE_STORE" => &self.store,
            "PORT" => &self.port,
            "VESTIBULE_BIND" => &self.bind,
            "VESTIBULE_DEADLINE_MS" => &self.deadline_ms,
            "VESTIBULE_BASE_PATH" => &self.base_path,
            _ => &None,
        };
        flag.clone().or_else(|| host::environment(name))
    }
}
