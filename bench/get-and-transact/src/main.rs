//! A function that makes a GetItem and a TransactWriteItems: what the SDK itself needs for a submit.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use get_item::{Table, answer, new_key, run, text};
use lambda_http::{Error, Request, service_fn};

/// What a submit writes: the request, its first history entry, the call record.
const ITEMS: [&str; 3] = ["request", "history#1", "call"];
/// About the size of a request with the claims that the bench sends, as received and as the policy left them.
const ITEM_BYTES: usize = 1_500;

fn main() -> Result<(), Error> {
    run(async {
        let table = &Table::from_env()?;
        lambda_http::run(service_fn(move |request: Request| async move {
            let key = new_key(&request);
            table.read(&key).await?;
            write(table, &key).await?;
            answer()
        }))
        .await
    })
}

async fn write(table: &Table, key: &str) -> Result<(), Error> {
    let items = ITEMS
        .iter()
        .map(|sort| item(table, key, sort))
        .collect::<Result<_, _>>()?;
    table
        .client
        .transact_write_items()
        .set_transact_items(Some(items))
        .send()
        .await?;
    Ok(())
}

fn item(table: &Table, key: &str, sort: &str) -> Result<TransactWriteItem, Error> {
    let put = Put::builder()
        .table_name(&table.name)
        .condition_expression("attribute_not_exists(pk)")
        .item("pk", text(key))
        .item("sk", text(sort))
        .item("data", text(&"x".repeat(ITEM_BYTES)));
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}
