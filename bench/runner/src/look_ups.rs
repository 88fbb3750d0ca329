//! `make bench-look-ups`: what calls of other systems cost a call of the sign-up service.

use crate::delivery::runtime;
use crate::house;
use crate::measure::Sample;
use crate::{rows, table};
use claims::Step;
use gate::{Credentials, Gate, Parts, Paths};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use look_ups::{LIMITS, LookUps};
use outgoing::{Limits, Outgoing, Reach};
use policy::Policy;
use secrets::Secrets;
use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use store::SystemClock;

const NAME: &str = "look-ups";
/// How long the other system takes.
const SLOW: Duration = Duration::from_millis(50);
/// What two look-ups of that time may cost a call.
const MOST: Duration = Duration::from_millis(60);
/// What one may cost whose answer is kept.
const MOST_KEPT: Duration = Duration::from_micros(20);
/// Calls that wait for the other system, and calls that do not.
const ROUNDS: usize = 100;
const ROUNDS_KEPT: usize = 20_000;
const HEADINGS: [&str; 4] = ["rules", "p50", "more than without", "p99"];

/// Measures, if the group's name holds a text, and prints a table.
pub(crate) fn measure(only: &str) {
    if NAME.contains(only) {
        println!("\n## {NAME}\n\n{}", runtime().block_on(rows_of_table()));
    }
}

async fn rows_of_table() -> String {
    let port = start();
    let without = sample(&gate(""), ROUNDS_KEPT).await;
    let two = sample(&gate(&two(port)), ROUNDS).await;
    let kept = sample(&gate(&kept(port)), ROUNDS_KEPT).await;
    let base = without.quantile(0.5);
    let row = |name: &str, sample: &Sample, most: Option<Duration>| {
        let more = sample.quantile(0.5).saturating_sub(base);
        let more = match most {
            None => "-".to_owned(),
            Some(most) => {
                let verdict = if more <= most { "reached" } else { "MISSED" };
                format!("{} (at most {}: {verdict})", micros(more), micros(most))
            }
        };
        [
            name.to_owned(),
            micros(sample.quantile(0.5)),
            more,
            micros(sample.quantile(0.99)),
        ]
    };
    let rows = [
        row("none that looks up", &without, None),
        row("two look-ups of 50 ms", &two, Some(MOST)),
        row("a look-up whose answer is kept", &kept, Some(MOST_KEPT)),
    ];
    table::aligned(HEADINGS, &rows)
}

/// How long calls of a gate take, one after the other.
async fn sample(gate: &Gate, rounds: usize) -> Sample {
    let mut all = Vec::with_capacity(rounds);
    // The first makes connections, and what is kept.
    for round in 0..=rounds {
        let request = house::called(rows::submit(1));
        let began = Instant::now();
        let response = gate.answer(request).await;
        let took = began.elapsed();
        let reply = house::read(response).await;
        assert_eq!(reply["action"], "Continue", "{reply}");
        if round > 0 {
            all.push(took);
        }
    }
    let mut sample = Sample::default();
    sample.extend(all);
    sample
}

fn two(port: u16) -> String {
    let look_up = |name: &str| {
        format!(
            "[look_ups.{name}]\nurl = \"http://127.0.0.1:{port}/{name}/{{email}}\"\nclaims = {{ extension_{name} = \"/tier\" }}\n\
             [[rules]]\nname = \"{name}\"\nstep = \"post-attribute-collection\"\nlook_up = \"{name}\"\n"
        )
    };
    look_up("One") + &look_up("Other")
}

fn kept(port: u16) -> String {
    format!(
        "[look_ups.kept]\nurl = \"http://127.0.0.1:{port}/kept/{{email}}\"\ncache = \"1 hour\"\n\
         claims = {{ extension_Tier = \"/tier\" }}\n\
         [[rules]]\nname = \"kept\"\nstep = \"post-attribute-collection\"\nlook_up = \"kept\"\n"
    )
}

/// A gate with these rules, and the product's own way to call others.
fn gate(rules: &str) -> Gate {
    let policy = format!("[steps.post-attribute-collection]\notherwise = \"continue\"\n{rules}");
    let clock = Arc::new(SystemClock);
    let outgoing = Outgoing::new(
        Reach::InternetAndLoopback,
        Limits {
            connect: house::PATIENCE,
            ..LIMITS
        },
        clock.clone(),
    );
    let outgoing = outgoing.expect("certificates to trust");
    let secrets = Secrets::sharing(Arc::new(|_| None), clock.clone(), &outgoing);
    let parts = Parts {
        step: Step::PostAttributeCollection,
        paths: Paths::Own(Step::PostAttributeCollection),
        policy: Arc::new(Policy::parse(&policy).unwrap_or_else(|mistakes| panic!("{mistakes}"))),
        store: None,
        lists: None,
        controls: None,
        outside: Some(Arc::new(LookUps::new(outgoing, Arc::new(secrets), clock.clone()))),
        audit: None,
        credentials: Arc::new(Credentials::parse(rows::CREDENTIALS).expect("credentials of the bench")),
        clock,
        deadline: house::PATIENCE,
    };
    Gate::new(parts).unwrap_or_else(|error| panic!("{error}"))
}

/// Starts another system, which answers after its time on a thread of its own until the bench ends; its port.
fn start() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
    let port = listener.local_addr().expect("the address of a bound port").port();
    thread::spawn(move || serve(listener));
    port
}

fn serve(listener: TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a tokio runtime").block_on(async {
        listener.set_nonblocking(true).expect("a listener of this process");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of this process");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a connection");
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    });
}

async fn answer(_: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    tokio::time::sleep(SLOW).await;
    Ok(Response::new(Full::from(r#"{"tier":"gold"}"#)))
}

fn micros(duration: Duration) -> String {
    match duration < Duration::from_millis(1) {
        true => format!("{:.1} µs", duration.as_secs_f64() * 1e6),
        false => table::milliseconds(duration),
    }
}
