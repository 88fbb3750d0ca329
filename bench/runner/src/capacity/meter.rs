//! An HTTP client under the SDK that sees every request and answer, and knows what each takes. It keeps what it saw
//! written: what a change takes depends on what was there.

use super::rule::{Index, Item, Units};
use aws_sdk_dynamodb::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use store_dynamodb::{DynamoStore, testing};

/// What was asked, and what it took.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The request's body.
    pub(crate) body: String,
    pub(crate) units: Units,
}

/// The client.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    inner: SharedHttpClient,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    items: HashMap<[String; 2], Item>,
    seen: Vec<Seen>,
}

impl Meter {
    /// A store in an empty table, and what watches it.
    pub(crate) fn open(endpoint: &str, table: &str) -> (DynamoStore, Self) {
        let meter = Self {
            inner: testing::http_client(),
            known: Arc::default(),
        };
        let client = SharedHttpClient::new(meter.clone());
        (testing::open_watched(endpoint, table, client), meter)
    }

    /// What was seen since this was asked last.
    pub(crate) fn take(&self) -> Vec<Seen> {
        mem::take(&mut self.known().seen)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no panic while it was held")
    }

    async fn call(self, inner: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: Json = parse(request.body().bytes().unwrap_or_default());
        let mut response = inner.call(request).await?;
        let answer = mem::replace(response.body_mut(), SdkBody::taken()).collect().await;
        let answer = answer.map_err(ConnectorError::io)?.to_bytes();
        if response.status().is_success() {
            self.known().note(&operation, &body, &parse(&answer));
        }
        *response.body_mut() = SdkBody::from(answer.to_vec());
        Ok(response)
    }
}

impl HttpClient for Meter {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Metered {
            inner: self.inner.http_connector(settings, components),
            meter: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Metered {
    inner: SharedHttpConnector,
    meter: Meter,
}

impl HttpConnector for Metered {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.meter.clone().call(self.inner.clone(), request))
    }
}

impl Known {
    fn note(&mut self, operation: &str, body: &Json, answer: &Json) {
        let units = match operation {
            "TransactWriteItems" => list(&body["TransactItems"]).map(|write| self.write(write)).sum(),
            "DeleteItem" => alone(self.replace(item(&body["Key"]), |_| None)),
            "BatchWriteItem" => list(&batch(&body["RequestItems"])).map(|write| self.put(write)).sum(),
            "BatchGetItem" => {
                let found: Vec<_> = list(&batch(&answer["Responses"])).map(item).collect();
                let asked = list(&batch(&body["RequestItems"])["Keys"]).count();
                Units::of_reads(&found, asked - found.len())
            }
            "Query" => {
                let found: Vec<_> = list(&answer["Items"]).map(item).collect();
                Units::of_query(&found, body["ConsistentRead"] == true)
            }
            other => panic!("nobody told the meter what {other} takes"),
        };
        let body = body.to_string();
        self.seen.push(Seen { body, units });
    }

    /// One write of a transaction.
    fn write(&mut self, write: &Json) -> Units {
        if let Some(put) = write.get("Put") {
            return self.replace(item(&put["Item"]), Some);
        }
        if let Some(delete) = write.get("Delete") {
            return self.replace(item(&delete["Key"]), |_| None);
        }
        let update = &write["Update"];
        let name = update["ExpressionAttributeNames"]["#a"].as_str().expect("an attribute");
        let value = update["ExpressionAttributeValues"][":value"].clone();
        // What stays or is added to keeps its size, more or less.
        let before = self.items.get(&key(&item(&update["Key"]))).cloned();
        self.replace(item(&update["Key"]), |key| {
            let mut after = before.unwrap_or(key);
            after.entry(name).or_insert(value);
            Some(after)
        })
    }

    /// One put of a batch.
    fn put(&mut self, write: &Json) -> Units {
        alone(self.replace(item(&write["PutRequest"]["Item"]), Some))
    }

    /// Puts something in the place of what has the same keys.
    fn replace(&mut self, like: Item, become_: impl FnOnce(Item) -> Option<Item>) -> Units {
        let key = key(&like);
        let before = self.items.remove(&key);
        let after = become_(like);
        let units = Units::of_write(before.as_ref(), after.as_ref(), &indexes());
        self.items.extend(after.map(|after| (key, after)));
        units
    }
}

/// Outside transactions a write takes half.
fn alone(units: Units) -> Units {
    Units {
        table: units.table / 2,
        ..units
    }
}

fn indexes() -> Vec<Index> {
    testing::indexes().collect()
}

fn parse(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({}))
}

/// What a batch has of its one table.
fn batch(tables: &Json) -> Json {
    let only = tables.as_object().and_then(|tables| tables.values().next());
    only.cloned().unwrap_or_default()
}

fn list(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

fn item(json: &Json) -> Item {
    json.as_object().cloned().unwrap_or_default()
}

fn key(item: &Item) -> [String; 2] {
    ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap_or_default().to_owned())
}
