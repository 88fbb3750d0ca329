//! What happens when something fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use claims::Step;
use gate::{CannotStart, Credentials, Gate, Parts, Paths};
use policy::Policy;
use store::{Store, StoreError};

use crate::{
    house::{FAILED, FIRST, HOLDING, House, OPEN, SECOND, TOKEN, WAITING, jane, message, post, read},
    stores::{Crowded, Faulty, Torn},
};

#[tokio::test]
async fn a_crowd_at_the_same_rows_is_waited_for_but_not_for_ever() {
    for (refusals, told) in [(2, WAITING), (1000, FAILED)] {
        let house = House::new(HOLDING);
        let crowded = Crowded {
            inner: house.store.clone(),
            refusals: AtomicUsize::new(refusals),
        };
        assert_eq!(message(&house.behind(crowded).submit(&jane("Jane Roe")).await), told);
    }
}

#[tokio::test]
async fn a_store_that_fails_blocks_politely() {
    let down = Faulty {
        failure: Some(StoreError::Unavailable("gone".into())),
        asked: Arc::default(),
    };
    let house = House::new(HOLDING).behind(down);
    for step in [FIRST, SECOND] {
        assert_eq!(message(&house.call(step, &jane("Jane Roe")).await.1), FAILED);
    }
}

#[tokio::test]
async fn a_store_that_hangs_blocks_within_the_deadline() {
    let mut house = House::new(HOLDING).behind(Faulty {
        failure: None,
        asked: Arc::default(),
    });
    house.deadline = Duration::from_millis(100);
    let start = Instant::now();
    assert_eq!(message(&house.call(SECOND, &jane("Jane Roe")).await.1), FAILED);
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(100) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn at_the_deadline_too_the_message_speaks_the_applicants_language() {
    let mut house = House::new(HOLDING).behind(Faulty {
        failure: None,
        asked: Arc::default(),
    });
    house.deadline = Duration::from_millis(100);
    let body = jane("Jane Roe").replacen('{', r#"{"ui_locales":"de-AT","#, 1);
    let told = house.call(SECOND, &body).await.1;
    assert!(message(&told).contains("Bitte"), "{told}");
}

#[tokio::test]
async fn rows_read_on_both_sides_of_a_commit_are_read_again() {
    let house = House::new(HOLDING);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
    let torn = Torn {
        inner: house.store.clone(),
        torn: AtomicBool::new(true),
    };
    let house = house.behind(torn);
    assert_eq!(message(&house.submit(&jane("Jane Roe")).await), WAITING);
}

#[tokio::test]
async fn a_body_that_trickles_is_answered_at_the_deadline() {
    let mut house = House::new(OPEN);
    house.deadline = Duration::from_millis(100);
    for (step, action) in [(FIRST, "ShowBlockPage"), (SECOND, "ShowBlockPage"), (TOKEN, "Continue")] {
        let never =
            http_body_util::StreamBody::new(futures_util::stream::pending::<Result<http_body::Frame<Bytes>, String>>());
        let request = post(step, "").map(|_| never);
        let (status, body) = read(house.gate(step).answer(request).await).await;
        assert_eq!((status, body["action"].as_str()), (200, Some(action)), "{step}");
    }
}

#[tokio::test]
async fn what_needs_no_store_never_asks_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let failure = Some(StoreError::Unavailable("gone".into()));
    let open = House::new(OPEN).behind(Faulty {
        failure: failure.clone(),
        asked: asked.clone(),
    });
    for step in Step::ALL {
        assert_eq!(open.call(step, &jane("Jane Roe")).await.1["action"], "Continue");
    }
    let holding = House::new(HOLDING).behind(Faulty {
        failure,
        asked: asked.clone(),
    });
    assert_eq!(holding.call(TOKEN, &jane("Jane Roe")).await.1["action"], "Continue");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_gate_needs_its_step_and_its_store() {
    let parts = |policy: &str, step, store: Option<Arc<dyn Store>>| Parts {
        step,
        paths: Paths::Own(step),
        policy: Arc::new(Policy::parse(policy).unwrap()),
        store,
        lists: None,
        controls: None,
        outside: None,
        audit: Some(crate::house::audit_key()),
        credentials: Arc::new(Credentials::parse("a:b").unwrap()),
        clock: Arc::new(store::SystemClock),
        deadline: Duration::from_secs(1),
    };
    assert_eq!(
        Gate::new(parts(HOLDING, SECOND, None)).err(),
        Some(CannotStart::NoStore)
    );
    let unproven = |step| {
        let store: Arc<dyn Store> = crate::house::House::new(HOLDING).store;
        Gate::new(Parts {
            audit: None,
            ..parts(HOLDING, step, Some(store))
        })
        .err()
    };
    assert_eq!(
        (unproven(SECOND), unproven(FIRST)),
        (Some(CannotStart::NoAuditKey), None)
    );
    assert!(Gate::new(parts(HOLDING, TOKEN, None)).is_ok() && Gate::new(parts(OPEN, SECOND, None)).is_ok());
    let only_second = "[steps.post-attribute-collection]\notherwise = \"block\"";
    assert_eq!(
        Gate::new(parts(only_second, FIRST, None)).err(),
        Some(CannotStart::NotServed(FIRST))
    );
}

/// What somebody wrote into the store behind our back lets nobody in.
#[tokio::test]
async fn a_request_that_is_not_as_it_was_written_lets_nobody_in() {
    let house = House::new(HOLDING);
    assert_eq!(message(&house.submit(&jane("Jane")).await), WAITING);
    let [request] = house.pending().await.try_into().unwrap();
    let approved = store::State::Approved {
        at: request.opened_at,
        by: store::Actor::Reviewer("rita".to_owned()),
        reason: None,
        until: request.opened_at.plus(Duration::from_secs(1_000_000)),
        account: store::AccountBy::Flow,
    };
    let write = store::Write::Request {
        replaces: Some(request.version),
        request: Box::new(store::Request {
            state: approved,
            version: request.version + 1,
            ..request
        }),
    };
    let commit = store::Commit { writes: vec![write] };
    assert_eq!(house.store.commit(&commit).await, Ok(store::Committed::Applied));
    assert_eq!(message(&house.submit(&jane("Jane")).await), FAILED);
}
