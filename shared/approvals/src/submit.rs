use std::time::Duration;

use claims::{Changes, Claims, Hash, Identity, Locales};
use store::{Actor, Denial, Effect, Event, News, Request, RequestId, Seen, State, Timestamp};

use crate::{
    Notice, Standing, Terms, Transition,
    reviewed::{again, confirmed, same_address},
    standing,
    standing::{may_use, turned_away},
    tell::tell,
};

/// The most addresses that one request may carry. Nobody has so many, and a denial has to turn all of them away in
/// one commit.
pub const MOST_ADDRESSES: usize = 8;

/// How often an applicant can change the claims of one request. Each change is kept in the history.
const MOST_UPDATES: u32 = 50;

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
    /// Of these, what may be kept: without those that the policy dropped.
    pub kept: Claims,
    /// The claims as the policy left them.
    pub reviewed: Claims,
    /// What the policy set or changed.
    pub changes: Changes,
    /// How the applicant signed in.
    pub identities: Vec<Identity>,
    /// The app signed in to.
    pub app: Option<String>,
    /// The languages that the applicant's browser asks for.
    pub locales: Locales,
    /// Every address that the call gives the applicant, by hash: at most [`MOST_ADDRESSES`].
    pub addresses: Vec<Hash>,
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
        (Standing::Creating(_), _) => (Answer::Notice(Notice::OnItsWay), None),
        (Standing::Provisioned(_), _) => (Answer::Notice(Notice::Ready), None),
        (Standing::Approved(request), _) => use_approval(request, submission, now, terms),
        (Standing::Admitted(request), _) => (again(request, submission), None),
        (Standing::None | Standing::Pending(_), Wish::Correct) => (Answer::Correct, None),
        (Standing::Pending(request), _) => (Answer::Notice(Notice::Pending), update(request, submission, now)),
        (Standing::None, Wish::Pass) => (Answer::Continue(submission.changes.clone()), None),
        (Standing::None, Wish::Hold) => {
            let opened = open(request, submission, now);
            let received = tell(&opened.request, News::Received, terms);
            let reviewers = terms.tell_reviewers.then_some(Effect::TellReviewers);
            let opened = opened.causing(received.into_iter().chain(reviewers));
            (Answer::Notice(Notice::Waiting), Some(opened))
        }
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

fn open(previous: Option<&Request>, submission: &Submission, now: Timestamp) -> Transition {
    let Submission {
        applicant,
        kept: received,
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
        locales: submission.locales.clone(),
        addresses: submission.addresses.clone(),
        updates: 0,
        recent: vec![Seen {
            claims: fingerprint(submission),
            at: now,
        }],
    };
    Transition::opening(previous, request, Event::Opened { received, reviewed }, now)
}

/// New claims of a pending request; nothing if it has them, had them a moment ago, or has changed too often.
fn update(request: &Request, submission: &Submission, now: Timestamp) -> Option<Transition> {
    let claims = fingerprint(submission);
    let late = |seen: &&Seen| now.since(seen.at) < LATE_RETRY;
    let recent: Vec<_> = request.recent.iter().filter(late).cloned().collect();
    let current = request.recent.last().is_some_and(|seen| seen.claims == claims);
    if current || recent.iter().any(|seen| seen.claims == claims) || request.updates >= MOST_UPDATES {
        return None;
    }
    let addresses = with_new(&request.addresses, &submission.addresses)?;
    let Submission {
        kept: received,
        reviewed,
        ..
    } = submission.clone();
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
            locales: submission.locales.clone(),
            addresses,
            updates: request.updates + 1,
            recent,
            ..request
        }),
    )
}

/// The addresses that a request has carried, with new ones; nothing if they become too many.
fn with_new(carried: &[Hash], new: &[Hash]) -> Option<Vec<Hash>> {
    let new = new.iter().filter(|address| !carried.contains(address));
    let all: Vec<_> = carried.iter().chain(new).copied().collect();
    (all.len() <= MOST_ADDRESSES).then_some(all)
}

/// What tells one version of a request from another.
fn fingerprint(submission: &Submission) -> Hash {
    let Submission {
        received,
        identities,
        app,
        ..
    } = submission;
    let claims = received.canonical();
    let mut parts = vec!["claims", &claims, app.as_deref().unwrap_or_default()];
    for identity in identities {
        let members = [&identity.sign_in_type, &identity.issuer, &identity.issuer_assigned_id];
        parts.extend(members.map(|member| member.as_deref().unwrap_or_default()));
    }
    Hash::of(&parts)
}
