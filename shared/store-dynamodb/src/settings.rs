//! What the table says of itself.
//!
//! Over how many shards its lists are spread is written into the table once, by whoever uses it first, and read by every
//! process once. It may be raised while programs run: they see the new number when they start again, and until then miss,
//! in lists alone, what others write to the new shards. It must never be lowered.

use std::ops::Range;

use claims::Hash;
use serde::{Deserialize, Serialize};
use store::{Committed, StoreError};

use crate::{
    DynamoStore,
    commit::{Condition, conditional_put, transact},
    items::{self, Item, Key},
    read,
};

/// Over how many partitions the lists are spread: one partition takes a thousand writes a second, and all requests that
/// wait would otherwise be written to one. A page asks each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shards(u8);

impl Shards {
    /// What a new table gets: ten times what a thousand sign-ups a second need.
    pub(crate) const USUAL: Shards = Shards(16);

    /// What a table may have. Fewer than 16 would be a hot partition some day, more than 64 a page of many requests.
    const LEGAL: std::ops::RangeInclusive<u8> = 16..=64;

    /// The shard of all that an applicant has.
    pub(crate) fn of(self, applicant: &Hash) -> u8 {
        applicant.as_bytes()[0] % self.0
    }

    /// One of them, by chance.
    pub(crate) fn any(self) -> u8 {
        fastrand::u8(..self.0)
    }

    pub(crate) fn all(self) -> Range<u8> {
        0..self.0
    }
}

#[derive(Serialize, Deserialize)]
struct Settings {
    shards: u8,
}

/// As the table says. Costs a round trip once in the life of the process, unless a look-up brought the answer along; and
/// another one once in the life of the table.
pub(crate) async fn shards(store: &DynamoStore) -> Result<Shards, StoreError> {
    if let Some(known) = store.shards.get() {
        return Ok(*known);
    }
    if let Some(shards) = stored(store).await? {
        return Ok(shards);
    }
    let first = conditional_put(store, items::settings(&settings(Shards::USUAL))?, Condition::Absent)?;
    match transact(store, &[first]).await? {
        Committed::Applied => Ok(*store.shards.get_or_init(|| Shards::USUAL)),
        Committed::Conflict => {
            let gone = || StoreError::Busy("the table's settings came and went".to_owned());
            stored(store).await?.ok_or_else(gone)
        }
    }
}

/// Takes in the settings that were read beside something else.
pub(crate) fn learn(store: &DynamoStore, item: &Item) -> Result<Shards, StoreError> {
    let Settings { shards } = items::row(item)?;
    if !Shards::LEGAL.contains(&shards) {
        return Err(StoreError::Broken(format!(
            "the table's settings want {shards} shards, and a table has 16 to 64: correct `shards` in the item with the \
             keys `S#` and `{}`",
            items::SETTINGS
        )));
    }
    Ok(*store.shards.get_or_init(|| Shards(shards)))
}

async fn stored(store: &DynamoStore) -> Result<Option<Shards>, StoreError> {
    let found = read::items(store, vec![Key::settings()]).await?;
    found.first().map(|item| learn(store, item)).transpose()
}

fn settings(Shards(shards): Shards) -> Settings {
    Settings { shards }
}
