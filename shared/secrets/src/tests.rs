use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::*;

/// A clock moved by hand, and an environment that can be changed and counts who asks.
#[derive(Default)]
struct World {
    now: AtomicI64,
    value: Mutex<Option<String>>,
    asked: AtomicUsize,
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }
}

impl World {
    fn with(value: &str) -> (Arc<World>, Secrets) {
        let world = Arc::new(World::default());
        world.set(Some(value));
        let environment = Arc::clone(&world);
        let variables: Variables = Arc::new(move |name| {
            assert_eq!(name, "PASSWORD");
            environment.asked.fetch_add(1, Ordering::SeqCst);
            environment.value.lock().unwrap().clone()
        });
        let secrets = Secrets::new(variables, world.clone());
        (world, secrets)
    }

    fn set(&self, value: Option<&str>) {
        *self.value.lock().unwrap() = value.map(str::to_owned);
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(time.as_millis() as i64, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn password() -> SecretRef {
    SecretRef::parse("env:PASSWORD", PlainText::Refuse).unwrap()
}

#[tokio::test]
async fn a_secret_is_read_when_needed_and_again_when_it_is_old() {
    let (world, secrets) = World::with("first");
    assert_eq!(world.asked(), 0);
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("first")));
    world.set(Some("second"));
    world.pass(FRESH - Duration::from_millis(1));
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("first")));
    assert_eq!(world.asked(), 1);
    world.pass(Duration::from_millis(1));
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("second")));
}

#[tokio::test]
async fn while_its_place_fails_the_last_value_serves_but_not_for_ever() {
    let (world, secrets) = World::with("first");
    secrets.read(&password()).await.unwrap();
    world.set(None);
    world.pass(FRESH);
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("first")));
    // It is not asked at every turn while it fails.
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("first")));
    assert_eq!(world.asked(), 2);
    world.pass(STALE - Duration::from_millis(1));
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("first")));
    world.pass(Duration::from_millis(1));
    let error = secrets.read(&password()).await.unwrap_err().to_string();
    assert!(error.contains("env:PASSWORD") && !error.contains("first"), "{error}");
    world.set(Some("back"));
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("back")));
}

#[tokio::test]
async fn a_place_that_answers_again_is_noticed_after_the_pause() {
    let (world, secrets) = World::with("first");
    secrets.read(&password()).await.unwrap();
    world.set(None);
    world.pass(FRESH);
    secrets.read(&password()).await.unwrap();
    world.set(Some("second"));
    world.pass(PAUSE);
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("second")));
}

#[tokio::test]
async fn who_was_refused_gets_what_is_there_now() {
    let (world, secrets) = World::with("first");
    secrets.read(&password()).await.unwrap();
    world.set(Some("rotated"));
    assert_eq!(secrets.read_again(&password()).await, Ok(Secret::new("rotated")));
    assert_eq!(secrets.read(&password()).await, Ok(Secret::new("rotated")));
}

#[test]
fn nothing_shows_a_secret() {
    let (_, secrets) = World::with("hunter2");
    let plain = SecretRef::parse("hunter2", PlainText::Allow).unwrap();
    let shown = format!("{:?} {secrets:?} {plain:?} {plain}", Secret::new("hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
}
