//! One list, opened and asked.

use std::{
    collections::HashSet,
    fs, hint,
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use claims::Domain;
use lists::{Kind, Packed};

pub(crate) const HEADINGS: &str = "\
| list   | opening     | first answer | hit p50 | hit p99 | miss p50 | miss p99 | memory, own + of files |
|--------|-------------|--------------|---------|---------|----------|----------|------------------------|";

/// How many domains are asked for that are listed, and how many that are not.
pub(crate) const ASKED: usize = 50_000;
/// So many together, since a look at the clock takes a tenth of an answer.
const TOGETHER: usize = 10;
/// How often a packed list is opened; the median counts.
const OPENINGS: usize = 101;

#[derive(Clone, Copy)]
pub(crate) enum Subject {
    Packed,
    Text,
}

impl Subject {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Subject::Packed => "packed",
            Subject::Text => "text",
        }
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(name: &str) -> Result<Subject, String> {
        let all = [Subject::Packed, Subject::Text];
        all.into_iter()
            .find(|subject| subject.name() == name)
            .ok_or_else(|| name.to_owned())
    }
}

/// Measures the list of a folder and prints its row.
pub(crate) fn row(subject: Subject, folder: &Path) {
    let asked = Asked {
        hits: domains(&folder.join("hits.txt")),
        misses: domains(&folder.join("misses.txt")),
        before: Memory::now(),
    };
    match subject {
        Subject::Packed => {
            let open = || Packed::open(&folder.join("list.packed")).expect("a packed list");
            let mut openings: Vec<_> = (0..OPENINGS).map(|_| timed(open).1).collect();
            let list = open();
            let contains = |domain: &Domain| list.contains_domain(domain).expect("an answer");
            asked.print(subject, quantile(&mut openings, 0.5), contains);
        }
        Subject::Text => {
            let (set, opening) = timed(|| read(&folder.join("list.txt")));
            asked.print(subject, opening, |domain| set.contains(domain.as_str()));
        }
    }
}

/// What a program does that has no packed lists.
fn read(path: &Path) -> HashSet<String> {
    let text = fs::read_to_string(path).expect("a list of domains");
    text.lines()
        .map(|line| Kind::Domains.parse_entry(line).expect("a domain"))
        .collect()
}

/// What is asked for, and the memory that was used before.
struct Asked {
    hits: Vec<Domain>,
    misses: Vec<Domain>,
    before: Memory,
}

impl Asked {
    fn print(&self, subject: Subject, opening: Duration, contains: impl Fn(&Domain) -> bool) {
        let first = timed(|| contains(&self.hits[0])).1;
        let mut hit = answers(&self.hits, true, &contains);
        let mut miss = answers(&self.misses, false, &contains);
        println!(
            "| {:6} | {:>11} | {:>9} ns | {:>4} ns | {:>4} ns | {:>5} ns | {:>5} ns | {:>22} |",
            subject.name(),
            milliseconds(opening),
            first.as_nanos(),
            quantile(&mut hit, 0.5).as_nanos(),
            quantile(&mut hit, 0.99).as_nanos(),
            quantile(&mut miss, 0.5).as_nanos(),
            quantile(&mut miss, 0.99).as_nanos(),
            Memory::now().since(self.before)
        );
    }
}

fn answers(domains: &[Domain], expected: bool, contains: impl Fn(&Domain) -> bool) -> Vec<Duration> {
    let ask = |some: &[Domain]| {
        let (found, took) = timed(|| some.iter().filter(|domain| contains(domain)).count());
        assert_eq!(found, if expected { some.len() } else { 0 });
        took / TOGETHER as u32
    };
    domains.chunks_exact(TOGETHER).map(ask).collect()
}

fn domains(path: &Path) -> Vec<Domain> {
    let text = fs::read_to_string(path).expect("a file of domains");
    text.lines()
        .map(|line| Domain::parse(line).expect("a domain"))
        .collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = hint::black_box(work());
    (made, start.elapsed())
}

fn quantile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}

pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1e3)
}

/// Resident memory in kB, from `/proc/self/status`.
#[derive(Clone, Copy)]
struct Memory {
    own: u64,
    of_files: u64,
}

impl Memory {
    fn now() -> Memory {
        let status = fs::read_to_string("/proc/self/status").expect("Linux");
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_whitespace().next());
            number.and_then(|number| number.parse().ok()).expect("a number of kB")
        };
        Memory {
            own: value("RssAnon:"),
            of_files: value("RssFile:"),
        }
    }

    fn since(self, before: Memory) -> String {
        let megabytes = |now: u64, before: u64| now.saturating_sub(before) as f64 / 1024.0;
        let (own, of_files) = (
            megabytes(self.own, before.own),
            megabytes(self.of_files, before.of_files),
        );
        format!("{own:.1} + {of_files:.1} MiB")
    }
}
