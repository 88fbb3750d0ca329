//! `vestibule policy explain`

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use claims::{Address, ClaimName, Claims, MAX_BODY_BYTES, SignUp, Step, Value};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use host::StartError;
use policy::{Policy, Seen, Sight};
use store::Timestamp;

use super::{
    Failure,
    answer::Answer,
    given::{Given, GivenInvitation},
    paint::Paint,
    policy_path, read,
    show::{Show, clean},
};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The policy file [VESTIBULE_POLICY; policy.toml]
    file: Option<PathBuf>,
    /// The step that is called
    #[arg(long, value_parser = steps())]
    step: Step,
    /// A file with the body of the call, as the service sends it; `-` reads standard input
    #[arg(long, value_name = "PATH")]
    body: PathBuf,
    /// The time of the call, such as 2026-11-23T10:00:00Z [the time now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    /// An entry of a list in the store; repeat it for more, and write `NAME=` for a list without entries
    #[arg(long, value_name = "NAME=ENTRY", value_parser = list_entry)]
    list: Vec<(String, String)>,
    /// What a look-up is answered; `{}` if nothing is found
    #[arg(long, value_name = "NAME=JSON", value_parser = pair)]
    look_up: Vec<(String, String)>,
    /// What a check says: `pass`, `refer` or `fail`
    #[arg(long, value_name = "NAME=OUTCOME", value_parser = pair)]
    check: Vec<(String, String)>,
    /// How many came before, by the rule that limits them
    #[arg(long, value_name = "RULE=NUMBER", value_parser = count)]
    count: Vec<(String, u64)>,
    /// What the code of an invitation is worth
    #[arg(long, value_name = "WORTH", value_parser = worth())]
    invitation: Option<GivenInvitation>,
    /// Print the applicant's values, which are personal, not only their type and length
    #[arg(long)]
    show_values: bool,
}

pub(super) fn run(out: &mut impl Write, paint: Paint, arguments: &Arguments) -> Result<(), Failure> {
    let file = policy_path(arguments.file.as_deref());
    let policy = read(&file)?;
    let step = arguments.step;
    if !policy.serves(step) {
        let why = format!(
            "{}: no `[steps.{step}]`, so it does not serve this step",
            file.display()
        );
        return Err(StartError::new(why).into());
    }
    let sign_up = read_body(step, &arguments.body)?;
    let now = arguments.now.unwrap_or_else(|| assembly::clock().now());
    let show = match arguments.show_values {
        true => Show::Values,
        false => Show::Shapes,
    };
    let given = given(&policy, arguments)?;
    let answer = Answer::of(&policy, &sign_up, now, &given);
    writeln!(out, "{}", paint.dim(format_args!("{step} at {now}")))?;
    writeln!(out)?;
    print_rules(out, paint, show, &sign_up, &answer)?;
    print_answer(out, paint, show, &answer)
}

/// A point in time, by RFC 3339.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};
    match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(time) => Ok(Timestamp::from_millis(time.unix_timestamp() * 1000)),
        Err(_) => Err("a time is written as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00".to_owned()),
    }
}

fn steps() -> impl TypedValueParser<Value = Step> {
    let known = PossibleValuesParser::new(Step::ALL.map(Step::name));
    known.try_map(|name| Step::from_name(&name).ok_or("no step has this name"))
}

/// `partners=contoso.com`
fn list_entry(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once('=').ok_or("write the list's name, `=` and an entry")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once('=').ok_or("write the name, `=` and the answer")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

/// The name of a rule may hold `=`.
fn count(text: &str) -> Result<(String, u64), &'static str> {
    let parts = text.rsplit_once('=').ok_or("write the rule's name, `=` and a number")?;
    let count = parts.1.parse().map_err(|_| "a whole number is wanted behind the `=`")?;
    Ok((parts.0.to_owned(), count))
}

fn worth() -> impl TypedValueParser<Value = GivenInvitation> {
    let known = PossibleValuesParser::new(GivenInvitation::NAMES);
    known.try_map(|name| GivenInvitation::named(&name).ok_or("no such worth"))
}

fn given(policy: &Policy, arguments: &Arguments) -> Result<Given, StartError> {
    let mut given = Given::default();
    given.invitation = arguments.invitation;
    let refused = |flag: &'static str| move |why: String| StartError::new(format!("--{flag}: {why}"));
    for (name, entry) in &arguments.list {
        let taken = match entry.is_empty() {
            true => given.lists.begin(policy, name),
            false => given.lists.add(policy, name, entry),
        };
        taken.map_err(refused("list"))?;
    }
    for (name, json) in &arguments.look_up {
        given.look_up(policy, name, json).map_err(refused("look-up"))?;
    }
    for (name, outcome) in &arguments.check {
        given.check(policy, name, outcome).map_err(refused("check"))?;
    }
    for (rule, number) in &arguments.count {
        given.count(policy, rule, *number).map_err(refused("count"))?;
    }
    Ok(given)
}

fn read_body(step: Step, path: &Path) -> Result<SignUp, StartError> {
    let is_input = path == Path::new("-");
    let name = if is_input {
        "standard input".into()
    } else {
        path.to_string_lossy()
    };
    let refuse = |why: &dyn std::fmt::Display| StartError::new(format!("the body, {name}: {why}"));
    let mut body = Vec::new();
    match is_input {
        true => io::stdin().read_to_end(&mut body).map(drop),
        false => fs::read(path).map(|bytes| body = bytes),
    }
    .map_err(|error| refuse(&error))?;
    if body.len() > MAX_BODY_BYTES {
        return Err(refuse(&format_args!("has more than {MAX_BODY_BYTES} bytes")));
    }
    claims::parse(step, &body).map_err(|error| refuse(&error))
}

fn print_rules(
    out: &mut impl Write,
    paint: Paint,
    show: Show,
    sign_up: &SignUp,
    answer: &Answer<'_>,
) -> Result<(), Failure> {
    if answer.seen.is_empty() {
        return Ok(writeln!(out, "{}\n", why_no_rule(sign_up, answer))?);
    }
    let width = longest(answer.seen.iter().map(|seen| seen.rule));
    let column = longest(answer.seen.iter().flat_map(names));
    let mut claims = sign_up.claims.clone();
    for seen in &answer.seen {
        let gap = " ".repeat(width - seen.rule.chars().count());
        let took = paint.dim(format_args!("{:>9}", duration(seen.took)));
        if !seen.applies {
            writeln!(out, "{}{gap}  {took}  does not apply", paint.dim(seen.rule))?;
        } else {
            writeln!(out, "{}{gap}  {took}", paint.bold(seen.rule))?;
        }
        print_part(out, show, column, seen, &claims)?;
        if seen.applies && !seen.observes {
            change(&mut claims, &seen.changed);
        }
    }
    Ok(writeln!(out)?)
}

/// What a rule saw and changed, by name.
fn names<'s>(seen: &'s Seen<'_>) -> impl Iterator<Item = &'s str> {
    let saw = seen.saw.iter().map(|sight| sight.what.as_str());
    saw.chain(seen.changed.iter().map(|(claim, _)| claim.as_str()))
}

fn longest<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

fn why_no_rule(sign_up: &SignUp, answer: &Answer<'_>) -> &'static str {
    match sign_up.addresses().any(|text| Address::parse(text).is_err()) {
        _ if answer.verdict.is_none() => "No rule is asked.",
        true => "No rule is asked: what the call gives as an address is none, and conditions look at addresses.",
        false => "No rule belongs to this step.",
    }
}

/// What a rule saw, missed and did.
fn print_part(out: &mut impl Write, show: Show, column: usize, seen: &Seen<'_>, claims: &Claims) -> io::Result<()> {
    for (at, sight) in seen.saw.iter().enumerate() {
        let label = if at == 0 { "saw" } else { "" };
        writeln!(
            out,
            "  {label:<8}{:<column$}  {}",
            sight.what,
            sighted(show, sight, claims)
        )?;
    }
    for (at, missed) in seen.missed.iter().enumerate() {
        let label = if at == 0 { "missed" } else { "" };
        writeln!(out, "  {label:<8}{missed}")?;
    }
    if !seen.applies {
        return Ok(());
    }
    let only = if seen.observes {
        "nothing, it observes; in force: "
    } else {
        ""
    };
    writeln!(out, "  did     {only}{}", seen.did)?;
    for (claim, value) in &seen.changed {
        writeln!(out, "          {claim:<column$}  {}", show.value(value))?;
    }
    Ok(())
}

/// What stands for a thing that a rule looked at. Who vouches for the applicant, how they signed in, the app and the
/// language are nobody's own.
fn sighted(show: Show, sight: &Sight, claims: &Claims) -> String {
    let Some(text) = &sight.text else {
        return "absent".to_owned();
    };
    match sight.what.as_str() {
        "issuer" | "sign_in_type" | "app" | "locale" => clean(text),
        "address" => show.address(text),
        "client_address" if show == Show::Shapes => "IP address".to_owned(),
        what => {
            let value = ClaimName::parse(what).ok().and_then(|name| claims.get(&name));
            show.value(value.unwrap_or(&Value::Text(text.clone())))
        }
    }
}

fn change(claims: &mut Claims, changed: &[(String, Value)]) {
    for (claim, value) in changed {
        if let Ok(name) = ClaimName::parse(claim) {
            claims.set(&name, (*value != Value::blank()).then(|| value.clone()));
        }
    }
}

fn print_answer(out: &mut impl Write, paint: Paint, show: Show, answer: &Answer<'_>) -> Result<(), Failure> {
    let by = match answer.rule() {
        Some(rule) => format!(", by `{rule}`"),
        None if answer.reason.is_none() && !answer.seen.is_empty() => ", by the step's `otherwise`".to_owned(),
        None => String::new(),
    };
    writeln!(out, "outcome  {}{by}", paint.bold(answer.word()))?;
    if let Some(reason) = &answer.reason {
        writeln!(out, "reason   {}", clean(reason))?;
    }
    if let Some(message) = answer.message() {
        writeln!(out, "message  {message}")?;
    }
    let reply = answer.reply(show);
    Ok(writeln!(out, "\nHTTP {}\n{}", reply.status(), clean(reply.body()))?)
}

fn duration(took: Duration) -> String {
    format!("{:.1} µs", took.as_secs_f64() * 1e6)
}
