//! Many submits at the same time, through the gate, on both stores.

use std::{collections::BTreeSet, time::Duration};

use claims::Hash;
use end_to_end::dynamodb_local::DynamoDb;
use futures_util::future::join_all;
use serde_json::json;
use store::{Actor, Keys, Listing, Request, StateName, Store, Which};
use store_suite::eventually;

use crate::house::{FAILED, HOLDING, House, SECOND, WAITING, message, post, read};

const AT_ONCE: usize = 200;

/// Nobody is lost, and nobody is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_applicants_at_once_have_a_request_each() {
    for house in houses() {
        let people: Vec<_> = (0..AT_ONCE).map(person).collect();
        all_are_told_to_wait(&house, &people).await;
        let waiting = waiting(&house, AT_ONCE).await;
        let expected: BTreeSet<_> = (0..AT_ONCE).map(address).collect();
        let found: BTreeSet<_> = waiting.iter().filter_map(Request::email).map(str::to_owned).collect();
        assert_eq!(found, expected);
        for request in &waiting {
            was_opened_once(&house, request).await;
        }
    }
}

/// One request, and everybody gets the answer of the one who opened it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_submits_of_one_applicant_open_one_request() {
    for house in houses() {
        all_are_told_to_wait(&house, &vec![person(7); AT_ONCE]).await;
        let [request] = waiting(&house, 1).await.try_into().unwrap();
        was_opened_once(&house, &request).await;
    }
}

fn houses() -> [House; 2] {
    // It blocks, which a thread of the tests' own runtime may not.
    let table = std::thread::spawn(|| {
        let dynamodb = DynamoDb::shared();
        (dynamodb.endpoint(), dynamodb.create_table())
    });
    let (endpoint, table) = table.join().unwrap();
    let dynamodb = store_dynamodb::testing::open_at(endpoint, &table);
    let mut houses = [House::new(HOLDING), House::new(HOLDING).with_store(dynamodb)];
    for house in &mut houses {
        house.deadline = Duration::from_secs(60);
    }
    houses
}

/// Whoever is asked to try again, as a machine under load may have to, does so at once.
async fn all_are_told_to_wait(house: &House, bodies: &[String]) {
    let gate = house.gate(SECOND);
    let calls = bodies.iter().cloned().map(|body| {
        let gate = gate.clone();
        tokio::spawn(async move {
            loop {
                let (status, answer) = read(gate.answer(post(SECOND, &body)).await).await;
                assert_eq!(status, 200);
                if message(&answer) != FAILED {
                    return answer;
                }
            }
        })
    });
    for answer in join_all(calls.collect::<Vec<_>>()).await {
        assert_eq!(message(&answer.unwrap()), WAITING);
    }
}

/// Everybody who waits, once there are so many: a list may lag.
async fn waiting(house: &House, count: usize) -> Vec<Request> {
    eventually("everybody is listed", || async {
        all(&*house.store).await.len() >= count
    })
    .await;
    let all = all(&*house.store).await;
    let ids: BTreeSet<_> = all.iter().map(|request| request.id).collect();
    assert_eq!((all.len(), ids.len()), (count, count));
    all
}

async fn all(store: &dyn Store) -> Vec<Request> {
    let mut listing = Listing::of(Which::State(StateName::Pending), 100);
    let mut all = Vec::new();
    loop {
        let page = store.list(&listing).await.unwrap();
        all.extend(page.requests);
        match page.next {
            None => return all,
            next => listing.after = next,
        }
    }
}

async fn was_opened_once(house: &House, request: &Request) {
    let history = house.store.history(&request.id).await.unwrap();
    let told: Vec<_> = history.iter().map(|entry| (entry.version, &entry.by)).collect();
    assert_eq!((request.version, told), (1, vec![(1, &Actor::Applicant)]));
    let keys = Keys {
        applicant: Some(request.id.applicant),
        addresses: vec![Hash::of_address(request.email().unwrap())],
        call: None,
    };
    let found = house.store.look_up(&keys).await.unwrap();
    assert!(found.request.as_ref() == Some(request) && found.denials.is_empty());
}

fn address(n: usize) -> String {
    format!("person{n}@example.com")
}

fn person(n: usize) -> String {
    json!({"email": address(n), "displayName": "Jane",
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": n.to_string()}]})
    .to_string()
}
