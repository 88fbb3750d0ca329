//! A function that makes a single GetItem: what the SDK itself needs for a check.

use get_item::{Table, answer, new_key, run};
use lambda_http::{Error, Request, service_fn};

fn main() -> Result<(), Error> {
    run(async {
        let table = &Table::from_env()?;
        lambda_http::run(service_fn(move |request: Request| async move {
            table.read(&new_key(&request)).await?;
            answer()
        }))
        .await
    })
}
