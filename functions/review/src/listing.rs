use claims::Hash;
use store::{Listing, Order, ParkedPlace, StateName, Which};

use crate::{cursor, refusal::Refusal};

const USUAL_LIMIT: usize = 50;

const MOST: usize = 100;

/// Which parked effects to list.
pub(crate) struct Parked {
    pub(crate) after: Option<ParkedPlace>,
    pub(crate) limit: usize,
}

/// What `state`, `limit` and `cursor` of a query ask for: the list of a state.
pub(crate) fn parse(query: &str) -> Result<(StateName, Listing), Refusal> {
    let known = "A list knows the parameters `state`, `limit` and `cursor`.";
    let [state, limit, after] = parameters(query, ["state", "limit", "cursor"], known)?;
    let state = state.map_or(Ok(StateName::Pending), |text| read_state(&text))?;
    let listing = Listing {
        order: order_of(state),
        after: read_cursor(after, cursor::read)?,
        ..Listing::of(Which::State(state), read_limit(limit)?)
    };
    Ok((state, listing))
}

/// Who waits longest comes first; of the others those that came last are of interest.
fn order_of(state: StateName) -> Order {
    match state {
        StateName::Pending => Order::OldestFirst,
        _ => Order::NewestFirst,
    }
}

/// What `limit` and `cursor` of a query ask for.
pub(crate) fn parse_parked(query: &str) -> Result<Parked, Refusal> {
    let known = "A list of effects knows the parameters `limit` and `cursor`.";
    let [limit, after] = parameters(query, ["limit", "cursor"], known)?;
    Ok(Parked {
        after: read_cursor(after, cursor::read_parked)?,
        limit: read_limit(limit)?,
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
        limit: read_limit(limit)?,
    })
}

/// Refuses every parameter.
pub(crate) fn parse_none(query: &str) -> Result<(), Refusal> {
    parameters(query, [], "This knows no parameters.").map(|[]| ())
}

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

fn read_limit(text: Option<String>) -> Result<usize, Refusal> {
    let Some(text) = text else { return Ok(USUAL_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit
        .filter(|limit| limit.to_string() == text)
        .ok_or(Refusal::input("`limit` is a whole number from 1 to 100."))
}

fn read_cursor<P>(text: Option<String>, read: impl Fn(&str) -> Option<P>) -> Result<Option<P>, Refusal> {
    let read = |text: String| read(&text).ok_or(Refusal::input("`cursor` is not one that this list named."));
    text.map(read).transpose()
}
