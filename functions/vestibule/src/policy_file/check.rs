//! `vestibule policy check`

use std::{io::Write, path::Path, time::Duration};

use claims::Step;
use gate::CannotStart;
use host::StartError;
use policy::Policy;

use super::{Failure, read};

/// Compiling a pattern may take this long: somebody signs up meanwhile.
const SLOW: Duration = Duration::from_millis(1);

pub(super) fn run(out: &mut impl Write, file: &Path) -> Result<(), Failure> {
    let policy = read(file)?;
    refuse_unserved(file, &policy)?;
    let file = file.display();
    for warning in policy.warnings() {
        writeln!(out, "warning: {file}:{warning}")?;
    }
    for slow in policy.slow_patterns(SLOW) {
        let milliseconds = slow.took.as_secs_f64() * 1000.0;
        writeln!(
            out,
            "warning: {file}: the pattern of `{}` takes {milliseconds:.1} ms to compile, in the time of the first \
             applicant\n    {}\n    which characters a claim has, and how many, say `characters`, `min_length` and \
             `max_length` in no time",
            slow.rule, slow.pattern
        )?;
    }
    Ok(writeln!(out, "{file}: no mistakes")?)
}

/// Each step is served where everything is deployed, and none starts without its table.
fn refuse_unserved(file: &Path, policy: &Policy) -> Result<(), StartError> {
    let unserved = Step::ALL.into_iter().filter(|step| !policy.serves(*step));
    let missing: Vec<_> = unserved.map(|step| CannotStart::NotServed(step).to_string()).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(StartError::new(format!("{}: {}", file.display(), missing.join("\n")))),
    }
}
