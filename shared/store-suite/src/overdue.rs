//! What is due for the clock.

use store::{Committed::Applied, OverduePlace, Request, State, Store, Timestamp};

use crate::{
    Place, eventually,
    sample::{approved, archive, asking, at, changed, commit, denied, first, next, next_round, pending},
};

/// Those that wait longest first, none before its time, and none that time does not change.
pub async fn what_time_changes_is_due_in_order_and_not_early(place: &dyn Place) {
    let store = place.open().await;
    let mut requests = Vec::new();
    for n in 0..30 {
        let begun = due_at(&n.to_string(), n * 17 % 23);
        let request = if n % 3 == 0 { approved(&begun) } else { begun };
        let request = if n % 7 == 0 { denied(&request) } else { request };
        assert_eq!(store.commit(&commit([first(&request)])).await, Ok(Applied));
        requests.push(request);
    }
    requests.retain(|request| request.due().is_some());
    requests.sort_unstable_by_key(|request| (request.due(), request.id));
    for now in [at(3599), at(3600), at(3605), at(3611), at(4000)] {
        let due = requests.iter().filter(|request| request.due() <= Some(now));
        let expected: Vec<_> = due.cloned().collect();
        for size in [100, 4, 1] {
            eventually("all that is due is listed", || async {
                walk(&*store, now, size).await == expected
            })
            .await;
        }
    }
}

/// What was done about it makes it due later, or never.
pub async fn what_is_due_moves_when_it_changes(place: &dyn Place) {
    let store = place.open().await;
    let jane = due_at("jane", 0);
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    let is_due = async |now: Timestamp, expected: &[Request]| {
        eventually("what is due", || async { walk(&*store, now, 10).await == expected }).await;
    };
    is_due(at(3600), std::slice::from_ref(&jane)).await;
    let mut review = jane.review().unwrap().clone();
    review.since = at(60);
    let later = changed(&jane, State::Pending(Box::new(review)));
    assert_eq!(store.commit(&commit([next(&later)])).await, Ok(Applied));
    is_due(at(3659), &[]).await;
    is_due(at(3660), std::slice::from_ref(&later)).await;
    let over = changed(&later, State::Expired { at: at(3660) });
    assert_eq!(store.commit(&commit([next(&over)])).await, Ok(Applied));
    is_due(at(9999), &[]).await;
    // Only the latest request of an applicant changes by itself.
    let again = next_round(&due_at("jane", 5));
    let again = Request {
        version: over.version + 1,
        ..again
    };
    let writes = [archive(&due_at("jane", 1)), next(&again)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    is_due(at(9999), &[again]).await;
}

/// A row that cannot be read is named, and the others are there.
pub async fn a_request_that_cannot_be_read_does_not_stop_the_clock(place: &dyn Place) {
    let store = place.open().await;
    let (bad, good) = (due_at("bad", 0), due_at("good", 1));
    assert_eq!(store.commit(&commit([first(&bad), first(&good)])).await, Ok(Applied));
    place.damage_request(&bad.id).await;
    eventually("both are seen", || async {
        let page = store.overdue(at(9999), None, 10).await.unwrap();
        let unreadable: Vec<_> = page.unreadable.iter().map(|(id, _)| *id).collect();
        page.requests == [good.clone()] && unreadable == [bad.id]
    })
    .await;
}

/// A pending request that is due an hour after so many seconds.
fn due_at(name: &str, seconds: i64) -> Request {
    let request = asking(name, &store::Asked::Anybody);
    let mut review = request.review().unwrap().clone();
    review.since = at(seconds);
    review.plan.stages[0].lasts = std::time::Duration::from_secs(3600);
    Request {
        state: State::Pending(Box::new(review)),
        ..pending(name)
    }
}

async fn walk(store: &dyn Store, now: Timestamp, size: usize) -> Vec<Request> {
    let (mut all, mut after) = (Vec::new(), None::<OverduePlace>);
    loop {
        let page = store.overdue(now, after.as_ref(), size).await.unwrap();
        assert!(page.requests.len() <= size && all.len() < 1000);
        all.extend(page.requests);
        match page.next {
            None => return all,
            next => after = next,
        }
    }
}
