//! What is known of the copies of fetched lists.

use store::{Filling, KeptCopy, ListCopies, ListCopy, ListName, StoreError};

use crate::{
    Place,
    lists::{all_at_once, insist},
    sample::at,
};

/// Every field, for each list its own.
pub async fn what_is_known_of_copies_comes_back(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.copies(&name("a")).await, Ok(ListCopies::default()));
    let kept = |version, clear_from| KeptCopy { version, clear_from };
    let first = ListCopies {
        revision: 1,
        closed: 4,
        filling: Some(Filling {
            version: 7,
            until: at(60),
        }),
        kept: vec![kept(5, None), kept(7, Some(at(9)))],
    };
    assert_eq!(store.set_copies(&name("a"), &first).await, Ok(true));
    assert_eq!(place.open().await.copies(&name("a")).await, Ok(first.clone()));
    let second = ListCopies {
        revision: 2,
        ..ListCopies::default()
    };
    assert_eq!(store.set_copies(&name("a"), &second).await, Ok(true));
    assert_eq!(store.copies(&name("a")).await, Ok(second));
    assert_eq!(store.copies(&name("A")).await, Ok(ListCopies::default()));
    let none = store.set_copies(&name("b"), &ListCopies::default()).await;
    assert!(matches!(none, Err(StoreError::Broken(_))), "{none:?}");
    assert_eq!(store.copy(&name("a")).await, Ok(None));
}

/// Who is late is told, and changes nothing.
pub async fn what_is_known_of_copies_is_changed_by_one_of_many(place: &dyn Place) {
    let list = name("fetched");
    for revision in 1..=4 {
        let counts = all_at_once(place, {
            let list = list.clone();
            move |store, racer| {
                let own = ListCopies {
                    revision,
                    closed: racer as u64,
                    ..ListCopies::default()
                };
                let list = list.clone();
                async move { usize::from(insist(|| store.set_copies(&list, &own)).await) }
            }
        })
        .await;
        let winners: Vec<_> = (0..).zip(&counts).filter(|(_, won)| **won == 1).collect();
        assert_eq!(winners.len(), 1, "{counts:?}");
        let copies = place.open().await.copies(&list).await.unwrap();
        assert_eq!((copies.revision, copies.closed), (revision, winners[0].0));
    }
}

/// What is known of one that was in use before it was closed can still be changed.
pub async fn a_closed_copy_is_never_put_in_use(place: &dyn Place) {
    let store = place.open().await;
    let list = name("fetched");
    let close = async |revision, closed| {
        let copies = ListCopies {
            revision,
            closed,
            ..ListCopies::default()
        };
        assert_eq!(store.set_copies(&list, &copies).await, Ok(true));
    };
    close(1, 5).await;
    for version in [4, 5] {
        assert_eq!(store.publish(&list, &copy(version), None).await, Ok(false));
    }
    assert_eq!(store.copy(&list).await, Ok(None));
    assert_eq!(store.publish(&list, &copy(6), None).await, Ok(true));
    close(2, 7).await;
    let confirmed = ListCopy {
        fetched_at: at(60),
        ..copy(6)
    };
    assert_eq!(store.publish(&list, &confirmed, Some(6)).await, Ok(true));
    assert_eq!(store.publish(&list, &copy(7), Some(6)).await, Ok(false));
    assert_eq!(store.copy(&list).await, Ok(Some(confirmed)));
    assert_eq!(store.publish(&list, &copy(8), Some(6)).await, Ok(true));
    assert_eq!(store.publish(&name("other"), &copy(1), None).await, Ok(true));
}

fn name(text: &str) -> ListName {
    ListName::parse(text).unwrap()
}

fn copy(version: u64) -> ListCopy {
    ListCopy {
        version,
        entries: 1,
        fetched_at: at(0),
        tag: None,
    }
}
