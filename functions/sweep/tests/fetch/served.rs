//! What an address may serve, and what becomes of it.

use std::time::Duration;

use end_to_end::list_server::Answer;
use lists::{BadEntry, Kind};
use outgoing::Cause;
use sweep::fetch::{Fetched, NoList, NotFetched, Size};

use crate::{
    faults::{Ending, Hold},
    world::{EVERY, World, lines, name, run, text},
};

#[tokio::test]
async fn a_list_is_fetched_when_it_is_due_and_replaced_whole() {
    for world in World::both(text(&[])).await {
        let many = world.many;
        world.server.answers(Answer::Text(lines(many)));
        assert_eq!(world.run().await, (1, 0));
        assert_eq!(world.texts().await.len(), many);
        let first = world.copy().await.unwrap();

        world
            .server
            .answers(text(&["# ours", "", "Contoso.COM.", "*.fabrikam.com", "contoso.com"]));
        world.clock.forward(EVERY - Duration::from_millis(1));
        assert_eq!(world.run().await, (0, 0));
        assert_eq!(world.server.requests().len(), 1, "it was not due");
        world.clock.forward(Duration::from_millis(1));
        assert_eq!(world.run().await, (0, 1), "that is less than half");
        world.server.answers(Answer::Text(lines(many - 1)));
        assert_eq!(world.run().await, (1, 0), "what failed is tried at the next run");
        assert_eq!(world.texts().await.len(), many - 1);
        let second = world.copy().await.unwrap();
        assert!(second.version > first.version && second.fetched_at > first.fetched_at);

        world.clock.forward(Duration::from_secs(59));
        assert_eq!(world.run().await, (0, 0));
        assert_eq!(world.left().await, many, "calls may still ask the old copy");
        world.clock.forward(Duration::from_secs(1));
        assert_eq!(world.run().await, (0, 0));
        assert_eq!((world.left().await, world.texts().await.len()), (0, many - 1));
    }
}

#[tokio::test]
async fn entries_are_stored_in_normal_form_and_counted_once() {
    for world in World::both(text(&[
        "\u{feff}# ours\r",
        "Contoso.COM.\r",
        "\r",
        "*.fabrikam.com",
        "contoso.com",
    ]))
    .await
    {
        let Ok(Fetched::New { copy, left_out: 0 }) = world.fetch().await else {
            panic!("no copy")
        };
        assert_eq!(copy.entries, 2);
        assert_eq!(world.texts().await, ["*.fabrikam.com", "contoso.com"]);
    }
}

#[tokio::test]
async fn few_lines_that_are_no_entries_are_left_out_and_counted() {
    let world = World::sqlite(Answer::Text(lines(199) + "localhost\njane@contoso.com\n"));
    let fetched = world.fetch().await;
    assert!(matches!(fetched, Ok(Fetched::New { left_out: 2, .. })), "{fetched:?}");
    assert_eq!(world.texts().await.len(), 199);
}

/// Everything that is no list, or not a whole one.
#[tokio::test]
async fn nothing_bad_replaces_a_good_copy() {
    let cut = |answer: &str| Answer::Bytes(answer.as_bytes().to_vec());
    let page = "<!DOCTYPE html>\n<html><body>Sorry</body></html>";
    let bad_lines = NotFetched::NoList(NoList::BadLines {
        bad: 2,
        of: 102,
        first: 101,
        why: BadEntry::NotADomain,
    });
    let cases = [
        (
            Answer::status("500 No", "", ""),
            NotFetched::Status(http::StatusCode::INTERNAL_SERVER_ERROR),
        ),
        (
            Answer::status("404 No", "", "none.example\n"),
            NotFetched::Status(http::StatusCode::NOT_FOUND),
        ),
        (
            Answer::status("204 No", "", ""),
            NotFetched::Status(http::StatusCode::NO_CONTENT),
        ),
        (
            Answer::status("302 Go", "location: https://a.example/\r\n", "a.example\n"),
            NotFetched::Status(http::StatusCode::FOUND),
        ),
        (cut(""), NotFetched::Unserved(Cause::Broken)),
        (cut("no HTTP at all\r\n\r\n"), NotFetched::Unserved(Cause::Broken)),
        (
            cut(&format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{}",
                lines(100)
            )),
            NotFetched::Unserved(Cause::Broken),
        ),
        (
            cut("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\na.example\n\r\n"),
            NotFetched::Unserved(Cause::Broken),
        ),
        (
            cut(&format!("HTTP/1.1 200 OK\r\n\r\n{}", lines(100))),
            NotFetched::Unserved(Cause::Endless),
        ),
        (Answer::Endless, NotFetched::Unserved(Cause::TooLarge)),
        (
            Answer::Text("# so many bytes\n".repeat(12_501)),
            NotFetched::Unserved(Cause::TooLarge),
        ),
        (
            Answer::Text("a.example\n".repeat(10_001)),
            NotFetched::NoList(NoList::TooManyEntries(10_000)),
        ),
        (Answer::Text(page.to_owned()), NotFetched::NoList(NoList::Page)),
        (
            Answer::Text("{\"error\": 7}".to_owned()),
            NotFetched::NoList(NoList::Page),
        ),
        (Answer::Text(lines(100) + "a\0b\n"), NotFetched::NoList(NoList::Binary)),
        (
            Answer::status("200 OK", "", "\u{1f}\u{8b}\u{8}\0"),
            NotFetched::NoList(NoList::Binary),
        ),
        (Answer::Text(lines(100) + "no list\nat all\n"), bad_lines),
        (
            Answer::Text("# nobody\n".to_owned()),
            NotFetched::Shrunk { before: 100, now: 0 },
        ),
        (Answer::Text(lines(49)), NotFetched::Shrunk { before: 100, now: 49 }),
        (
            Answer::Text("0.example\n".repeat(100)),
            NotFetched::Shrunk { before: 100, now: 1 },
        ),
    ];
    let world = World::sqlite(Answer::Text(lines(100)));
    assert_eq!(world.run().await, (1, 0));
    let good = (world.copy().await, world.texts().await);
    for (answer, why) in cases {
        world.server.answers(answer.clone());
        assert_eq!(world.fetch().await, Err(why), "{answer:?}");
        assert_eq!(world.run_later().await, (0, 1), "{answer:?}");
        assert_eq!((world.copy().await, world.texts().await), good, "{answer:?}");
        assert_eq!(world.left().await, 0, "{answer:?}");
    }
    world.server.answers(Answer::Text(lines(50)));
    assert_eq!(world.run().await, (1, 0));
    assert_eq!(world.texts().await.len(), 50);
}

/// And nothing comes into use where there was nothing.
#[tokio::test]
async fn nothing_bad_is_a_first_copy() {
    let world = World::sqlite(Answer::Text("<html>".to_owned()));
    for answer in [
        Answer::Text("<html>".to_owned()),
        Answer::status("503 No", "", ""),
        Answer::Endless,
        Answer::Text(String::new()),
    ] {
        world.server.answers(answer);
        assert_eq!(world.run().await, (0, 1));
        assert_eq!(world.copy().await, None);
    }
}

/// A list without entries turns nobody away, so that a person has to say that it is meant.
#[tokio::test]
async fn a_list_begins_empty_only_if_a_person_lets_it() {
    let world = World::sqlite(Answer::Text("# nobody yet\n".to_owned()));
    assert_eq!(world.fetch().await, Err(NotFetched::Empty));
    assert_eq!((world.copy().await, world.left().await), (None, 0));
    let any = world.fetcher().fetch(&name(), Size::Any, &|_, _| {}).await;
    assert!(matches!(any, Ok(Fetched::New { .. })), "{any:?}");
    assert_eq!(world.copy().await.unwrap().entries, 0);
    world.clock.forward(EVERY);
    assert_eq!(world.run().await, (1, 0), "from then on it may stay empty");
}

#[tokio::test]
async fn a_text_that_does_not_come_in_time_is_none() {
    let mut world = World::sqlite(Answer::Text(lines(10)));
    assert_eq!(world.run().await, (1, 0));
    world.server.answers(Answer::Stuck);
    world.bounds.download = Duration::from_millis(500);
    let slow = tokio::time::timeout(Duration::from_secs(20), world.fetch()).await;
    assert_eq!(slow, Ok(Err(NotFetched::Unserved(Cause::Slow))));
    assert_eq!(world.texts().await.len(), 10);
}

#[tokio::test]
async fn nobody_there_is_a_failure_and_the_copy_stays() {
    let world = World::sqlite(Answer::Text(lines(10)));
    let fetcher = world.fetcher();
    assert_eq!(world.run().await, (1, 0));
    world.clock.forward(100 * EVERY);
    let World {
        server, store, clock, ..
    } = world;
    drop(server);
    assert_eq!(run(&fetcher, &clock).await, (0, 1));
    let copy = store.copy(&name()).await.unwrap().unwrap();
    assert_eq!(copy.entries, 10, "however old it is");
}

/// Nothing is stored, and it is due an `every` later only.
#[tokio::test]
async fn what_is_the_same_is_not_stored_again() {
    for answer in [Answer::Tagged("\"a-1\"", lines(10)), Answer::Text(lines(10))] {
        for world in World::both(answer.clone()).await {
            assert_eq!(world.run().await, (1, 0));
            let first = world.copy().await.unwrap();
            assert_eq!(world.run_later().await, (1, 0));
            let second = world.copy().await.unwrap();
            assert_eq!((second.version, second.entries), (first.version, 10));
            assert_eq!(second.fetched_at.since(first.fetched_at), EVERY);
            assert_eq!(world.run().await, (0, 0));
            let asked = world.server.requests();
            let is_tagged = matches!(answer, Answer::Tagged(..));
            assert_eq!(asked.len(), 2);
            assert_eq!(asked[1].contains("if-none-match: \"a-1\"\r\n"), is_tagged, "{asked:?}");
            assert!(!asked[0].contains("if-none-match"), "{asked:?}");
            assert!(matches!(world.fetch().await, Ok(Fetched::Same { .. })));
            assert_eq!((world.texts().await.len(), world.left().await), (10, 0));
        }
    }
}

/// What the address said of another text, or of other entries, says nothing.
#[tokio::test]
async fn a_list_that_is_another_now_is_due_at_once_and_fetched_whole() {
    let world = World::sqlite(Answer::Tagged("\"a-1\"", lines(10)));
    assert_eq!(world.run().await, (1, 0));
    let values = world.fetcher_of(world.list(Kind::Values), world.store.clone());
    assert_eq!(run(&values, &world.clock).await, (1, 0));
    let mut moved = world.list(Kind::Values);
    moved.fetch.as_mut().unwrap().url += "?moved";
    let moved = world.fetcher_of(moved, world.store.clone());
    assert_eq!(run(&moved, &world.clock).await, (1, 0));
    let asked = world.server.requests();
    assert_eq!(asked.len(), 3);
    assert!(!asked.concat().contains("if-none-match"), "{asked:?}");
    assert_eq!(run(&moved, &world.clock).await, (0, 0));
}

/// Who asks for nothing gets no answer that nothing is new.
#[tokio::test]
async fn nothing_new_without_a_question_is_a_failure() {
    let world = World::sqlite(Answer::Bytes(b"HTTP/1.1 304 Same\r\n\r\n".to_vec()));
    let failed = world.fetch().await;
    assert_eq!(failed, Err(NotFetched::Status(http::StatusCode::NOT_MODIFIED)));
}

#[tokio::test]
async fn a_person_may_let_a_list_shrink() {
    let world = World::sqlite(Answer::Text(lines(10)));
    assert_eq!(world.run().await, (1, 0));
    for left in [1, 0] {
        world.server.answers(Answer::Text(lines(left)));
        let refused = world.fetch().await;
        assert!(matches!(refused, Err(NotFetched::Shrunk { .. })), "{refused:?}");
        let any = world.fetcher().fetch(&name(), Size::Any, &|_, _| {}).await;
        assert!(matches!(any, Ok(Fetched::New { .. })), "{any:?}");
        assert_eq!(world.texts().await.len(), left);
    }
}

#[tokio::test]
async fn a_store_that_is_too_slow_ends_the_fetch() {
    let mut world = World::sqlite(Answer::Text(lines(10)));
    world.bounds.fill = Duration::from_secs(60);
    assert_eq!(world.run().await, (1, 0));
    world.server.answers(Answer::Text(lines(5001)));
    let hold = Hold::new();
    let fetcher = world.fetcher_that_ends(Ending::Held("add", hold.clone()));
    let slow = tokio::spawn(async move { fetcher.fetch(&name(), Size::Any, &|_, _| {}).await });
    hold.reached().await;
    world.clock.forward(Duration::from_secs(60));
    hold.open();
    assert_eq!(slow.await.unwrap(), Err(NotFetched::TooSlow(Duration::from_secs(60))));
    assert_eq!(world.texts().await.len(), 10);
    assert_eq!(world.run().await, (0, 0), "it is not due");
    assert_eq!(world.left().await, 0, "what was stored is cleared");
}

/// As far as a fetch is, for who watches.
#[tokio::test]
async fn whoever_watches_is_told_how_far_it_is() {
    let world = World::sqlite(Answer::Text(lines(7000)));
    let told = std::sync::Mutex::new(Vec::new());
    let watch = |done, of| told.lock().unwrap().push((done, of));
    world.fetcher().fetch(&name(), Size::Any, &watch).await.unwrap();
    assert_eq!(told.into_inner().unwrap(), [(5000, 7000), (7000, 7000)]);
}

/// The time of a run is for what begins in it.
#[tokio::test]
async fn a_run_without_time_begins_nothing() {
    use store::Clock;
    let world = World::sqlite(Answer::Text(lines(10)));
    let ran = world.fetcher().run(world.clock.now()).await;
    assert_eq!((ran.done, ran.failed, world.server.requests().len()), (0, 0, 0));
}
