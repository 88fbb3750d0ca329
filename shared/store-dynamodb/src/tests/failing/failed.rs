//! Requests that DynamoDB refuses, and a set-up that is wrong.

use super::*;

/// Once more: then there is capacity, or the store is busy.
#[tokio::test]
async fn a_throttled_request_is_tried_again_and_then_busy() {
    for code in THROTTLED {
        let case = Case::new([Fault::error(400, code)]).await;
        assert_eq!(case.commit().await, Ok(Applied), "{code}");
        assert_eq!(case.operations(), 2, "{code}");
        case.everything_is_written_once().await;

        let case = Case::new(vec![Fault::error(400, code); 2]).await;
        let outcome = case.commit().await;
        assert!(
            matches!(&outcome, Err(StoreError::Busy(why)) if why.contains(code)),
            "{outcome:?}"
        );
        assert_eq!(case.operations(), 2, "{code}");
        case.nothing_is_written().await;
    }
}

/// The service failed, or is still busy with the attempt before, or the connection broke: whether it wrote is open.
#[tokio::test]
async fn a_failure_of_the_service_is_tried_again_and_then_unavailable() {
    let faults = [
        Fault::error(500, "InternalServerError"),
        Fault::error(503, "SomethingNew"),
        Fault::error(400, "TransactionInProgressException"),
        Fault::Answer(502, "<html>Bad Gateway</html>".to_owned()),
        Fault::Break,
    ];
    for fault in faults {
        let case = Case::new([fault.clone()]).await;
        assert_eq!(case.commit().await, Ok(Applied), "{fault:?}");
        assert_eq!(case.the_one_tokens_attempts(), 2, "{fault:?}");
        case.everything_is_written_once().await;

        let case = Case::new(vec![fault.clone(); 2]).await;
        let outcome = case.commit().await;
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{fault:?}: {outcome:?}"
        );
        assert!(!format!("{outcome:?}").contains("Jane"), "{outcome:?}");
        assert_eq!(case.the_one_tokens_attempts(), 2, "{fault:?}");
        case.nothing_is_written().await;
    }
}

/// What is wrong with the set-up is not tried again, and the text says what to do.
#[tokio::test]
async fn a_wrong_set_up_is_broken_at_once() {
    let cases = [
        ("ResourceNotFoundException", "table's name and the region"),
        ("AccessDeniedException", "allow this role"),
        ("UnrecognizedClientException", "check the AWS credentials"),
        ("ExpiredTokenException", "check the AWS credentials"),
        ("IdempotentParameterMismatchException", "a mistake in this program"),
        ("ValidationException", "a mistake in this program"),
        ("SomethingNew", "SomethingNew"),
    ];
    for (code, text) in cases {
        let case = Case::new([Fault::error(400, code)]).await;
        let outcome = case.commit().await;
        assert!(
            matches!(&outcome, Err(StoreError::Broken(why)) if why.contains(text)),
            "{outcome:?}"
        );
        assert_eq!(case.operations(), 1, "{code}");
        case.nothing_is_written().await;
    }
}

/// The table itself is not there, as DynamoDB says it.
#[tokio::test]
async fn a_table_that_is_not_there_is_broken() {
    let store = testing::open_at(&endpoint(), "there-is-none");
    let jane = full("jane");
    for outcome in [
        store.commit(&commit([first(&jane)])).await.map(drop),
        store.request(&jane.id).await.map(drop),
        store.history(&jane.id).await.map(drop),
        store.list(&listing()).await.map(drop),
    ] {
        assert!(
            matches!(&outcome, Err(StoreError::Broken(why)) if why.contains("table's name")),
            "{outcome:?}"
        );
    }
}

/// Nobody gives credentials: that is no trouble of the connection, unless they are to come from elsewhere and do not.
#[tokio::test]
async fn without_credentials_the_text_says_so() {
    let jane = full("jane");
    let store = without_credentials(|| CredentialsError::not_loaded("nobody has any"));
    for outcome in [
        store.commit(&commit([first(&jane)])).await.map(drop),
        store.request(&jane.id).await.map(drop),
    ] {
        let expected = matches!(&outcome, Err(StoreError::Broken(why)) if why.contains("set AWS_ACCESS_KEY_ID"));
        assert!(expected, "{outcome:?}");
    }
    let store = without_credentials(|| CredentialsError::provider_error("the role's server is gone"));
    let outcome = store.commit(&commit([first(&jane)])).await;
    let expected = matches!(&outcome, Err(StoreError::Unavailable(why)) if why.contains("no AWS credentials for now"));
    assert!(expected, "{outcome:?}");
}

fn without_credentials(why: fn() -> CredentialsError) -> DynamoStore {
    #[derive(Debug)]
    struct Nobody(fn() -> CredentialsError);

    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(self.0()))
        }
    }

    let config = crate::open::configure(Config::builder(), PATIENCE)
        .region(Region::from_static("eu-west-1"))
        .http_client(crate::trust::http_client())
        .credentials_provider(Nobody(why));
    DynamoStore::with_client(Client::from_conf(config.build()), "table", PATIENCE.call)
}
