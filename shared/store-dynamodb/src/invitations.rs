//! Invitations and who uses them.
//!
//! How many uses are taken, and since when nobody new may take one, are attributes: whoever takes a use changes these, and
//! not the document, which stays as the invitation was made.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update, builders::UpdateBuilder};
use claims::Hash;
use store::{Invitation, InvitationUse, StoreError, Timestamp};

use crate::{
    DynamoStore,
    commit::{Condition, conditional_put, deletion},
    error,
    items::{self, EXPIRES, Item, Key, LIST_SHARDS, PK, REVOKED, SINCE, SK, SPENT, TAKEN, UNTIL, USES, number, text},
    lists, read,
};

/// Nothing is before it.
const FIRST: Hash = Hash::from_bytes([0; 32]);

pub(crate) fn add(store: &DynamoStore, invitation: &Invitation) -> Result<TransactWriteItem, StoreError> {
    conditional_put(store, item(invitation)?, Condition::Absent)
}

pub(crate) fn revoke(store: &DynamoStore, code: &Hash, at: Timestamp) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .update_expression("SET #revoked = :at")
        .condition_expression("attribute_exists(#taken) AND attribute_not_exists(#revoked)")
        .expression_attribute_names("#revoked", REVOKED)
        .expression_attribute_names("#taken", TAKEN)
        .expression_attribute_values(":at", millis(at));
    finish(store, Key::invitation(code), update)
}

pub(crate) fn take(store: &DynamoStore, usage: &InvitationUse) -> Result<[TransactWriteItem; 2], StoreError> {
    let one_more = Update::builder()
        .update_expression("SET #taken = #taken + :one")
        .condition_expression("#taken < #uses AND #until > :at AND attribute_not_exists(#revoked)")
        .expression_attribute_names("#taken", TAKEN)
        .expression_attribute_names("#uses", USES)
        .expression_attribute_names("#until", UNTIL)
        .expression_attribute_names("#revoked", REVOKED)
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":at", millis(usage.at));
    Ok([
        finish(store, Key::invitation(&usage.code), one_more)?,
        conditional_put(store, use_item(usage), Condition::Absent)?,
    ])
}

pub(crate) fn hold(
    store: &DynamoStore,
    code: &Hash,
    applicant: &Hash,
    [since, at]: [Timestamp; 2],
) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .update_expression("SET #since = :at")
        .condition_expression("#since = :since AND attribute_not_exists(#spent)")
        .expression_attribute_names("#since", SINCE)
        .expression_attribute_names("#spent", SPENT)
        .expression_attribute_values(":since", millis(since))
        .expression_attribute_values(":at", millis(at));
    finish(store, Key::invitation_use(code, applicant), update)
}

pub(crate) fn spend(
    store: &DynamoStore,
    code: &Hash,
    applicant: &Hash,
    at: Timestamp,
) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .update_expression("SET #spent = :at")
        .condition_expression("attribute_exists(#since) AND attribute_not_exists(#spent)")
        .expression_attribute_names("#since", SINCE)
        .expression_attribute_names("#spent", SPENT)
        .expression_attribute_values(":at", millis(at));
    finish(store, Key::invitation_use(code, applicant), update)
}

pub(crate) fn give_back(
    store: &DynamoStore,
    code: &Hash,
    applicant: &Hash,
    since: Timestamp,
) -> Result<[TransactWriteItem; 2], StoreError> {
    let one_less = Update::builder()
        .update_expression("SET #taken = #taken - :one")
        .condition_expression("#taken >= :one")
        .expression_attribute_names("#taken", TAKEN)
        .expression_attribute_values(":one", number(1));
    let gone = Delete::builder()
        .condition_expression("#since = :since AND attribute_not_exists(#spent)")
        .expression_attribute_names("#since", SINCE)
        .expression_attribute_names("#spent", SPENT)
        .expression_attribute_values(":since", millis(since));
    Ok([
        finish(store, Key::invitation(code), one_less)?,
        deletion(store, Key::invitation_use(code, applicant), gone)?,
    ])
}

/// The two rows are read one after the other. Where the invitation is used up, it may be by the one who asks, between the
/// two: then a second look at the use tells.
pub(crate) async fn invited(
    store: &DynamoStore,
    code: &Hash,
    applicant: &Hash,
) -> Result<Option<(Invitation, Option<InvitationUse>)>, StoreError> {
    let [invitation, usage] = [Key::invitation(code), Key::invitation_use(code, applicant)];
    let mut found = lists::found(store, [invitation.clone(), usage.clone()]).await?;
    let Some(item) = found.remove(&invitation) else {
        return Ok(None);
    };
    let invitation = invitation_of(&item)?;
    let mut used = found.remove(&usage);
    if used.is_none() && invitation.taken >= invitation.uses {
        used = read::items(store, vec![usage]).await?.pop();
    }
    Ok(Some((invitation, used.as_ref().map(use_of).transpose()?)))
}

pub(crate) async fn page(store: &DynamoStore, from: &Hash, limit: usize) -> Result<Vec<Invitation>, StoreError> {
    let mut found: Vec<Item> = Vec::new();
    let first = from.as_bytes()[0] >> 4;
    for shard in first..LIST_SHARDS {
        let (pk, prefix) = items::invitations(shard);
        let from = if shard == first { from } else { &FIRST };
        let rows = items_from(store, &pk, &format!("{prefix}{from}"), limit - found.len()).await?;
        found.extend(rows);
        if found.len() >= limit {
            break;
        }
    }
    found.iter().map(invitation_of).collect()
}

pub(crate) async fn uses(
    store: &DynamoStore,
    code: &Hash,
    from: &Hash,
    limit: usize,
) -> Result<Vec<InvitationUse>, StoreError> {
    let (pk, prefix) = items::uses_of(code);
    let rows = items_from(store, &pk, &format!("{prefix}{from}"), limit).await?;
    rows.iter().map(use_of).collect()
}

/// At most so many items of a partition, from a sort key on.
async fn items_from(store: &DynamoStore, pk: &str, from: &str, limit: usize) -> Result<Vec<Item>, StoreError> {
    let (mut found, mut start) = (Vec::new(), None);
    while found.len() < limit {
        let query = store
            .client
            .query()
            .table_name(store.table.name())
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk >= :from")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
            .limit(i32::try_from(limit - found.len()).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let page = store.in_time(async { query.send().await.map_err(error::of) }).await?;
        found.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(key) if !key.is_empty() => start = Some(key),
            _ => break,
        }
    }
    Ok(found)
}

fn item(invitation: &Invitation) -> Result<Item, StoreError> {
    let mut item = items::item(Key::invitation(&invitation.code), invitation)?;
    item.insert(TAKEN.to_owned(), number(invitation.taken));
    item.insert(USES.to_owned(), number(invitation.uses));
    item.insert(UNTIL.to_owned(), millis(invitation.until));
    if let Some(at) = invitation.revoked_at {
        item.insert(REVOKED.to_owned(), millis(at));
    }
    item.insert(EXPIRES.to_owned(), number(invitation.forgotten().as_secs()));
    Ok(item)
}

/// An invitation as it was made, with what its attributes say by now.
fn invitation_of(item: &Item) -> Result<Invitation, StoreError> {
    let made: Invitation = items::row(item)?;
    let taken = attribute(item, TAKEN).and_then(|taken| u32::try_from(taken).ok());
    Ok(Invitation {
        taken: taken.ok_or_else(|| StoreError::Broken("an invitation has no number `taken`".to_owned()))?,
        revoked_at: attribute(item, REVOKED).map(Timestamp::from_millis),
        ..made
    })
}

fn use_item(usage: &InvitationUse) -> Item {
    let mut item = Key::invitation_use(&usage.code, &usage.applicant).into_item();
    item.insert(SINCE.to_owned(), millis(usage.at));
    if let Some(at) = usage.spent_at {
        item.insert(SPENT.to_owned(), millis(at));
    }
    item.insert(EXPIRES.to_owned(), number(usage.forgotten().as_secs()));
    item
}

fn use_of(item: &Item) -> Result<InvitationUse, StoreError> {
    let hash = |key: &str| Hash::from_hex(text(item, key)?.split_once('#')?.1);
    let usage = hash(PK).zip(hash(SK)).zip(attribute(item, SINCE));
    let broken = || StoreError::Broken("a use of an invitation is nobody's, or has no number `since`".to_owned());
    let ((code, applicant), since) = usage.ok_or_else(broken)?;
    Ok(InvitationUse {
        code,
        applicant,
        at: Timestamp::from_millis(since),
        spent_at: attribute(item, SPENT).map(Timestamp::from_millis),
    })
}

/// A number beside a document.
fn attribute(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn finish(store: &DynamoStore, key: Key, update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    let update = update.table_name(store.table.name()).set_key(Some(key.into_item()));
    let update = update.build().map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn millis(time: Timestamp) -> AttributeValue {
    number(time.as_millis())
}
