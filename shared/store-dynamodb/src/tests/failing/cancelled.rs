//! Transactions that DynamoDB cancels.

use super::*;

/// A condition that does not hold is an answer, also where other reasons stand beside it.
#[tokio::test]
async fn a_failed_condition_is_a_conflict() {
    for codes in [
        &["ConditionalCheckFailed", "None", "None"],
        &["None", "TransactionConflict", "ConditionalCheckFailed"],
        &["ThrottlingError", "ConditionalCheckFailed", "None"],
    ] {
        let case = Case::new([Fault::cancelled(codes)]).await;
        assert_eq!(case.commit().await, Ok(Conflict), "{codes:?}");
        assert_eq!(case.operations(), 1, "{codes:?}");
        case.nothing_is_written().await;
    }
}

/// Others write the same items, or there is no capacity: it is tried again, as a transaction of its own.
#[tokio::test]
async fn a_reason_that_passes_is_tried_again() {
    for code in PASSING {
        let cancelled = || Fault::cancelled(&["None", code, "None"]);
        let case = Case::new([cancelled(), cancelled(), cancelled()]).await;
        assert_eq!(case.commit().await, Ok(Applied), "{code}");
        assert_eq!(case.operations(), 4, "{code}");
        let mut tokens: Vec<_> = case.faults.seen().into_iter().map(|seen| seen.token).collect();
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 4, "{code}");
        case.everything_is_written_once().await;
    }
}

/// In the end the store is busy, and nothing is written.
#[tokio::test]
async fn a_reason_that_does_not_pass_is_busy() {
    for code in PASSING {
        let case = Case::new(vec![Fault::cancelled(&[code, "None", "None"]); 4]).await;
        let outcome = case.commit().await;
        assert!(matches!(outcome, Err(StoreError::Busy(_))), "{code}: {outcome:?}");
        assert_eq!(case.operations(), 4, "{code}");
        case.nothing_is_written().await;
    }
}

/// What would be refused again is not tried again; the text says what it is, and not what the service says of it.
#[tokio::test]
async fn a_reason_that_stays_is_broken() {
    let cases = [
        ("ItemCollectionSizeLimitExceeded", "more than DynamoDB takes"),
        ("ValidationError", "400 KB"),
        ("DuplicateItem", "twice"),
        ("AccessDenied", "may not write"),
        ("SomethingNew", "cancelled"),
    ];
    for (code, text) in cases {
        let case = Case::new([Fault::cancelled(&["None", "TransactionConflict", code])]).await;
        let broken = case.broken().await;
        assert!(broken.contains(code) && broken.contains(text), "{broken}");
        assert_eq!(case.operations(), 1, "{code}");
        case.nothing_is_written().await;
    }
    for codes in [&[][..], &["None", "None", "None"]] {
        let case = Case::new([Fault::cancelled(codes)]).await;
        assert!(case.broken().await.contains("without a reason"));
    }
}

/// Texts of errors never show what the service says of a request; where they do, it is about the set-up.
#[tokio::test]
async fn no_error_shows_what_a_request_held() {
    let quoting = [
        "ValidationException",
        "SomethingNew",
        "ThrottlingException",
        "InternalServerError",
    ];
    for code in quoting {
        let case = Case::new(vec![Fault::error(400, code); 4]).await;
        let text = case.commit().await.unwrap_err().to_string();
        assert!(!text.contains("Jane"), "{text}");
    }
    for code in PASSING {
        let case = Case::new(vec![Fault::cancelled(&[code]); 4]).await;
        let text = case.commit().await.unwrap_err().to_string();
        assert!(!text.contains("Jane"), "{text}");
    }
}
