//! What the log says of a call. A program of its own: whether a line is heard at all is remembered for the whole process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "calls/house.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod house;

#[path = "calls/stores.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod stores;

use std::{sync::Arc, time::Duration};

use end_to_end::log::Log;
use serde_json::{Value as Json, json};
use store::{Commit, Committed, Write};

use crate::{
    house::{HOLDING, House, SECOND, jane},
    stores::Faulty,
};

#[tokio::test]
async fn one_line_a_call_says_what_came_of_it_and_nothing_personal() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new(HOLDING);

    house.submit(&jane("Jane Roe")).await;
    let line = only_line(&log);
    let fields = &line["fields"];
    assert_eq!(
        (&line["level"], &fields["step"], &fields["verdict"], &fields["rule"]),
        (
            &json!("INFO"),
            &json!("post-attribute-collection"),
            &json!("block"),
            &json!("hold")
        )
    );
    assert_eq!(fields["call_key"].as_str().map(str::len), Some(64));
    assert_eq!(fields.get("request"), None);
    assert!(fields["milliseconds"].is_f64());

    house.submit(&jane("Jane Doe")).await;
    let line = only_line(&log);
    assert_eq!(line["fields"]["reason"], "the request is pending");
    assert_eq!(line["fields"].get("rule"), None, "the state decided, no rule");

    house
        .call(
            SECOND,
            &jane("Jane Roe").replacen('{', r#"{"step":"PostFederationSignup","#, 1),
        )
        .await;
    assert_eq!(only_line(&log)["level"], "ERROR", "an alarm counts these");

    // Who looks for what somebody forged begins with the request.
    let mut forged = house.pending().await.remove(0);
    forged.rule = "another".to_owned();
    let replaces = Some(forged.version);
    let id = forged.id;
    let writes = vec![Write::Request {
        request: Box::new(forged),
        replaces,
    }];
    assert_eq!(house.store.commit(&Commit { writes }).await, Ok(Committed::Applied));
    house.submit(&jane("Jane Bloggs")).await;
    let line = only_line(&log);
    assert_eq!(
        (&line["level"], &line["fields"]["request"]),
        (&json!("ERROR"), &json!(id.to_string())),
        "{line}"
    );

    let mut hanging = house.behind(Faulty {
        failure: None,
        asked: Arc::default(),
    });
    hanging.deadline = Duration::from_millis(1);
    hanging.submit(&jane("Jane Roe")).await;
    let line = only_line(&log);
    assert_eq!(
        (&line["level"], &line["fields"]["reason"]),
        (&json!("ERROR"), &json!("no answer within 1 ms"))
    );
}

/// The one line of the last call.
fn only_line(log: &Log) -> Json {
    let text = log.take();
    for personal in ["jane", "Jane", "google", "pass"] {
        assert!(!text.contains(personal), "{text}");
    }
    let mut lines = text.lines();
    let (line, more) = (lines.next().unwrap(), lines.next());
    assert_eq!(more, None, "one line a call");
    serde_json::from_str(line).unwrap()
}
