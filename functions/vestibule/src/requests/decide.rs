//! `vestibule requests approve` and `deny`

use std::io::{self, Write};

use approvals::{Decide, Decider, Refusal, Ruling};
use clap::Args;
use desk::{Done, File};
use store::{Block, RequestId};

use super::{Opened, Place, complain, in_vain, outcome, who};
use crate::{confirm, failure::Failure, text::clean};

#[derive(Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    ruling: Said,
}

#[derive(Args)]
pub(crate) struct Deny {
    #[command(flatten)]
    ruling: Said,
    /// Block for good, by the lists that the policy names: address, domain or both
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = block)]
    block: Vec<Block>,
}

#[derive(Args)]
struct Said {
    /// The requests
    #[arg(required = true, value_name = "ID")]
    ids: Vec<RequestId>,
    /// Why; applicants never read it. It stays when the applicant is forgotten, so name nobody
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The version that you looked at: nothing is changed if the applicant has changed it, or others are asked, since
    #[arg(long, value_name = "NUMBER")]
    version: Option<u64>,
    #[command(flatten)]
    name: who::Name,
    /// Do not ask before an override
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Approve {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        self.ruling.run(Ruling::Approve, Vec::new()).await
    }
}

impl Deny {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        self.ruling.run(Ruling::Deny, self.block).await
    }
}

impl Said {
    async fn run(self, ruling: Ruling, block: Vec<Block>) -> Result<bool, Failure> {
        if self.version.is_some() && self.ids.len() > 1 {
            return Err(host::StartError::new("`--version` is that of one request").into());
        }
        may_override(self.yes)?;
        let opened = self.place.open().await?;
        let decision = Decide {
            ruling,
            by: self.name.decider(&opened.settings, &opened.desk.terms)?,
            reason: self.reason,
            block,
        };
        let what = format!("{} {}", capital(ruling), requests(self.ids.len()));
        confirm_override(&decision.by, &what, self.yes)?;
        let mut all = true;
        for id in &self.ids {
            match decide(&opened, id, &decision, self.version).await {
                Ok((said, is_so)) => {
                    writeln!(io::stdout(), "{id}: {}", clean(&said))?;
                    all &= is_so;
                }
                Err(failure) => {
                    complain(id, failure)?;
                    all = false;
                }
            }
        }
        Ok(all)
    }
}

/// Without a reviewer's token somebody has to say so.
pub(super) fn may_override(yes: bool) -> Result<(), Failure> {
    let what = "without VESTIBULE_REVIEWER_TOKEN this is an override, outside any quorum, and is asked about first";
    Ok(confirm::may_ask(yes || who::has_token(), what)?)
}

/// Asks about an override; a vote is nobody else's affair.
pub(super) fn confirm_override(by: &Decider, what: &str, yes: bool) -> Result<(), Failure> {
    let Decider::Override(name) = by else { return Ok(()) };
    let question = format!("{what} as `{name}`, outside any quorum?");
    confirm::ask(yes, &question, "nothing was changed")
}

/// How many requests, in words.
pub(super) fn requests(count: usize) -> String {
    match count {
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    }
}

/// What is so now, and whether it is what was wanted.
async fn decide(
    opened: &Opened,
    id: &RequestId,
    decision: &Decide,
    seen: Option<u64>,
) -> Result<(String, bool), Failure> {
    let done = opened.desk.decide(id, decision, seen).await?;
    let file = opened.desk.read(id).await?;
    let standing = outcome::standing(&file);
    match done.refused {
        None => {
            let vain = in_vain::approved(opened, &file.request).await;
            let vain = vain.map(|why| format!("; they cannot come in all the same: {why}"));
            let by = by_override(&decision.by, &done);
            Ok((format!("{by}{standing}{}", vain.unwrap_or_default()), true))
        }
        Some(Refusal::Voted) => {
            let same = voted(&file, decision) == Some(true);
            let how = if same { "so" } else { "otherwise" };
            Ok((format!("this reviewer has voted {how}; {standing}"), same))
        }
        Some(Refusal::NotPending) => {
            let same = outcome::is_so(decision.ruling, file.request.state.name());
            let how = if same { "already so" } else { "nothing was changed" };
            Ok((format!("{how}: {standing}"), same))
        }
        Some(refusal) => Err(Failure::Refused(outcome::refusal(refusal).to_owned())),
    }
}

fn by_override(by: &Decider, done: &Done) -> &'static str {
    match by {
        Decider::Override(_) if done.applied() => "override: ",
        _ => "",
    }
}

/// Whether the reviewer's vote is the one that they want now.
fn voted(file: &File, decision: &Decide) -> Option<bool> {
    let Decider::Reviewer(reviewer) = &decision.by else {
        return None;
    };
    let votes = &file.request.review()?.votes;
    let vote = votes.iter().find(|vote| vote.person == reviewer.person)?;
    Some(vote.approves == (decision.ruling == Ruling::Approve))
}

fn capital(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Approve => "Approve",
        Ruling::Deny => "Turn away",
        Ruling::Withdraw => "Withdraw",
    }
}

fn block(text: &str) -> Result<Block, &'static str> {
    let found = Block::ALL.into_iter().find(|block| block.name() == text);
    found.ok_or("write `address`, `domain`, or `address,domain`")
}
