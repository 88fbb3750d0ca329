//! How long policies take: to read at start, each in a process of its own as a cold start is, and to ask.
//!
//! `vestibule lists pack-all` packs the examples' lists first; `make bench` does so. It never fails on a number.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // A tool for developers, whose output is its purpose.

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use assembly::PackedLists;
use claims::{SignUp, Step, parse};
use policy::Policy;
use store::Timestamp;

/// How often each start is measured.
const STARTS: usize = 21;
/// How often each policy is asked.
const ASKED: usize = 2_001;
/// The most that reading a policy may add to a start.
const MOST_START: Duration = Duration::from_millis(1);
/// The most that 100 rules may take.
const MOST_ASK: Duration = Duration::from_micros(50);

const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

const STEPS: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"
"#;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments[..] {
        [packed] => all(Path::new(packed)),
        [packed, file] => println!("{}", read(Path::new(packed), Path::new(file)).as_nanos()),
        _ => panic!("wanted the folder of packed lists, got {arguments:?}"),
    }
}

fn all(packed: &Path) {
    println!("asked                      median      by 100 rules");
    let body = sign_up();
    let hundred = asked(&of_rules(100), &body);
    for rules in [10, 100, 1_000] {
        let median = asked(&of_rules(rules), &body);
        let ratio = median.as_secs_f64() / hundred.as_secs_f64();
        println!("{rules:>5} rules           {:>9.1} µs      {ratio:.2}", micros(median));
    }
    println!(
        "at most {} µs for 100 rules: {}\n",
        MOST_ASK.as_micros(),
        verdict(hundred <= MOST_ASK)
    );

    println!("read at start              median       beside none");
    let none = env::temp_dir().join(format!("bench-policy-{}.toml", std::process::id()));
    fs::write(&none, STEPS).expect("a file in the folder for temporary files");
    let baseline = started(packed, &none);
    for file in std::iter::once(none.clone()).chain(policies()) {
        let median = started(packed, &file);
        let name = if file == none {
            "no rules".into()
        } else {
            file.display().to_string()
        };
        let more = median.saturating_sub(baseline);
        println!(
            "{name:<24} {:>8.3} ms   + {:.3} ms: {}",
            millis(median),
            millis(more),
            verdict(more <= MOST_START)
        );
    }
    fs::remove_file(none).expect("the file just written");
}

/// The policy of this repository and the examples.
fn policies() -> Vec<PathBuf> {
    let examples = fs::read_dir("examples")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut files: Vec<_> = examples
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files.insert(0, "policy.toml".into());
    files
}

/// How long reading takes in a process that has done nothing yet.
fn started(packed: &Path, file: &Path) -> Duration {
    let once = |_| {
        let program = env::current_exe().expect("this program");
        let output = Command::new(program).arg(packed).arg(file).output().expect("a process");
        let text = String::from_utf8(output.stdout).expect("digits");
        Duration::from_nanos(
            text.trim()
                .parse()
                .unwrap_or_else(|_| panic!("{}: not read", file.display())),
        )
    };
    median((0..STARTS).map(once).collect())
}

fn read(packed: &Path, file: &Path) -> Duration {
    let text = fs::read_to_string(file).expect("a policy");
    let begun = Instant::now();
    let policy = assembly::parse_policy(file, &text, &PackedLists(packed.to_owned()));
    let took = begun.elapsed();
    black_box(policy.unwrap_or_else(|error| panic!("{error}")));
    took
}

fn asked(policy: &Policy, body: &SignUp) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        black_box(policy.decide(black_box(body), NOW));
        begun.elapsed()
    };
    median((0..ASKED).map(once).collect())
}

/// Rules of every kind, none of which ends the call.
fn of_rules(count: usize) -> Policy {
    const KINDS: [&str; 10] = [
        "when = { claim = \"country\", is = \"France\" }\nblock = true",
        "deny = { domains = [\"mailinator.com\", \"*.mailinator.com\", \"guerrillamail.com\", \"evil.example\"] }",
        "require = { claim = \"displayName\", min_length = 2, max_length = 100, characters = [\"letters\", \"spaces\", \"'’.-\"] }",
        "normalise = { claims = [\"displayName\", \"givenName\", \"surname\"], with = [\"nfc\", \"trim\", \"collapse-spaces\"] }",
        "require = { claim = \"country\", one_of = [\"Austria\", \"France\", \"Germany\", \"Italy\"] }",
        "require = { claim = \"postalCode\", postal_code = { claim = \"country\" } }",
        "when = { all = [{ domain = [\"*.contoso.com\"] }, { issuer = \"mail\" }] }\nset = { claim = \"extension_Tier\", to = \"gold\" }",
        "set = { claim = \"extension_Full\", template = \"{givenName} {surname}\" }",
        "when = { any = [{ locale = \"fr\" }, { time = { from = \"22:00\", to = \"06:00\" } }] }\nhold = true",
        "require = { claim = \"extension_Code\", optional = true, pattern = \"[A-Z]{2}-[0-9]{4}\" }",
    ];
    let rule = |at: usize| {
        format!(
            "[[rules]]\nname = \"rule {at}\"\nstep = \"post-attribute-collection\"\n{}\n",
            KINDS[at % KINDS.len()]
        )
    };
    let text: String = STEPS.to_owned() + &(0..count).map(rule).collect::<String>();
    Policy::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A body as the service sends it.
fn sign_up() -> SignUp {
    let body = r#"{"email":"jane.roe@fabrikam.example","identities":[{"signInType":"federated","issuer":"google.com",
        "issuerAssignedId":"104382719283746"}],"displayName":"Jane Roe","givenName":"Jane","surname":"Roe",
        "country":"Germany","city":"Aachen","postalCode":"52062","streetAddress":"Markt 1","jobTitle":"Engineer",
        "extension_0123456789abcdef0123456789abcdef_Code":"AC-1234","ui_locales":"de-DE"}"#;
    parse(Step::PostAttributeCollection, body.as_bytes()).expect("a body")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "missed" }
}
