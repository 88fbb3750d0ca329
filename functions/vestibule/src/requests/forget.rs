//! `vestibule requests forget`

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use claims::Hash;
use clap::Args;
use store::{Listing, MOST_LISTED, RequestId, Which};

use super::{Opened, Place, complain, walk::Walk, who};
use crate::{confirm, failure::Failure};

#[derive(Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    name: who::Name,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// Requests, each for all of its applicant's
    #[arg(value_name = "ID")]
    ids: Vec<RequestId>,
    /// Every applicant with a request whose last address this is, in whatever spelling
    #[arg(long)]
    address: Option<String>,
}

impl Forget {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        confirm::may_ask(
            self.yes,
            "`requests forget` asks before it deletes what cannot be brought back",
        )?;
        let opened = self.place.open().await?;
        let applicants = self.whom.applicants(&opened).await?;
        let question = format!("Delete for good what is personal of {}?", people(applicants.len()));
        confirm::ask(self.yes, &question, "nothing was deleted")?;
        let name = self.name.name();
        let mut all = true;
        for (applicant, id) in applicants {
            match forget(&opened, applicant, &name).await {
                Ok(whole) => all &= whole,
                Err(failure) => {
                    complain(&id, failure)?;
                    all = false;
                }
            }
        }
        Ok(all)
    }
}

impl Whom {
    /// The applicants, each with a request that tells who it is.
    async fn applicants(&self, opened: &Opened) -> Result<BTreeMap<Hash, RequestId>, Failure> {
        let mut applicants: BTreeMap<_, _> = self.ids.iter().map(|id| (id.applicant, *id)).collect();
        let Some(address) = &self.address else {
            return Ok(applicants);
        };
        let list = Listing::of(Which::address(address), MOST_LISTED);
        let mut walk = Walk::through(&*opened.rows, vec![list]);
        while let Some(page) = walk.next().await? {
            for request in page {
                applicants.insert(request.id.applicant, request.id);
                // Should this run be ended half-way, no request may have the address any more, and its id is needed.
                writeln!(io::stderr(), "{} has this address.", request.id)?;
            }
        }
        match applicants.is_empty() {
            true => Err(Failure::Refused(
                "no request has this address as its last one".to_owned(),
            )),
            false => Ok(applicants),
        }
    }
}

/// Whether nothing is left.
async fn forget(opened: &Opened, applicant: Hash, by: &str) -> Result<bool, Failure> {
    let forgotten = opened.desk.forget(&*opened.rows, applicant, by).await.map_err(again)?;
    let mut out = io::stdout();
    for id in &forgotten.requests {
        writeln!(out, "{id} is forgotten.")?;
    }
    if forgotten.undelivered > 0 {
        writeln!(out, "Effects that will not be delivered: {}.", forgotten.undelivered)?;
    }
    for row in &forgotten.unreadable {
        writeln!(
            io::stderr(),
            "vestibule: {} is still there: {}; delete its row",
            row.id,
            row.why
        )?;
    }
    Ok(forgotten.unreadable.is_empty())
}

/// What was done stays done.
fn again(why: desk::NotDone) -> Failure {
    match why {
        desk::NotDone::Store(error) => Failure::Refused(format!(
            "{error}; part of it may be deleted: forget this request again, by its id"
        )),
        other => other.into(),
    }
}

fn people(count: usize) -> String {
    match count {
        1 => "1 applicant".to_owned(),
        count => format!("{count} applicants"),
    }
}
