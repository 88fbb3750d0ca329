//! `vestibule policy test`

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use approvals::Held;
use claims::{Decision, Value};
use host::StartError;
use policy::Policy;
use store::RouteName;

use super::{
    Failure,
    answer::Answer,
    cases::{self, Case, Expect},
    paint::Paint,
    read,
    show::{Show, clean},
};

pub(super) fn run(out: &mut impl Write, paint: Paint, folder: &Path, policy: &Path) -> Result<(), Failure> {
    let policy = read(policy)?;
    let files = read_files(folder, &policy)?;
    let (mut tried, mut failed) = (0_usize, 0_usize);
    for (file, cases) in &files {
        for case in cases {
            tried += 1;
            let lines = compare(&case.expect, &came(&policy, case));
            if lines.iter().any(Line::differs) {
                failed += 1;
                writeln!(
                    out,
                    "{}:{}  {}",
                    file.display(),
                    case.line,
                    paint.bold(clean(&case.name))
                )?;
                lines.iter().try_for_each(|line| line.print(out, paint))?;
                writeln!(out)?;
            }
        }
    }
    if tried == 0 {
        let why = format!(
            "{}: there are no cases; write `[[cases]]` in a `.toml` file there",
            folder.display()
        );
        return Err(StartError::new(why).into());
    }
    if failed > 0 {
        writeln!(out, "- expected  + came")?;
        writeln!(
            out,
            "{}",
            paint.red(format_args!("{failed} of {tried} cases came out otherwise"))
        )?;
        return Err(Failure::Cases);
    }
    Ok(writeln!(
        out,
        "{}",
        paint.green(format_args!("{tried} cases, all as expected"))
    )?)
}

/// Every file of cases in a folder, by name.
fn read_files(folder: &Path, policy: &Policy) -> Result<Vec<(PathBuf, Vec<Case>)>, StartError> {
    let refuse = |path: &Path, why: &dyn std::fmt::Display| {
        StartError::new(format!("cannot read the cases {}: {why}", path.display()))
    };
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<PathBuf> = entries.map_err(|error: io::Error| refuse(folder, &error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(|error| refuse(&path, &error))?;
        let cases = cases::parse(&text, policy).map_err(|mistakes| {
            let places: Vec<_> = mistakes
                .iter()
                .map(|mistake| format!("{}:{mistake}", path.display()))
                .collect();
            refuse(&path, &format_args!("\n{}", places.join("\n")))
        })?;
        Ok((path, cases))
    };
    paths.into_iter().map(read).collect()
}

/// What came of a case.
struct Came {
    outcome: &'static str,
    rule: Option<String>,
    route: Option<String>,
    asked: Option<String>,
    message: Option<String>,
    text: Option<String>,
    claims: BTreeMap<String, String>,
    /// Why, where no rule says it.
    reason: Option<String>,
}

fn came(policy: &Policy, case: &Case) -> Came {
    let now = case.now.unwrap_or_else(|| assembly::clock().now());
    let answer = Answer::of(policy, &case.sign_up, now, &case.given);
    let message = answer.message().map(|name| name.to_string());
    let decision = answer.decision(Show::Values);
    let claim = |(key, value): (&str, &Value)| (key.to_owned(), value.to_json());
    let claims = match &decision {
        Decision::Continue(changes) => changes.iter().map(claim).collect(),
        Decision::Block(_) | Decision::AskAgain(_) => BTreeMap::new(),
    };
    let text = match &decision {
        Decision::Block(text) | Decision::AskAgain(text) if message.is_some() => Some(text.as_str().to_owned()),
        _ => None,
    };
    let held = answer.held();
    let stages = |held: &Held| cases::in_order(held.plan.stages.iter().map(|stage| &stage.asked));
    Came {
        outcome: answer.word(),
        rule: answer.rule().map(str::to_owned),
        route: held.and_then(|held| held.route.as_ref()).map(RouteName::to_string),
        asked: held.map(stages),
        message,
        text,
        claims,
        reason: answer.reason.clone(),
    }
}

/// One thing that a case may expect something of.
struct Line {
    what: String,
    /// None if nothing is said about it.
    expected: Option<String>,
    came: Option<String>,
}

impl Line {
    fn differs(&self) -> bool {
        self.expected.is_some() && self.expected != self.came
    }

    fn print(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        let line = |value: &str| format!("{:<14}  {}", clean(&self.what), clean(value));
        let came = self.came.as_deref().unwrap_or("nothing");
        match &self.expected {
            Some(expected) if self.differs() => {
                writeln!(out, "  {}", paint.green(format_args!("- {}", line(expected))))?;
                writeln!(out, "  {}", paint.red(format_args!("+ {}", line(came))))
            }
            _ if self.came.is_none() => Ok(()),
            _ => writeln!(out, "    {}", line(came)),
        }
    }
}

fn compare(expect: &Expect, came: &Came) -> Vec<Line> {
    let line = |what: &str, expected: Option<&String>, came: Option<&String>| Line {
        what: what.to_owned(),
        expected: expected.cloned(),
        came: came.cloned(),
    };
    let mut lines = vec![
        line("outcome", Some(&expect.outcome), Some(&came.outcome.to_owned())),
        line("rule", expect.rule.as_ref(), came.rule.as_ref()),
        line("route", expect.route.as_ref(), came.route.as_ref()),
        line("asked", expect.asked.as_ref(), came.asked.as_ref()),
        line("message", expect.message.as_ref(), came.message.as_ref()),
        line("text", expect.text.as_ref(), came.text.as_ref()),
        line("reason", None, came.reason.as_ref()),
    ];
    let wanted = expect.claims.as_ref();
    let keys: BTreeSet<_> = wanted
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
        .chain(came.claims.keys())
        .collect();
    let nothing = || "nothing".to_owned();
    lines.extend(keys.into_iter().map(|key| Line {
        what: key.clone(),
        expected: wanted.map(|claims| claims.get(key).cloned().unwrap_or_else(nothing)),
        came: came.claims.get(key).cloned(),
    }));
    lines
}
