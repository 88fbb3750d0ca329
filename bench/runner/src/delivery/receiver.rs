//! A receiver that does nothing but answer, and effects that are calls to it.

use async_trait::async_trait;
use deliver::{Delivered, Receive};
use effects::Attempt;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use outgoing::{Limits, Outgoing, Reach, Request, Url};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use store::{OutboxEntry, Receiver, SystemClock};

/// Starts the receiver, which serves on a thread of its own until the bench ends; its address.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
    let address = listener.local_addr().expect("the address of a bound port");
    thread::spawn(move || serve(listener));
    format!("http://{address}/")
}

fn serve(listener: TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a tokio runtime").block_on(async {
        listener.set_nonblocking(true).expect("a listener of this process");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of this process");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a connection");
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(connection);
        }
    });
}

async fn answer(request: hyper::Request<Incoming>) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    request.into_body().collect().await?;
    Ok(Response::new(Empty::new()))
}

/// Carries an effect out by one call, with the product's own client.
pub(crate) struct Post {
    client: Outgoing,
    url: Url,
}

impl Post {
    pub(crate) fn new(url: &str) -> Arc<Self> {
        let client = Outgoing::new(Reach::InternetAndLoopback, Limits::default(), Arc::new(SystemClock));
        Arc::new(Self {
            client: client.expect("certificates to trust"),
            url: url.parse().expect("the receiver's address"),
        })
    }

    /// The same calls without an outbox, so many at once.
    pub(crate) async fn calls(&self, calls: usize, at_once: usize) {
        let calls = (0..calls).map(|call| self.call(format!("{{\"effect\":\"{call:064x}-mail-32\"}}")));
        stream::iter(calls)
            .buffer_unordered(at_once)
            .for_each(async |()| ())
            .await;
    }

    async fn call(&self, body: String) {
        let request = Request::with_body(Method::POST, self.url.clone(), "application/json", body);
        let response = self.client.send(request).await.expect("an answer of the receiver");
        assert!(response.status.is_success(), "{response:?}");
    }
}

#[async_trait]
impl Receive for Post {
    fn receiver(&self) -> Receiver {
        Receiver::Mail
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn deliver(&self, entry: &OutboxEntry, _: &store::Request) -> Attempt<Delivered> {
        self.call(format!("{{\"effect\":\"{}\"}}", entry.id)).await;
        Attempt::Done(Delivered::Done)
    }
}
