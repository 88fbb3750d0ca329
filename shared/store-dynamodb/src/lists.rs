//! Asking lists: the one thing that a sign-up waits for.

use std::collections::{BTreeMap, BTreeSet};

use store::{ListQuestion, Listed, Origin, StoreError};

use crate::{
    DynamoStore,
    items::{self, Item, Key},
    read,
};

/// One round trip for edited lists, and a second one where copies of fetched lists are asked, which the first one found.
///
/// Copies are read as of the latest commits too: a replica that lags behind would know which copy is in use and not yet
/// all of its entries.
pub(crate) async fn listed(store: &DynamoStore, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError> {
    let first = questions.iter().map(|question| match question.origin {
        Origin::Edited => entry(question, None),
        Origin::Fetched => Key::list_copy(&question.list),
    });
    let mut found = found(store, first).await?;
    let places = questions.iter().map(|question| match question.origin {
        Origin::Edited => Ok(Some(entry(question, None))),
        Origin::Fetched => {
            let copy = found
                .get(&Key::list_copy(&question.list))
                .map(items::version)
                .transpose()?;
            Ok(copy.map(|version| entry(question, Some(version))))
        }
    });
    let places: Vec<Option<Key>> = places.collect::<Result<_, StoreError>>()?;
    let copied = places
        .iter()
        .zip(questions)
        .filter(|(_, question)| question.origin == Origin::Fetched);
    let second: Vec<_> = copied.filter_map(|(place, _)| place.clone()).collect();
    found.extend(self::found(store, second).await?);
    Ok(places
        .iter()
        .map(|place| match place {
            None => Listed::NoCopy,
            Some(key) if found.contains_key(key) => Listed::Yes,
            Some(_) => Listed::No,
        })
        .collect())
}

fn entry(question: &ListQuestion, version: Option<u64>) -> Key {
    Key::list_entry(&question.list, version, &question.entry)
}

/// The items that are there at these places, which may be named twice.
pub(crate) async fn found(
    store: &DynamoStore,
    keys: impl IntoIterator<Item = Key>,
) -> Result<BTreeMap<Key, Item>, StoreError> {
    let keys: BTreeSet<Key> = keys.into_iter().collect();
    let items = read::items(store, keys.into_iter().collect()).await?;
    Ok(items
        .into_iter()
        .filter_map(|item| Some((Key::of(&item)?, item)))
        .collect())
}
