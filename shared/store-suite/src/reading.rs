//! What is written comes back, whole and at once.

use claims::{Changes, Claims, Decision, Hash, UserMessage, Value};
use store::{
    AccountBy, Actor, Asked, Block, CallRecord, Committed::Applied, Denial, Event, HistoryEntry, Keys, Listing, Person,
    Request, RequestId, State, StateName, Store, Which, Write,
};

use crate::{
    Place, eventually,
    sample::{
        answer, applicant, approved, archive, at, call, changed, commit, denial, denied, entry, first, full, history,
        next, next_round, pending, reviewed, turn_away, waits,
    },
};

/// Nothing is there at first, whatever is asked, and nothing comes of asking for nothing.
pub async fn an_empty_store_knows_nothing(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    for keys in [Keys::default(), all_keys(&jane)] {
        let snapshot = store.look_up(&keys).await.unwrap();
        assert!(snapshot.request.is_none() && snapshot.call.is_none() && snapshot.denials.is_empty());
    }
    assert_eq!(store.request(&jane.id).await, Ok(None));
    assert_eq!(store.history(&jane.id).await, Ok(vec![]));
    for state in StateName::ALL {
        let page = store.list(&listing(state)).await.unwrap();
        assert!(page.requests.is_empty() && page.next.is_none());
    }
}

/// Request, denials and call together, and each on its own.
pub async fn a_look_up_answers_everything_asked_for(place: &dyn Place) {
    let store = place.open().await;
    let jane = full("jane");
    let (record, one, two) = (
        call("jane", &jane),
        denial("jane", &jane),
        denial("two", &pending("john")),
    );
    let writes = [
        first(&jane),
        answer(&record),
        turn_away(&one),
        turn_away(&two),
        first(&pending("john")),
        answer(&call("john", &jane)),
        turn_away(&denial("three", &jane)),
    ];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));

    let keys = Keys {
        addresses: vec![two.address, Hash::of_address("nobody"), one.address, two.address],
        ..all_keys(&jane)
    };
    let snapshot = store.look_up(&keys).await.unwrap();
    assert!(snapshot.request.as_ref() == Some(&jane));
    assert_eq!(snapshot.call.as_ref(), Some(&record));
    assert_eq!(sorted(snapshot.denials), sorted(vec![one.clone(), two]));

    let only_applicant = Keys {
        applicant: keys.applicant,
        ..Keys::default()
    };
    let snapshot = store.look_up(&only_applicant).await.unwrap();
    assert!(snapshot.request == Some(jane) && snapshot.call.is_none() && snapshot.denials.is_empty());

    let only_call = Keys {
        call: keys.call,
        ..Keys::default()
    };
    let snapshot = store.look_up(&only_call).await.unwrap();
    assert!(snapshot.request.is_none() && snapshot.call == Some(record) && snapshot.denials.is_empty());

    let only_address = Keys {
        addresses: vec![one.address],
        ..Keys::default()
    };
    let snapshot = store.look_up(&only_address).await.unwrap();
    assert!(snapshot.request.is_none() && snapshot.call.is_none() && snapshot.denials == vec![one]);
}

/// More addresses than a store may take at once.
pub async fn a_look_up_takes_many_addresses(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let denials: Vec<_> = (0..250).map(|n| denial(&format!("{n}@b.example"), &jane)).collect();
    let record = call("jane", &jane);
    for some in [&denials[..10], &denials[120..130], &denials[240..]] {
        let writes: Vec<_> = some.iter().map(turn_away).collect();
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    assert_eq!(
        store.commit(&commit([first(&jane), answer(&record)])).await,
        Ok(Applied)
    );
    let keys = Keys {
        addresses: denials.iter().map(|denial| denial.address).collect(),
        ..all_keys(&jane)
    };
    let snapshot = store.look_up(&keys).await.unwrap();
    assert!(snapshot.request == Some(jane) && snapshot.call == Some(record));
    let written = [&denials[..10], &denials[120..130], &denials[240..]].concat();
    assert_eq!(sorted(snapshot.denials), sorted(written));
}

/// By look-up, by id, as archived and in a list.
pub async fn every_field_of_a_request_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let jane = Request {
        id: RequestId {
            applicant: applicant("jane"),
            round: u32::MAX - 1,
        },
        version: i64::MAX as u64 - 1,
        ..full("jane")
    };
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    comes_back(&*store, &jane).await;
    let second = Request {
        version: i64::MAX as u64,
        received: Claims::default(),
        dropped: vec![],
        identities: vec![],
        addresses: vec![],
        updates: 0,
        recent: vec![],
        app: None,
        changes: Changes::none(),
        rule: String::new(),
        proven: true,
        ..next_round(&jane)
    };
    assert_eq!(
        store.commit(&commit([next(&second), archive(&jane)])).await,
        Ok(Applied)
    );
    comes_back(&*store, &second).await;
    assert!(store.request(&jane.id).await == Ok(Some(jane.clone())), "archived");

    let raw = store.request(&jane.id).await.unwrap().unwrap().received;
    assert_eq!(raw.at_key("one"), Some(&Value::Number("1.10".to_owned())));
    assert_eq!(raw.at_key("zero"), Some(&Value::Number("-0".to_owned())));
    assert_eq!(raw.at_key("true"), Some(&Value::Boolean(true)));
    assert_eq!(raw.at_key("text"), Some(&Value::Text("true".to_owned())));
    let object = Value::Other(r#"{"z": 1.0, "a" : {"\u0000": "\u0000"}, "z": 2 }"#.to_owned());
    assert_eq!(raw.at_key("object"), Some(&object));
    assert_eq!(raw.at_key("\u{0}"), Some(&Value::Text("a key of one NUL".to_owned())));
    assert_eq!(raw.canonical(), full("jane").received.canonical());
}

/// All states, each with its particulars.
pub async fn every_state_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let text = || "„a\"\u{0}\\\n".to_owned();
    let states = [
        waits(),
        State::Pending(Box::new(reviewed())),
        State::Expired { at: at(1) },
        State::Approved {
            at: at(1),
            by: Actor::Reviewer(text()),
            reason: Some(text()),
            until: at(2),
            account: AccountBy::Graph,
        },
        State::Approved {
            at: at(1),
            by: Actor::Clock,
            reason: None,
            until: at(2),
            account: AccountBy::Flow,
        },
        State::Denied {
            at: at(1),
            by: Actor::Override(text()),
            reason: Some(String::new()),
            until: at(2),
        },
        State::Denied {
            at: at(1),
            by: Actor::Reviewer(text()),
            reason: None,
            until: at(2),
        },
        State::Withdrawn { at: at(1) },
        State::Admitted { at: at(1) },
        State::Provisioned {
            at: at(1),
            object_id: "2f1c".to_owned(),
        },
    ];
    let mut request = pending("jane");
    assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
    for state in states {
        request = changed(&request, state);
        assert_eq!(store.commit(&commit([next(&request)])).await, Ok(Applied));
        comes_back(&*store, &request).await;
    }
}

/// All three answers, and all types of claims in them.
pub async fn every_answer_of_a_call_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let jane = full("jane");
    let message = || UserMessage::parse(&"„ß“ \u{10FFFF}".repeat(40)).unwrap();
    let answers = [
        Decision::Continue(Changes::none()),
        Decision::Continue(jane.changes.clone()),
        Decision::Block(message()),
        Decision::AskAgain(message()),
    ];
    for (n, answer_given) in answers.into_iter().enumerate() {
        let record = CallRecord {
            answer: answer_given,
            ..call(&n.to_string(), &jane)
        };
        assert_eq!(store.commit(&commit([answer(&record)])).await, Ok(Applied));
        let keys = Keys {
            call: Some(record.key),
            ..Keys::default()
        };
        let stored = store.look_up(&keys).await.unwrap().call;
        assert!(stored == Some(record), "answer {n}");
    }
}

/// All events by all actors.
pub async fn every_event_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let jane = full("jane");
    let reason = || Some("„a\"\u{0}\\\n".to_owned());
    let events = [
        Event::Opened,
        Event::Updated,
        Event::Forgotten,
        Event::Voted {
            stage: "Stufe #1".to_owned(),
            approves: true,
            reason: reason(),
            block: vec![Block::Address],
        },
        Event::Passed {
            stage: String::new(),
            reason: None,
        },
        Event::Reminded { stage: "hr".to_owned() },
        Event::Escalated {
            stage: "hr".to_owned(),
            to: Asked::Group("managers".to_owned()),
        },
        Event::Reassigned {
            stage: "hr".to_owned(),
            to: Asked::Person(Person::of("Rémy")),
            reason: reason(),
        },
        Event::Expired,
        Event::Approved {
            reason: reason(),
            until: at(5),
        },
        Event::Denied {
            reason: None,
            until: at(5),
            block: vec![Block::Domain, Block::Address],
        },
        Event::Withdrawn { reason: reason() },
        Event::Admitted,
        Event::Provisioned {
            object_id: "2f1c".to_owned(),
        },
    ];
    let actors = [
        Actor::Applicant,
        Actor::Policy,
        Actor::Reviewer("Rémy \u{0}".to_owned()),
        Actor::Clock,
        Actor::Override("ops".to_owned()),
    ];
    let entries: Vec<_> = (1..)
        .zip(events.into_iter().zip(actors.into_iter().cycle()))
        .map(|(version, (event, by))| HistoryEntry {
            version,
            by,
            event,
            ..entry(&jane)
        })
        .collect();
    let writes: Vec<_> = entries
        .iter()
        .map(|entry| Write::History(Box::new(entry.clone())))
        .collect();
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    assert!(store.history(&jane.id).await == Ok(entries));
}

/// What a body of 128 KiB can hold, as received and as reviewed, in all rows of one commit.
pub async fn large_claims_come_back(place: &dyn Place) {
    let store = place.open().await;
    let claims = Claims::from_iter([
        ("displayName".to_owned(), Value::Text("\"\\".repeat(16 * 1024))),
        ("city".to_owned(), Value::Text("ß".repeat(32 * 1024))),
    ]);
    let jane = Request {
        received: claims.clone(),
        reviewed: claims,
        ..pending("jane")
    };
    assert_eq!(store.commit(&commit([first(&jane), history(&jane)])).await, Ok(Applied));
    comes_back(&*store, &jane).await;
    assert!(store.history(&jane.id).await == Ok(vec![entry(&jane)]));
    let second = next_round(&jane);
    let writes = [archive(&jane), next(&second), history(&second)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    assert!(store.request(&jane.id).await == Ok(Some(jane)));
    comes_back(&*store, &second).await;
}

/// Also by those who look from another store on the same rows.
pub async fn a_commit_is_seen_by_everybody_at_once(place: &dyn Place) {
    let (here, there) = (place.open().await, place.open().await);
    for n in 0..20 {
        let name = n.to_string();
        let jane = pending(&name);
        let (record, denial) = (call(&name, &jane), denial(&name, &jane));
        let writes = [first(&jane), history(&jane), answer(&record), turn_away(&denial)];
        assert_eq!(here.commit(&commit(writes)).await, Ok(Applied));
        let snapshot = there.look_up(&all_keys(&jane)).await.unwrap();
        assert_eq!(snapshot.request, Some(jane.clone()));
        assert_eq!(snapshot.call, Some(record));
        assert_eq!(snapshot.denials, vec![denial]);
        let second = approved(&jane);
        assert_eq!(
            there.commit(&commit([next(&second), history(&second)])).await,
            Ok(Applied)
        );
        assert_eq!(here.request(&jane.id).await, Ok(Some(second.clone())));
        assert_eq!(here.history(&jane.id).await, Ok(vec![entry(&jane), entry(&second)]));
    }
}

/// Current or archived; another round or another applicant is none.
pub async fn a_request_is_found_by_its_id(place: &dyn Place) {
    let store = place.open().await;
    let mut rounds = vec![pending("jane")];
    assert_eq!(store.commit(&commit([first(&rounds[0])])).await, Ok(Applied));
    for _ in 0..11 {
        let (old, new) = (rounds[rounds.len() - 1].clone(), next_round(&rounds[rounds.len() - 1]));
        assert_eq!(store.commit(&commit([archive(&old), next(&new)])).await, Ok(Applied));
        rounds.push(new);
    }
    for request in &rounds {
        assert_eq!(store.request(&request.id).await, Ok(Some(request.clone())));
    }
    let unknown = |applicant, round| RequestId { applicant, round };
    for id in [
        unknown(applicant("jane"), 13),
        unknown(applicant("jane"), 0),
        unknown(applicant("jane"), u32::MAX),
        unknown(applicant("john"), 1),
    ] {
        assert_eq!(store.request(&id).await, Ok(None), "{id}");
    }
}

/// In the order of versions, which is that of numbers; rounds 1 and 10 are not taken for each other.
pub async fn history_is_in_order_and_of_one_request(place: &dyn Place) {
    let store = place.open().await;
    let versions = [100, 2, 11, 1, 9, 10, 99, i64::MAX as u64];
    let one_of = |name: &str, round, version| HistoryEntry {
        request: RequestId {
            applicant: applicant(name),
            round,
        },
        version,
        at: at(version as i64 % 7),
        ..entry(&full(name))
    };
    for (name, round) in [("jane", 1), ("jane", 10), ("jane", 2), ("john", 1)] {
        for version in versions {
            let write = Write::History(Box::new(one_of(name, round, version)));
            assert_eq!(store.commit(&commit([write])).await, Ok(Applied));
        }
    }
    let mut in_order = versions;
    in_order.sort_unstable();
    for (name, round) in [("jane", 1), ("jane", 10), ("john", 1)] {
        let expected: Vec<_> = in_order.iter().map(|version| one_of(name, round, *version)).collect();
        assert_eq!(store.history(&expected[0].request).await, Ok(expected));
    }
    let other = RequestId {
        applicant: applicant("jane"),
        round: 100,
    };
    assert_eq!(store.history(&other).await, Ok(vec![]));
}

/// Everything is there when the place is opened again.
pub async fn what_was_committed_outlives_the_store(place: &dyn Place) {
    let old = denied(&full("jane"));
    let new = next_round(&old);
    let (record, denial) = (call("jane", &old), denial("jane", &old));
    {
        let store = place.open().await;
        let writes = [first(&old), history(&old), answer(&record), turn_away(&denial)];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
        assert_eq!(store.commit(&commit([archive(&old), next(&new)])).await, Ok(Applied));
    }
    let store = place.open().await;
    let snapshot = store.look_up(&all_keys(&new)).await.unwrap();
    assert!(snapshot.request.as_ref() == Some(&new));
    assert_eq!(snapshot.call, Some(record));
    assert_eq!(snapshot.denials, vec![denial]);
    assert!(store.request(&old.id).await == Ok(Some(old.clone())));
    assert!(store.history(&old.id).await == Ok(vec![entry(&old)]));
    let page = store.list(&listing(StateName::Denied)).await.unwrap();
    assert!(page.requests == vec![old, new]);
    let late = call("late", &page.requests[0]);
    assert_eq!(
        store.commit(&commit([answer(&late)])).await,
        Ok(Applied),
        "and it goes on"
    );
}

/// A request as the latest one, under its id, and in the list of its state alone.
async fn comes_back(store: &dyn Store, request: &Request) {
    let snapshot = store.look_up(&all_keys(request)).await.unwrap();
    assert!(snapshot.request.as_ref() == Some(request), "looked up");
    assert!(store.request(&request.id).await == Ok(Some(request.clone())), "by id");
    for state in StateName::ALL {
        let expected = state == request.state.name();
        eventually("a request is in the list of its state alone", || async {
            let page = store.list(&listing(state)).await.unwrap();
            page.requests.contains(request) == expected
        })
        .await;
    }
}

/// Asks for the latest request of an applicant, and for the call and the address that have the applicant's name in
/// the samples of this suite.
fn all_keys(request: &Request) -> Keys {
    let name = request
        .reviewed
        .at_key("displayName")
        .and_then(Value::text)
        .unwrap_or_default();
    let name = if name == "\u{0}" { "jane" } else { name };
    Keys {
        applicant: Some(request.id.applicant),
        addresses: vec![Hash::of_address(name)],
        call: Some(crate::sample::call_key(name)),
    }
}

fn listing(state: StateName) -> Listing {
    Listing::of(Which::State(state), 100)
}

fn sorted(mut denials: Vec<Denial>) -> Vec<Denial> {
    denials.sort_unstable_by_key(|denial| denial.address);
    denials
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::HARD_CLAIMS;

    #[test]
    fn what_is_hard_to_store_is_not_lost_before_any_store() {
        let claims: Claims = serde_json::from_str(HARD_CLAIMS).unwrap();
        let again: Claims = serde_json::from_str(&serde_json::to_string(&claims).unwrap()).unwrap();
        assert!(claims == again && claims.iter().count() > 20);
        assert!(matches!(claims.at_key("lone"), Some(Value::Text(_))));
    }
}
