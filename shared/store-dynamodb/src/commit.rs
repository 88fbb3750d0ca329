use aws_sdk_dynamodb::{
    config::{Config, retry::RetryConfig},
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Delete, Put, TransactWriteItem, Update, builders::DeleteBuilder},
};
use store::{
    Commit,
    Committed::{self, Applied},
    Leaf, ListEntry, ListName, Position, StoreError, Write,
};

use crate::{
    DynamoStore,
    error::{self, Cancellation},
    invitations,
    items::{self, ANSWERED, COUNT, DOCUMENT, Item, Key, PK, QUEUED, UNTIL, VERSION, number},
    kept,
    open::SDK_ATTEMPTS,
    retry::{Attempts, MOST_REFUSED},
    settings::{self, Shards},
};

/// All writes of a commit, or none.
pub(crate) async fn commit(store: &DynamoStore, commit: &Commit) -> Result<Committed, StoreError> {
    commit.check()?;
    if commit.writes.is_empty() {
        return Ok(Applied);
    }
    let shards = settings::shards(store).await?;
    let writes = commit.writes.iter().map(|write| items_of(store, write, shards));
    transact(store, &writes.collect::<Result<Vec<_>, _>>()?.concat()).await
}

/// At most 100 writes in one transaction, a single one too: its token makes another attempt after a lost reply harmless,
/// which a plain conditional put would take for somebody else's write.
///
/// The SDK's own retries are off. It would report the last failure alone: an attempt whose reply was lost and then one
/// that was throttled would look as if nothing had been written.
pub(crate) async fn transact(store: &DynamoStore, writes: &[TransactWriteItem]) -> Result<Committed, StoreError> {
    let mut token = new_token();
    let mut in_doubt = false;
    let mut attempts = Attempts::new();
    loop {
        let Err(failure) = attempt(store, writes, &token).await else {
            return Ok(Applied);
        };
        let (error, most) = match error::cancellation(&failure) {
            // With this token it would have been applied again if it had been before.
            Some(Cancellation::Conflict) => return Ok(Committed::Conflict),
            Some(Cancellation::Passing(why)) => (StoreError::Busy(why), MOST_REFUSED),
            Some(Cancellation::Refused(why)) => (StoreError::Broken(why), 1),
            None => (error::of(failure), SDK_ATTEMPTS),
        };
        in_doubt |= matches!(error, StoreError::Unavailable(_));
        if matches!(error, StoreError::Broken(_)) || !attempts.another(most).await {
            return Err(if in_doubt { doubtful(error) } else { error });
        }
        if !in_doubt {
            token = new_token();
        }
    }
}

async fn attempt(store: &DynamoStore, writes: &[TransactWriteItem], token: &str) -> Result<(), Failure> {
    let request = store.client.transact_write_items();
    let request = request
        .set_transact_items(Some(writes.to_vec()))
        .client_request_token(token);
    let once = Config::builder().retry_config(RetryConfig::disabled());
    request.customize().config_override(once).send().await.map(drop)
}

type Failure = SdkError<TransactWriteItemsError>;

/// As many characters as DynamoDB takes, less four.
fn new_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// The last attempt did nothing, but one before it may have done all.
fn doubtful(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(why) | StoreError::Busy(why) | StoreError::Broken(why) => StoreError::Unavailable(why),
    }
}

/// What a write changes: one item, or two where an invitation counts its uses.
fn items_of(store: &DynamoStore, write: &Write, shards: Shards) -> Result<Vec<TransactWriteItem>, StoreError> {
    let (item, condition) = match write {
        Write::Request { request, replaces } => (items::latest(request, shards)?, equals(VERSION, *replaces)),
        Write::Archive { request, replaces } => (items::archived(request, shards)?, equals(VERSION, *replaces)),
        Write::History(entry) => (items::history(entry, shards)?, Condition::Absent),
        Write::Redact(entry) => (items::history(entry, shards)?, Condition::Present),
        Write::Call { record, replaces } => {
            let replaces = replaces.map(|at| at.as_millis());
            (items::call(record)?, equals(ANSWERED, replaces))
        }
        Write::Denial { denial, replaces } => {
            let replaces = replaces.map(|until| until.as_millis());
            (items::denial(denial)?, equals(UNTIL, replaces))
        }
        Write::Listed { list, entry } => return alone(keep_or_put(store, list, entry)),
        Write::Effect { entry, replaces } => (items::effect(entry, shards)?, equals(VERSION, *replaces)),
        Write::Delivered { id, revision } => return alone(delete_version(store, Key::effect(id), *revision)),
        Write::Checkpoint(checkpoint) => (items::checkpoint(checkpoint)?, Condition::Absent),
        Write::Pruning(pruning) => (items::pruning(pruning)?, equals(VERSION, pruning.replaces()?)),
        Write::RemoveRequest {
            id,
            version,
            opened_at,
            latest,
        } => {
            let key = match latest {
                true => Key::latest(id.applicant),
                false => Key::archived(id),
            };
            let (opened_at, id) = (*opened_at, *id);
            return alone(delete_placed(
                store,
                key,
                *version,
                items::queued(&Position { opened_at, id }),
            ));
        }
        Write::RemoveHistory(leaf) => return alone(delete_leaf(store, leaf)),
        Write::Invitation(invitation) => return alone(invitations::add(store, invitation)),
        Write::RevokeInvitation { code, at } => return alone(invitations::revoke(store, code, *at)),
        Write::HoldInvitation {
            code,
            applicant,
            since,
            at,
        } => return alone(invitations::hold(store, code, applicant, [*since, *at])),
        Write::TakeInvitation(usage) => return invitations::take(store, usage).map(Vec::from),
        Write::SpendInvitation { code, applicant, at } => {
            return alone(invitations::spend(store, code, applicant, *at));
        }
        Write::ReturnInvitation { code, applicant, since } => {
            return invitations::give_back(store, code, applicant, *since).map(Vec::from);
        }
        Write::Tally(tally) => return alone(kept::count(store, tally)),
        Write::Keep { result, replaces } => return alone(kept::keep(store, result, *replaces)),
        Write::Count { counter, by } => return alone(add(store, Key::counter(counter, shards.any()), *by)),
    };
    alone(conditional_put(store, item, condition))
}

fn alone(item: Result<TransactWriteItem, StoreError>) -> Result<Vec<TransactWriteItem>, StoreError> {
    item.map(|item| vec![item])
}

/// Adds an entry to an edited list; one that is there stays as it is.
fn keep_or_put(store: &DynamoStore, list: &ListName, entry: &ListEntry) -> Result<TransactWriteItem, StoreError> {
    let key = Key::list_entry(list, None, &ListEntry::key(&entry.text));
    let document = AttributeValue::S(items::document(entry)?);
    update(store, key, "SET #a = if_not_exists(#a, :value)", DOCUMENT, document)
}

/// Adds to one of the rows of a counter, which may not be there yet.
fn add(store: &DynamoStore, key: Key, by: i64) -> Result<TransactWriteItem, StoreError> {
    update(store, key, "ADD #a :value", COUNT, number(by))
}

fn update(
    store: &DynamoStore,
    key: Key,
    expression: &str,
    attribute: &str,
    value: AttributeValue,
) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(store.table.name())
        .set_key(Some(key.into_item()))
        .update_expression(expression)
        .expression_attribute_names("#a", attribute)
        .expression_attribute_values(":value", value)
        .build()
        .map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// Removes a row that has a version.
fn delete_version(store: &DynamoStore, key: Key, version: u64) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .condition_expression("#a = :value")
        .expression_attribute_names("#a", VERSION)
        .expression_attribute_values(":value", number(version));
    deletion(store, key, delete)
}

/// Removes a row that has a version and a place in lists.
fn delete_placed(store: &DynamoStore, key: Key, version: u64, queued: String) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .condition_expression("#version = :version AND #queued = :queued")
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":version", number(version))
        .expression_attribute_names("#queued", QUEUED)
        .expression_attribute_values(":queued", AttributeValue::S(queued));
    deletion(store, key, delete)
}

/// Removes an entry of a history if it is there; another one in its place stays.
fn delete_leaf(store: &DynamoStore, leaf: &Leaf) -> Result<TransactWriteItem, StoreError> {
    let delete = Delete::builder()
        .condition_expression("attribute_not_exists(#pk) OR #queued = :queued")
        .expression_attribute_names("#pk", PK)
        .expression_attribute_names("#queued", QUEUED)
        .expression_attribute_values(":queued", AttributeValue::S(items::journal_queued(leaf)));
    deletion(store, Key::history(&leaf.place.request, leaf.place.version), delete)
}

pub(crate) fn deletion(store: &DynamoStore, key: Key, delete: DeleteBuilder) -> Result<TransactWriteItem, StoreError> {
    let delete = delete.table_name(store.table.name()).set_key(Some(key.into_item()));
    let delete = delete.build().map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// What must be there already.
pub(crate) enum Condition {
    /// Nothing.
    Absent,
    /// An item, whatever it holds.
    Present,
    /// An item whose attribute has this value.
    Equals(&'static str, AttributeValue),
}

pub(crate) fn equals(attribute: &'static str, value: Option<impl ToString>) -> Condition {
    match value {
        None => Condition::Absent,
        Some(value) => Condition::Equals(attribute, number(value)),
    }
}

pub(crate) fn conditional_put(
    store: &DynamoStore,
    item: Item,
    condition: Condition,
) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder().table_name(store.table.name()).set_item(Some(item));
    let put = match condition {
        Condition::Absent => put
            .condition_expression("attribute_not_exists(#a)")
            .expression_attribute_names("#a", PK),
        Condition::Present => put
            .condition_expression("attribute_exists(#a)")
            .expression_attribute_names("#a", PK),
        Condition::Equals(attribute, value) => put
            .condition_expression("#a = :value")
            .expression_attribute_names("#a", attribute)
            .expression_attribute_values(":value", value),
    };
    let put = put.build().map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}
