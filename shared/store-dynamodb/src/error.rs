//! What becomes of DynamoDB's errors. The service's own texts are shown only where they are about the set-up: others may
//! quote a request, and requests hold personal data.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::{
    error::{ConnectorError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};
use aws_smithy_runtime_api::client::result::DispatchFailure;
use store::StoreError;

/// Why a transaction was cancelled: nothing of it was written.
pub(crate) enum Cancellation {
    /// A condition does not hold.
    Conflict,
    /// It can be tried again: another transaction has one of the items, or there is no capacity now.
    Passing(String),
    /// It would be cancelled again.
    Refused(String),
}

/// Reads the reasons of a cancelled transaction; `None` for other failures.
pub(crate) fn cancellation(failure: &SdkError<TransactWriteItemsError>) -> Option<Cancellation> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = failure.as_service_error()? else {
        return None;
    };
    let codes = || {
        cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code())
    };
    // A condition that does not hold is the answer, whatever else stood in the way.
    if codes().any(|code| code == "ConditionalCheckFailed") {
        return Some(Cancellation::Conflict);
    }
    let refused = codes().find_map(refusal).map(Cancellation::Refused);
    let passing = || {
        codes()
            .find_map(passing)
            .map(|why| Cancellation::Passing(why.to_owned()))
    };
    let unexplained = || Cancellation::Refused("the transaction was cancelled without a reason".to_owned());
    Some(refused.or_else(passing).unwrap_or_else(unexplained))
}

/// The store's word for a failure, after the SDK's retries.
pub(crate) fn of<E: ProvideErrorMetadata>(failure: SdkError<E>) -> StoreError {
    match &failure {
        SdkError::TimeoutError(_) => StoreError::Unavailable("DynamoDB did not answer in time".to_owned()),
        SdkError::DispatchFailure(dispatch) => of_dispatch(dispatch),
        SdkError::ResponseError(_) => StoreError::Unavailable("DynamoDB's reply cannot be read".to_owned()),
        SdkError::ServiceError(context) if context.raw().status().is_server_error() => {
            let code = context.err().code().unwrap_or("an error without a code");
            StoreError::Unavailable(format!("DynamoDB failed with {}: {code}", context.raw().status()))
        }
        SdkError::ServiceError(context) => of_code(context.err().code(), context.err().message()),
        _ => StoreError::Broken("the request to DynamoDB cannot be made".to_owned()),
    }
}

/// The request did not get there, or nothing came back; or there were no credentials to sign it with.
fn of_dispatch(dispatch: &DispatchFailure) -> StoreError {
    let Some(error) = dispatch.as_connector_error() else {
        return StoreError::Unavailable("DynamoDB cannot be reached".to_owned());
    };
    let text = texts(error);
    match causes(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        Some(CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_)) => {
            StoreError::Broken(format!(
                "no AWS credentials: {text}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in \
                 AWS_PROFILE, or give this machine a role"
            ))
        }
        Some(_) => StoreError::Unavailable(format!("no AWS credentials for now: {text}")),
        None => StoreError::Unavailable(format!("DynamoDB cannot be reached: {text}")),
    }
}

fn of_code(code: Option<&str>, message: Option<&str>) -> StoreError {
    let code = code.unwrap_or("an error without a code");
    let message = message.unwrap_or("no further text");
    match code {
        "ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded" => {
            StoreError::Busy(format!("DynamoDB throttles: {code}"))
        }
        // The attempt before this one, with the same token, is still under way.
        "TransactionInProgressException" => StoreError::Unavailable(format!("DynamoDB is still writing: {code}")),
        "ResourceNotFoundException" => StoreError::Broken(format!(
            "{code}: {message}; check the table's name and the region, and that the table has the indexes of template.yaml"
        )),
        "AccessDeniedException" => StoreError::Broken(format!(
            "{code}: {message}; allow this role to do so on the table and its indexes"
        )),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignatureException"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "ExpiredTokenException" => StoreError::Broken(format!("{code}: {message}; check the AWS credentials")),
        "IdempotentParameterMismatchException" => StoreError::Broken(format!(
            "{code}: one token for two different transactions, which is a mistake in this program"
        )),
        "ValidationException" => StoreError::Broken(format!(
            "{code}: an item over 400 KB, a table with other keys than `pk` and `sk`, or a mistake in this program"
        )),
        _ => StoreError::Broken(code.to_owned()),
    }
}

/// Reasons that pass.
fn passing(code: &str) -> Option<&'static str> {
    match code {
        "TransactionConflict" => Some("others write the same items"),
        "ThrottlingError" => Some("DynamoDB throttles the table or its index"),
        "ProvisionedThroughputExceeded" => Some("the table's or its index's provisioned capacity is used up"),
        "RequestLimitExceeded" => Some("the account's request quota is used up"),
        _ => None,
    }
}

/// Reasons that will be the same next time, also those that nobody knows yet.
fn refusal(code: &str) -> Option<String> {
    let what = match code {
        "None" => return None,
        _ if passing(code).is_some() => return None,
        "ItemCollectionSizeLimitExceeded" => "an applicant's items are more than DynamoDB takes",
        "ValidationError" => "an item is over 400 KB, or an index of the table has other keys than in template.yaml",
        "DuplicateItem" => "an item would be there twice",
        "AccessDenied" => "this role may not write to the table",
        _ => "the transaction was cancelled",
    };
    Some(format!("{code}: {what}"))
}

/// An error with its causes, as one text. Only for errors of the connection, which know addresses of machines and
/// nothing of a request.
fn texts(error: &ConnectorError) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn causes(error: &ConnectorError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source())
}
