//! Lists of the requests in one state, in order, page by page. They may lag behind, so these tests ask until it is there.

use std::collections::BTreeMap;

use store::{Committed::Applied, Listing, Order, Page, Position, Request, State, StateName, Store, Which};

use crate::{
    Place, eventually,
    sample::{approved, archive, at, commit, denied, first, next, next_round, pending, waits},
    walk::{of, walk},
};

/// Several states, many requests opened at the same time, pages of several sizes.
pub async fn a_list_is_complete_and_in_order_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let mut lists: BTreeMap<&str, Vec<Request>> = BTreeMap::new();
    for n in 0..90 {
        let pending = Request {
            // Groups of the same millisecond, of neighbouring ones, and of fewer digits.
            opened_at: match n % 6 {
                0..=2 => at(0),
                3 => at(-1),
                4 => store::Timestamp::from_millis(n),
                _ => store::Timestamp::from_millis(at(0).as_millis() + n % 4),
            },
            ..pending(&n.to_string())
        };
        let request = match n % 3 {
            0 => approved(&pending),
            1 if n % 2 == 0 => denied(&pending),
            _ => pending,
        };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
        lists.entry(request.state.name().as_str()).or_default().push(request);
    }
    for state in StateName::ALL {
        let mut expected = lists.remove(state.as_str()).unwrap_or_default();
        expected.sort_unstable_by_key(Position::of);
        for size in [100, 7, 1, expected.len().max(1)] {
            eventually("the list is complete and in order", || async {
                walk(&*store, &in_state(state), size).await == expected
            })
            .await;
        }
        expected.reverse();
        let newest_first = Listing {
            order: Order::NewestFirst,
            ..in_state(state)
        };
        for size in [100, 7, 1] {
            assert_eq!(walk(&*store, &newest_first, size).await, expected);
        }
    }
}

/// A page is full where there is enough, names no next one at the end, and never holds more than asked for.
pub async fn a_page_asks_for_as_many_as_there_are(place: &dyn Place) {
    let store = place.open().await;
    for n in 0..40 {
        assert_eq!(
            store.commit(&commit([first(&pending(&n.to_string()))])).await,
            Ok(Applied)
        );
    }
    eventually("all are listed", || async {
        page(&*store, None, 100).await.requests.len() == 40
    })
    .await;
    let all = page(&*store, None, 100).await;
    assert_eq!(all.next, None);
    assert_eq!(page(&*store, None, usize::MAX).await.requests, all.requests);
    let exactly = page(&*store, None, 40).await;
    assert!(
        exactly.requests == all.requests && exactly.next.is_none(),
        "a full page may be the last"
    );
    let some = page(&*store, None, 39).await;
    assert_eq!(some.requests, all.requests[..39]);
    assert_eq!(some.next, Some(Position::of(&all.requests[38])));
    assert_eq!(page(&*store, some.next, 39).await.requests, all.requests[39..]);
    let none = page(&*store, None, 0).await;
    assert!(none.requests.is_empty() && none.next.is_none());
    let last = page(&*store, Some(Position::of(&all.requests[39])), 7).await;
    assert!(last.requests.is_empty() && last.next.is_none());
}

/// It leaves the one and enters the other, at the place where it was opened.
pub async fn a_request_that_changes_state_changes_lists(place: &dyn Place) {
    let store = place.open().await;
    let requests: Vec<_> = (0..3)
        .map(|n| Request {
            opened_at: at(n),
            ..pending(&n.to_string())
        })
        .collect();
    for request in &requests {
        assert_eq!(store.commit(&commit([first(request)])).await, Ok(Applied));
    }
    let mut middle = requests[1].clone();
    let states = [
        approved(&middle).state,
        denied(&middle).state,
        State::Withdrawn { at: at(9) },
        State::Admitted { at: at(9) },
        waits(),
    ];
    for state in states {
        middle = crate::sample::changed(&middle, state);
        assert_eq!(store.commit(&commit([next(&middle)])).await, Ok(Applied));
        for state in StateName::ALL {
            let all = [requests[0].clone(), middle.clone(), requests[2].clone()];
            let expected: Vec<_> = all
                .into_iter()
                .filter(|request| request.state.name() == state)
                .collect();
            eventually("the list has those in its state", || async {
                walk(&*store, &in_state(state), 10).await == expected
            })
            .await;
        }
    }
}

/// A reviewer decides the last request of a page before asking for the next page.
pub async fn a_place_in_a_list_outlives_its_request(place: &dyn Place) {
    let store = place.open().await;
    for n in 0..20 {
        assert_eq!(
            store.commit(&commit([first(&pending(&n.to_string()))])).await,
            Ok(Applied)
        );
    }
    eventually("all are listed", || async {
        page(&*store, None, 100).await.requests.len() == 20
    })
    .await;
    let all = page(&*store, None, 100).await.requests;
    let first_page = page(&*store, None, 7).await;
    for request in &first_page.requests {
        assert_eq!(store.commit(&commit([next(&approved(request))])).await, Ok(Applied));
    }
    eventually("the decided ones have left", || async {
        page(&*store, None, 100).await.requests.len() == 13
    })
    .await;
    assert_eq!(page(&*store, first_page.next, 100).await.requests, all[7..]);

    let newest_first = Listing {
        order: Order::NewestFirst,
        ..of(Which::State(StateName::Pending))
    };
    let last_page = Listing {
        limit: 6,
        ..newest_first.clone()
    };
    let last_page = store.list(&last_page).await.unwrap();
    for request in &last_page.requests {
        assert_eq!(store.commit(&commit([next(&approved(request))])).await, Ok(Applied));
    }
    let rest = Listing {
        after: last_page.next,
        ..newest_first
    };
    let mut expected = all[7..14].to_vec();
    expected.reverse();
    assert_eq!(store.list(&rest).await.unwrap().requests, expected);
}

/// Under the state in which they ended, whatever became of the applicant's later ones.
pub async fn archived_requests_stay_in_the_list_of_their_state(place: &dyn Place) {
    let store = place.open().await;
    let one = denied(&pending("jane"));
    let two = denied(&next_round(&one));
    let three = Request {
        state: waits(),
        ..next_round(&two)
    };
    assert_eq!(store.commit(&commit([first(&one)])).await, Ok(Applied));
    let jump = |to: &Request, from: &Request| store::Write::Request {
        request: Box::new(to.clone()),
        replaces: Some(from.version),
    };
    assert_eq!(
        store.commit(&commit([archive(&one), jump(&two, &one)])).await,
        Ok(Applied)
    );
    assert_eq!(
        store.commit(&commit([archive(&two), jump(&three, &two)])).await,
        Ok(Applied)
    );
    let expected = [(StateName::Denied, vec![one, two]), (StateName::Pending, vec![three])];
    for (state, expected) in expected {
        for size in [1, 10] {
            eventually("archived requests are listed too", || async {
                walk(&*store, &in_state(state), size).await == expected
            })
            .await;
        }
    }
}

fn in_state(state: StateName) -> Listing {
    of(Which::State(state))
}

async fn page(store: &dyn Store, after: Option<Position>, limit: usize) -> Page {
    let listing = Listing {
        after,
        limit,
        ..in_state(StateName::Pending)
    };
    store.list(&listing).await.unwrap()
}
