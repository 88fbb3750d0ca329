//! Each write holds under its condition or not at all, and all writes of a commit happen or none.

use store::{
    Commit,
    Committed::{self, Applied, Conflict},
    Denial, Keys, Listing, MAX_WRITES, Request, StateName, Store, StoreError, Which, Write,
};

use crate::{
    Place,
    sample::{
        answer, applicant, approved, archive, at, call, call_key, changed, commit, denial, denied, entry, first,
        history, next, next_round, pending, turn_away,
    },
};

/// [`Write::Request`] with `replaces: None`.
pub async fn a_first_request_needs_that_there_is_none(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    assert_eq!(write(&*store, first(&jane)).await, Applied);
    let other = Request {
        rule: "another".to_owned(),
        ..jane.clone()
    };
    assert_eq!(write(&*store, first(&other)).await, Conflict);
    assert_eq!(latest(&*store, "jane").await, Some(jane));
    assert_eq!(write(&*store, first(&pending("john"))).await, Applied);
}

/// [`Write::Request`] with `replaces: Some(_)`.
pub async fn a_request_replaces_only_the_version_it_names(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    assert_eq!(
        write(&*store, next(&approved(&jane))).await,
        Conflict,
        "none is there yet"
    );
    assert_eq!(latest(&*store, "jane").await, None);

    assert_eq!(write(&*store, first(&jane)).await, Applied);
    let second = approved(&jane);
    for replaces in [0, 2, 3, 10, 11, i64::MAX as u64] {
        let request = Box::new(second.clone());
        let wrong = Write::Request {
            request,
            replaces: Some(replaces),
        };
        assert_eq!(write(&*store, wrong).await, Conflict, "{replaces} is not the version");
    }
    assert_eq!(latest(&*store, "jane").await, Some(jane.clone()));

    assert_eq!(write(&*store, next(&second)).await, Applied);
    assert_eq!(latest(&*store, "jane").await, Some(second.clone()));
    assert_eq!(write(&*store, next(&second)).await, Conflict, "it was there already");
    assert_eq!(write(&*store, first(&jane)).await, Conflict);
    assert_eq!(latest(&*store, "jane").await, Some(second));
}

/// [`Write::Archive`].
pub async fn an_earlier_request_is_archived_once(place: &dyn Place) {
    let store = place.open().await;
    let jane = denied(&pending("jane"));
    assert_eq!(write(&*store, first(&jane)).await, Applied);
    let second = next_round(&jane);
    assert_eq!(
        store.commit(&commit([archive(&jane), next(&second)])).await,
        Ok(Applied)
    );
    let other = Request {
        rule: "another".to_owned(),
        ..jane.clone()
    };
    assert_eq!(write(&*store, archive(&other)).await, Conflict);
    assert_eq!(store.request(&jane.id).await, Ok(Some(jane)));
    assert_eq!(store.request(&second.id).await, Ok(Some(second)));
}

/// [`Write::Archive`] with `replaces: Some(_)`.
pub async fn an_archived_request_replaces_only_the_version_it_names(place: &dyn Place) {
    let store = place.open().await;
    let jane = denied(&pending("jane"));
    let changed = Request {
        rule: "another".to_owned(),
        ..changed(&jane, jane.state.clone())
    };
    let replacing = |replaces| Write::Archive {
        request: Box::new(changed.clone()),
        replaces: Some(replaces),
    };
    assert_eq!(write(&*store, first(&jane)).await, Applied);
    assert_eq!(
        write(&*store, replacing(jane.version)).await,
        Conflict,
        "it is the latest, and not archived"
    );
    let second = next_round(&jane);
    assert_eq!(
        store.commit(&commit([archive(&jane), next(&second)])).await,
        Ok(Applied)
    );
    for wrong in [0, jane.version + 1, i64::MAX as u64] {
        assert_eq!(write(&*store, replacing(wrong)).await, Conflict, "{wrong}");
    }
    assert_eq!(store.request(&jane.id).await, Ok(Some(jane.clone())));
    assert_eq!(write(&*store, replacing(jane.version)).await, Applied);
    assert_eq!(
        write(&*store, replacing(jane.version)).await,
        Conflict,
        "it was there already"
    );
    assert_eq!(store.request(&jane.id).await, Ok(Some(changed.clone())));
    assert_eq!(store.earlier(&second.id, 10).await, Ok(vec![changed]));
    assert_eq!(store.request(&second.id).await, Ok(Some(second)), "the latest stays");
}

/// [`Write::History`].
pub async fn a_version_has_one_history_entry(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let second = approved(&jane);
    assert_eq!(write(&*store, history(&jane)).await, Applied);
    assert_eq!(write(&*store, history(&jane)).await, Conflict);
    let mut other = entry(&jane);
    other.at = at(9);
    assert_eq!(write(&*store, Write::History(Box::new(other))).await, Conflict);
    assert_eq!(write(&*store, history(&second)).await, Applied);
    assert_eq!(
        write(&*store, history(&next_round(&jane))).await,
        Applied,
        "another request's"
    );
    assert_eq!(store.history(&jane.id).await, Ok(vec![entry(&jane), entry(&second)]));
}

/// [`Write::Call`].
pub async fn a_call_has_one_answer_until_that_is_replaced(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let (one, mut two) = (call("one", &jane), call("one", &approved(&jane)));
    two.at = at(600);
    let replacing = |replaces| Write::Call {
        record: two.clone(),
        replaces: Some(replaces),
    };
    assert_eq!(write(&*store, replacing(at(0))).await, Conflict, "none is there yet");
    assert_eq!(write(&*store, answer(&one)).await, Applied);
    assert_eq!(write(&*store, answer(&one)).await, Conflict);
    assert_eq!(write(&*store, answer(&two)).await, Conflict);
    assert_eq!(write(&*store, replacing(at(1))).await, Conflict);
    assert_eq!(stored_call(&*store, "one").await, Some(one));
    assert_eq!(write(&*store, replacing(at(0))).await, Applied);
    assert_eq!(
        write(&*store, replacing(at(0))).await,
        Conflict,
        "somebody replaced it already"
    );
    assert_eq!(stored_call(&*store, "one").await, Some(two));
}

/// Long past its time an answer can still be replaced by whoever read it.
pub async fn an_old_answer_can_be_replaced(place: &dyn Place) {
    let store = place.open().await;
    let (old, mut new) = (call("one", &pending("jane")), call("one", &pending("jane")));
    new.at = at(365 * 24 * 60 * 60);
    assert_eq!(write(&*store, answer(&old)).await, Applied);
    let replacing = Write::Call {
        record: new.clone(),
        replaces: Some(old.at),
    };
    assert_eq!(write(&*store, replacing).await, Applied);
    assert_eq!(stored_call(&*store, "one").await, Some(new));
}

/// [`Write::Denial`].
pub async fn a_denial_replaces_only_the_one_it_names(place: &dyn Place) {
    let store = place.open().await;
    let (jane, john) = (denied(&pending("jane")), denied(&pending("john")));
    let one = denial("a@b.example", &jane);
    let two = Denial {
        until: at(7200),
        ..denial("a@b.example", &john)
    };
    let replacing = |replaces| Write::Denial {
        denial: two.clone(),
        replaces: Some(replaces),
    };
    assert_eq!(
        write(&*store, replacing(one.until)).await,
        Conflict,
        "none is there yet"
    );
    assert_eq!(write(&*store, turn_away(&one)).await, Applied);
    assert_eq!(write(&*store, turn_away(&two)).await, Conflict);
    assert_eq!(write(&*store, replacing(one.at)).await, Conflict);
    assert_eq!(stored_denials(&*store, &[&one]).await, vec![one.clone()]);
    assert_eq!(write(&*store, replacing(one.until)).await, Applied);
    assert_eq!(
        write(&*store, replacing(one.until)).await,
        Conflict,
        "somebody replaced it already"
    );
    assert_eq!(stored_denials(&*store, &[&one]).await, vec![two]);
}

/// Whichever write fails, and wherever in the commit it stands.
pub async fn one_failing_write_leaves_nothing_written(place: &dyn Place) {
    let store = place.open().await;
    let there = denied(&pending("there"));
    let (there_call, there_denial) = (call("there", &there), denial("there@b.example", &there));
    let rows = [
        first(&there),
        archive(&next_round(&there)),
        history(&there),
        answer(&there_call),
        turn_away(&there_denial),
    ];
    assert_eq!(store.commit(&commit(rows)).await, Ok(Applied));

    let old = Request {
        version: 7,
        ..there.clone()
    };
    let failing = [
        first(&there),
        next(&changed(&old, old.state.clone())),
        archive(&next_round(&there)),
        history(&there),
        answer(&there_call),
        Write::Call {
            record: there_call.clone(),
            replaces: Some(at(77)),
        },
        turn_away(&there_denial),
        Write::Denial {
            denial: there_denial.clone(),
            replaces: Some(at(77)),
        },
    ];
    let new = denied(&pending("new"));
    let (new_call, new_denial) = (call("new", &new), denial("new@b.example", &new));
    let good = [
        first(&next_round(&new)),
        archive(&new),
        history(&new),
        answer(&new_call),
        turn_away(&new_denial),
    ];
    for failing in failing {
        for position in 0..=good.len() {
            let mut writes = good.to_vec();
            writes.insert(position, failing.clone());
            let outcome = store.commit(&commit(writes)).await;
            assert_eq!(outcome, Ok(Conflict), "{failing:?} at {position}");
            assert_eq!(latest(&*store, "new").await, None, "{failing:?} at {position}");
            assert_eq!(store.request(&new.id).await, Ok(None), "{failing:?} at {position}");
            assert_eq!(store.history(&new.id).await, Ok(vec![]), "{failing:?} at {position}");
            assert_eq!(stored_call(&*store, "new").await, None, "{failing:?} at {position}");
            assert_eq!(
                stored_denials(&*store, &[&new_denial]).await,
                vec![],
                "{failing:?} at {position}"
            );
        }
    }
    assert_eq!(
        latest(&*store, "there").await,
        Some(there),
        "and what was there is as it was"
    );
    assert_eq!(stored_call(&*store, "there").await, Some(there_call));
    assert_eq!(stored_denials(&*store, &[&there_denial]).await, vec![there_denial]);
    let listing = Listing::of(Which::State(StateName::Denied), 10);
    assert_eq!(store.list(&listing).await.unwrap().requests.len(), 2);

    assert_eq!(
        store.commit(&commit(good)).await,
        Ok(Applied),
        "without the failing one all happen"
    );
    assert_eq!(stored_denials(&*store, &[&new_denial]).await, vec![new_denial]);
    assert_eq!(store.request(&new.id).await, Ok(Some(new)));
}

/// A commit without writes.
pub async fn no_writes_are_applied(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.commit(&Commit::default()).await, Ok(Applied));
}

/// [`MAX_WRITES`].
pub async fn as_many_writes_as_allowed_happen_together(place: &dyn Place) {
    let store = place.open().await;
    let requests = many(MAX_WRITES);
    let writes: Vec<_> = requests.iter().map(first).collect();
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    for request in requests {
        assert_eq!(store.request(&request.id).await, Ok(Some(request)));
    }
}

/// One more than [`MAX_WRITES`].
pub async fn more_writes_than_allowed_are_refused(place: &dyn Place) {
    let store = place.open().await;
    let requests = many(MAX_WRITES + 1);
    let writes: Vec<_> = requests.iter().map(first).collect();
    let refused = store.commit(&commit(writes)).await;
    assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");
    for request in requests {
        assert_eq!(store.request(&request.id).await, Ok(None));
    }
}

/// Two writes of every kind of row.
pub async fn one_row_twice_is_refused(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let twice = [
        [first(&jane), next(&approved(&jane))],
        [archive(&jane), archive(&approved(&jane))],
        [history(&jane), history(&jane)],
        [answer(&call("one", &jane)), answer(&call("one", &approved(&jane)))],
        [
            turn_away(&denial("a@b.example", &jane)),
            turn_away(&denial("A@b.example", &pending("john"))),
        ],
    ];
    for writes in twice {
        let refused = store.commit(&commit(writes.clone())).await;
        assert!(matches!(refused, Err(StoreError::Broken(_))), "{writes:?}: {refused:?}");
    }
    assert_eq!(latest(&*store, "jane").await, None);
    assert_eq!(store.request(&jane.id).await, Ok(None));
    assert_eq!(store.history(&jane.id).await, Ok(vec![]));
}

async fn write(store: &dyn Store, write: Write) -> Committed {
    store.commit(&commit([write])).await.unwrap()
}

async fn latest(store: &dyn Store, name: &str) -> Option<Request> {
    let keys = Keys {
        applicant: Some(applicant(name)),
        ..Keys::default()
    };
    store.look_up(&keys).await.unwrap().request
}

async fn stored_call(store: &dyn Store, name: &str) -> Option<store::CallRecord> {
    let keys = Keys {
        call: Some(call_key(name)),
        ..Keys::default()
    };
    store.look_up(&keys).await.unwrap().call
}

async fn stored_denials(store: &dyn Store, like: &[&Denial]) -> Vec<Denial> {
    let keys = Keys {
        addresses: like.iter().map(|denial| denial.address).collect(),
        ..Keys::default()
    };
    store.look_up(&keys).await.unwrap().denials
}

fn many(count: usize) -> Vec<Request> {
    (0..count).map(|n| pending(&format!("applicant {n}"))).collect()
}
