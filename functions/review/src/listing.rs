use store::{Listing, StateName};

use crate::{cursor, refusal::Refusal};

const USUAL_LIMIT: usize = 50;

const MOST: usize = 100;

/// What `state`, `limit` and `cursor` of a query ask for. A parameter that is unknown or comes twice is a mistake, so
/// that nobody takes another list for the one they meant.
pub(crate) fn parse(query: &str) -> Result<Listing, Refusal> {
    let (mut state, mut limit, mut after) = (None, None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let first = match &*name {
            "state" => state.replace(read_state(&value)?).is_none(),
            "limit" => limit.replace(read_limit(&value)?).is_none(),
            "cursor" => {
                let position = cursor::read(&value).ok_or(Refusal::input("`cursor` is not one that a list named."))?;
                after.replace(position).is_none()
            }
            _ => {
                return Err(Refusal::input(
                    "A list knows the parameters `state`, `limit` and `cursor`.",
                ));
            }
        };
        if !first {
            return Err(Refusal::input("A parameter comes twice."));
        }
    }
    Ok(Listing {
        state: state.unwrap_or(StateName::Pending),
        after,
        limit: limit.unwrap_or(USUAL_LIMIT),
    })
}

fn read_state(text: &str) -> Result<StateName, Refusal> {
    let wants = "`state` is pending, approved, denied, withdrawn or admitted.";
    StateName::from_name(text).ok_or(Refusal::input(wants))
}

fn read_limit(text: &str) -> Result<usize, Refusal> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit
        .filter(|limit| limit.to_string() == text)
        .ok_or(Refusal::input("`limit` is a whole number from 1 to 100."))
}
