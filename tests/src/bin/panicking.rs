//! A handler that panics when the path asks for it, on the product's own host: proves that a panic is an answer and
//! not the end of the process.

use std::{convert::Infallible, process::ExitCode};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;

fn main() -> ExitCode {
    host::main(async |_settings| Ok(tower::service_fn(answer)))
}

#[expect(clippy::panic, reason = "what this program is for")]
async fn answer(request: Request<host::Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path().ends_with("/panic") {
        panic!("a secret that no log may show");
    }
    Ok(Response::new(Full::from("fine")))
}
