//! Which list somebody asks for, in the query of an address or in a body.

use approvals::Terms;
use claims::{Domain, Hash};
use serde::Deserialize;
use store::{Asked, Filter, Listing, Order, Page, ParkedPlace, Person, RouteName, StateName, Timestamp, Which};

use crate::{Room, cursor, refusal::Refusal, reviewers::Reviewer, whole};

const USUAL_LIMIT: usize = 50;

const MOST: usize = 100;

/// A list that a reviewer asks for.
pub(crate) struct Wanted {
    pub(crate) listing: Listing,
    /// Only what waits for this reviewer: not their own requests, nor what they voted on.
    pub(crate) awaits: Option<approvals::Reviewer>,
}

/// What narrows a list, as texts.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    address: Option<String>,
    domain: Option<String>,
    state: Option<String>,
    route: Option<String>,
    waits: Option<String>,
    since: Option<String>,
    before: Option<String>,
    order: Option<String>,
    #[serde(default, deserialize_with = "whole::number")]
    limit: Option<u64>,
    cursor: Option<String>,
}

impl Said {
    /// What a query says. Addresses, domains and people do not stand in one: it is kept in logs and histories everywhere.
    pub(crate) fn in_query(query: &str) -> Result<Said, Refusal> {
        let known = "A list knows the parameters `state`, `route`, `waits`, `since`, `before`, `order`, `limit` and \
                     `cursor`; `POST …/requests/search` knows addresses, domains and people.";
        let names = ["state", "route", "waits", "since", "before", "order", "limit", "cursor"];
        let [state, route, waits, since, before, order, limit, cursor] = parameters(query, names, known)?;
        if waits.as_deref().is_some_and(|waits| waits.starts_with("person:")) {
            let why =
                "No URL holds a person's name, since logs keep URLs: `POST …/requests/search` takes `waits` with one.";
            return Err(Refusal::input(why));
        }
        Ok(Said {
            address: None,
            domain: None,
            state,
            route,
            waits,
            since,
            before,
            order,
            limit: limit
                .map(read_limit)
                .transpose()?
                .and_then(|limit| limit.try_into().ok()),
            cursor,
        })
    }

    /// What the body of a search says: whom it is about, and the rest as in a query.
    pub(crate) fn in_body(body: &[u8]) -> Result<Said, Refusal> {
        let wants = "The body is a JSON object with one of `address` and `domain`, or with `waits`, strings, and perhaps \
                     `state`, `route`, `waits`, `since`, `before`, `order` and `cursor`, strings, and `limit`, a number.";
        let said: Said = serde_json::from_slice(body).map_err(|_| Refusal::input(wants))?;
        match (&said.address, &said.domain, &said.waits) {
            (Some(_), Some(_), _) | (None, None, None) => Err(Refusal::input(wants)),
            _ => Ok(said),
        }
    }

    /// The list, for a reviewer.
    pub(crate) fn wanted(self, room: &Room, reviewer: &Reviewer) -> Result<Wanted, Refusal> {
        let terms = &room.parts.desk.terms;
        let state = self.state.as_deref().map(read_state).transpose()?;
        let waits = self.waits.as_deref().map(|text| Waits::read(text, reviewer, terms));
        let waits = waits.transpose()?;
        // What waits for somebody is pending: with another state, that is nothing.
        let (which, asked, state) = match (self.about()?, &waits) {
            (None, Some(waits)) => {
                let other = state.filter(|state| *state != StateName::Pending);
                (Which::Waiting(waits.asked.clone()), None, other)
            }
            (None, None) => (Which::State(state.unwrap_or(StateName::Pending)), None, None),
            (Some(which), None) => (which, None, state),
            (Some(which), Some(waits)) => (which, waits.only(), state.or(Some(StateName::Pending))),
        };
        let filter = Filter {
            route: self.route.as_deref().map(read_route).transpose()?,
            state,
            asked,
            since: self.since.as_deref().map(read_time).transpose()?,
            before: self.before.as_deref().map(read_time).transpose()?,
        };
        let order = match self.order.as_deref() {
            Some(text) => read_order(text)?,
            None => order_of(&which),
        };
        let limit = self.limit.map_or(Ok(USUAL_LIMIT), in_bounds)?;
        let mut wanted = Wanted {
            listing: Listing {
                filter,
                order,
                ..Listing::of(which, limit)
            },
            awaits: waits.and_then(|waits| waits.me),
        };
        wanted.listing.after = self.cursor.map(|text| wanted.place(room, &text)).transpose()?;
        Ok(wanted)
    }

    fn about(&self) -> Result<Option<Which>, Refusal> {
        if let Some(domain) = &self.domain {
            let domain = Domain::parse(domain).map_err(|_| Refusal::input("`domain` is no domain."))?;
            return Ok(Some(Which::domain(&domain)));
        }
        Ok(self.address.as_deref().map(Which::address))
    }
}

/// For whom something waits.
struct Waits {
    asked: Vec<Asked>,
    /// The reviewer who asks, if it is them.
    me: Option<approvals::Reviewer>,
}

impl Waits {
    fn read(text: &str, reviewer: &Reviewer, terms: &Terms) -> Result<Waits, Refusal> {
        if text == "me" {
            let me = reviewer.as_decider(terms);
            let groups = me.groups.iter().cloned().map(Asked::Group);
            let own = [Asked::Anybody, Asked::Person(Person::of(&reviewer.name))];
            let asked = own.into_iter().chain(groups).collect();
            return Ok(Waits { asked, me: Some(me) });
        }
        let wants = "`waits` is me, anybody, group:NAME or person:NAME.";
        let asked = vec![Asked::from_key(text).ok_or(Refusal::input(wants))?];
        Ok(Waits { asked, me: None })
    }

    /// The only one for whom; none where several are meant, and [`Wanted::take`] decides.
    fn only(&self) -> Option<Asked> {
        let only = self.asked.first().filter(|_| self.me.is_none());
        only.cloned()
    }
}

impl Wanted {
    /// What of a page is wanted: as a filter does, this may leave few or none, and others follow.
    pub(crate) fn take(&self, page: &mut Page) {
        if let Some(me) = &self.awaits {
            page.requests.retain(|request| me.is_awaited(request));
        }
    }

    /// The cursor of the page after.
    pub(crate) fn next(&self, room: &Room, page: &Page) -> Option<String> {
        let next = page.next.as_ref()?;
        Some(cursor::write(&room.parts.desk.audit, &self.name(), next))
    }

    fn place(&self, room: &Room, text: &str) -> Result<store::Position, Refusal> {
        cursor::read(&room.parts.desk.audit, &self.name(), text).ok_or(Refusal::input(CURSOR))
    }

    /// What tells this list from others, wherever one is in it.
    fn name(&self) -> String {
        let Listing {
            which, filter, order, ..
        } = &self.listing;
        let (kind, of) = match which {
            Which::State(state) => ("state", vec![state.to_string()]),
            Which::Waiting(asked) => ("waiting", asked.iter().map(Asked::key).collect()),
            Which::Domain(domain) => ("domain", vec![domain.to_string()]),
            Which::Address(address) => ("address", vec![address.to_string()]),
        };
        let Filter {
            route,
            state,
            asked,
            since,
            before,
        } = filter;
        let me = self.awaits.as_ref().map(|me| me.person.as_str());
        let asked = asked.as_ref().map(Asked::key);
        let newest = *order == Order::NewestFirst;
        serde_json::json!([kind, of, me, route, state, asked, since, before, newest]).to_string()
    }
}

/// Who waits longest comes first; of the others those that came last are of interest.
fn order_of(which: &Which) -> Order {
    match which {
        Which::State(StateName::Pending) | Which::Waiting(_) => Order::OldestFirst,
        Which::State(_) | Which::Domain(_) | Which::Address(_) => Order::NewestFirst,
    }
}

/// Which parked effects to list.
pub(crate) struct Parked {
    pub(crate) after: Option<ParkedPlace>,
    pub(crate) limit: usize,
}

/// What `limit` and `cursor` of a query ask for.
pub(crate) fn parse_parked(room: &Room, query: &str) -> Result<Parked, Refusal> {
    let known = "A list of effects knows the parameters `limit` and `cursor`.";
    let [limit, after] = parameters(query, ["limit", "cursor"], known)?;
    let key = &room.parts.desk.audit;
    let read = |text: String| cursor::read_parked(key, &text).ok_or(Refusal::input(CURSOR));
    Ok(Parked {
        after: after.map(read).transpose()?,
        limit: limit.map_or(Ok(USUAL_LIMIT), read_limit)?,
    })
}

/// Which entries of a list to show.
pub(crate) struct Entries {
    pub(crate) after: Option<Hash>,
    pub(crate) limit: usize,
}

/// What `limit` and `after` of a query ask for.
pub(crate) fn parse_entries(query: &str) -> Result<Entries, Refusal> {
    let known = "A list knows the parameters `limit` and `after`.";
    let [limit, after] = parameters(query, ["limit", "after"], known)?;
    let read = |text: String| {
        let hash = Hash::from_hex(&text).filter(|hash| hash.to_string() == text);
        hash.ok_or(Refusal::input("`after` is not one that this list named."))
    };
    Ok(Entries {
        after: after.map(read).transpose()?,
        limit: limit.map_or(Ok(USUAL_LIMIT), read_limit)?,
    })
}

/// Refuses every parameter.
pub(crate) fn parse_none(query: &str) -> Result<(), Refusal> {
    parameters(query, [], "This knows no parameters.").map(|[]| ())
}

const LIMIT: &str = "`limit` is a whole number from 1 to 100.";

const CURSOR: &str = "`cursor` is not one that this list named.";

/// The values of parameters, in the order of their names. One that is unknown or comes twice is a mistake, so that
/// nobody takes another list for the one they meant.
fn parameters<const N: usize>(
    query: &str,
    names: [&str; N],
    known: &'static str,
) -> Result<[Option<String>; N], Refusal> {
    let mut values = [const { None }; N];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = names.iter().zip(&mut values).find(|(known, _)| ***known == *name);
        let (_, place) = place.ok_or(Refusal::input(known))?;
        if place.replace(value.into_owned()).is_some() {
            return Err(Refusal::input("A parameter comes twice."));
        }
    }
    Ok(values)
}

fn read_state(text: &str) -> Result<StateName, Refusal> {
    let wants = "`state` is pending, approved, denied, withdrawn, expired, admitted or provisioned.";
    StateName::from_name(text).ok_or(Refusal::input(wants))
}

fn read_route(text: &str) -> Result<RouteName, Refusal> {
    let wants = "`route` is the name of a route: 1 to 64 letters, digits, `-` and `_`.";
    RouteName::parse(text).ok_or(Refusal::input(wants))
}

fn read_time(text: &str) -> Result<Timestamp, Refusal> {
    let wants = "`since` and `before` are times as in RFC 3339, such as 2026-11-22T20:53:01Z.";
    text.parse().map_err(|_| Refusal::input(wants))
}

fn read_order(text: &str) -> Result<Order, Refusal> {
    match text {
        "oldest" => Ok(Order::OldestFirst),
        "newest" => Ok(Order::NewestFirst),
        _ => Err(Refusal::input("`order` is oldest or newest.")),
    }
}

fn in_bounds(limit: u64) -> Result<usize, Refusal> {
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or(Refusal::input(LIMIT))
}

fn read_limit(text: String) -> Result<usize, Refusal> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit
        .filter(|limit| limit.to_string() == text)
        .ok_or(Refusal::input(LIMIT))
}
