use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use claims::{Changes, Claims, Hash, Identity, Value, normal_form};
use store::{Actor, Denial, Event, Request, RequestId, Seen, State, Timestamp};

use crate::{
    Notice, Standing, Terms, Transition, standing,
    standing::{may_use, turned_away},
};

/// Claims that a request already had change nothing when they come again within this time: late retries of the
/// service, which waits up to 20 s and calls twice.
const LATE_RETRY: Duration = Duration::from_secs(60);

/// How many versions of claims are remembered for [`LATE_RETRY`].
const MOST_RECENT: usize = 16;

/// A call of the second step by somebody who has an applicant key.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The hash of the applicant's key.
    pub applicant: Hash,
    /// Whether an identity provider vouches for the applicant.
    pub proven: bool,
    /// The claims as they came.
    pub received: Claims,
    /// The claims as the policy left them.
    pub reviewed: Claims,
    /// What the policy set or changed.
    pub changes: Changes,
    /// How the applicant signed in.
    pub identities: Vec<Identity>,
    /// The app signed in to.
    pub app: Option<String>,
    /// What the policy wants.
    pub wish: Wish,
    /// The rule that said so.
    pub rule: String,
}

/// What the policy wants for somebody that no rule turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let them go on; nothing is recorded.
    Pass,
    /// Let them go on, approved automatically.
    Admit,
    /// Hand them to the reviewers.
    Hold,
    /// Have them correct what they entered, unless a decision stands already.
    Correct,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on, with these claims set.
    Continue(Changes),
    /// Do not go on, for this reason.
    Notice(Notice),
    /// Correct what was entered.
    Correct,
}

/// The second step: what the applicant is answered, and what changes for it.
pub fn submit(
    request: Option<&Request>,
    denials: &[Denial],
    submission: &Submission,
    now: Timestamp,
    terms: &Terms,
) -> (Answer, Option<Transition>) {
    if turned_away(request, denials, now) {
        return (Answer::Notice(Notice::Denied), None);
    }
    match (standing(request, now), submission.wish) {
        (Standing::Denied(_), _) => (Answer::Notice(Notice::Denied), None),
        (Standing::Approved(request), _) => use_approval(request, submission, now, terms),
        (Standing::Admitted(request), _) => (again(request, submission), None),
        (Standing::None | Standing::Pending(_), Wish::Correct) => (Answer::Correct, None),
        (Standing::Pending(request), _) => (Answer::Notice(Notice::Pending), update(request, submission, now)),
        (Standing::None, Wish::Pass) => (Answer::Continue(submission.changes.clone()), None),
        (Standing::None, Wish::Hold) => (Answer::Notice(Notice::Waiting), Some(open(request, submission, now))),
        (Standing::None, Wish::Admit) => {
            let opened = open(request, submission, now);
            let admitted = opened.admit(submission.changes.clone(), Actor::Policy, now);
            (Answer::Continue(submission.changes.clone()), Some(admitted))
        }
    }
}

fn use_approval(
    request: &Request,
    submission: &Submission,
    now: Timestamp,
    terms: &Terms,
) -> (Answer, Option<Transition>) {
    if !may_use(request, terms) {
        return (Answer::Notice(Notice::Unproven), None);
    }
    if !same_address(request, submission) {
        return (Answer::Notice(Notice::OtherAddress), None);
    }
    let changes = confirmed(request, submission);
    let admitted = Transition::of(request).admit(changes.clone(), Actor::Applicant, now);
    (Answer::Continue(changes), Some(admitted))
}

/// Every reviewed claim at its reviewed value, and nothing that was not reviewed: the applicant has filled in the
/// form once more, and what they typed this time nobody has seen.
fn confirmed(request: &Request, submission: &Submission) -> Changes {
    let reviewed: HashMap<_, _> = request.reviewed.iter().collect();
    let unseen = submission
        .received
        .iter()
        .filter(|(key, _)| !reviewed.contains_key(key));
    let mut changes = request.changes.clone();
    changes.set_all(request.reviewed.iter().map(|(key, value)| (key, value.clone())));
    changes.set_all(unseen.map(|(key, _)| (key, Value::blank())));
    changes
}

/// The answer that let the applicant in, once more. Whatever they typed differently this time is put back.
fn again(request: &Request, submission: &Submission) -> Answer {
    if !same_address(request, submission) {
        return Answer::Notice(Notice::OtherAddress);
    }
    let reviewed: HashMap<_, _> = request.reviewed.iter().collect();
    let set: HashSet<_> = request.changes.iter().map(|(key, _)| key).collect();
    let typed = submission.received.iter().filter(|(key, _)| !set.contains(key));
    let different = typed.filter(|(key, value)| reviewed.get(key) != Some(value));
    let put_back = different.map(|(key, _)| (key, reviewed.get(key).map_or_else(Value::blank, |v| (*v).clone())));
    let mut changes = request.changes.clone();
    changes.set_all(put_back);
    Answer::Continue(changes)
}

/// An answer cannot set the address, so another one than was reviewed cannot be put right.
fn same_address(request: &Request, submission: &Submission) -> bool {
    let email = submission.received.at_key("email").and_then(Value::text);
    email.is_none_or(|email| {
        request
            .email()
            .is_some_and(|reviewed| normal_form(reviewed) == normal_form(email))
    })
}

fn open(previous: Option<&Request>, submission: &Submission, now: Timestamp) -> Transition {
    let Submission {
        applicant,
        received,
        reviewed,
        ..
    } = submission.clone();
    let request = Request {
        id: RequestId {
            applicant,
            round: previous.map_or(1, |previous| previous.id.round.saturating_add(1)),
        },
        version: previous.map_or(0, |previous| previous.version),
        state: State::Pending,
        opened_at: now,
        changed_at: now,
        rule: submission.rule.clone(),
        proven: submission.proven,
        received: received.clone(),
        reviewed: reviewed.clone(),
        changes: submission.changes.clone(),
        identities: submission.identities.clone(),
        app: submission.app.clone(),
        recent: vec![Seen {
            claims: fingerprint(&received),
            at: now,
        }],
    };
    Transition::opening(previous, request, Event::Opened { received, reviewed }, now)
}

/// New claims of a pending request; nothing if it has them, or had them a moment ago.
fn update(request: &Request, submission: &Submission, now: Timestamp) -> Option<Transition> {
    let claims = fingerprint(&submission.received);
    let late = |seen: &&Seen| now.since(seen.at) < LATE_RETRY;
    let recent: Vec<_> = request.recent.iter().filter(late).cloned().collect();
    if fingerprint(&request.received) == claims || recent.iter().any(|seen| seen.claims == claims) {
        return None;
    }
    let Submission { received, reviewed, .. } = submission.clone();
    let event = Event::Updated {
        received: received.clone(),
        reviewed: reviewed.clone(),
    };
    let first_kept = recent.len().saturating_sub(MOST_RECENT - 1);
    let recent = recent[first_kept..]
        .iter()
        .cloned()
        .chain([Seen { claims, at: now }])
        .collect();
    Some(
        Transition::of(request).then(event, Actor::Applicant, now, |request| Request {
            received,
            reviewed,
            changes: submission.changes.clone(),
            identities: submission.identities.clone(),
            app: submission.app.clone(),
            recent,
            ..request
        }),
    )
}

fn fingerprint(claims: &Claims) -> Hash {
    Hash::of(&["claims", &claims.canonical()])
}
