//! Who is looking at a request.

use std::time::Duration;

use store::{LOOKING_LIFE, RequestId, Rows, Timestamp};

use crate::{
    Place,
    lists::{all_at_once, insist},
    sample::{applicant, at},
};

/// Each at their own request and round, and not a moment longer.
pub async fn who_looks_is_seen_until_their_time_is_over(place: &dyn Place) {
    let store = place.open().await;
    let (jane, again, joe) = (request("jane", 1), request("jane", 2), request("joe", 1));
    assert_eq!(names(&*store, &jane, at(0)).await, Vec::<String>::new());
    store.look(&jane, "Rita@Contoso.com", at(0)).await.unwrap();
    store.look(&jane, "Rob Ö", at(5)).await.unwrap();
    store.look(&joe, "rita@contoso.com", at(5)).await.unwrap();
    let other = place.open().await;
    assert_eq!(names(&*other, &jane, at(6)).await, ["Rita@Contoso.com", "Rob Ö"]);
    assert_eq!(names(&*other, &joe, at(6)).await, ["rita@contoso.com"]);
    assert_eq!(names(&*other, &again, at(6)).await, Vec::<String>::new());
    let over = at(0).plus(LOOKING_LIFE);
    let before = Timestamp::from_millis(over.as_millis() - 1);
    assert_eq!(names(&*other, &jane, before).await, ["Rita@Contoso.com", "Rob Ö"]);
    assert_eq!(names(&*other, &jane, over).await, ["Rob Ö"]);
}

/// Until there was a gap: then they begin anew.
pub async fn who_keeps_looking_has_looked_since_they_began(place: &dyn Place) {
    let (store, jane) = (place.open().await, request("jane", 1));
    for seconds in [0, 50, 100] {
        store.look(&jane, "rita", at(seconds)).await.unwrap();
    }
    let row = store.looking(&jane, at(101)).await.unwrap().remove(0);
    assert_eq!((row.since, row.until), (at(0), at(100).plus(LOOKING_LIFE)));
    store.look(&jane, "rita", row.until).await.unwrap();
    let row = store.looking(&jane, row.until).await.unwrap().remove(0);
    assert_eq!(row.since, at(100).plus(LOOKING_LIFE));
    store.look(&jane, "rita", at(300)).await.unwrap();
    let row = store.looking(&jane, at(300)).await.unwrap().remove(0);
    assert_eq!(row.since, at(300));
}

/// The others stay, and nothing is wrong with somebody who was never there.
pub async fn who_looks_away_is_not_seen_any_more(place: &dyn Place) {
    let (store, jane) = (place.open().await, request("jane", 1));
    for name in ["rita", "rob"] {
        store.look(&jane, name, at(0)).await.unwrap();
    }
    store.look(&request("joe", 1), "rita", at(0)).await.unwrap();
    store.look_away(&jane, "RITA").await.unwrap();
    store.look_away(&jane, "nobody").await.unwrap();
    assert_eq!(names(&*store, &jane, at(1)).await, ["rob"]);
    assert_eq!(names(&*store, &request("joe", 1), at(1)).await, ["rita"]);
    store.look(&jane, "rita", at(2)).await.unwrap();
    assert_eq!(names(&*store, &jane, at(2)).await, ["rob", "rita"]);
}

/// In however many windows, and in whatever letters.
pub async fn one_person_looks_once(place: &dyn Place) {
    let jane = request("jane", 1);
    all_at_once(place, move |store, racer| async move {
        let name = if racer % 2 == 0 { "Rita" } else { "rita" };
        let now = at(0).plus(Duration::from_millis(racer as u64));
        insist(|| store.look(&jane, name, now)).await;
        1
    })
    .await;
    let found = names(&*place.open().await, &jane, at(1)).await;
    assert!(
        matches!(&found[..], [name] if name.to_lowercase() == "rita"),
        "{found:?}"
    );
}

async fn names(store: &dyn Rows, id: &RequestId, now: Timestamp) -> Vec<String> {
    let looking = store.looking(id, now).await.unwrap();
    looking.into_iter().map(|row| row.name).collect()
}

fn request(name: &str, round: u32) -> RequestId {
    let applicant = applicant(name);
    RequestId { applicant, round }
}
