//! The outbox: what is due, in which order, and who may change it.

use store::{
    Committed::{Applied, Conflict},
    Counter, Effect, EntryId, News, Occasion, Outbox, OutboxEntry, Progress, Receiver, RouteName, Rows, StateName,
    Timestamp, Write,
};
use tokio::task::JoinSet;

use crate::{
    Place, eventually,
    sample::{answer, applicant, at, call, change, commit, effect, first, pending, put},
    settle,
};

/// A letter to an applicant.
const TELL: Effect = Effect::TellApplicant {
    news: News::Received,
    redeem_url: None,
};

fn counter(route: &str) -> Counter {
    Counter {
        state: StateName::Pending,
        route: RouteName::parse(route),
    }
}

/// By id, in its lane and when it is due.
pub async fn every_effect_comes_back(place: &dyn Place) {
    let store = place.open().await;
    let tell = |news, redeem_url: Option<&str>| Effect::TellApplicant {
        news,
        redeem_url: redeem_url.map(str::to_owned),
    };
    let rita = Effect::TellReviewer {
        address: applicant("rita"),
        why: Occasion::Reminded,
    };
    let mut effects = vec![
        Effect::CreateAccount,
        Effect::TellReviewers { why: Occasion::Asked },
        Effect::TellReviewers {
            why: Occasion::Escalated,
        },
        rita,
        tell(News::Approved, Some("sealed\u{0}ß")),
        Effect::Count {
            from: None,
            to: counter(""),
        },
        Effect::Count {
            from: Some(counter("germany")),
            to: counter("a_B-1"),
        },
    ];
    effects.extend(News::ALL.map(|news| tell(news, None)));
    for (n, kind) in effects.into_iter().enumerate() {
        let entry = OutboxEntry {
            attempts: u32::MAX,
            failures: u32::MAX - 1,
            revision: i64::MAX as u64,
            failure: Some("the receiver said „no“".to_owned()),
            written_at: at(-7),
            ..effect(&pending(&n.to_string()), kind)
        };
        assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
        assert_eq!(store.entry(&entry.id).await, Ok(Some(entry.clone())));
        assert_eq!(store.first_in(&entry.id.lane).await, Ok(Some(entry.clone())));
        eventually("it is due", || async {
            due(&*store, entry.id.lane.receiver, at(0)).await.contains(&entry)
        })
        .await;
    }
}

/// Those that wait longest first, of one receiver, at most as many as asked for, and none before its time.
pub async fn what_is_due_comes_in_order_and_not_early(place: &dyn Place) {
    let store = place.open().await;
    let mut entries = Vec::new();
    for n in 0_i64..30 {
        let kind = if n % 3 == 0 { Effect::CreateAccount } else { TELL };
        let due = if n % 5 == 0 {
            Timestamp::from_millis(n)
        } else {
            at(10 - n)
        };
        let entry = OutboxEntry {
            progress: Progress::Waits { until: due },
            ..effect(&pending(&n.to_string()), kind)
        };
        assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
        entries.push(entry);
    }
    entries.sort_unstable_by_key(|entry| (entry.due(), entry.id));
    for receiver in Receiver::ALL {
        for now in [Timestamp::from_millis(4), at(-20), at(0), at(100)] {
            let of_receiver = |entry: &&OutboxEntry| entry.id.lane.receiver == receiver && entry.due() <= Some(now);
            let expected: Vec<_> = entries.iter().filter(of_receiver).cloned().collect();
            eventually("all that is due is listed", || async {
                let mut found = due(&*store, receiver, now).await;
                found.sort_by_key(|entry| (entry.due(), entry.id));
                found == expected
            })
            .await;
            let page = store.due(receiver, now, None, 3).await.unwrap();
            assert_eq!(page.entries, expected[..expected.len().min(3)]);
        }
    }
}

/// As with every row: the first writer wins.
pub async fn a_change_of_an_entry_needs_the_revision_it_names(place: &dyn Place) {
    let store = place.open().await;
    let entry = effect(&pending("jane"), Effect::CreateAccount);
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    assert_eq!(
        store.commit(&commit([put(&entry)])).await,
        Ok(Conflict),
        "it is there already"
    );
    let leased = later(&entry, at(60));
    assert_eq!(store.commit(&commit([change(&leased)])).await, Ok(Applied));
    assert_eq!(store.commit(&commit([change(&leased)])).await, Ok(Conflict));
    assert_eq!(store.entry(&entry.id).await, Ok(Some(leased.clone())));
    eventually("it is not due any more", || async {
        due(&*store, Receiver::Account, at(59)).await.is_empty()
    })
    .await;
    assert_eq!(due(&*store, Receiver::Account, at(60)).await, [leased]);
}

/// And by nobody but who held it last.
pub async fn what_was_delivered_is_gone(place: &dyn Place) {
    let store = place.open().await;
    let entry = effect(&pending("jane"), Effect::CreateAccount);
    let delivered = |revision| commit([Write::Delivered { id: entry.id, revision }]);
    assert_eq!(store.commit(&delivered(1)).await, Ok(Conflict), "it is not there yet");
    assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
    assert_eq!(store.commit(&delivered(2)).await, Ok(Conflict));
    assert_eq!(store.commit(&delivered(1)).await, Ok(Applied));
    assert_eq!(store.entry(&entry.id).await, Ok(None));
    assert_eq!(store.first_in(&entry.id.lane).await, Ok(None));
    eventually("it is not due any more", || async {
        due(&*store, Receiver::Account, at(60)).await.is_empty()
    })
    .await;
}

/// However many are parked before it.
pub async fn a_lane_is_led_by_its_first_entry_that_is_not_parked(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let entries: Vec<_> = (0..20)
        .map(|n| {
            let mut entry = effect(&jane, TELL);
            entry.id.number = n * 7;
            if n < 17 {
                entry.progress = Progress::Parked { since: at(1) };
            }
            entry
        })
        .collect();
    let lane = entries[0].id.lane;
    assert_eq!(store.first_in(&lane).await, Ok(None));
    for entry in entries.iter().rev() {
        assert_eq!(store.commit(&commit([put(entry)])).await, Ok(Applied));
    }
    let other = effect(&jane, Effect::CreateAccount);
    let neighbour = effect(&pending("jim"), TELL);
    assert_eq!(store.commit(&commit([put(&other), put(&neighbour)])).await, Ok(Applied));
    assert_eq!(store.first_in(&lane).await, Ok(Some(entries[17].clone())));
}

/// In the order in which they were parked, page by page.
pub async fn parked_entries_are_listed_and_not_due(place: &dyn Place) {
    let store = place.open().await;
    let mut expected = Vec::new();
    for n in 0_u64..25 {
        let mut entry = effect(&pending(&(n / 3).to_string()), TELL);
        entry.id.number = n;
        assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
        if n % 5 != 0 {
            let parked = OutboxEntry {
                progress: Progress::Parked {
                    since: at(i64::try_from(n % 4).unwrap()),
                },
                ..later(&entry, at(0))
            };
            assert_eq!(store.commit(&commit([change(&parked)])).await, Ok(Applied));
            expected.push(parked);
        }
    }
    expected.sort_unstable_by_key(|entry| (entry.parked_at(), entry.id));
    for size in [100, 7, 1] {
        eventually("all parked entries are listed in order", || async {
            parked(&*store, size).await == expected
        })
        .await;
    }
    eventually("the others alone are due", || async {
        due(&*store, Receiver::Mail, at(60)).await.len() == 5
    })
    .await;
}

/// Neither what it was, nor what is due for others or behind it in its lane.
pub async fn a_row_that_cannot_be_read_is_named_and_holds_up_nothing(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let (broken, mut behind) = (effect(&jane, TELL), effect(&jane, TELL));
    behind.id.number += 1;
    let other = effect(&pending("jim"), TELL);
    let mut readable = vec![behind.clone(), other.clone()];
    readable.sort_unstable_by_key(|entry| entry.id);
    let all = commit([put(&broken), put(&behind), put(&other)]);
    assert_eq!(store.commit(&all).await, Ok(Applied));
    place.damage(&broken.id).await;
    for size in [1, 2, 9] {
        eventually("the others are due, and the broken one is named", || async {
            all_due(&*store, Receiver::Mail, at(0), size).await == (readable.clone(), vec![broken.id])
        })
        .await;
    }
    assert_eq!(store.first_in(&broken.id.lane).await, Ok(Some(behind)));
    assert!(store.entry(&broken.id).await.is_err());
}

/// What follows a change of state is recorded with it.
pub async fn an_effect_is_written_with_its_request_or_not_at_all(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    let entry = effect(&jane, TELL);
    assert_eq!(store.commit(&commit([first(&jane), put(&entry)])).await, Ok(Applied));
    let again = OutboxEntry {
        revision: 7,
        ..effect(&jane, Effect::CreateAccount)
    };
    assert_eq!(store.commit(&commit([put(&again), first(&jane)])).await, Ok(Conflict));
    assert_eq!(store.entry(&again.id).await, Ok(None));
    assert_eq!(store.entry(&entry.id).await, Ok(Some(entry)));
}

/// Two deliverers never hold one entry.
pub async fn racing_leases_are_taken_once(place: &dyn Place) {
    let store = place.open().await;
    for n in 0..8 {
        let entry = effect(&pending(&n.to_string()), Effect::CreateAccount);
        assert_eq!(store.commit(&commit([put(&entry)])).await, Ok(Applied));
        let mut racers = JoinSet::new();
        for racer in 0..8 {
            let (store, leased) = (place.open().await, later(&entry, at(racer)));
            let record = call(&format!("{n} {racer}"), &pending("jane"));
            racers.spawn(async move {
                let commit = commit([change(&leased), answer(&record)]);
                (settle(&*store, &commit).await, leased)
            });
        }
        let outcomes = racers.join_all().await;
        let [won] = outcomes
            .iter()
            .filter(|(committed, _)| *committed == Applied)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        assert_eq!(store.entry(&entry.id).await, Ok(Some(won.1.clone())));
    }
}

fn later(entry: &OutboxEntry, due: Timestamp) -> OutboxEntry {
    OutboxEntry {
        progress: Progress::UnderWay { until: due },
        revision: entry.revision + 1,
        ..entry.clone()
    }
}

async fn due(store: &dyn Rows, receiver: Receiver, now: Timestamp) -> Vec<OutboxEntry> {
    let (entries, unreadable) = all_due(store, receiver, now, 7).await;
    assert_eq!(unreadable, []);
    entries
}

/// Page by page.
async fn all_due(
    store: &dyn Outbox,
    receiver: Receiver,
    now: Timestamp,
    size: usize,
) -> (Vec<OutboxEntry>, Vec<EntryId>) {
    let (mut entries, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let page = store.due(receiver, now, after.as_ref(), size).await.unwrap();
        assert!(page.entries.len() + page.unreadable.len() <= size);
        entries.extend(page.entries);
        unreadable.extend(page.unreadable.into_iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            return (entries, unreadable);
        }
    }
}

async fn parked(store: &dyn Outbox, size: usize) -> Vec<OutboxEntry> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.parked(after.as_ref(), size).await.unwrap();
        assert!(page.entries.len() <= size);
        all.extend(page.entries);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
