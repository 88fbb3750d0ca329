//! Reading, where something fails or changes in between.

use super::*;

/// Reading is tried again like writing; what stays unread is asked for until it comes, or the store is busy.
#[tokio::test]
async fn a_look_up_asks_again_for_what_was_left() {
    let jane = full("jane");
    let keys = Keys {
        applicant: Some(applicant("nobody")),
        ..Case::all_keys()
    };
    let left = || {
        [
            Fault::LeaveUnprocessed,
            Fault::LeaveAllUnprocessed,
            Fault::LeaveAllUnprocessed,
        ]
    };
    let case = Case::new(left()).await;
    case.write_elsewhere().await;
    let snapshot = case.store.look_up(&keys).await.unwrap();
    assert!(snapshot.request.is_none() && snapshot.call == Some(call("jane", &jane)));
    assert_eq!(snapshot.denials, vec![denial("jane", &jane)]);
    assert_eq!(case.operations(), 4);

    let case = Case::new(vec![Fault::LeaveAllUnprocessed; 4]).await;
    case.write_elsewhere().await;
    let refused = case.store.look_up(&keys).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    assert_eq!(case.operations(), 4);
}

/// More keys than one batch holds are asked for at the same time, four batches of them.
#[tokio::test]
async fn batches_are_read_together_and_not_all_at_once() {
    let gates: Vec<_> = (0..5).map(|_| Arc::new(Gate::default())).collect();
    let faults: Vec<_> = gates.iter().cloned().map(Fault::Wait).collect();
    let case = Case::new(faults).await;
    let keys = Keys {
        addresses: (0..450).map(|n| applicant(&n.to_string())).collect(),
        ..Keys::default()
    };
    let [one, two, three, four, five] = gates.as_slice() else {
        panic!()
    };
    let rest = five.meanwhile(async {});
    let all = one.meanwhile(two.meanwhile(three.meanwhile(four.meanwhile(async {
        assert!(!five.is_reached_within(Duration::from_millis(300)).await);
    }))));
    let (answer, ..) = tokio::join!(case.store.look_up(&keys), all, rest);
    assert_eq!(answer.map(drop), Ok(()));
    assert_eq!(case.operations(), 5);
}

/// The emulator always reads the latest commits; DynamoDB does so only when asked. An index cannot be asked.
#[tokio::test]
async fn every_read_but_that_of_the_index_is_consistent() {
    let case = Case::new([]).await;
    case.write_elsewhere().await;
    let id = full("jane").id;
    assert!(case.store.look_up(&case.keys()).await.unwrap().request.is_some());
    assert!(case.store.request(&id).await.unwrap().is_some());
    assert_eq!(case.store.history(&id).await.unwrap().len(), 1);
    for outcome in every_control(&case.store).await {
        assert_eq!(outcome, Ok(()));
    }
    assert!(case.faults.seen().iter().all(|seen| seen.consistent));
    let before = case.operations();
    assert_eq!(case.store.list(&listing()).await.unwrap().requests.len(), 1);
    let consistent: Vec<_> = case.faults.seen()[before..]
        .iter()
        .map(|seen| seen.consistent)
        .collect();
    let shards = Shards::USUAL.all().len();
    assert_eq!(consistent, [vec![false; shards], vec![true]].concat());
}

/// Between the index and the rows somebody decides: the page does not show the decided one, and is filled up.
#[tokio::test]
async fn a_list_drops_what_changed_after_the_index_was_read() {
    let gate = Arc::new(Gate::default());
    let faults = [
        vec![Fault::None; Shards::USUAL.all().len()],
        vec![Fault::Wait(Arc::clone(&gate))],
    ]
    .concat();
    let case = Case::new(faults).await;
    let other = testing::open_at(&endpoint(), &case.table.0);
    let requests: Vec<_> = (0..6)
        .map(|n| Request {
            opened_at: at(n),
            ..pending(&n.to_string())
        })
        .collect();
    for request in &requests {
        assert_eq!(other.commit(&commit([first(request)])).await, Ok(Applied));
    }
    let decided = approved(&requests[1]);
    // A later request of the same applicant, in the same state, is not the one that the index listed.
    let again = Request {
        opened_at: at(100),
        ..next_round(&requests[2])
    };
    let listing = Listing { limit: 4, ..listing() };
    let (page, ()) = tokio::join!(
        case.store.list(&listing),
        gate.meanwhile(async {
            assert_eq!(other.commit(&commit([next(&decided)])).await, Ok(Applied));
            let writes = [archive(&denied(&requests[2])), next(&again)];
            assert_eq!(other.commit(&commit(writes)).await, Ok(Applied));
        })
    );
    let page = page.unwrap();
    let expected = [0, 3, 4, 5].map(|n: usize| requests[n].clone());
    assert_eq!(page.requests, expected);
    assert_eq!(page.next, Some(Position::of(&requests[5])));
    let rest = Listing {
        after: page.next,
        ..listing
    };
    let page = case.store.list(&rest).await.unwrap();
    assert_eq!((page.requests, page.next), (vec![again], None));
}

/// A batch is not read at once: the place of an earlier request was read before it came there, and the latest one after.
#[tokio::test]
async fn a_request_that_moves_while_it_is_read_is_found() {
    let (old, table) = (denied(&pending("jane")), Table::new().await);
    let new = next_round(&old);
    let read = serde_json::json!({ "Responses": { &table.0: [{
        "pk": { "S": format!("A#{}", new.id.applicant) },
        "sk": { "S": "REQUEST" },
        "document": { "S": serde_json::to_string(&new).unwrap() },
    }] } });
    let case = Case::at(table, PATIENCE, Faults::planned([Fault::Answer(200, read.to_string())]));
    let other = testing::open_at(&endpoint(), &case.table.0);
    assert_eq!(other.commit(&commit([first(&new), archive(&old)])).await, Ok(Applied));
    assert_eq!(case.store.request(&old.id).await, Ok(Some(old)));
    assert_eq!(case.operations(), 2);
}

#[tokio::test]
async fn reading_fails_like_writing() {
    let text = String::new;
    let refusals = [
        (Fault::error(400, "ThrottlingException"), StoreError::Busy(text())),
        (
            Fault::error(500, "InternalServerError"),
            StoreError::Unavailable(text()),
        ),
        (Fault::Break, StoreError::Unavailable(text())),
        (Fault::LoseReply, StoreError::Unavailable(text())),
        (Fault::error(400, "AccessDeniedException"), StoreError::Broken(text())),
    ];
    for (fault, expected) in refusals {
        let case = Case::new(vec![fault.clone(); 500]).await;
        for (n, outcome) in every_read(&case.store).await.into_iter().enumerate() {
            let error = outcome.unwrap_err();
            assert_eq!(
                discriminant(&error),
                discriminant(&expected),
                "{fault:?}, read {n}: {error}"
            );
        }
        let case = Case::new([fault.clone()]).await;
        if !matches!(expected, StoreError::Broken(_)) {
            for (n, outcome) in every_read(&case.store).await.into_iter().enumerate() {
                assert!(outcome.is_ok(), "{fault:?} once, read {n}: {outcome:?}");
                case.faults.next([fault.clone()]);
            }
        }
    }
}
