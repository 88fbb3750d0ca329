//! What the log says of a call. A program of its own: whether a line is heard at all is remembered for the whole process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "calls/house.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod house;

#[path = "calls/stores.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod stores;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value as Json, json};
use tracing_subscriber::fmt::MakeWriter;

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
    let line = log.line();
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
    assert!(fields["milliseconds"].is_f64());

    house.submit(&jane("Jane Doe")).await;
    let line = log.line();
    assert_eq!(line["fields"]["reason"], "the request is pending");
    assert_eq!(line["fields"].get("rule"), None, "the state decided, no rule");

    house
        .call(
            SECOND,
            &jane("Jane Roe").replacen('{', r#"{"step":"PostFederationSignup","#, 1),
        )
        .await;
    assert_eq!(log.line()["level"], "ERROR", "an alarm counts these");

    let mut hanging = house.with_store(Faulty {
        failure: None,
        asked: Arc::default(),
    });
    hanging.deadline = Duration::from_millis(1);
    hanging.submit(&jane("Jane Roe")).await;
    let line = log.line();
    assert_eq!(
        (&line["level"], &line["fields"]["reason"]),
        (&json!("ERROR"), &json!("no answer within 1 ms"))
    );
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The one line of the last call.
    fn line(&self) -> Json {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        for personal in ["jane", "Jane", "google", "pass"] {
            assert!(!text.contains(personal), "{text}");
        }
        let mut lines = text.lines();
        let (line, more) = (lines.next().unwrap(), lines.next());
        assert_eq!(more, None, "one line a call");
        serde_json::from_str(line).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}
