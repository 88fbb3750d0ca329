//! A table to test with, in DynamoDB Local.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client,
    config::{Config, Region, SharedHttpClient, retry::RetryPartition},
    error::DisplayErrorContext,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType, TimeToLiveSpecification,
    },
};

use store::{Request, StoreError};

use crate::{
    DynamoStore,
    items::{self, EXPIRES, Index, PK, SK},
    list_editor,
    open::{self, Limits},
    settings, trust,
};

/// For a machine under load.
pub(crate) const PATIENCE: Limits = Limits {
    connect: Duration::from_secs(10),
    attempt: Duration::from_secs(20),
    call: Duration::from_secs(60),
};

/// Makes the table of a store in the DynamoDB Local at an endpoint, with keys, indexes and time to live as in production.
///
/// # Errors
/// A text, if DynamoDB Local refuses or does not answer.
pub async fn create_table(endpoint: &str, table: &str) -> Result<(), String> {
    let client = client(endpoint, trust::http_client(), PATIENCE);
    make(&client, table)
        .await
        .map_err(|error| format!("no table {table} at {endpoint}: {error}"))
}

/// Opens a store in the DynamoDB Local at an endpoint, without asking the environment, and with patience: a machine that
/// runs many tests may be slower than a call may be.
pub fn open_at(endpoint: &str, table: &str) -> DynamoStore {
    open_through(endpoint, table, trust::http_client(), PATIENCE)
}

/// Opens a store with another HTTP client under the SDK: one that watches.
pub fn open_watched(endpoint: &str, table: &str, http_client: SharedHttpClient) -> DynamoStore {
    open_through(endpoint, table, http_client, PATIENCE)
}

/// The HTTP client that stores have under the SDK.
pub fn http_client() -> SharedHttpClient {
    trust::http_client()
}

/// The table's indexes: the name, the partition key and the sort key of each. They hold keys only.
pub fn indexes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let parts = |index: Index| (index.name, index.partition, index.sort);
    Index::ALL.into_iter().map(parts)
}

/// Puts the rows of applicants' latest requests into a table as commits would, and whatever is there already is
/// overwritten: many batches at once, without conditions, which is several times as fast.
///
/// # Errors
/// As [`Store::commit`](store::Store::commit).
pub async fn put_requests(store: &DynamoStore, requests: &[Request]) -> Result<(), StoreError> {
    let shards = settings::shards(store).await?;
    let put = |request| list_editor::put(items::latest(request, shards)?);
    let puts = requests.iter().map(put).collect::<Result<_, _>>()?;
    list_editor::in_parts(puts, list_editor::MAX_BATCH, |part| list_editor::write(store, part)).await?;
    Ok(())
}

/// Opens a store with another HTTP client under the SDK.
pub(crate) fn open_through(endpoint: &str, table: &str, http_client: SharedHttpClient, limits: Limits) -> DynamoStore {
    DynamoStore::with_client(client(endpoint, http_client, limits), table, limits.call)
}

fn client(endpoint: &str, http_client: SharedHttpClient, limits: Limits) -> Client {
    let config = open::configure(Config::builder(), limits)
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(endpoint)
        // Clients share a quota of retries, which tests of failures use up.
        .retry_partition(RetryPartition::new(format!("{:016x}", fastrand::u64(..))))
        .http_client(http_client);
    Client::from_conf(config.build())
}

async fn make(client: &Client, table: &str) -> Result<(), String> {
    let mut keys = vec![PK, SK];
    keys.extend(Index::ALL.iter().flat_map(|index| [index.partition, index.sort]));
    keys.sort_unstable();
    keys.dedup();
    let attributes = keys.into_iter().map(attribute).collect::<Result<_, _>>()?;
    let indexes = Index::ALL.iter().map(index).collect::<Result<_, _>>()?;
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .key_schema(key(PK, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .set_global_secondary_indexes(Some(indexes))
        .send()
        .await
        .map_err(|error| DisplayErrorContext(error).to_string())?;
    let expiry = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES)
        .enabled(true)
        .build();
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(expiry.map_err(|error| error.to_string())?)
        .send()
        .await
        .map_err(|error| DisplayErrorContext(error).to_string())?;
    Ok(())
}

fn index(index: &Index) -> Result<GlobalSecondaryIndex, String> {
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .key_schema(key(index.partition, KeyType::Hash)?)
        .key_schema(key(index.sort, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .map_err(|error| error.to_string())
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, String> {
    let element = KeySchemaElement::builder().attribute_name(name).key_type(kind);
    element.build().map_err(|error| error.to_string())
}

fn attribute(name: &str) -> Result<AttributeDefinition, String> {
    let definition = AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S);
    definition.build().map_err(|error| error.to_string())
}
