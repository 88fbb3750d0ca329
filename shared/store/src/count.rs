use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Effect, OutboxEntry, Request, RouteName, StateName, Write};

/// What is counted: the requests in a state that one route decides, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counter {
    /// The state.
    pub state: StateName,
    /// The route, where the policy names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub route: Option<RouteName>,
}

/// How many requests there are of each kind; those that never had any are left out. They lag behind by what is still in
/// the outbox.
pub type Counts = BTreeMap<Counter, i64>;

impl Counter {
    /// Under which a request is counted.
    pub fn of(request: &Request) -> Counter {
        Counter {
            state: request.state.name(),
            route: request.route.clone(),
        }
    }
}

/// What carries out an effect that counts, in one commit: the effect goes as the counters change, so that it counts once
/// however often this is tried. None for other effects.
pub fn count(entry: &OutboxEntry) -> Option<Vec<Write>> {
    let Effect::Count { from, to } = &entry.effect else {
        return None;
    };
    let taken_out = Write::Delivered {
        id: entry.id,
        revision: entry.revision,
    };
    let add = |counter: &Counter, by| Write::Count {
        counter: counter.clone(),
        by,
    };
    let changes = (from.as_ref() != Some(to)).then(|| from.iter().map(|from| add(from, -1)).chain([add(to, 1)]));
    Some([taken_out].into_iter().chain(changes.into_iter().flatten()).collect())
}
