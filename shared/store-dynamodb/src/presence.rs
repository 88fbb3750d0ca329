//! Who is looking at requests.

use store::{Committed, Looking, RequestId, StoreError, Timestamp};

use crate::{
    DynamoStore,
    commit::{conditional_put, equals, transact},
    error,
    items::{self, Key, UNTIL},
    read,
};

/// Whoever loses a race here lost it to themselves, in another window: then it is said already.
pub(crate) async fn look(store: &DynamoStore, id: &RequestId, name: &str, now: Timestamp) -> Result<(), StoreError> {
    let found = read::items(store, vec![Key::looking(id, name)]).await?;
    let before: Option<Looking> = found.first().map(items::row).transpose()?;
    let item = items::looking(id, &Looking::again(before.as_ref(), name, now))?;
    let as_it_was = equals(UNTIL, before.map(|before| before.until.as_millis()));
    let (Committed::Applied | Committed::Conflict) =
        transact(store, &[conditional_put(store, item, as_it_was)?]).await?;
    Ok(())
}

pub(crate) async fn look_away(store: &DynamoStore, id: &RequestId, name: &str) -> Result<(), StoreError> {
    let delete = store.client.delete_item().table_name(store.table.name());
    let delete = delete.set_key(Some(Key::looking(id, name).into_item()));
    delete.send().await.map(drop).map_err(error::of)
}

pub(crate) async fn looking(store: &DynamoStore, id: &RequestId, now: Timestamp) -> Result<Vec<Looking>, StoreError> {
    let (pk, prefix) = items::looking_at(id);
    let found = read::all_beginning_with(store, &pk, &prefix).await?;
    let rows = found.iter().map(items::row).collect::<Result<_, _>>()?;
    Ok(Looking::current(rows, now))
}
