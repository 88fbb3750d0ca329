//! The review room from outside.

use std::thread;

use end_to_end::{events::Caller, http::Request};
use serde_json::{Value, json};

use crate::deployment::{BOB, Deployment, PASSWORD, Platform, RITA, Store, USER, jane};

fn platforms() -> [Deployment; 3] {
    [Platform::Plain, Platform::Azure, Platform::Lambda(Caller::HttpApi)].map(|p| Deployment::new(p, Store::Sqlite))
}

fn id(deployment: &Deployment) -> String {
    deployment.requests("pending")[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_reviewer_is_told_what_the_first_decided() {
    for deployment in platforms() {
        deployment.submit(&jane("Jane Roe"));
        let id = id(&deployment);
        let decide = |ruling: &str, token: &str| {
            let request = Request::post(&format!("/review/api/requests/{id}/{ruling}")).bearer(token);
            let response = deployment.send(request.json(&json!({})));
            assert_eq!(response.status, 200);
            response.json()
        };
        assert_eq!(decide("approve", RITA)["applied"], true);
        for ruling in ["approve", "deny"] {
            let second = decide(ruling, BOB);
            assert_eq!(
                (&second["applied"], &second["request"]["decision"]["by"]),
                (&json!(false), &json!("rita"))
            );
        }
    }
}

#[test]
fn two_reviewers_racing_decide_once() {
    for store in [Store::Sqlite, Store::DynamoDb] {
        let deployment = Deployment::new(Platform::Plain, store);
        deployment.submit(&jane("Jane Roe"));
        let id = id(&deployment);
        let address = deployment.address();
        let answers: Vec<Value> = thread::scope(|scope| {
            let decide = |n: usize| {
                let (ruling, token) = if n.is_multiple_of(2) {
                    ("approve", RITA)
                } else {
                    ("deny", BOB)
                };
                let request = Request::post(&format!("/review/api/requests/{id}/{ruling}")).bearer(token);
                scope.spawn(move || {
                    end_to_end::http::send(address, &request.json(&json!({})))
                        .unwrap()
                        .json()
                })
            };
            let racing: Vec<_> = (0..8).map(decide).collect();
            racing.into_iter().map(|racing| racing.join().unwrap()).collect()
        });
        assert_eq!(
            answers.iter().filter(|answer| answer["applied"] == true).count(),
            1,
            "{answers:?}"
        );
        assert!(
            answers
                .iter()
                .all(|answer| answer["request"]["decision"] == answers[0]["request"]["decision"]),
            "{answers:?}"
        );
    }
}

#[test]
fn two_submits_racing_create_one_request() {
    for store in [Store::Sqlite, Store::DynamoDb] {
        let deployment = Deployment::new(Platform::Plain, store);
        let address = deployment.address();
        let submit = Request::post("/post-attribute-collection")
            .basic(USER, PASSWORD)
            .json(&jane("Jane Roe"));
        let answers: Vec<Value> = thread::scope(|scope| {
            let racing: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| end_to_end::http::send(address, &submit).unwrap().json()))
                .collect();
            racing.into_iter().map(|racing| racing.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(deployment.requests("pending").len(), 1);
    }
}

#[test]
fn doors_do_not_open_each_other() {
    for deployment in platforms() {
        let list = || Request::get("/review/api/requests");
        for request in [
            list(),
            list().basic(USER, PASSWORD),
            list().bearer(PASSWORD),
            list().basic("rita", RITA),
        ] {
            assert_eq!(deployment.send(request).status, 401);
        }
        let submit = Request::post("/post-attribute-collection").json(&jane("Jane Roe"));
        for request in [submit.clone().bearer(RITA), submit.basic("rita", RITA)] {
            assert_eq!(deployment.send(request).status, 401);
        }
    }
}

#[test]
fn the_page_works_on_every_platform() {
    for deployment in platforms() {
        deployment.submit(&jane("Jane O'Roe"));
        let form = deployment.send(Request::get("/review"));
        assert!(
            form.status == 200 && form.text().contains("type=\"password\""),
            "{}",
            form.text()
        );
        let log_in = deployment.send(Request::post("/review/login").form(&[("token", RITA)]));
        assert_eq!(log_in.status, 303, "{}", log_in.text());
        let cookie = log_in.header("set-cookie").unwrap().to_owned();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(RITA),
            "{cookie}"
        );
        let session = cookie.split(';').next().unwrap().to_owned();
        let queue = deployment.send(Request::get("/review").header("Cookie", &session));
        assert!(queue.text().contains(&id(&deployment)), "{}", queue.text());
    }
}
