//! `vestibule requests show`

use std::io::{self, BufWriter, Write};

use clap::Args;
use desk::File;
use store::{Actor, Event, HistoryEntry, MOST_LISTED, Request, RequestId, Rows, StoreError};

use super::{outcome, shape};
use crate::{
    existing::Place,
    failure::Failure,
    text::{clean, json},
};

#[derive(Args)]
pub(crate) struct Show {
    /// The request
    id: RequestId,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Show {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        let rows = self.place.open().await?;
        let file = read(&*rows, &self.id).await?.ok_or(desk::NotDone::Unknown)?;
        let earlier = rows.earlier(&self.id, MOST_LISTED).await?;
        let mut out = BufWriter::new(io::stdout().lock());
        match self.json {
            true => {
                let mut all = shape::file(&file);
                all["earlier"] = earlier.iter().map(shape::summary).collect();
                writeln!(out, "{}", json(&all))?;
            }
            false => print(&mut out, &file, &earlier)?,
        }
        out.flush()?;
        Ok(true)
    }
}

/// A request with its history, as of the request.
pub(super) async fn read(rows: &dyn Rows, id: &RequestId) -> Result<Option<File>, StoreError> {
    let Some(request) = rows.request(id).await? else {
        return Ok(None);
    };
    let mut history = rows.history(id).await?;
    history.retain(|entry| entry.version <= request.version);
    Ok(Some(File {
        request,
        history,
        as_written: None,
    }))
}

fn print(out: &mut impl Write, file: &File, earlier: &[Request]) -> io::Result<()> {
    let request = &file.request;
    let route = request.route.as_ref().map_or("-", |route| route.as_str());
    let vouched = if request.proven {
        "an identity provider"
    } else {
        "nobody"
    };
    for (name, value) in [
        ("id", &*request.id.to_string()),
        ("state", &outcome::standing(file)),
        ("version", &request.version.to_string()),
        ("opened", &request.opened_at.to_string()),
        ("changed", &request.changed_at.to_string()),
        ("held by", &request.rule),
        ("route", route),
        ("vouched for", vouched),
        ("app", request.app.as_deref().unwrap_or("-")),
    ] {
        field(out, name, value)?;
    }
    review(out, request)?;
    if let Some(decision) = file.decision() {
        field(out, "reason", decision.reason.unwrap_or("-"))?;
        let until = decision.until.map(|until| until.to_string());
        field(out, "until", until.as_deref().unwrap_or("-"))?;
    }
    claims(out, request)?;
    writeln!(out, "\nhistory")?;
    file.history.iter().try_for_each(|entry| happened(out, entry))?;
    if !earlier.is_empty() {
        writeln!(out, "\nearlier requests")?;
    }
    for request in earlier {
        let (id, opened, state) = (request.id, request.opened_at, request.state.name());
        writeln!(out, "  {id}  {opened}  {state}")?;
    }
    Ok(())
}

fn review(out: &mut impl Write, request: &Request) -> io::Result<()> {
    let Some(review) = request.review() else { return Ok(()) };
    let stage = review.stage();
    field(out, "stage", if stage.name.is_empty() { "-" } else { &stage.name })?;
    field(out, "asks", &stage.asked.key())?;
    field(out, "ends", &format!("{}, then: {}", review.ends(), stage.then.name()))?;
    for vote in &review.votes {
        let (number, at) = (vote.stage + 1, vote.at);
        let how = if vote.approves { "approves" } else { "denies" };
        field(out, "vote", &format!("{} {how} in stage {number}, {at}", vote.person))?;
    }
    Ok(())
}

/// Each claim as it came and, where that is something else, as the policy left it.
fn claims(out: &mut impl Write, request: &Request) -> io::Result<()> {
    writeln!(out, "\nclaims")?;
    for (key, value) in request.received.iter() {
        claim(out, key, value)?;
    }
    for (key, value) in request.reviewed.iter() {
        if request.received.at_key(key) != Some(value) {
            claim(out, &format!("{key}, as the policy left it"), value)?;
        }
    }
    for identity in &request.identities {
        let issuer = identity.issuer.as_deref().unwrap_or("-");
        let id = identity.issuer_assigned_id.as_deref().unwrap_or("-");
        writeln!(out, "  identity: {} {}", clean(issuer), clean(id))?;
    }
    Ok(())
}

fn claim(out: &mut impl Write, key: &str, value: &claims::Value) -> io::Result<()> {
    writeln!(out, "  {}: {}", clean(key), clean(&value.to_json()))
}

fn happened(out: &mut impl Write, entry: &HistoryEntry) -> io::Result<()> {
    let by = match &entry.by {
        Actor::Applicant => "the applicant".to_owned(),
        Actor::Policy => "the policy".to_owned(),
        Actor::Clock => "time".to_owned(),
        Actor::Reviewer(name) => name.clone(),
        Actor::Override(name) => format!("{name}, by override"),
    };
    let (what, reason) = said(&entry.event);
    let why = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let line = format!("{}  {}  {what} by {by}{why}", entry.version, entry.at);
    writeln!(out, "  {}", clean(&line))
}

/// What happened, and why.
fn said(event: &Event) -> (String, Option<&str>) {
    let name = event.name();
    match event {
        Event::Voted { approves, reason, .. } => {
            let how = if *approves { "to approve" } else { "to deny" };
            (format!("{name} {how}"), reason.as_deref())
        }
        Event::Passed { stage, reason } => (format!("{name} stage {stage}"), reason.as_deref()),
        Event::Escalated { to, .. } => (format!("{name} to {}", to.key()), None),
        Event::Reassigned { to, reason, .. } => (format!("{name} to {}", to.key()), reason.as_deref()),
        Event::Approved { reason, .. } | Event::Denied { reason, .. } | Event::Withdrawn { reason } => {
            (name.to_owned(), reason.as_deref())
        }
        _ => (name.to_owned(), None),
    }
}

fn field(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "{name:<13}{}", clean(value))
}
