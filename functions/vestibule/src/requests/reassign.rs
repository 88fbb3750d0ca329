//! `vestibule requests reassign`

use std::io::{self, Write};

use approvals::Refusal;
use clap::Args;
use store::{Asked, RequestId};

use super::{
    Place,
    decide::{confirm_override, may_override},
    filters, outcome, who,
};
use crate::{failure::Failure, text::clean};

#[derive(Args)]
pub(crate) struct Reassign {
    /// The request
    id: RequestId,
    /// Who is asked from now on: `group:NAME` or `person:NAME`. An override can also open it to everybody who may review:
    /// `anybody`
    #[arg(long, value_name = "WHO", value_parser = filters::asked)]
    to: Asked,
    /// Why. It stays when the applicant is forgotten, so name no applicant
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    name: who::Name,
    /// Do not ask before an override
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Reassign {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        may_override(self.yes)?;
        let mut opened = self.place.open().await?;
        // Where it is known who can log in, nobody else is asked.
        if let Some(reviewers) = who::reviewers(&opened.settings)? {
            if let Asked::Person(person) = &self.to
                && !reviewers.has(person)
            {
                return Err(Failure::Refused("no reviewer of this name has a token".to_owned()));
            }
            let terms = &mut opened.desk.terms;
            terms.groups = reviewers.in_groups(&terms.groups);
        }
        let by = self.name.decider(&opened.settings, &opened.desk.terms)?;
        let to = clean(&self.to.key());
        confirm_override(&by, &self.question(&to), self.yes)?;
        let reason = self.reason.as_deref();
        let done = opened.desk.reassign(&self.id, &self.to, &by, reason, None).await?;
        let (said, is_so) = match done.refused {
            None if done.applied() => (format!("asks {} from now on", self.whom(&to)), true),
            None => (format!("asks {} already", self.whom(&to)), true),
            Some(Refusal::NotPending) => {
                let standing = outcome::standing(&opened.desk.read(&self.id).await?);
                (format!("nothing was changed: {}", clean(&standing)), false)
            }
            Some(Refusal::NotAsked) if self.to == Asked::Anybody => {
                let why = "a reviewer hands on to a group or a person; to open it to everybody who may review takes an override";
                return Err(Failure::Refused(why.to_owned()));
            }
            Some(refusal) => return Err(Failure::Refused(outcome::refusal(refusal).to_owned())),
        };
        writeln!(io::stdout(), "{}: {said}", self.id)?;
        Ok(is_so)
    }

    fn question(&self, to: &str) -> String {
        format!("Hand 1 request to {}", self.whom(to))
    }

    fn whom<'t>(&self, to: &'t str) -> &'t str {
        match self.to {
            Asked::Anybody => "everybody who may review",
            Asked::Group(_) | Asked::Person(_) => to,
        }
    }
}
