//! Answers that are kept for a while, in bounded memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use claims::Value;
use policy::outside::{Body, Call, Filled, Found, Piece};
use store::Timestamp;

/// The most answers.
const MOST: usize = 10_000;

/// The most bytes that they take together: a function has 256 MB by default.
const MOST_BYTES: usize = 16 << 20;

/// What an answer takes beside its texts, as far as it matters.
const OVERHEAD: usize = 512;

/// Answers, and when each ends. Where there is no place for another one, those that end first go.
pub(crate) struct Answers {
    by_call: HashMap<Arc<Call>, Answer>,
    by_end: BTreeMap<End, Arc<Call>>,
    bytes: usize,
    kept: u64,
    most: usize,
    most_bytes: usize,
}

/// When an answer ends, and which it is among all that were kept: no two are the same.
type End = (Timestamp, u64);

struct Answer {
    found: Found,
    end: End,
    bytes: usize,
}

impl Answers {
    pub(crate) fn new() -> Answers {
        Answers::bounded(MOST, MOST_BYTES)
    }

    /// The answer to the same call, if it is still good. Those that are not go.
    pub(crate) fn of(&mut self, call: &Call, now: Timestamp) -> Option<Found> {
        self.forget_ended(now);
        self.by_call.get(call).map(|answer| answer.found.clone())
    }

    /// Keeps an answer; one that would take all the place is not kept.
    pub(crate) fn keep(&mut self, call: Arc<Call>, found: Found, until: Timestamp, now: Timestamp) {
        self.forget(&call);
        self.forget_ended(now);
        let bytes = OVERHEAD + bytes_of_call(&call) + bytes_of(&found);
        if bytes > self.most_bytes || until <= now {
            return;
        }
        while self.by_call.len() >= self.most || self.bytes + bytes > self.most_bytes {
            self.forget_first();
        }
        self.kept += 1;
        let end = (until, self.kept);
        self.bytes += bytes;
        self.by_end.insert(end, Arc::clone(&call));
        self.by_call.insert(call, Answer { found, end, bytes });
    }

    fn bounded(most: usize, most_bytes: usize) -> Answers {
        Answers {
            by_call: HashMap::new(),
            by_end: BTreeMap::new(),
            bytes: 0,
            kept: 0,
            most,
            most_bytes,
        }
    }

    fn forget_ended(&mut self, now: Timestamp) {
        while self
            .by_end
            .first_key_value()
            .is_some_and(|((until, _), _)| *until <= now)
        {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, call)) = self.by_end.pop_first() {
            self.forget(&call);
        }
    }

    fn forget(&mut self, call: &Call) {
        if let Some(answer) = self.by_call.remove(call) {
            self.by_end.remove(&answer.end);
            self.bytes -= answer.bytes;
        }
    }
}

fn bytes_of_call(call: &Call) -> usize {
    let headers = call
        .headers
        .iter()
        .map(|(name, value)| name.len() + bytes_of_filled(value));
    let body = match &call.body {
        None => 0,
        Some(Body::Json(text)) => text.len(),
        Some(Body::Form(fields)) => fields
            .iter()
            .map(|(name, value)| name.len() + bytes_of_filled(value))
            .sum(),
    };
    let pointers = call.pointers.iter().map(String::len);
    call.url.len() + headers.sum::<usize>() + body + pointers.sum::<usize>()
}

fn bytes_of_filled(Filled(pieces): &Filled) -> usize {
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Secret(reference) => reference.len(),
    });
    pieces.sum()
}

fn bytes_of(found: &Found) -> usize {
    let Found::Values(values) = found else { return 0 };
    let values = values.iter().flatten().map(|value| match value {
        Value::Text(text) | Value::Number(text) | Value::Other(text) => text.len(),
        Value::Texts(texts) => texts.iter().map(|text| text.len() + size_of::<String>()).sum(),
        Value::Boolean(_) => 0,
    });
    values.sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use policy::outside::Method;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn an_answer_is_good_until_its_end() {
        let mut answers = Answers::new();
        let (call, now) = (call("a"), at(0));
        answers.keep(call.clone(), found("x"), now.plus(LONG), now);
        assert_eq!(answers.of(&call, at(59_999)), Some(found("x")));
        assert_eq!(answers.of(&call, at(60_000)), None);
        assert_eq!((answers.by_call.len(), answers.by_end.len(), answers.bytes), (0, 0, 0));
    }

    #[test]
    fn a_later_answer_takes_the_place_of_an_earlier_one() {
        let mut answers = Answers::new();
        let now = at(0);
        answers.keep(call("a"), found("x"), at(1_000), now);
        answers.keep(call("a"), found("longer"), at(2_000), now);
        assert_eq!(answers.of(&call("a"), at(1_500)), Some(found("longer")));
        assert_eq!((answers.by_call.len(), answers.by_end.len()), (1, 1));
    }

    #[test]
    fn there_are_only_so_many_and_those_that_end_first_go() {
        let mut answers = Answers::bounded(3, MOST_BYTES);
        let now = at(0);
        for (name, until) in [("a", 4_000), ("b", 1_000), ("c", 3_000), ("d", 2_000)] {
            answers.keep(call(name), found(name), at(until), now);
        }
        assert_eq!(answers.of(&call("b"), now), None);
        for name in ["a", "c", "d"] {
            assert_eq!(answers.of(&call(name), now), Some(found(name)), "{name}");
        }
    }

    #[test]
    fn they_take_only_so_many_bytes() {
        let most = 10 * (OVERHEAD + 1000);
        let mut answers = Answers::bounded(MOST, most);
        let now = at(0);
        for number in 0..100 {
            answers.keep(
                call(&number.to_string()),
                found(&"x".repeat(1000)),
                at(1_000 + number),
                now,
            );
            assert!(answers.bytes <= most, "{}", answers.bytes);
        }
        assert_eq!(answers.by_call.len(), 9);
        answers.keep(call("huge"), found(&"x".repeat(most)), at(1_000), now);
        assert_eq!(answers.of(&call("huge"), now), None);
        assert_eq!(answers.by_call.len(), 9);
        answers.keep(call(&"y".repeat(most / 2)), found("y"), at(1_000), now);
        assert!(answers.by_call.len() < 9 && answers.bytes <= most);
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn found(text: &str) -> Found {
        Found::Values(vec![Some(Value::Text(text.to_owned())), None])
    }

    fn call(url: &str) -> Arc<Call> {
        Arc::new(Call {
            name: "crm".into(),
            method: Method::Get,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            pointers: Vec::new(),
            deadline: LONG,
            retries: false,
            most_bytes: 1000,
            cache: Some(LONG),
            idempotency_key: None,
        })
    }
}
