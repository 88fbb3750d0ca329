//! What goes with a decision beside the request: entries of lists, and claims that are forgotten.

use store::{
    Committed::{Applied, Conflict},
    HistoryEntry, ListEntry, ListName, ListPlace, Write,
};

use crate::{
    Place,
    sample::{at, commit, entry, first, full, history, pending},
};

/// Who was first, stays.
pub async fn what_a_decision_lists_stays_as_it_was_listed_first(place: &dyn Place) {
    let store = place.open().await;
    for (name, text, by) in [
        ("jane", "evil.example", "rita"),
        ("john", "evil.example", "rob"),
        ("jim", "*.evil.example", "rob"),
    ] {
        let writes = [first(&pending(name)), listed(text, by)];
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    let mut all = store.page(&blocked(), None, 10).await.unwrap();
    all.sort_by(|one, other| one.text.cmp(&other.text));
    assert_eq!(
        all,
        [list_entry("*.evil.example", "rob"), list_entry("evil.example", "rita")]
    );
    // Whoever edits the list finds the same entry.
    let again = store.add(&blocked(), &[list_entry("evil.example", "tom")]).await;
    assert_eq!(again, Ok(0));
}

/// All or nothing.
pub async fn nothing_is_listed_with_a_decision_that_came_too_late(place: &dyn Place) {
    let store = place.open().await;
    let jane = pending("jane");
    assert_eq!(store.commit(&commit([first(&jane)])).await, Ok(Applied));
    let late = [first(&jane), listed("evil.example", "rita")];
    assert_eq!(store.commit(&commit(late)).await, Ok(Conflict));
    assert_eq!(store.page(&blocked(), None, 10).await, Ok(vec![]));
}

/// In its place, and only where there is one.
pub async fn an_entry_of_a_history_loses_its_claims(place: &dyn Place) {
    let store = place.open().await;
    let jane = full("jane");
    let forgotten = HistoryEntry {
        kept: None,
        ..entry(&jane)
    };
    let redact = || Write::Redact(Box::new(forgotten.clone()));
    assert_eq!(store.commit(&commit([redact()])).await, Ok(Conflict));
    assert_eq!(store.history(&jane.id).await, Ok(vec![]));
    assert_eq!(store.commit(&commit([history(&jane)])).await, Ok(Applied));
    assert_eq!(store.commit(&commit([redact()])).await, Ok(Applied));
    assert_eq!(store.history(&jane.id).await, Ok(vec![forgotten]));
}

fn blocked() -> ListPlace {
    ListPlace {
        list: list(),
        version: None,
    }
}

fn list() -> ListName {
    ListName::parse("blocked").unwrap()
}

fn list_entry(text: &str, by: &str) -> ListEntry {
    ListEntry {
        text: text.to_owned(),
        by: Some(by.to_owned()),
        at: at(0),
    }
}

fn listed(text: &str, by: &str) -> Write {
    Write::Listed {
        list: list(),
        entry: Box::new(list_entry(text, by)),
    }
}
