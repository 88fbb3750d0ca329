//! Answers that do not come in time.

use super::*;

/// The time of a call is bounded, whatever the service does not do.
#[tokio::test]
async fn a_service_that_hangs_is_unavailable_in_time() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let case = Case::in_time(vec![fault.clone(); 2]).await;
        let (outcome, took) = timed(case.commit()).await;
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{fault:?}: {outcome:?}"
        );
        assert!(took < GATE, "{fault:?}: {took:?}");
        assert_eq!(case.operations(), 2, "{fault:?}");
        if matches!(fault, Fault::HangAfter) {
            case.everything_is_written_once().await;
        } else {
            case.nothing_is_written().await;
        }
    }
    let case = Case::in_time(vec![Fault::Hang; 500]).await;
    let (outcomes, took) = timed(every_read(&case.store)).await;
    let reads = u32::try_from(outcomes.len()).unwrap();
    assert!(took < reads * GATE, "{took:?} for {reads}");
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
}

/// One attempt that hangs is not the end: the second has its time.
#[tokio::test]
async fn a_service_that_hangs_once_answers_in_time() {
    let case = Case::in_time([Fault::HangAfter]).await;
    let (outcome, took) = timed(case.commit()).await;
    assert!(outcome == Ok(Applied) && took < GATE, "{outcome:?} after {took:?}");
    assert_eq!(case.the_one_tokens_attempts(), 2);
    case.everything_is_written_once().await;
}

/// Nobody listens there.
#[tokio::test]
async fn a_service_that_is_gone_is_unavailable_in_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = testing::open_through(&address, "gone", crate::trust::http_client(), limits());
    let (outcome, took) = timed(store.commit(&commit([first(&full("jane"))]))).await;
    let Err(StoreError::Unavailable(why)) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        why.contains("nobody answered at the address") && took < GATE,
        "{why} after {took:?}"
    );
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    let outcome = work.await;
    (outcome, started.elapsed())
}
