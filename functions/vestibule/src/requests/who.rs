//! Who changes a request on the command line.

use std::fs;

use approvals::{Decider, Terms};
use clap::Args;
use host::{Settings, StartError};
use review::Reviewers;

/// The setting that holds a reviewer's token. It is never a flag: a command line can be seen by others.
const TOKEN: &str = "VESTIBULE_REVIEWER_TOKEN";

/// Under whose name something is done without a reviewer's token.
#[derive(Args)]
pub(super) struct Name {
    /// Who is named in histories [the operating system's user]
    #[arg(long, value_name = "NAME", value_parser = name)]
    by: Option<String>,
}

/// The reviewer whose token the environment has; nothing if it has none.
pub(super) fn reviewer(settings: &Settings, terms: &Terms) -> Result<Option<approvals::Reviewer>, StartError> {
    let Some(token) = host::environment(TOKEN) else {
        return Ok(None);
    };
    let wants = "lines of `name:token`, the token among them";
    let unset = || StartError::setting("VESTIBULE_REVIEWERS", "not set", wants);
    let reviewers = reviewers(settings)?.ok_or_else(unset)?;
    let nobodys = || StartError::setting(TOKEN, "nobody's (not shown)", "the token of one of VESTIBULE_REVIEWERS");
    reviewers.decider(token.trim(), terms).ok_or_else(nobodys).map(Some)
}

/// Who can log in to the review room; nothing where the environment does not say.
pub(super) fn reviewers(settings: &Settings) -> Result<Option<Reviewers>, StartError> {
    let lines = settings.reviewers.as_deref();
    let parsed = lines.map(|lines| Reviewers::parse(lines).map_err(|bad| bad.into_start_error()));
    parsed.transpose()
}

/// Whether a reviewer's token is there.
pub(super) fn has_token() -> bool {
    host::environment(TOKEN).is_some()
}

impl Name {
    /// The reviewer whose token it is, or this name beside any quorum.
    pub(super) fn decider(&self, settings: &Settings, terms: &Terms) -> Result<Decider, StartError> {
        match (reviewer(settings, terms)?, &self.by) {
            (Some(_), Some(_)) => Err(StartError::new(format!(
                "`--by` names who overrides; with {TOKEN} it is the reviewer whose token that is"
            ))),
            (Some(reviewer), None) => Ok(Decider::Reviewer(reviewer)),
            (None, _) => Ok(Decider::Override(self.name())),
        }
    }

    pub(super) fn name(&self) -> String {
        self.by.clone().unwrap_or_else(system_user)
    }
}

/// The name of the user that the process runs as, as far as this machine knows one.
fn system_user() -> String {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("user {id}"))
}

fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match (1..=80).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 80 characters"),
    }
}
