//! Several reviewers, or an applicant, at the same moment.

use std::sync::{Arc, Mutex};

use approvals::{Decide, Decider, Held, Reviewer, Ruling};
use async_trait::async_trait;
use store::{Commit, Committed, RequestId, Store, StoreError};
use store_suite::{Between, Interpose};

use crate::{
    browser::Browser,
    people::{google, pending, submitting},
    room::{RITA, ROB, Room, terms},
};

/// Somebody writes right before the next commit.
struct Rival {
    inner: Arc<dyn Store>,
    first: Mutex<Option<Commit>>,
}

#[async_trait]
impl Interpose for Rival {
    fn store(&self) -> &dyn Store {
        &*self.inner
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            assert_eq!(self.inner.commit(&first).await?, Committed::Applied);
        }
        self.inner.commit(commit).await
    }
}

/// A room in which `commit` finds that something was written since it was prepared.
async fn room_with_rival() -> (Room, Arc<Between<Rival>>, RequestId) {
    let mut rival = None;
    let room = Room::with(|parts| {
        let first = Mutex::default();
        let inner = parts.desk.store.clone();
        let store = Arc::new(Between(Rival { inner, first }));
        parts.desk.store = store.clone();
        rival = Some(store);
    });
    let id = pending(&room, "Jane").await;
    (room, rival.unwrap(), id)
}

async fn denied_by_rob(room: &Room, id: &RequestId) -> Commit {
    let request = room.store.request(id).await.unwrap().unwrap();
    let rob = Decider::Reviewer(Reviewer::named("Rob Ö", Vec::new()));
    let now = store::Clock::now(&*room.clock);
    approvals::decide(&request, &Decide::new(Ruling::Deny, rob), now, &terms())
        .transition
        .unwrap()
        .commit(None, &[], &crate::room::audit_key().seal().unwrap())
}

/// What the gate commits when Jane comes again and has become older.
async fn changed_by_the_applicant(room: &Room, age: &str) -> Commit {
    submitting(room, &google("Jane").replace("1.10", age), Held::by_anybody())
        .await
        .1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_decides() {
    let room = Arc::new(Room::new());
    for round in 0..10 {
        let id = pending(&room, &format!("Applicant {round}")).await;
        let decisions = (0..8).map(|number| {
            let room = room.clone();
            tokio::spawn(async move {
                let (token, verb) = [(RITA, "approve"), (ROB, "deny"), (RITA, "deny"), (ROB, "withdraw")][number % 4];
                let answer = room.post(token, &format!("/review/api/requests/{id}/{verb}"), "").await;
                assert_eq!(answer.status, 200, "{answer:?}");
                answer.json()
            })
        });
        let decisions: Vec<_> = decisions.collect();
        let mut answers = Vec::new();
        for decision in decisions {
            answers.push(decision.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| answer["applied"] == true).count(), 1);
        let told: Vec<_> = answers.iter().map(|answer| &answer["request"]["decision"]).collect();
        assert!(
            told.iter()
                .all(|decision| decision["by"].is_string() && *decision == told[0]),
            "{told:?}"
        );
        assert_eq!(room.store.history(&id).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn whoever_loses_at_the_commit_is_told_who_won() {
    let (room, rival, id) = room_with_rival().await;
    *rival.0.first.lock().unwrap() = Some(denied_by_rob(&room, &id).await);
    let answer = room.post(RITA, &format!("/review/api/requests/{id}/approve"), "").await;
    let json = answer.json();
    assert_eq!((answer.status.as_u16(), &json["applied"]), (200, &false.into()));
    assert_eq!(
        (&json["request"]["state"], &json["request"]["decision"]["by"]),
        (&"denied".into(), &"Rob Ö".into())
    );
}

#[tokio::test]
async fn an_applicant_who_comes_in_between_does_not_stop_a_program_but_a_person() {
    let (room, rival, id) = room_with_rival().await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    *rival.0.first.lock().unwrap() = Some(changed_by_the_applicant(&room, "2").await);
    assert_eq!(rita.decide(&page, &path, "approve", "").await.status, 409);
    *rival.0.first.lock().unwrap() = Some(changed_by_the_applicant(&room, "3").await);
    let answer = room.post(RITA, &format!("/review/api/requests/{id}/approve"), "").await;
    assert_eq!(answer.json()["applied"], true, "{answer:?}");
}
