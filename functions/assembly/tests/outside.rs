//! A gate as its settings say, whose policy asks another system: a server on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A set-up that fails must end the test.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use bytes::Bytes;
use claims::Step;
use host::Settings;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value as Json;
use tempfile::TempDir;

#[tokio::test]
async fn a_policy_that_looks_up_asks_the_other_system() {
    let other = Other::start();
    // A machine under load may be slower than a call may be, but not every time.
    for _ in 0..20 {
        let answer = asked(other.address, "yes").await;
        if answer["action"] == "Continue" {
            assert_eq!(answer["extension_Tier"], "gold", "{answer}");
            return;
        }
    }
    panic!("not once answered in time, or not asked");
}

#[tokio::test]
async fn this_machine_is_not_asked_unless_the_settings_say_so() {
    let other = Other::start();
    let answer = asked(other.address, "no").await;
    assert_eq!(answer["action"], "ShowBlockPage", "{answer}");
    assert_eq!(other.connections.load(Ordering::SeqCst), 0);
}

/// What the second step answers.
async fn asked(other: SocketAddr, loopback: &str) -> Json {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("policy.toml");
    fs::write(&file, policy(other)).unwrap();
    let variables = |name: &str| match name {
        "VESTIBULE_POLICY" => Some(file.display().to_string()),
        "VESTIBULE_BASIC_CREDENTIALS" => Some("entra:a-connector-secret-of-the-test".to_owned()),
        "VESTIBULE_DEADLINE_MS" => Some("20000".to_owned()),
        "VESTIBULE_ALLOW_LOOPBACK" => Some(loopback.to_owned()),
        _ => None,
    };
    let settings = Settings::read(&variables).unwrap();
    let gate = assembly::own_gate(Step::PostAttributeCollection, &settings)
        .await
        .unwrap();
    let proof = "Basic ZW50cmE6YS1jb25uZWN0b3Itc2VjcmV0LW9mLXRoZS10ZXN0";
    let request = Request::post("/")
        .header(header::AUTHORIZATION, proof)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(Bytes::from(r#"{"email":"jane@roe.example"}"#)));
    let response = gate.answer(request.unwrap()).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

fn policy(other: SocketAddr) -> String {
    format!(
        r#"
[steps.post-attribute-collection]
otherwise = "continue"

[look_ups.crm]
url = "http://{other}/people/{{email}}"
deadline_ms = 1400
claims = {{ extension_Tier = "/tier" }}

[[rules]]
name = "tier"
step = "post-attribute-collection"
look_up = "crm"
"#
    )
}

/// Answers everybody that the tier is gold.
struct Other {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Other {
    fn start() -> Other {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n";
                let _ = (&stream).write_all(format!("{head}{{\"tier\":\"gold\"}}").as_bytes());
            }
        });
        Other { address, connections }
    }
}
