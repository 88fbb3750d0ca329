//! Calls other systems for the policy: [`LookUps`] answers what rules ask of them.
//!
//! A call has one deadline, for secrets, connection, reply and retry together. Where an answer is good for a while, it is
//! kept in memory for whoever asks the same, and those who ask the same at once wait for one request. Nothing here logs,
//! and no error holds an address, a claim, a secret or what came back.

mod answers;
mod reply;
mod request;
mod send;
mod under_way;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use outgoing::{Limits, Outgoing};
use policy::outside::{Call, Found, NoAnswer, Outside};
use secrets::Secrets;
use store::Clock;

use crate::{send::Sender, under_way::Known};

/// For the client that makes the calls: how long connecting may take. What else is bounded, each call says itself; these
/// are the most that a policy can ask for.
pub const LIMITS: Limits = Limits {
    connect: Duration::from_millis(400),
    total: Duration::from_millis(1400),
    reply_bytes: 256 << 10,
    idle: Duration::from_secs(10),
};

/// Calls other systems, and keeps what they answered.
pub struct LookUps {
    sender: Arc<Sender>,
    known: Arc<Known>,
}

impl LookUps {
    /// Calls with this client and these secrets. The clock says how old an answer is.
    pub fn new(outgoing: Outgoing, secrets: Arc<Secrets>, clock: Arc<dyn Clock>) -> LookUps {
        LookUps {
            sender: Arc::new(Sender {
                once: outgoing.connecting_anew(),
                outgoing,
                secrets,
            }),
            known: Arc::new(Known::new(clock)),
        }
    }
}

#[async_trait]
impl Outside for LookUps {
    async fn call(&self, call: &Call) -> Result<Found, NoAnswer> {
        match call.cache {
            None => self.sender.send(call).await,
            Some(age) => {
                let sender = Arc::clone(&self.sender);
                let send = |call: Arc<Call>| async move { sender.send(&call).await };
                self.known.ask(call, age, send).await
            }
        }
    }
}
