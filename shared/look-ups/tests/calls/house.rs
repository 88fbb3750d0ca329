//! What the tests share: a clock moved by hand, calls, and what makes them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use claims::Value;
use look_ups::{LIMITS, LookUps};
use outgoing::{Limits, Outgoing, Reach};
use policy::outside::{Call, Filled, Found, Method, NoAnswer, Piece};
use secrets::Secrets;
use store::{Clock, Timestamp};

/// So long that it ends no test on a machine that is busy.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A clock moved by hand.
#[derive(Default)]
pub(crate) struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Hand {
    pub(crate) fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

/// With the secrets `TOKEN` and `BAD`, which no header takes.
pub(crate) fn look_ups(reach: Reach, clock: &Arc<Hand>) -> LookUps {
    let limits = Limits {
        connect: LONG,
        ..LIMITS
    };
    let outgoing = Outgoing::new(reach, limits, clock.clone()).unwrap();
    let secret = |name: &str| match name {
        "TOKEN" => Some("hunter2&=".to_owned()),
        "BAD" => Some("hunter2\r\nX-More: 1".to_owned()),
        _ => None,
    };
    let secrets = Secrets::sharing(Arc::new(secret), clock.clone(), &outgoing);
    LookUps::new(outgoing, Arc::new(secrets), clock.clone())
}

/// With loopback in reach.
pub(crate) fn here() -> LookUps {
    look_ups(Reach::InternetAndLoopback, &Arc::default())
}

/// A `GET` that reads `/tier` and `/more/0`, once, and keeps nothing.
pub(crate) fn get(url: String) -> Call {
    Call {
        name: "crm".into(),
        method: Method::Get,
        url,
        headers: Vec::new(),
        body: None,
        pointers: vec!["/tier".to_owned(), "/more/0".to_owned()],
        deadline: LONG,
        retries: false,
        most_bytes: 1000,
        cache: None,
        idempotency_key: None,
    }
}

pub(crate) fn text(text: &str) -> Filled {
    Filled(vec![Piece::Text(text.to_owned())])
}

pub(crate) fn secret(reference: &str) -> Piece {
    Piece::Secret(reference.into())
}

pub(crate) fn found(tier: &str) -> Result<Found, NoAnswer> {
    Ok(Found::Values(vec![Some(Value::Text(tier.to_owned())), None]))
}

pub(crate) fn not_sent(came: Result<Found, NoAnswer>) -> String {
    match came {
        Err(NoAnswer::NotSent(why)) => why,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn perhaps_sent(came: Result<Found, NoAnswer>) -> String {
    match came {
        Err(NoAnswer::PerhapsSent(why)) => why,
        other => panic!("{other:?}"),
    }
}
