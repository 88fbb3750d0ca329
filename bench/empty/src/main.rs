//! An empty function: what `lambda_http` itself needs to start and to answer a constant.

use lambda_http::{Error, Request, Response, service_fn};

fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_writer(std::io::stdout).init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_http::run(service_fn(answer)))
}

async fn answer(_: Request) -> Result<Response<String>, Error> {
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(r#"{"version":"1.0.0","action":"Continue"}"#.to_owned())?)
}
