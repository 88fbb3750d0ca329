//! What has to be true of everybody in the end.

use std::collections::{BTreeMap, BTreeSet};

use approvals::verify;
use claims::Hash;
use store::{
    Actor, Asked, Counter, Counts, Event, HistoryEntry, ListPlace, Listing, Position, Request, RequestId, Rows,
    StateName, Which,
};

use super::{Fate, PEOPLE, actors::deliver, answered, applicant, audit_key, terms};
use crate::eventually;

/// Everybody has two requests, the first ended by its fate and the second waiting, with histories that prove themselves;
/// lists and counters say the same.
pub(super) async fn are_whole(store: &dyn Rows) {
    while !deliver(store).await {}
    for person in 0..PEOPLE {
        let fate = Fate::of(person);
        let [first, second] = [1, 2].map(|round| RequestId {
            applicant: applicant(person),
            round,
        });
        let (first, second) = (is_proved(store, &first).await, is_proved(store, &second).await);
        assert_eq!(first.state.name(), fate.end(), "person {person}: {fate:?}");
        assert_eq!(
            (second.state.name(), second.updates),
            (StateName::Pending, 0),
            "person {person}"
        );
        let earlier = answered(|| store.earlier(&second.id, 10)).await;
        assert!(earlier == [first], "person {person}");
        let third = RequestId { round: 3, ..second.id };
        assert!(answered(|| store.request(&third)).await.is_none(), "person {person}");
    }
    lists_and_counters_agree(store).await;
    what_was_blocked_is_listed_once(store).await;
}

/// A request whose history is as it was written, and holds every deed once.
async fn is_proved(store: &dyn Rows, id: &RequestId) -> Request {
    let request = answered(|| store.request(id)).await;
    let request = request.unwrap_or_else(|| panic!("{id} is lost"));
    let history = answered(|| store.history(id)).await;
    assert_eq!(verify(&audit_key(), &request, &history), [], "{id}");
    let events: Vec<_> = history.iter().map(|entry| &entry.event).collect();
    let once = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count() <= 1;
    assert!(once(|event| matches!(event, Event::Opened)), "{events:?}");
    assert!(once(|event| matches!(event, Event::Updated)), "{events:?}");
    assert!(
        once(|event| matches!(event, Event::Expired | Event::Admitted)),
        "{events:?}"
    );
    assert!(
        once(|event| matches!(event, Event::Approved { .. } | Event::Denied { .. })),
        "{events:?}"
    );
    nobody_counts_twice(&history);
    request
}

fn nobody_counts_twice(history: &[HistoryEntry]) {
    let mut people = BTreeSet::new();
    for entry in history {
        if let Actor::Reviewer(name) = &entry.by {
            assert!(people.insert(name.to_lowercase()), "{name} counts twice");
        }
    }
}

/// Every request is in the one list of its state, in that of its domain and address, and in one counter; what waits, waits
/// for its group; what is due is listed.
async fn lists_and_counters_agree(store: &dyn Rows) {
    eventually("every request is listed", || async {
        all(store, Which::State(StateName::Pending)).await.len() == PEOPLE as usize
    })
    .await;
    let (mut found, mut expected) = (BTreeMap::new(), Counts::new());
    for state in StateName::ALL {
        for request in all(store, Which::State(state)).await {
            *expected.entry(Counter::of(&request)).or_default() += 1;
            let id = request.id;
            assert!(found.insert(id, request).is_none(), "{id} is listed twice");
        }
    }
    assert_eq!(found.len() as u64, 2 * PEOPLE);
    let mut counts = answered(|| store.counts()).await;
    counts.retain(|_, count| *count != 0);
    assert_eq!(counts, expected);
    let keys = |key: fn(&Request) -> Option<Hash>| found.values().filter_map(key).collect::<BTreeSet<_>>();
    let (domains, addresses) = (keys(Request::domain), keys(Request::address));
    assert_eq!((domains.len(), addresses.len() as u64), (5, PEOPLE));
    let lists = domains
        .into_iter()
        .map(Which::Domain)
        .chain(addresses.into_iter().map(Which::Address));
    for which in lists {
        let listing = Listing::of(which.clone(), 100);
        let mut expected: Vec<_> = found.values().filter(|request| listing.has(request)).cloned().collect();
        expected.sort_unstable_by_key(Position::of);
        assert!(all(store, which).await == expected, "{listing:?}");
    }
    let group = Which::Waiting(vec![Asked::Group("desk".to_owned())]);
    let waiting = all(store, Which::State(StateName::Pending)).await;
    assert!(all(store, group).await == waiting);
    let far = waiting.iter().filter_map(Request::due).max().unwrap();
    let due = answered(|| store.overdue(far, None, 100)).await.requests;
    let due: BTreeSet<_> = due.into_iter().map(|request| request.id).collect();
    assert_eq!(due, waiting.iter().map(|request| request.id).collect());
}

/// Many were denied with their domain: the entry is that of one of them.
async fn what_was_blocked_is_listed_once(store: &dyn Rows) {
    let place = ListPlace {
        list: terms().block.domains.unwrap(),
        version: None,
    };
    let entries = answered(|| store.page(&place, None, 100)).await;
    let entries: Vec<_> = entries.into_iter().map(|entry| (entry.text, entry.by)).collect();
    let denied = (0..PEOPLE).filter(|person| Fate::of(*person) == Fate::Denied);
    let domains: BTreeSet<_> = denied.map(|person| format!("company{}.example", person % 5)).collect();
    assert_eq!(entries.len(), domains.len());
    for (text, by) in entries {
        assert!(domains.contains(&text) && by.is_some_and(|by| by.eq_ignore_ascii_case("rita")));
    }
}

async fn all(store: &dyn Rows, which: Which) -> Vec<Request> {
    let mut listing = Listing::of(which, 7);
    let mut all = Vec::new();
    loop {
        let page = answered(|| store.list(&listing)).await;
        all.extend(page.requests);
        match page.next {
            None => return all,
            next => listing.after = next,
        }
    }
}
