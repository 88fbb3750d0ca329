//! Who acts, each as its function of the product does: what is in doubt is asked again, and conditions keep it from
//! happening twice.

use std::sync::Arc;

use approvals::{Answer, Decide, Decider, Held, Reviewer, Seal, Submission, Transition, Wish};
use claims::{CallKey, Changes, Claims, Decision, Hash, Locales, UserMessage, Value};
use store::{Asked, CallRecord, Commit, Committed, Keys, Left, Listing, Receiver, Request, Snapshot, Timestamp, Which};

use super::{Fate, PEOPLE, Scene, answered, applicant, audit_key, plan, terms};

/// After everything that is ever due.
const FAR: Timestamp = Timestamp::from_millis(i64::MAX / 2);

/// Somebody who does something about everybody.
pub(super) enum Actor {
    /// Everybody submits these claims.
    Applicants { version: u64, now: Timestamp },
    /// Those who were let in come back.
    Returning { now: Timestamp },
    /// A reviewer goes through the queue.
    Reviewer { name: &'static str, now: Timestamp },
    /// The clock does what is due.
    Clock { now: Timestamp },
    /// Counts what is to be counted, so many times everything that is due.
    Deliverer { passes: usize },
}

impl Actor {
    pub(super) async fn act<S: Scene + ?Sized>(self, store: Arc<S>) {
        match self {
            Actor::Applicants { version, now } => {
                for person in 0..PEOPLE {
                    submit(&*store, person, version, now).await;
                }
            }
            Actor::Returning { now } => {
                for person in (0..PEOPLE).filter(|person| Fate::of(*person) == Fate::Admitted) {
                    submit(&*store, person, 2, now).await;
                }
            }
            Actor::Reviewer { name, now } => review(&*store, name, now).await,
            Actor::Clock { now } => tick(&*store, now).await,
            Actor::Deliverer { passes } => {
                for _ in 0..passes {
                    deliver(&*store).await;
                }
            }
        }
    }
}

/// The second step, until it has an answer.
async fn submit(store: &(impl Scene + ?Sized), person: u64, version: u64, now: Timestamp) {
    let submission = submission(person, version);
    let call = CallKey(Hash::of(&["life", &person.to_string(), &version.to_string()]));
    let keys = Keys {
        applicant: Some(submission.applicant),
        addresses: submission.addresses.clone(),
        call: Some(call),
    };
    loop {
        let Snapshot {
            request,
            denials,
            call: known,
        } = answered(|| store.look_up(&keys)).await;
        let now_is = request.as_ref().map(left);
        if known.as_ref().is_some_and(|known| known.left == now_is) {
            return;
        }
        let (answer, transition) = approvals::submit(request.as_ref(), &denials, &submission, now, &terms());
        let Some(transition) = transition else { return };
        let record = CallRecord {
            key: call,
            at: now,
            answer: decision(answer),
            left: Some(left(&transition.request)),
            once: store::Once::default(),
        };
        let answer = Some((record, known.map(|known| known.at)));
        let commit = sealed(|seal| transition.commit(answer, &denials, seal));
        if store.commit(&commit).await == Ok(Committed::Applied) {
            return;
        }
    }
}

/// Everything that waits for a group, page by page; a vote that is in doubt is cast again.
async fn review(store: &(impl Scene + ?Sized), name: &str, now: Timestamp) {
    let mut listing = Listing::of(Which::Waiting(vec![Asked::Group("desk".to_owned())]), 7);
    loop {
        let page = answered(|| store.list(&listing)).await;
        for request in &page.requests {
            vote(store, request, name, now).await;
        }
        match page.next {
            None => return,
            next => listing.after = next,
        }
    }
}

async fn vote(store: &(impl Scene + ?Sized), listed: &Request, name: &str, now: Timestamp) {
    let fate = Fate::of(
        (0..PEOPLE)
            .find(|person| applicant(*person) == listed.id.applicant)
            .unwrap(),
    );
    let Some((ruling, block)) = fate.ruling(name) else {
        return;
    };
    let reviewer = Reviewer::named(name, vec!["desk".to_owned()]);
    let command = Decide {
        block,
        ..Decide::new(ruling, Decider::Reviewer(reviewer))
    };
    changed(store, listed, |request| {
        approvals::decide(request, &command, now, &terms()).transition
    })
    .await;
}

/// Everything that is due, page by page.
async fn tick(store: &(impl Scene + ?Sized), now: Timestamp) {
    let mut after = None;
    loop {
        let page = answered(|| store.overdue(now, after.as_ref(), 7)).await;
        for request in &page.requests {
            changed(store, request, |request| approvals::tick(request, now, &terms())).await;
        }
        match page.next {
            None => return,
            next => after = next,
        }
    }
}

/// Changes a request until there is nothing to change.
async fn changed(store: &(impl Scene + ?Sized), listed: &Request, change: impl Fn(&Request) -> Option<Transition>) {
    let keys = Keys {
        applicant: Some(listed.id.applicant),
        addresses: listed.addresses.clone(),
        call: None,
    };
    loop {
        let Snapshot { request, denials, .. } = answered(|| store.look_up(&keys)).await;
        let request = request.filter(|request| request.id == listed.id);
        let Some(transition) = request.as_ref().and_then(&change) else {
            return;
        };
        let commit = sealed(|seal| transition.commit(None, &denials, seal));
        // Whatever came of it: the row tells.
        drop(store.commit(&commit).await);
    }
}

/// Counts everything that is due, once; whether nothing was.
pub(super) async fn deliver(store: &(impl Scene + ?Sized)) -> bool {
    let (mut idle, mut after) = (true, None);
    loop {
        let page = answered(|| store.due(Receiver::Counts, FAR, after.as_ref(), 7)).await;
        for entry in &page.entries {
            let writes = store::count(entry).unwrap();
            // Whatever came of it: the entry is gone, or comes again.
            drop(store.commit(&Commit { writes }).await);
            idle = false;
        }
        match page.next {
            None => return idle,
            next => after = next,
        }
    }
}

fn submission(person: u64, version: u64) -> Submission {
    let address = format!("person{person}@company{}.example", person % 5);
    let claims = [
        ("email", address.clone()),
        ("displayName", format!("Person {person}")),
        ("version", version.to_string()),
    ];
    let claims = Claims::from_iter(claims.map(|(name, value)| (name.to_owned(), Value::Text(value))));
    let plan = plan();
    Submission {
        applicant: applicant(person),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: vec![Hash::of_address(&address)],
        invitation: None,
        wish: Wish::Hold(Held { route: None, plan }),
        rule: "everybody waits".to_owned(),
    }
}

fn decision(answer: Answer) -> Decision {
    match answer {
        Answer::Continue(changes) => Decision::Continue(changes),
        Answer::Notice(_) | Answer::Correct => Decision::Block(UserMessage::parse("Not now.").unwrap()),
    }
}

fn left(request: &Request) -> Left {
    Left {
        request: request.id,
        version: request.version,
    }
}

fn sealed(commit: impl FnOnce(&Seal<'_>) -> Commit) -> Commit {
    commit(&audit_key().seal().unwrap())
}
