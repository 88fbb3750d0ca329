use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Request, RouteName, StateName};

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
