//! Replies that do not come though the write happened.

use super::*;

/// It is asked for with the same token, and DynamoDB knows that it did so already.
#[tokio::test]
async fn a_lost_reply_is_asked_for_again() {
    let case = Case::new([Fault::LoseReply]).await;
    assert_eq!(case.commit().await, Ok(Applied));
    assert_eq!(case.the_one_tokens_attempts(), 2);
    case.everything_is_written_once().await;
}

/// A single write as well: the loss must not look like somebody else's write.
#[tokio::test]
async fn a_lost_reply_to_a_single_write_is_asked_for_again() {
    let case = Case::new([Fault::LoseReply]).await;
    let jane = full("jane");
    assert_eq!(case.store.commit(&commit([first(&jane)])).await, Ok(Applied));
    assert_eq!(case.the_one_tokens_attempts(), 2);
    let second = approved(&jane);
    assert_eq!(case.store.commit(&commit([next(&second)])).await, Ok(Applied));
}

/// It is in doubt then; the next call finds what happened, and doing it again is a conflict.
#[tokio::test]
async fn where_both_replies_are_lost_the_next_look_up_finds_the_record() {
    let case = Case::new([Fault::LoseReply, Fault::LoseReply]).await;
    let outcome = case.commit().await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(case.the_one_tokens_attempts(), 2);
    case.everything_is_written_once().await;
    assert_eq!(case.commit().await, Ok(Conflict));

    let case = Case::new([Fault::LoseReply, Fault::LoseReply]).await;
    assert_eq!(settle(&case.store, &case.commit).await, Applied);
    case.everything_is_written_once().await;
}

/// Whatever the last attempt says, one before it may have written.
#[tokio::test]
async fn a_lost_reply_leaves_the_doubt_to_the_end() {
    let lost_then = [
        vec![Fault::error(400, "ThrottlingException")],
        vec![Fault::error(400, "AccessDeniedException")],
        vec![Fault::cancelled(&["ValidationError"])],
        vec![Fault::cancelled(&["TransactionConflict"]); 3],
        vec![Fault::error(400, "TransactionInProgressException")],
    ];
    for faults in lost_then {
        let case = Case::new([vec![Fault::LoseReply], faults.clone()].concat()).await;
        let outcome = case.commit().await;
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{faults:?}: {outcome:?}"
        );
        assert_eq!(case.the_one_tokens_attempts(), 1 + faults.len());
        case.everything_is_written_once().await;
    }
    let case = Case::new([Fault::LoseReply, Fault::cancelled(&["TransactionConflict"])]).await;
    assert_eq!(
        case.commit().await,
        Ok(Applied),
        "the same token, not another transaction"
    );
    assert_eq!(case.the_one_tokens_attempts(), 3);
    case.everything_is_written_once().await;
}

/// Others decided between a lost reply and the retry: whoever wrote first is told so.
#[tokio::test]
async fn a_lost_reply_and_somebody_else_are_told_apart() {
    let case = Case::new([Fault::LoseReply]).await;
    assert_eq!(case.commit().await, Ok(Applied));
    let other = testing::open_at(&endpoint(), &case.table.0);
    assert_eq!(other.commit(&case.commit).await, Ok(Conflict));
    case.everything_is_written_once().await;
}
