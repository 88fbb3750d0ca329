//! Which requests to list, and where in a list one is.

use claims::{Domain, Hash};
use serde::{Deserialize, Serialize};

use crate::{Asked, Request, RequestId, RouteName, StateName, Timestamp};

/// The most requests on one page: as many as one batch reads.
pub const MOST_LISTED: usize = 100;

/// The most rows that are looked at for one page, where a [`Filter`] narrows it.
pub const MOST_LOOKED_AT: usize = 1000;

/// Which requests to list, in which order, and from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Of these.
    pub which: Which,
    /// Only such.
    pub filter: Filter,
    /// In this order.
    pub order: Order,
    /// After this place, which the page before named.
    pub after: Option<Position>,
    /// At most this many, and never more than [`MOST_LISTED`].
    pub limit: usize,
}

/// A list that a store keeps sorted: a page of it costs the same however long it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those in one state.
    State(StateName),
    /// Pending ones whose stage asks one of these.
    Waiting(Vec<Asked>),
    /// Those whose applicant's address has a domain, by its hash.
    Domain(Hash),
    /// Those whose applicant gave an address last, by its hash.
    Address(Hash),
}

/// What narrows a list further.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Decided by this route.
    pub route: Option<RouteName>,
    /// In this state.
    pub state: Option<StateName>,
    /// Pending, in a stage that asks these.
    pub asked: Option<Asked>,
    /// Opened at this time or later. Lists are sorted by it, so that it costs nothing.
    pub since: Option<Timestamp>,
    /// Opened before this time. As with `since`.
    pub before: Option<Timestamp>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Those that were opened first come first: who waits longest.
    #[default]
    OldestFirst,
    /// Those that were opened last come first.
    NewestFirst,
}

/// A place in a list of requests: they are sorted by the time they were opened, then by id.
///
/// All lists have this one order, also the parts (shards, reviewers' groups) that a page is merged from. So one place
/// stands for a place in each part: what was shown of any part is before it, and what was not is after it. A cursor
/// need not name the parts, and stays good when there are more of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// When the request was opened.
    pub opened_at: Timestamp,
    /// Which one.
    pub id: RequestId,
}

/// Part of a list of requests.
#[derive(Clone, Debug)]
pub struct Page {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<Position>,
    /// Whether the page ends because [`MOST_LOOKED_AT`] rows were looked at, and not because it is full or the list at
    /// its end. Such a page may be empty, and others follow it.
    pub cut_short: bool,
}

/// A place in the list of what is due: requests are sorted by the time they are due, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OverduePlace {
    /// When time changes something next.
    pub due: Timestamp,
    /// Which request.
    pub id: RequestId,
}

/// Part of the list of what is due.
#[derive(Clone, Debug)]
pub struct OverduePage {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// Those that are due and cannot be read, each with the reason. Nothing personal.
    pub unreadable: Vec<(RequestId, String)>,
    /// Where to go on; nothing when this was the last page.
    pub next: Option<OverduePlace>,
}

impl Listing {
    /// A list from its beginning, the oldest first.
    pub fn of(which: Which, limit: usize) -> Listing {
        Listing {
            which,
            filter: Filter::default(),
            order: Order::OldestFirst,
            after: None,
            limit,
        }
    }

    /// Whether a request belongs in the list, wherever it is in it.
    pub fn has(&self, request: &Request) -> bool {
        self.which.has(request) && self.filter.has(request)
    }
}

impl Which {
    /// The list of a domain.
    pub fn domain(domain: &Domain) -> Which {
        Which::Domain(domain_key(domain))
    }

    /// The list of an address in whatever spelling.
    pub fn address(address: &str) -> Which {
        Which::Address(Hash::of_address(address))
    }

    fn has(&self, request: &Request) -> bool {
        match self {
            Which::State(state) => request.state.name() == *state,
            Which::Waiting(asked) => request.asked().is_some_and(|who| asked.contains(who)),
            Which::Domain(domain) => request.domain() == Some(*domain),
            Which::Address(address) => request.address() == Some(*address),
        }
    }
}

impl Filter {
    /// Whether rows have to be read to tell which ones belong: their place in a list does not.
    pub fn needs_rows(&self) -> bool {
        self.route.is_some() || self.state.is_some() || self.asked.is_some()
    }

    fn has(&self, request: &Request) -> bool {
        let Filter {
            route,
            state,
            asked,
            since,
            before,
        } = self;
        route.as_ref().is_none_or(|route| request.route.as_ref() == Some(route))
            && state.is_none_or(|state| request.state.name() == state)
            && asked.as_ref().is_none_or(|asked| request.asked() == Some(asked))
            && since.is_none_or(|since| request.opened_at >= since)
            && before.is_none_or(|before| request.opened_at < before)
    }
}

impl Position {
    /// The place of a request.
    pub fn of(request: &Request) -> Position {
        Position {
            opened_at: request.opened_at,
            id: request.id,
        }
    }
}

impl Page {
    /// Nothing, and nothing after it.
    pub const EMPTY: Page = Page {
        requests: Vec::new(),
        next: None,
        cut_short: false,
    };
}

/// The key of a domain's list.
pub(crate) fn domain_key(domain: &Domain) -> Hash {
    Hash::of(&["domain", domain.as_str()])
}
