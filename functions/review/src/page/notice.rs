use approvals::Ruling;
use desk::{Decision, File};
use store::{Person, Vote};

use crate::{decide::Decided, session::Session};

/// What the page says first to somebody who comes from deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// What they decided is what counts.
    Done,
    /// Somebody decided before them.
    Already,
}

/// Whether the reviewer is among those who have voted on the claims as they are.
pub(super) fn has_voted(file: &File, session: &Session<'_>) -> bool {
    vote(file, session).is_some()
}

fn vote<'f>(file: &'f File, session: &Session<'_>) -> Option<&'f Vote> {
    let person = Person::of(&session.reviewer.name);
    file.request.review()?.votes.iter().find(|vote| vote.person == person)
}

impl Notice {
    /// After a decision. Whoever decides the same twice, with a second click or a second window, did it.
    pub(super) fn after(decided: &Decided, ruling: Ruling, session: &Session<'_>) -> Notice {
        let same = |decision: Decision<'_>| decision.is_by(&session.reviewer.name) && decision.ruling == ruling;
        let voted = vote(&decided.file, session).is_some_and(|vote| vote.approves == (ruling == Ruling::Approve));
        match decided.applied || voted || decided.file.decision().is_some_and(same) {
            true => Notice::Done,
            false => Notice::Already,
        }
    }

    /// The notice that a query names.
    pub(super) fn of(query: &str) -> Option<Notice> {
        let (_, name) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "notice")?;
        [Notice::Done, Notice::Already]
            .into_iter()
            .find(|notice| notice.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Notice::Done => "done",
            Notice::Already => "already",
        }
    }

    /// What it says, where it is true: anybody can write a link.
    pub(super) fn text(self, file: &File, session: &Session<'_>) -> Option<&'static str> {
        let decision = file.decision();
        match self {
            Notice::Done if decision.is_some_and(|decision| decision.is_by(&session.reviewer.name)) => {
                Some("Your decision is recorded.")
            }
            Notice::Done if has_voted(file, session) => {
                Some("Your vote is recorded. The request waits for other reviewers now.")
            }
            Notice::Already if file.is_pending() && has_voted(file, session) => {
                Some("You had voted on these claims already. Your first vote stands.")
            }
            Notice::Already if decision.is_some() => {
                Some("This had been decided before you did. Your decision changed nothing; the first one stands.")
            }
            _ => None,
        }
    }
}
