//! Jobs behind the Azure Functions host.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;

use crate::{Body, Job, Platform, job, loggable_id, random_id};

/// The header in which the Azure Functions host names an invocation.
pub(crate) const INVOCATION: &str = "x-azure-functions-invocationid";

/// How long a run begins new pieces of work. A timer does not fire again while its function runs, and what is left over
/// waits for the next time; the host ends a function after 5 minutes on its smallest plan
/// (<https://learn.microsoft.com/azure/azure-functions/functions-scale>).
const RUN: Duration = Duration::from_secs(60);

/// Answers the Azure Functions host's call of a job's timer trigger: 200, or 500 when the run failed, both as the host
/// wants them.
///
/// The host calls `POST /NAME` with the header `X-Azure-Functions-InvocationId` and a body of its own, `{"Data":…,
/// "Metadata":…}`, which tells a job nothing
/// (<https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>). Whatever has another path or no such
/// header is answered 404, and so is everything on a port that was not opened for the host
/// (`FUNCTIONS_CUSTOMHANDLER_PORT`, on 127.0.0.1); another method 405.
///
/// **Nobody outside can make this call.** The host forwards an HTTP request under its own path, which begins with the
/// prefix of all routes (`/api`), and only to functions that have an HTTP trigger, which a job has not: `/api/NAME`
/// is 404, and no request from outside arrives as `/NAME`. The header alone would prove nothing: forwarded requests
/// have it too.
pub async fn azure_job<J: Job>(platform: &Platform, job: &J, request: Request<Body>) -> Response<Full<Bytes>> {
    let is_path = matches!(platform, Platform::Azure { .. }) && request.uri().path().strip_prefix('/') == Some(J::NAME);
    let Some(invocation) = request.headers().get(INVOCATION).filter(|_| is_path) else {
        return answer(StatusCode::NOT_FOUND, "{}");
    };
    if request.method() != Method::POST {
        let mut response = answer(StatusCode::METHOD_NOT_ALLOWED, "{}");
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let invocation = invocation.to_str().ok().and_then(loggable_id);
    let invocation = invocation.map_or_else(random_id, str::to_owned);
    match job::run(job, RUN, &invocation).await {
        Ok(_) => answer(StatusCode::OK, r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#),
        Err(_) => answer(
            StatusCode::INTERNAL_SERVER_ERROR,
            r#"{"Outputs":{},"Logs":["the run failed; the log says why"],"ReturnValue":null}"#,
        ),
    }
}

fn answer(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use crate::{JobError, Ran, boxed};

    use super::*;

    struct Failing;

    impl Job for Failing {
        const NAME: &'static str = "failing";

        fn longest_piece(&self) -> Duration {
            Duration::ZERO
        }

        async fn run(&self, _: Duration) -> Result<Ran, JobError> {
            Err(JobError::new("as it always does"))
        }
    }

    async fn status(platform: Platform, job: &impl Job) -> StatusCode {
        let request = Request::post("/failing").header(INVOCATION, "0f5bb1a6");
        let request = request.body(boxed(Full::<Bytes>::default())).unwrap();
        azure_job(&platform, job, request).await.status()
    }

    #[tokio::test]
    async fn only_the_port_of_the_azure_host_has_jobs() {
        let azure = Platform::Azure { port: 7071 };
        assert_eq!(status(azure, &Failing).await, StatusCode::INTERNAL_SERVER_ERROR);
        let address = ([127, 0, 0, 1], 7071).into();
        for platform in [Platform::Plain { address }, Platform::Lambda] {
            assert_eq!(status(platform, &Failing).await, StatusCode::NOT_FOUND);
        }
    }

    #[tokio::test]
    async fn a_job_that_a_deployment_has_no_use_for_is_woken_in_vain() {
        let azure = Platform::Azure { port: 7071 };
        assert_eq!(status(azure, &None::<Failing>).await, StatusCode::OK);
        let azure = Platform::Azure { port: 7071 };
        assert_eq!(status(azure, &Some(Failing)).await, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
