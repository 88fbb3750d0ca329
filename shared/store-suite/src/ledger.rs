//! Histories in the order of time, checkpoints, and removing.

use claims::Hash;
use store::{
    Checkpoint,
    Committed::{Applied, Conflict},
    Counter, Effect, HistoryEntry, JournalPlace, Leaf, MOST_CHECKPOINTS, MOST_SEALED, Numbered, Position, Pruned,
    Pruning, Request, Rows, Sealed, StateName, StoreError, Timestamp, Write,
};
use tokio::task::JoinSet;

use crate::{
    Place, eventually,
    sample::{
        applicant, approved, archive, at, change, commit, effect, entry, first, history, next, next_round, pending, put,
    },
};

/// Whoever they belong to, by time and then by request and version; none twice, none that is younger than asked for.
pub async fn the_journal_is_in_order_of_time_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let mut expected = Vec::new();
    // Applicants of every shard, several entries at one time.
    for n in 0..60_i64 {
        let one = Request {
            changed_at: at(n * 7 % 11),
            ..pending(&n.to_string())
        };
        let two = Request {
            changed_at: at(n * 5 % 13),
            ..approved(&one)
        };
        for request in [&one, &two] {
            let written = Write::History(Box::new(proved(request)));
            assert_eq!(store.commit(&commit([written])).await, Ok(Applied));
            expected.push(leaf(request));
        }
    }
    expected.sort_unstable_by_key(|leaf| leaf.place);
    for until in [at(99), at(7), at(0)] {
        let expected: Vec<_> = expected.iter().filter(|leaf| leaf.place.at < until).copied().collect();
        for size in [1000, 7, 1] {
            eventually("the journal has all", || async {
                walk(&*store, until, size).await == expected
            })
            .await;
        }
    }
}

/// Also to those who ask for more.
pub async fn a_page_of_the_journal_is_bounded(place: &dyn Place) {
    let store = place.open().await;
    let requests: Vec<_> = (0..MOST_SEALED + 3).map(|n| pending(&n.to_string())).collect();
    for some in requests.chunks(20) {
        let writes: Vec<_> = some.iter().map(history).collect();
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    eventually("a full page, and the rest", || async {
        let page = store.journal(None, at(1), usize::MAX).await.unwrap();
        let rest = store.journal(page.next.as_ref(), at(1), usize::MAX).await.unwrap();
        page.leaves.len() == MOST_SEALED && page.next.is_some() && rest.leaves.len() == 3 && rest.next.is_none()
    })
    .await;
    let exactly = store.journal(None, at(1), 0).await.unwrap();
    assert!(exactly.leaves.is_empty() && exactly.next.is_none());
}

/// What is forgotten is claims, not that something happened.
pub async fn the_journal_outlives_claims(place: &dyn Place) {
    let store = place.open().await;
    let request = pending("jane");
    assert_eq!(store.commit(&commit([history(&request)])).await, Ok(Applied));
    let forgotten = HistoryEntry {
        kept: None,
        ..entry(&request)
    };
    let redact = Write::Redact(Box::new(forgotten));
    assert_eq!(store.commit(&commit([redact])).await, Ok(Applied));
    let expected = Leaf {
        mac: entry(&request).mac,
        ..leaf(&request)
    };
    eventually("it is still there", || async {
        walk(&*store, at(1), 10).await == [expected]
    })
    .await;
}

/// Every field of it, in order, bounded, from a number on.
pub async fn checkpoints_come_back_in_order(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.latest_checkpoint().await, Ok(None));
    assert_eq!(store.checkpoints(0, 10).await, Ok(Vec::new()));
    let all: Vec<_> = (1..=MOST_CHECKPOINTS as u64 + 2).map(checkpoint).collect();
    for one in &all {
        assert_eq!(store.commit(&commit([add(one)])).await, Ok(Applied));
        assert_eq!(store.latest_checkpoint().await, Ok(Some(one.clone())));
    }
    let expected: Vec<_> = all.iter().cloned().map(numbered).collect();
    let store = place.open().await;
    assert_eq!(
        store.checkpoints(0, usize::MAX).await.unwrap(),
        expected[..MOST_CHECKPOINTS]
    );
    assert_eq!(store.checkpoints(3, 2).await.unwrap(), expected[3..5]);
    assert_eq!(store.checkpoints(9, 10).await.unwrap(), expected[9..]);
    assert_eq!(store.checkpoints(12, 10).await, Ok(Vec::new()));
}

/// As large as one may be.
pub async fn a_full_checkpoint_fits(place: &dyn Place) {
    let store = place.open().await;
    let leaves = (0..MOST_SEALED as u64).map(|n| Sealed {
        request: pending(&n.to_string()).id,
        version: u64::from(u32::MAX),
        mac: applicant("mac"),
    });
    let full = Checkpoint {
        leaves: leaves.collect(),
        ..checkpoint(1)
    };
    for number in 1..=4 {
        let full = Checkpoint { number, ..full.clone() };
        assert_eq!(store.commit(&commit([add(&full)])).await, Ok(Applied));
    }
    assert_eq!(store.checkpoints(0, 10).await.unwrap().len(), 4);
    assert_eq!(
        store.latest_checkpoint().await,
        Ok(Some(Checkpoint { number: 4, ..full }))
    );
}

/// Whoever comes second writes nothing.
pub async fn a_number_has_one_checkpoint(place: &dyn Place) {
    let stores = [place.open().await, place.open().await];
    let mut tasks = JoinSet::new();
    for n in 0..8_u64 {
        let store = stores[n as usize % 2].clone();
        let one = Checkpoint {
            entries: n,
            ..checkpoint(1)
        };
        tasks.spawn(async move {
            loop {
                match store.commit(&commit([add(&one)])).await {
                    Ok(Applied) => return Some(one),
                    Ok(Conflict) => return None,
                    Err(StoreError::Busy(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let written: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let [one] = &written[..] else {
        panic!("{} were written", written.len())
    };
    assert_eq!(stores[0].latest_checkpoint().await, Ok(Some(one.clone())));
}

/// The row of a request says nothing of whether it is listed: places come from the list alone, also of what cannot be read.
pub async fn a_roll_names_what_cannot_be_read(place: &dyn Place) {
    let store = place.open().await;
    let requests: Vec<_> = (0..20)
        .map(|n| Request {
            opened_at: at(n * 7 % 5),
            ..pending(&n.to_string())
        })
        .collect();
    for request in &requests {
        assert_eq!(store.commit(&commit([first(request)])).await, Ok(Applied));
    }
    place.damage_request(&requests[3].id).await;
    let mut expected: Vec<_> = requests.iter().map(Position::of).collect();
    expected.sort_unstable();
    for size in [100, 7, 1] {
        eventually("all are on the roll", || async {
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let page = store.roll(StateName::Pending, after.as_ref(), size).await.unwrap();
                assert!(page.places.len() <= size);
                all.extend(page.places);
                after = page.next;
                if after.is_none() {
                    return all == expected;
                }
            }
        })
        .await;
    }
    assert!(store.request(&requests[3].id).await.is_err());
    let none = store.roll(StateName::Denied, None, 10).await.unwrap();
    assert!(none.places.is_empty() && none.next.is_none());
}

/// The latest request or an earlier one, at its version and with its history, and nothing of others.
pub async fn a_request_is_removed_for_good(place: &dyn Place) {
    let store = place.open().await;
    let one = approved(&pending("jane"));
    let two = next_round(&one);
    let writes = [first(&one), history(&one)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    let writes = [archive(&one), next(&two), history(&two)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    let remove = |request: &Request, version, latest| Write::RemoveRequest {
        id: request.id,
        version,
        opened_at: request.opened_at,
        latest,
    };
    for wrong in [remove(&one, 1, false), remove(&two, 2, true), remove(&one, 2, true)] {
        let writes = [wrong, remove_history(&one), remove_history(&two)];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Conflict));
    }
    let writes = [remove(&one, 2, false), remove_history(&one)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    assert_eq!(store.request(&one.id).await, Ok(None));
    assert_eq!(store.history(&one.id).await, Ok(Vec::new()));
    assert_eq!(store.request(&two.id).await, Ok(Some(two.clone())));
    assert_eq!(store.history(&two.id).await.unwrap().len(), 1);
    // What is gone already goes again.
    assert_eq!(store.commit(&commit([remove_history(&one)])).await, Ok(Applied));
    let writes = [remove(&two, 3, true), remove_history(&two)];
    assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    assert_eq!(store.request(&two.id).await, Ok(None));
    eventually("nothing is left in lists", || async {
        let mut listed = 0;
        for state in StateName::ALL {
            listed += store.roll(state, None, 10).await.unwrap().places.len();
        }
        listed + walk(&*store, at(99), 10).await.len() == 0
    })
    .await;
    // And the applicant begins anew.
    let again = pending("jane");
    assert_eq!(
        store.commit(&commit([first(&again), history(&again)])).await,
        Ok(Applied)
    );
}

/// Ids and versions begin anew with who comes back: neither their request nor its history goes in the place of what they had.
pub async fn what_came_in_the_place_of_a_removed_request_stays(place: &dyn Place) {
    let store = place.open().await;
    let gone = Request {
        opened_at: at(1),
        changed_at: at(1),
        ..pending("jane")
    };
    let back = Request {
        opened_at: at(9),
        changed_at: at(9),
        ..pending("jane")
    };
    let entry_of = |request: &Request| Write::History(Box::new(proved(request)));
    assert_eq!(
        store.commit(&commit([first(&back), entry_of(&back)])).await,
        Ok(Applied)
    );
    let remove = |request: &Request| Write::RemoveRequest {
        id: request.id,
        version: request.version,
        opened_at: request.opened_at,
        latest: true,
    };
    let other_time = leaf(&gone);
    let other_proof = Leaf {
        mac: applicant("mac"),
        ..leaf(&back)
    };
    for wrong in [
        remove(&gone),
        Write::RemoveHistory(other_time),
        Write::RemoveHistory(other_proof),
    ] {
        assert_eq!(store.commit(&commit([wrong])).await, Ok(Conflict));
    }
    assert_eq!(store.request(&back.id).await, Ok(Some(back.clone())));
    assert_eq!(store.history(&back.id).await, Ok(vec![proved(&back)]));
    let right = [remove(&back), Write::RemoveHistory(leaf(&back))];
    assert_eq!(store.commit(&commit(right)).await, Ok(Applied));
    assert_eq!(store.request(&back.id).await, Ok(None));
    assert_eq!(store.history(&back.id).await, Ok(Vec::new()));
}

/// For whatever receiver, parked or not, and nobody else's.
pub async fn what_is_undelivered_is_known(place: &dyn Place) {
    let store = place.open().await;
    let request = pending("jane");
    let has = async || !store.undelivered(&request.id.applicant).await.unwrap().is_empty();
    let others = effect(&pending("john"), Effect::CreateAccount);
    assert_eq!(store.commit(&commit([put(&others)])).await, Ok(Applied));
    assert!(!has().await);
    let count = Effect::Count {
        from: None,
        to: Counter::of(&request),
    };
    for kind in [Effect::CreateAccount, count] {
        let mut waiting = effect(&request, kind);
        assert_eq!(store.commit(&commit([put(&waiting)])).await, Ok(Applied));
        assert!(has().await);
        waiting.progress = store::Progress::Parked { since: at(0) };
        waiting.revision += 1;
        assert_eq!(store.commit(&commit([change(&waiting)])).await, Ok(Applied));
        assert!(has().await);
        let (id, revision) = (waiting.id, waiting.revision);
        let gone = Write::Delivered { id, revision };
        assert_eq!(store.commit(&commit([gone])).await, Ok(Applied));
        assert!(!has().await);
    }
}

/// One row, whose every change names the revision before.
pub async fn how_far_removing_has_come_is_changed_by_one_of_many(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.pruning().await, Ok(None));
    let begun = Pruning {
        revision: 1,
        begun: at(0),
        state: Some(StateName::Denied),
        after: Some(Position::of(&pending("jane"))),
    };
    let set = |pruning: &Pruning| commit([Write::Pruning(Box::new(pruning.clone()))]);
    let unwritten = Pruning {
        revision: 0,
        ..begun.clone()
    };
    assert!(matches!(
        store.commit(&set(&unwritten)).await,
        Err(StoreError::Broken(_))
    ));
    let second = Pruning {
        revision: 2,
        state: None,
        after: None,
        ..begun.clone()
    };
    assert_eq!(store.commit(&set(&second)).await, Ok(Conflict));
    for pruning in [begun, second] {
        assert_eq!(store.commit(&set(&pruning)).await, Ok(Applied));
        assert_eq!(store.commit(&set(&pruning)).await, Ok(Conflict));
        assert_eq!(place.open().await.pruning().await, Ok(Some(pruning)));
    }
}

/// A checkpoint with something in every field.
fn checkpoint(number: u64) -> Checkpoint {
    let request = pending("jane");
    Checkpoint {
        number,
        through: leaf(&request).place,
        leaves: vec![Sealed {
            request: request.id,
            version: 3,
            mac: applicant("mac"),
        }],
        pruned: vec![Pruned {
            request: next_round(&request).id,
            version: 4,
            head: Some(applicant("head")),
        }],
        entries: 5,
        counts: vec![(Counter::of(&request), -6)],
        previous: Some(applicant("previous")),
        proof: applicant("proof"),
    }
}

fn add(checkpoint: &Checkpoint) -> Write {
    Write::Checkpoint(Box::new(checkpoint.clone()))
}

fn numbered(checkpoint: Checkpoint) -> Numbered {
    Numbered {
        number: Some(checkpoint.number),
        checkpoint: Ok(checkpoint),
    }
}

fn remove_history(request: &Request) -> Write {
    Write::RemoveHistory(Leaf::of(&entry(request)))
}

/// An entry with a proof of its own.
fn proved(request: &Request) -> HistoryEntry {
    HistoryEntry {
        mac: leaf(request).mac,
        ..entry(request)
    }
}

fn leaf(request: &Request) -> Leaf {
    Leaf {
        place: JournalPlace {
            at: request.changed_at,
            request: request.id,
            version: request.version,
        },
        mac: Hash::of(&[&request.id.to_string(), &request.version.to_string()]),
    }
}

async fn walk(store: &dyn Rows, until: Timestamp, size: usize) -> Vec<Leaf> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.journal(after.as_ref(), until, size).await.unwrap();
        assert!(page.leaves.len() <= size && all.len() < 1000);
        all.extend(page.leaves);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
