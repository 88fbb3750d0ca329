//! Whole lives of requests over stores that fail at random: people sign up, change their minds, are voted on, come back or
//! do not, and time ends what nobody ended. However often the store refused, was not reached or lost a reply, nothing is
//! lost or done twice in the end.

mod actors;
mod ends;

use std::{future::Future, sync::Arc, time::Duration};

use approvals::{Blocks, Ruling, Terms};
use claims::Hash;
use store::{Asked, Block, ListName, Outbox, Plan, StateName, Store, Timestamp};
use tokio::task::JoinSet;

use crate::{Place, Unsteady, sample};
use actors::Actor;

/// How many people sign up: as many of each [`Fate`].
const PEOPLE: u64 = 15;

/// Longer than any approval, cool-down or stage lasts.
const LONG: Duration = Duration::from_secs(100 * 24 * 60 * 60);

/// The longest that a run may take.
const LONGEST: Duration = Duration::from_secs(300);

/// What happens to somebody's first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nobody decides, and time ends it.
    Ignored,
    /// Two approve, and the applicant comes back.
    Admitted,
    /// One of two is against it.
    Denied,
    /// Two approve, and the applicant does not come back in time.
    Unused,
    /// One reviewer closes it while the other approves.
    Withdrawn,
}

/// What the actors need of a store.
trait Scene: Store + Outbox {}

impl<S: Store + Outbox + ?Sized> Scene for S {}

/// With trouble from a seed that is printed. The order in which threads meet it is not the seed's alone.
pub async fn many_lives_end_whole(place: &dyn Place) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let unsteady = async |n: u64| Arc::new(Unsteady::new(place.open().await, seed.wrapping_add(n)));
    live([unsteady(0).await, unsteady(1).await]).await;
    ends::are_whole(&*place.open().await).await;
}

/// With whatever trouble the stores of one place have; the stores of the other have the same rows and no trouble.
pub async fn lives_on_end_whole(troubled: &dyn Place, steady: &dyn Place) {
    live([troubled.open().await, troubled.open().await]).await;
    ends::are_whole(&*steady.open().await).await;
}

/// Lets everybody live, each call on one of two stores.
async fn live<S: Scene + ?Sized + 'static>(stores: [Arc<S>; 2]) {
    let everybody = async |actors: [Actor; 4]| {
        let lives = async {
            let mut tasks = JoinSet::new();
            for (store, actor) in (0..).zip(actors) {
                tasks.spawn(actor.act(stores[store % 2].clone()));
            }
            tasks.join_all().await;
        };
        tokio::time::timeout(LONGEST, lives)
            .await
            .expect("everybody is done in the end");
    };
    let (now, soon, later, at_last) = (at(0), at(60), at(120), sample::at(0).plus(LONG));
    everybody([
        Actor::Applicants { version: 1, now },
        Actor::Applicants { version: 1, now },
        Actor::Deliverer { passes: 10 },
        Actor::Clock { now },
    ])
    .await;
    everybody([
        Actor::Applicants { version: 2, now: soon },
        Actor::Applicants { version: 2, now: soon },
        Actor::Clock { now: soon },
        Actor::Clock { now: soon },
    ])
    .await;
    everybody([
        Actor::Reviewer {
            name: "rita",
            now: later,
        },
        Actor::Reviewer {
            name: "otto",
            now: later,
        },
        // Rita in another window.
        Actor::Reviewer {
            name: "RITA",
            now: later,
        },
        Actor::Deliverer { passes: 3 },
    ])
    .await;
    everybody([
        Actor::Returning { now: later },
        Actor::Returning { now: later },
        Actor::Deliverer { passes: 3 },
        Actor::Deliverer { passes: 3 },
    ])
    .await;
    everybody([
        Actor::Clock { now: at_last },
        Actor::Clock { now: at_last },
        Actor::Deliverer { passes: 3 },
        Actor::Deliverer { passes: 3 },
    ])
    .await;
    everybody([
        Actor::Applicants {
            version: 3,
            now: at_last,
        },
        Actor::Applicants {
            version: 3,
            now: at_last,
        },
        Actor::Deliverer { passes: 3 },
        Actor::Clock { now: at_last },
    ])
    .await;
}

impl Fate {
    fn of(person: u64) -> Fate {
        use Fate::{Admitted, Denied, Ignored, Unused, Withdrawn};
        [Ignored, Admitted, Denied, Unused, Withdrawn][person as usize % 5]
    }

    /// How a reviewer decides, and what is blocked with it; nothing if they leave it alone.
    fn ruling(self, name: &str) -> Option<(Ruling, Vec<Block>)> {
        let rita = name.eq_ignore_ascii_case("rita");
        match self {
            Fate::Ignored => None,
            Fate::Denied if rita => Some((Ruling::Deny, vec![Block::Domain])),
            Fate::Withdrawn if rita => Some((Ruling::Withdraw, Vec::new())),
            _ => Some((Ruling::Approve, Vec::new())),
        }
    }

    /// The state in which it ends.
    fn end(self) -> StateName {
        match self {
            Fate::Ignored | Fate::Unused => StateName::Expired,
            Fate::Admitted => StateName::Admitted,
            Fate::Denied => StateName::Denied,
            Fate::Withdrawn => StateName::Withdrawn,
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    sample::at(seconds)
}

fn applicant(person: u64) -> Hash {
    sample::applicant(&format!("life {person}"))
}

/// Two have to approve, one is enough to deny.
fn plan() -> Plan {
    let mut plan = Plan::anybody();
    plan.stages[0].asked = Asked::Group("desk".to_owned());
    plan.stages[0].approve = 2;
    plan
}

fn terms() -> Terms {
    let domains = ListName::parse("blocked");
    Terms {
        block: Blocks {
            addresses: None,
            domains,
        },
        ..Terms::default()
    }
}

fn audit_key() -> approvals::AuditKey {
    approvals::AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

/// Asks until the store answers.
async fn answered<T, F: Future<Output = Result<T, store::StoreError>>>(ask: impl Fn() -> F) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(store::StoreError::Broken(why)) => panic!("{why}"),
            Err(_) => {}
        }
    }
}
