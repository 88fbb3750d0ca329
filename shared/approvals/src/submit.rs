use std::time::Duration;

use claims::{Changes, Claims, Hash, Identity, Locales};
use store::{
    Actor, Denial, Event, News, Occasion, Plan, Request, RequestId, Review, RouteName, Seen, State, Timestamp, Write,
};

use crate::{
    Invited, Notice, Standing, Submitted, Terms, Transition,
    outcome::asking,
    reviewed::{again, confirmed, same_address},
    standing,
    standing::{may_use, turned_away},
    tell::tell,
    time::overtake,
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
    /// The invitation that a rule accepted.
    pub invitation: Option<Invited>,
    /// What the policy wants.
    pub wish: Wish,
    /// The rule that said so.
    pub rule: String,
}

/// What the policy wants for somebody that no rule turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let them go on; nothing is recorded.
    Pass,
    /// Let them go on, approved automatically.
    Admit,
    /// Hand them to reviewers.
    Hold(Held),
    /// Have them correct what they entered, unless a decision stands already.
    Correct,
}

/// Which reviewers somebody is handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The route of the policy, where it names one.
    pub route: Option<RouteName>,
    /// The route, worked out for these claims.
    pub plan: Plan,
}

impl Held {
    /// No route: anybody who may review decides alone.
    pub fn by_anybody() -> Held {
        Held {
            route: None,
            plan: Plan::anybody(),
        }
    }
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
    let begun = request.map(|request| overtake(request, now, terms).unwrap_or_else(|| Transition::of(request)));
    let request = begun.as_ref().map(|begun| begun.request.clone());
    if begun.as_ref().is_some_and(Transition::denies) {
        // Its denials are recorded by the clock, which knows of all addresses; with a cool-down of nothing they may come again
        // then.
        return (Answer::Notice(Notice::Denied), None);
    }
    // What time has ended is recorded with what changes here; where nothing does, the clock will.
    answer(request.as_ref(), begun.as_ref(), denials, submission, now, terms)
}

/// `begun` is the request's transition so far: what time has ended, if it ended anything.
fn answer(
    request: Option<&Request>,
    begun: Option<&Transition>,
    denials: &[Denial],
    submission: &Submission,
    now: Timestamp,
    terms: &Terms,
) -> (Answer, Option<Transition>) {
    if turned_away(request, denials, now) {
        return (Answer::Notice(Notice::Denied), None);
    }
    match (standing(request, now), &submission.wish) {
        (Standing::Denied(_), _) => (Answer::Notice(Notice::Denied), None),
        (Standing::Creating(_), _) => (Answer::Notice(Notice::OnItsWay), None),
        (Standing::Provisioned(_), _) => (Answer::Notice(Notice::Ready), None),
        (Standing::Approved(request), _) => use_approval(begun, request, submission, now, terms),
        (Standing::Admitted(request), _) => (again(request, submission), None),
        (Standing::None | Standing::Pending(_), Wish::Correct) => (Answer::Correct, None),
        (Standing::Pending(request), _) => (
            Answer::Notice(Notice::Pending),
            update(begun, request, submission, now, terms),
        ),
        (Standing::None, Wish::Pass) => (Answer::Continue(submission.changes.clone()), None),
        (Standing::None, Wish::Hold(held)) => {
            let opened = open(begun, submission, held.clone(), now);
            let received = tell(&opened.request, News::Received, terms);
            let opened = opened.causing(received.into_iter().chain(asking(terms, Occasion::Asked)));
            (Answer::Notice(Notice::Waiting), Some(opened))
        }
        (Standing::None, Wish::Admit) => {
            // Nobody reviews it; it is over with the same commit.
            let opened = open(begun, submission, Held::by_anybody(), now);
            let admitted = opened
                .admit(submission.changes.clone(), Actor::Policy, now)
                .using(use_up(submission, now));
            (Answer::Continue(submission.changes.clone()), Some(admitted))
        }
    }
}

fn use_approval(
    begun: Option<&Transition>,
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
    let begun = begun.cloned().unwrap_or_else(|| Transition::of(request));
    let admitted = begun.admit(changes.clone(), Actor::Applicant, now);
    // What the request holds is used up by that; what only this call brings is used up here.
    let admitted = match request.invitation {
        Some(_) => admitted,
        None => admitted.using(use_up(submission, now)),
    };
    (Answer::Continue(changes), Some(admitted))
}

fn open(begun: Option<&Transition>, submission: &Submission, held: Held, now: Timestamp) -> Transition {
    let previous = begun.map(|begun| &begun.request);
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
        state: State::Pending(Box::new(Review::begin(held.plan, now))),
        opened_at: now,
        changed_at: now,
        rule: submission.rule.clone(),
        route: held.route,
        proven: submission.proven,
        received: received.clone(),
        dropped: dropped(submission),
        reviewed: reviewed.clone(),
        changes: submission.changes.clone(),
        identities: submission.identities.clone(),
        app: submission.app.clone(),
        locales: submission.locales.clone(),
        addresses: submission.addresses.clone(),
        invitation: submission.invitation.as_ref().map(|invited| invited.held(now)),
        updates: 0,
        head: None,
        proof: None,
        recent: vec![Seen {
            claims: fingerprint(submission),
            at: now,
        }],
    };
    Transition::opening(begun.cloned(), request, submitted(submission), now).using(take(submission, now))
}

fn take(submission: &Submission, now: Timestamp) -> Option<Write> {
    submission.invitation.as_ref()?.take(submission.applicant, now)
}

fn use_up(submission: &Submission, now: Timestamp) -> Option<Write> {
    submission.invitation.as_ref()?.use_up(submission.applicant, now)
}

fn submitted(submission: &Submission) -> Submitted {
    Submitted {
        received: submission.kept.clone(),
        reviewed: submission.reviewed.clone(),
    }
}

/// The keys of the claims that came and are not kept.
fn dropped(submission: &Submission) -> Vec<String> {
    let kept = |key: &str| submission.kept.at_key(key).is_some();
    let keys = submission.received.iter().map(|(key, _)| key);
    keys.filter(|key| !kept(key)).map(str::to_owned).collect()
}

/// The review of claims that changed: it begins anew, with those who have voted on the old ones asked again. A rule that
/// holds them now says by whom; else it stays as it was.
fn anew(review: &Review, wish: &Wish, now: Timestamp) -> Review {
    let plan = match wish {
        Wish::Hold(held) => held.plan.clone(),
        Wish::Pass | Wish::Admit | Wish::Correct => review.plan.clone(),
    };
    Review::begin(plan, now)
}

/// New claims of a pending request; nothing if it has them, had them a moment ago, or has changed too often.
fn update(
    begun: Option<&Transition>,
    request: &Request,
    submission: &Submission,
    now: Timestamp,
    terms: &Terms,
) -> Option<Transition> {
    let review = request.review()?;
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
    let first_kept = recent.len().saturating_sub(MOST_RECENT - 1);
    let recent = recent[first_kept..]
        .iter()
        .cloned()
        .chain([Seen { claims, at: now }])
        .collect();
    let route = match &submission.wish {
        Wish::Hold(held) => held.route.clone(),
        Wish::Pass | Wish::Admit | Wish::Correct => request.route.clone(),
    };
    let next = anew(review, &submission.wish, now);
    // Whoever is asked already and has not answered finds the new claims without another letter.
    let again = !review.votes.is_empty() || next.stage().asked != review.stage().asked;
    let begun = begun.cloned().unwrap_or_else(|| Transition::of(request));
    let other = submission
        .invitation
        .as_ref()
        .filter(|invited| !invited.is_held_by(request));
    let invitation = other.map(|invited| invited.held(now)).or(request.invitation);
    Some(
        begun
            .then(Event::Updated, Actor::Applicant, now, |request| Request {
                state: State::Pending(Box::new(next)),
                route,
                received,
                dropped: dropped(submission),
                reviewed,
                changes: submission.changes.clone(),
                identities: submission.identities.clone(),
                app: submission.app.clone(),
                locales: submission.locales.clone(),
                addresses,
                invitation,
                updates: request.updates + 1,
                recent,
                ..request
            })
            .proving(submitted(submission))
            .using(other.and_then(|invited| invited.take(submission.applicant, now)))
            .causing(again.then(|| asking(terms, Occasion::Asked)).flatten()),
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
