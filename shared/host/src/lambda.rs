//! AWS Lambda: API Gateway HTTP and REST events, function URLs, load balancers.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use lambda_http::{Body as Event, RequestExt};

use crate::{Service, StartError, boxed, call};

pub(crate) async fn serve<S: Service>(service: S) -> Result<(), StartError> {
    let handler = lambda_http::service_fn(move |request: lambda_http::Request| {
        let service = service.clone();
        async move {
            let invocation = request
                .lambda_context_ref()
                .map(|context| context.request_id.clone())
                .unwrap_or_default();
            let response = call(service, from_event(request), &invocation).await;
            Ok::<_, lambda_http::Error>(to_event(response).await)
        }
    });
    lambda_http::run(handler)
        .await
        .map_err(|error| StartError::new(format!("the Lambda runtime ended: {error}")))
}

fn from_event(request: lambda_http::Request) -> Request<crate::Body> {
    request.map(|body| {
        let bytes = match body {
            Event::Text(text) => Bytes::from(text),
            Event::Binary(bytes) => Bytes::from(bytes),
            _ => Bytes::new(),
        };
        boxed(Full::from(bytes))
    })
}

async fn to_event(response: Response<Full<Bytes>>) -> Response<Event> {
    let (head, body) = response.into_parts();
    // A body that is all there cannot fail to be collected.
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let event = match String::from_utf8(bytes.into()) {
        Ok(text) if text.is_empty() => Event::Empty,
        Ok(text) => Event::Text(text),
        Err(error) => Event::Binary(error.into_bytes()),
    };
    Response::from_parts(head, event)
}
