//! What somebody wants done, and what that comes to: the loops of the gate, the review room, the clock and the deliverer
//! around the pure functions, without their waiting.

use approvals::{
    Account, Answer, Decide, Decider, Invited, Refusal, Ruling, Submission, Timely, Transition, Wish, timely,
};
use claims::{Decision, Hash, UserMessage};
use store::{
    CallRecord, Commit, Effect, EntryId, InvitationUse, Left, OutboxEntry, Request, RequestId, State, Timestamp, Write,
};

use crate::{
    cast::{Cast, stand_in},
    rules::Rules,
    table::Snapshot,
    uses::{End, Known},
};

/// One thing that somebody wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Errand {
    /// An applicant submits one of the versions of their claims.
    Submit { who: usize, version: usize },
    /// A reviewer decides on an applicant's request.
    Rule {
        reviewer: usize,
        who: usize,
        ruling: Ruling,
    },
    /// A reviewer has somebody else asked.
    Reassign { reviewer: usize, who: usize },
    /// The clock looks at a request.
    Sweep { who: usize },
    /// An account is created and recorded.
    Deliver {
        who: usize,
        entry: EntryId,
        request: RequestId,
    },
    /// The use of an invitation ends; or its effect goes alone, since nothing is held any more.
    End { who: usize, end: End, alone: bool },
}

/// What it comes to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// What is to be written, if anything is.
    pub(crate) commit: Option<Commit>,
    /// What an applicant is answered.
    pub(crate) answer: Option<Decision>,
    /// Why a decision changes nothing.
    pub(crate) refused: Option<Refusal>,
}

impl Errand {
    /// Whose request it is about.
    pub(crate) fn applicant(&self) -> usize {
        match *self {
            Errand::Submit { who, .. }
            | Errand::Rule { who, .. }
            | Errand::Reassign { who, .. }
            | Errand::Sweep { who }
            | Errand::End { who, .. }
            | Errand::Deliver { who, .. } => who,
        }
    }

    /// The effect that it carries out.
    pub(crate) fn effect(&self) -> Option<EntryId> {
        match self {
            Errand::Deliver { entry, .. } => Some(*entry),
            Errand::End { end, .. } => Some(end.entry),
            _ => None,
        }
    }

    /// What is wanted after a conflict.
    pub(crate) fn once_more(self) -> Errand {
        match self {
            Errand::End { who, end, .. } => Errand::End { who, end, alone: true },
            same => same,
        }
    }

    /// Which of the applicant's calls it is.
    pub(crate) fn version(&self) -> Option<usize> {
        match *self {
            Errand::Submit { version, .. } => Some(version),
            _ => None,
        }
    }

    /// What it comes to, by what was read and at this time.
    pub(crate) fn outcome(&self, snapshot: &Snapshot, now: Timestamp, cast: &Cast, rules: &impl Rules) -> Outcome {
        let request = snapshot.request.as_deref();
        match (*self, request) {
            (Errand::Submit { who, version }, _) => submit(who, version, snapshot, now, cast, rules),
            (_, None) => Outcome::default(),
            (Errand::Rule { reviewer, ruling, .. }, Some(request)) => {
                let by = Decider::Reviewer(cast.reviewers[reviewer].clone());
                let decided = rules.decide(request, &Decide::new(ruling, by), now, &cast.terms);
                Outcome::of(decided.transition, snapshot, decided.refused, rules)
            }
            (Errand::Reassign { reviewer, .. }, Some(request)) => {
                let by = Decider::Reviewer(cast.reviewers[reviewer].clone());
                let decided = rules.reassign(request, &stand_in(), &by, now, &cast.terms);
                Outcome::of(decided.transition, snapshot, decided.refused, rules)
            }
            (Errand::Sweep { .. }, Some(request)) => {
                Outcome::of(rules.tick(request, now, &cast.terms), snapshot, None, rules)
            }
            (Errand::Deliver { entry, request: id, .. }, Some(request)) => record(request, entry, id, now, cast, rules),
            (Errand::End { end, alone, .. }, Some(request)) => end_use(request, end, alone, now),
        }
    }
}

impl Outcome {
    fn of(
        transition: Option<Transition>,
        snapshot: &Snapshot,
        refused: Option<Refusal>,
        rules: &impl Rules,
    ) -> Outcome {
        let commit = transition.map(|transition| rules.commit(transition, None, &snapshot.denials()));
        Outcome {
            commit,
            refused,
            answer: None,
        }
    }
}

/// Whether an account is to be created now.
pub(crate) fn is_wanted(snapshot: &Snapshot, request: RequestId, now: Timestamp) -> bool {
    let latest = snapshot.request.as_deref().filter(|latest| latest.id == request);
    latest.is_some_and(|latest| timely(&Effect::CreateAccount, latest, &snapshot.denials(), now) == Timely::Wanted)
}

/// As the gate does it: a stored answer counts as long as nothing happened since, and what is written holds the answer.
fn submit(who: usize, version: usize, snapshot: &Snapshot, now: Timestamp, cast: &Cast, rules: &impl Rules) -> Outcome {
    let denials = snapshot.denials();
    let request = snapshot.request.as_deref();
    if let Some(answer) = stored(snapshot, now).and_then(|answer| rules.again(answer)) {
        return Outcome {
            answer: Some(answer.clone()),
            ..Outcome::default()
        };
    }
    let submission = with_invitation(&cast.submissions[who][version], cast.codes.get(version), snapshot);
    let (answer, transition) = rules.submit(request, &denials, &submission, now, &cast.terms);
    let answer = decision(answer);
    let commit = transition.map(|transition| {
        let record = CallRecord {
            key: cast.calls[who][version],
            at: now,
            answer: answer.clone(),
            left: Some(left(&transition.request)),
            once: store::Once::default(),
        };
        let replaces = snapshot.call.as_ref().map(|call| call.at);
        rules.commit(transition, Some((record, replaces)), &denials)
    });
    Outcome {
        commit,
        answer: Some(answer),
        ..Outcome::default()
    }
}

/// As a rule does it that wants an invitation: whoever has a use of it comes in with it, and so does somebody new while
/// there are some.
fn with_invitation(submission: &Submission, code: Option<&Hash>, snapshot: &Snapshot) -> Submission {
    let (Some(&code), Known { usage, open }) = (code, &snapshot.invitation) else {
        return submission.clone();
    };
    let applicant = submission.applicant;
    let usage = usage.map(|(at, spent)| InvitationUse {
        code,
        applicant,
        at,
        spent_at: spent.then_some(at),
    });
    match usage.is_some() || *open {
        true => Submission {
            invitation: Some(Invited { code, usage }),
            ..submission.clone()
        },
        false => Submission {
            wish: Wish::Correct,
            ..submission.clone()
        },
    }
}

fn stored(snapshot: &Snapshot, now: Timestamp) -> Option<&Decision> {
    let (call, request) = (snapshot.call.as_deref()?, snapshot.request.as_deref()?);
    let turned_away = approvals::turned_away(Some(request), &snapshot.denials(), now);
    (call.left == Some(left(request)) && now < call.until() && !turned_away).then_some(&call.answer)
}

fn left(request: &Request) -> Left {
    Left {
        request: request.id,
        version: request.version,
    }
}

/// The messages of a policy, in short.
fn decision(answer: Answer) -> Decision {
    match answer {
        Answer::Continue(changes) => Decision::Continue(changes),
        Answer::Notice(notice) => Decision::Block(UserMessage::parse(&format!("{notice:?}")).unwrap()),
        Answer::Correct => Decision::AskAgain(UserMessage::parse("correct it").unwrap()),
    }
}

/// As the deliverer does it: the account is recorded with the entry that goes; or only that goes, where the account was
/// recorded before or the request was overtaken.
fn record(
    request: &Request,
    entry: EntryId,
    id: RequestId,
    now: Timestamp,
    cast: &Cast,
    rules: &impl Rules,
) -> Outcome {
    let account = Account {
        object_id: "account".to_owned(),
        redeem_url: None,
    };
    let recorded = matches!(request.state, State::Provisioned { .. });
    let transition = (request.id == id && !recorded)
        .then(|| rules.provision(request, account, now, &cast.terms).ok())
        .flatten();
    let mut commit = transition
        .map(|transition| rules.commit(transition, None, &[]))
        .unwrap_or_default();
    commit.writes.push(Write::Delivered { id: entry, revision: 1 });
    Outcome {
        commit: Some(commit),
        ..Outcome::default()
    }
}

/// As the deliverer does it.
fn end_use(request: &Request, end: End, alone: bool, now: Timestamp) -> Outcome {
    let End { held, becomes, .. } = end;
    let entry = OutboxEntry::new(end.entry, request.id, Effect::Invitation { held, becomes }, now);
    let writes = store::end_use(&entry, now).unwrap();
    let wanted = if alone { 1 } else { 2 };
    Outcome {
        commit: Some(Commit {
            writes: writes.into_iter().take(wanted).collect(),
        }),
        ..Outcome::default()
    }
}
