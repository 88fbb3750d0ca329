//! The pages, as a person uses them.

use approvals::AccountBy;
use http::Method;

use crate::{
    browser::{Browser, field},
    people::{body, pending, submit_body},
    room::{DAY, RITA, ROB, Room, bearer, call},
};

#[tokio::test]
async fn a_reviewer_logs_in_decides_and_logs_out() {
    let room = Room::new();
    let id = pending(&room, "Jane Roe").await;
    let mut rita = Browser::new(&room);
    let form = rita.get("/review").await;
    assert_eq!(form.status, 200);
    assert!(form.body.contains("type=\"password\"") && form.body.contains("autocomplete=\"off\""));
    assert!(!form.body.contains("Jane") && !form.body.contains("session has ended"));
    let answer = rita.post("/review/login", &[("token", RITA)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/review"));
    let queue = rita.get("/review").await;
    let path = format!("/review/requests/{id}");
    assert!(
        queue.body.contains(&format!("href=\"{path}\"")) && queue.body.contains("Jane Roe"),
        "{queue:?}"
    );
    assert!(queue.body.contains("jane.roe@example.com") && queue.body.contains("Logged in as"));

    let page = rita.get(&path).await;
    for part in [
        "google.com",
        "id of Jane Roe",
        "everybody waits",
        "extension_Tier",
        "added",
        "This request waits",
        "1.10",
    ] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    assert!(
        !page.body.contains("not proven") && page.body.contains("and go on."),
        "{page:?}"
    );
    let answer = rita.decide(&page, &path, "approve", "known\r\n<b>for</b> years").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, &*format!("{path}?notice=done"))
    );
    let page = rita.get(answer.header("location")).await;
    for part in [
        "Your decision is recorded",
        "Approved",
        "by <bdi>rita</bdi>",
        "2026-12-22 20:53:01 UTC",
        "&lt;b&gt;for&lt;/b&gt; years",
    ] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    assert!(!page.body.contains("<textarea"), "nothing is left to decide");
    assert!(rita.get("/review").await.body.contains("Nobody is waiting"));
    assert!(rita.get("/review?state=approved").await.body.contains("Jane Roe"));

    let csrf = field(&page, "csrf");
    let answer = rita.post("/review/logout", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/review"));
    assert!(
        answer
            .header("set-cookie")
            .starts_with("vestibule_review=; Path=/review; Max-Age=0; HttpOnly; SameSite=Strict")
    );
    assert_eq!(rita.cookie, None);
    assert!(rita.get("/review").await.body.contains("Log in"));
}

#[tokio::test]
async fn whoever_comes_second_sees_the_first_decision() {
    let room = Room::new();
    let path = format!("/review/requests/{}", pending(&room, "Jane").await);
    let (mut rita, mut rob) = (
        Browser::logged_in(&room, RITA).await,
        Browser::logged_in(&room, ROB).await,
    );
    let (page_of_rita, page_of_rob) = (rita.get(&path).await, rob.get(&path).await);
    rita.decide(&page_of_rita, &path, "deny", "unknown here").await;
    for (ruling, reason) in [("approve", "a friend"), ("deny", "me too")] {
        let answer = rob.decide(&page_of_rob, &path, ruling, reason).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, &*format!("{path}?notice=already"))
        );
        let page = rob.get(answer.header("location")).await;
        assert!(
            page.body.contains("changed nothing") && page.body.contains("Denied"),
            "{page:?}"
        );
        assert!(
            page.body.contains("by <bdi>rita</bdi>") && page.body.contains("unknown here"),
            "{page:?}"
        );
        assert!(!page.body.contains("a friend") && !page.body.contains("me too"));
    }
    // A second click on the same button shows the same success.
    let answer = rita.decide(&page_of_rita, &path, "deny", "unknown here").await;
    assert_eq!(answer.header("location"), format!("{path}?notice=done"));
    // A link with a notice that is not true says nothing.
    let other = format!("/review/requests/{}", pending(&room, "Ben").await);
    for notice in ["done", "already", "x"] {
        let page = rita.get(&format!("{other}?notice={notice}")).await;
        assert!(!page.body.contains("role=\"status\""), "{page:?}");
    }
    assert!(
        !rob.get(&format!("{path}?notice=done"))
            .await
            .body
            .contains("Your decision is recorded")
    );
}

#[tokio::test]
async fn claims_that_changed_under_the_reviewer_are_not_approved() {
    let room = Room::new();
    let id = submit_body(&room, &body("Jane", "jane@example.com")).await;
    let path = format!("/review/requests/{id}");
    let mut rita = Browser::logged_in(&room, RITA).await;
    let seen = rita.get(&path).await;
    room.clock.advance(DAY / 24);
    let sly = body("Jane", "jane@example.com").replace("1.10", "\"administrator\"");
    assert_eq!(submit_body(&room, &sly).await, id);
    let answer = rita.decide(&seen, &path, "approve", "looks fine").await;
    assert_eq!(answer.status, 409);
    for part in [
        "The applicant changed the request",
        "administrator",
        ">looks fine</textarea>",
        "This request waits for",
    ] {
        assert!(answer.body.contains(part), "{part}: {answer:?}");
    }
    let answer = rita.decide(&answer, &path, "approve", "looks fine").await;
    assert_eq!(answer.header("location"), format!("{path}?notice=done"));
}

#[tokio::test]
async fn a_token_that_is_none_is_refused_in_one_sentence() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    let mut browser = Browser::new(&room);
    let long = "x".repeat(600);
    for token in ["", "hunter2", "rita", &long] {
        let answer = browser.post("/review/login", &[("token", token)]).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(answer.body.contains("That did not work") && answer.headers.get("set-cookie").is_none());
        assert!(
            token.len() < 7 || !answer.body.contains(token),
            "what was typed is not shown again"
        );
    }
    assert_eq!(
        browser
            .post("/review/login", &[("token", RITA), ("token", RITA)])
            .await
            .status,
        401
    );
    assert_eq!(browser.post("/review/login", &[]).await.status, 401);
    assert_eq!(browser.get("/review/login").await.header("location"), "/review");
    // A link to a request leads to the form, and from there to the request, and nowhere else.
    let path = format!("/review/requests/{id}");
    let form = browser.get(&path).await;
    assert_eq!((form.status.as_u16(), field(&form, "request")), (401, id.to_string()));
    for (request, location) in [
        (&*id.to_string(), &*path),
        ("//evil.example", "/review"),
        ("https://evil.example", "/review"),
    ] {
        let answer = browser
            .post("/review/login", &[("token", RITA), ("request", request)])
            .await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, location));
    }
}

#[tokio::test]
async fn a_session_ends_after_eight_hours() {
    let room = Room::new();
    let path = format!("/review/requests/{}", pending(&room, "Jane").await);
    let mut rita = Browser::logged_in(&room, RITA).await;
    let page = rita.get(&path).await;
    room.clock
        .advance(review::SESSION_LIFE - std::time::Duration::from_millis(1));
    assert!(rita.get("/review").await.body.contains("Jane"));
    room.clock.advance(std::time::Duration::from_millis(1));
    for answer in [
        rita.get("/review").await,
        rita.get(&path).await,
        rita.decide(&page, &path, "approve", "").await,
    ] {
        assert!(
            answer.body.contains("Your session has ended") && !answer.body.contains("Jane"),
            "{answer:?}"
        );
    }
    assert_eq!(rita.get(&path).await.status, 401);
    assert!(
        room.get("/review/api/requests").await.body.contains("Jane"),
        "nothing was decided"
    );
}

#[tokio::test]
async fn what_applicants_typed_is_text() {
    let room = Room::new();
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "a\u{202E}nimda\u{2066}",
        "bell\u{7}and\nline\u{0}",
        "zero\u{200B}width",
        "</title><h1>",
    ];
    let long = "N".repeat(256);
    let mut rita = Browser::logged_in(&room, RITA).await;
    for (name, number) in names.iter().copied().chain([&*long]).zip(0..) {
        let typed = serde_json::to_string(name).unwrap();
        let body = format!(
            r#"{{"email":{typed},"displayName":{typed},{typed}:{typed},"o":{{{typed}:[1]}},"l":[{typed}],"identities":[
                {{"signInType":{typed},"issuer":{typed},"issuerAssignedId":"{number}"}}]}}"#
        );
        let id = submit_body(&room, &body).await;
        let path = format!("/review/requests/{id}");
        for page in [rita.get("/review").await, rita.get(&path).await] {
            assert_eq!(page.status, 200);
            for hole in [
                "<script",
                "<img",
                "onerror=alert(1)>",
                "\u{202E}",
                "\u{2066}",
                "\u{7}",
                "\u{0}",
                "\u{200B}",
                "</title><h1>",
            ] {
                assert!(!page.body.contains(hole), "{hole:?} in {}", page.body);
            }
        }
        let decided = rita.get(&path).await;
        rita.decide(&decided, &path, "withdraw", &name.replace(['\u{7}', '\u{0}'], ""))
            .await;
        assert!(rita.get(&path).await.body.contains("Withdrawn"));
    }
    let withdrawn = rita.get("/review?state=withdrawn").await;
    for shown in ["&lt;script&gt;", "U+202E", "U+0007", "U+000A", &long] {
        assert!(withdrawn.body.contains(shown), "{shown:?}");
    }
}

#[tokio::test]
async fn an_applicant_who_is_not_proven_comes_with_a_warning_and_is_promised_nothing() {
    for (trust_email, says, after) in [
        (false, "will not let this person in", "stays blocked"),
        (true, "trusts it all the same", "The approval can be used until"),
    ] {
        let room = Room::with(|parts| parts.desk.terms.trust_email = trust_email);
        let id = submit_body(&room, r#"{"email":"jane@example.com","displayName":"Jane"}"#).await;
        let mut rita = Browser::logged_in(&room, RITA).await;
        let path = format!("/review/requests/{id}");
        let page = rita.get(&path).await;
        for part in ["is not proven", says, "withdraw is the safe choice"] {
            assert!(page.body.contains(part), "{part}: {page:?}");
        }
        assert_eq!(page.body.contains("and go on."), trust_email, "{page:?}");
        assert!(rita.get("/review").await.body.contains("not proven"));
        rita.decide(&page, &path, "approve", "").await;
        let page = rita.get(&path).await;
        assert!(page.body.contains(after), "{page:?}");
        let promised = page.body.contains("The approval can be used until");
        assert_eq!(promised, trust_email, "{page:?}");
    }
}

#[tokio::test]
async fn an_approval_by_which_we_create_the_account_promises_that_and_nothing_else() {
    let proven = body("Jane", "jane@example.com");
    let unproven = r#"{"email":"jane@example.com","displayName":"Jane"}"#.to_owned();
    for (body, means, warning) in [
        (proven, "Their account is created; then they sign in.", None),
        (
            unproven,
            "Their account is created; a link in a mail",
            Some("An approval invites that address"),
        ),
    ] {
        let room = Room::with(|parts| parts.desk.terms.account = AccountBy::Graph);
        let path = format!("/review/requests/{}", submit_body(&room, &body).await);
        let mut rita = Browser::logged_in(&room, RITA).await;
        let page = rita.get(&path).await;
        assert!(page.body.contains(means), "{page:?}");
        assert!(warning.is_none_or(|warning| page.body.contains(warning)), "{page:?}");
        rita.decide(&page, &path, "approve", "").await;
        let after = rita.get(&path).await;
        assert!(after.body.contains("Their account can be created until"), "{after:?}");
        for page in [page, after] {
            for wrong in [
                "come again",
                "stay blocked",
                "stays blocked",
                "will not let this person in",
            ] {
                assert!(!page.body.contains(wrong), "{wrong}: {page:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_history_tells_that_the_applicant_came_again() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    let mut rita = Browser::logged_in(&room, RITA).await;
    let path = format!("/review/requests/{id}");
    let page = rita.get(&path).await;
    assert!(
        page.body.contains("<strong>opened</strong> by the applicant"),
        "{page:?}"
    );
    rita.decide(&page, &path, "approve", "").await;
    assert_eq!(pending(&room, "Jane").await, id);
    let page = rita.get(&path).await;
    let told = "the applicant <strong>came again and was let in</strong>";
    assert!(page.body.contains(told), "{page:?}");
}

#[tokio::test]
async fn the_queue_comes_in_pages() {
    let room = Room::new();
    for number in 0..5 {
        pending(&room, &format!("Applicant {number}")).await;
        room.clock.advance(DAY);
    }
    let mut rita = Browser::logged_in(&room, RITA).await;
    let (mut path, mut seen) = ("/review?state=pending&limit=2".to_owned(), String::new());
    for _ in 0..2 {
        let page = rita.get(&path).await;
        let (_, next) = page.body.split_once("rel=\"next\" href=\"").unwrap();
        path = next.split('"').next().unwrap().replace("&amp;", "&");
        seen += &page.body;
    }
    let last = rita.get(&path).await;
    assert!(
        !last.body.contains("Next page") && last.body.contains("First page"),
        "{last:?}"
    );
    seen += &last.body;
    for number in 0..5 {
        assert_eq!(seen.matches(&format!(">Applicant {number}<")).count(), 1, "{number}");
    }
    assert_eq!(rita.get("/review?cursor=x").await.status, 400);
    assert_eq!(rita.get("/review?state=lost").await.status, 400);
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    let mut rita = Browser::logged_in(&room, RITA).await;
    let (path, cookie) = (format!("/review/requests/{id}"), rita.cookie.clone());
    let csrf = field(&rita.get(&path).await, "csrf");
    let query = format!("csrf={csrf}&version=1&ruling=approve&reason=x");
    for (path, status) in [
        (format!("{path}?{query}"), 200),
        (format!("{path}/decide?{query}"), 405),
        (format!("/review/logout?{query}"), 405),
        (format!("/review/api/requests/{id}/approve"), 405),
    ] {
        assert_eq!(rita.get(&path).await.status, status, "{path}");
        assert_eq!(rita.cookie, cookie, "{path}");
    }
    assert_eq!(
        room.get(&format!("/review/api/requests/{id}")).await.json()["version"],
        1
    );
}

#[tokio::test]
async fn a_bearer_token_opens_no_page_and_styles_need_none() {
    let room = Room::new();
    let id = pending(&room, "Jane").await;
    for path in ["/review".to_owned(), format!("/review/requests/{id}")] {
        let answer = room.get(&path).await;
        assert!(
            answer.body.contains("Your reviewer token") && !answer.body.contains("Jane"),
            "{answer:?}"
        );
    }
    let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
    let decide = call(
        Method::POST,
        &format!("/review/requests/{id}/decide"),
        &[bearer(RITA), form],
        "ruling=approve&version=1",
    );
    assert_eq!(room.send(decide).await.status, 401);
    let style = room.send(call(Method::GET, "/review/style.css", &[], "")).await;
    assert_eq!(
        (style.header("content-type"), style.header("cache-control")),
        ("text/css; charset=utf-8", "public, max-age=600")
    );
    for unknown in [
        "/review/requests",
        "/review/requests/x",
        "/review/x",
        "/review/requests/x/decide/y",
    ] {
        assert_eq!(room.get(unknown).await.status, 404, "{unknown}");
    }
}
