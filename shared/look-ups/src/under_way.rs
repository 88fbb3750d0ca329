//! What is known, and what is being asked: those who ask the same at once wait for one request.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use policy::outside::{Call, Found, NoAnswer};
use store::Clock;

use crate::answers::Answers;

/// That there is no such thing is known for this part of the time that an answer is good.
const NOTHING: u32 = 10;

/// A request that may have several who wait for it. It goes on as long as one of them does.
type Request = Shared<Sending>;
type Sending = BoxFuture<'static, Result<Found, NoAnswer>>;

pub(crate) struct Known {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

struct State {
    answers: Answers,
    under_way: HashMap<Arc<Call>, (u64, WeakShared<Sending>)>,
    /// How many requests there were.
    requests: u64,
}

impl Known {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Known {
        let state = State {
            answers: Answers::new(),
            under_way: HashMap::new(),
            requests: 0,
        };
        Known {
            state: Mutex::new(state),
            clock,
        }
    }

    /// The answer that is known, or that somebody waits for already, or else what `send` brings; it is kept for `age`.
    pub(crate) async fn ask<F>(
        self: &Arc<Self>,
        call: &Call,
        age: Duration,
        send: impl FnOnce(Arc<Call>) -> F,
    ) -> Result<Found, NoAnswer>
    where
        F: Future<Output = Result<Found, NoAnswer>> + Send + 'static,
    {
        let request = {
            let mut state = self.lock();
            if let Some(found) = state.answers.of(call, self.clock.now()) {
                return Ok(found);
            }
            match state.under_way.get(call).and_then(|(_, request)| request.upgrade()) {
                Some(request) => request,
                None => self.begin(&mut state, call, age, send),
            }
        };
        request.await
    }

    fn begin<F>(
        self: &Arc<Self>,
        state: &mut State,
        call: &Call,
        age: Duration,
        send: impl FnOnce(Arc<Call>) -> F,
    ) -> Request
    where
        F: Future<Output = Result<Found, NoAnswer>> + Send + 'static,
    {
        let call = Arc::new(call.clone());
        state.requests += 1;
        let mark = Mark {
            known: Arc::clone(self),
            call: Arc::clone(&call),
            number: state.requests,
        };
        let sending = send(Arc::clone(&call));
        let request = async move {
            let came = sending.await;
            if let Ok(found) = &came {
                mark.keep(found, age);
            }
            came
        };
        let request = request.boxed().shared();
        if let Some(weak) = request.downgrade() {
            state.under_way.insert(call, (state.requests, weak));
        }
        request
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave half of it done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request is under way; whether it ends or nobody waits any more, from then on it is not.
struct Mark {
    known: Arc<Known>,
    call: Arc<Call>,
    number: u64,
}

impl Mark {
    fn keep(&self, found: &Found, age: Duration) {
        let now = self.known.clock.now();
        let age = match found {
            Found::Values(_) => age,
            Found::Nothing => age / NOTHING,
        };
        let call = Arc::clone(&self.call);
        self.known.lock().answers.keep(call, found.clone(), now.plus(age), now);
    }
}

impl Drop for Mark {
    /// By its number: once nobody waits for a request, the next one may be under way before this one is gone.
    fn drop(&mut self) {
        let under_way = &mut self.known.lock().under_way;
        if under_way
            .get(&self.call)
            .is_some_and(|(number, _)| *number == self.number)
        {
            under_way.remove(&self.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future, pin::Pin, task};

    use futures_util::poll;
    use policy::outside::Method;
    use store::SystemClock;

    use super::*;

    const AGE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_over_is_not_under_way() {
        let known = known();
        for came in [Ok(Found::Nothing), Err(NoAnswer::NotSent("no".to_owned()))] {
            let answer = future::ready(came.clone());
            assert_eq!(known.ask(&call(), Duration::ZERO, |_| answer).await, came);
            assert_eq!(known.lock().under_way.len(), 0);
        }
        let call = call();
        let mut waiting = Box::pin(known.ask(&call, AGE, |_| future::pending()));
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(known.lock().under_way.len(), 1);
        drop(waiting);
        assert_eq!(known.lock().under_way.len(), 0);
    }

    /// The next request may be under way before the one that nobody waits for has gone.
    #[tokio::test]
    async fn a_request_that_goes_leaves_the_next_one_alone() {
        let known = known();
        let (first, next) = (Arc::clone(&known), Arc::new(Mutex::new(None)));
        let going = Going(first, Arc::clone(&next));
        let call = call();
        let mut waiting = Box::pin(known.ask(&call, AGE, |_| going));
        assert!(poll!(&mut waiting).is_pending());
        drop(waiting);
        assert_eq!(known.lock().under_way.len(), 1);
        next.lock().unwrap().take();
        assert_eq!(known.lock().under_way.len(), 0);
    }

    /// Never ends; where it goes, it leaves the next request for the same.
    struct Going(Arc<Known>, Arc<Mutex<Option<Request>>>);

    impl Future for Going {
        type Output = Result<Found, NoAnswer>;

        fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> task::Poll<Self::Output> {
            task::Poll::Pending
        }
    }

    impl Drop for Going {
        fn drop(&mut self) {
            let next = self.0.begin(&mut self.0.lock(), &call(), AGE, |_| future::pending());
            *self.1.lock().unwrap() = Some(next);
        }
    }

    fn known() -> Arc<Known> {
        Arc::new(Known::new(Arc::new(SystemClock)))
    }

    fn call() -> Call {
        Call {
            name: "crm".into(),
            method: Method::Get,
            url: "https://crm.example.com/".to_owned(),
            headers: Vec::new(),
            body: None,
            pointers: Vec::new(),
            deadline: AGE,
            retries: false,
            most_bytes: 1000,
            cache: Some(AGE),
            idempotency_key: None,
        }
    }
}
