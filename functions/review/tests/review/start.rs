//! What the settings say: whether there is a room, where, and for whom.

use std::path::Path;

use host::Settings;
use http::Method;
use policy::Policy;
use review::{Mount, Review};
use store::Stage;
use tempfile::TempDir;

use crate::{
    browser::Browser,
    people::{google, handed_to, pending},
    room::{DAY, RITA, ROB, Room, bearer, call, send},
    routes::{group, held, stage},
};

const POLICY: &str = "[steps.post-attribute-collection]\notherwise = \"continue\"\n";

fn settings(folder: &Path, more: &[(&str, &str)]) -> Settings {
    let folder = folder.display();
    let own = [
        ("VESTIBULE_POLICY", format!("{folder}/policy.toml")),
        ("VESTIBULE_STORE", format!("sqlite:{folder}/vestibule.db")),
        ("VESTIBULE_AUDIT_KEY", "0123456789abcdef".repeat(4)),
    ];
    let find = |name: &str| {
        let more = more
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| (*value).to_owned());
        more.or_else(|| own.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
    };
    Settings::read(&find).unwrap()
}

#[tokio::test]
async fn without_reviewers_there_is_no_room_and_no_store() {
    let folder = TempDir::new().unwrap();
    // There is not even a policy.
    let review = review::service(&settings(folder.path(), &[])).await.unwrap();
    for path in [
        "/",
        "/review",
        "/review/",
        "/review/login",
        "/review/style.css",
        "/review/api/requests",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = send(&review, call(method, path, &[bearer(RITA)], "")).await;
            assert_eq!(answer.status, 404, "{path}");
        }
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing was opened"
    );
    assert!(review::assemble(&settings(folder.path(), &[]), Mount::At(""), &policy(), None).is_ok());
}

/// Who can log in is known, and with it who belongs to groups: by name, or by what their line claims.
#[tokio::test]
async fn a_group_is_those_who_have_a_token() {
    let folder = TempDir::new().unwrap();
    let lines = format!("rita:{RITA}\nrob[it]:{ROB}");
    let groups =
        "[groups]\nhr = [\"rita\"]\naway = [\"zoe\"]\nit = { claim = \"it\" }\nboard = { claim = \"board\" }\n";
    let policy = Policy::parse(&format!("{POLICY}{groups}")).unwrap();
    for (to, expected) in [("away", 409), ("board", 409), ("it", 200)] {
        let room = Room::new();
        let long = Stage {
            lasts: 40_000 * DAY,
            ..stage("hr", group("hr"))
        };
        let id = handed_to(&room, &google("Jane"), held(vec![long])).await;
        let settings = settings(folder.path(), &[("VESTIBULE_REVIEWERS", &lines)]);
        let review = review::assemble(&settings, Mount::Own, &policy, Some(room.store.clone())).unwrap();
        let path = format!("/review/api/requests/{id}/reassign");
        let headers = [bearer(RITA), ("content-type", "application/json".to_owned())];
        let body = format!(r#"{{"to":"group:{to}"}}"#);
        let answer = send(&review, call(Method::POST, &path, &headers, &body)).await;
        assert_eq!(answer.status, expected, "{to}: {answer:?}");
    }
}

#[tokio::test]
async fn reviewers_that_cannot_be_read_stop_the_start() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    let reviewers = [("VESTIBULE_REVIEWERS", "rita:hunter2")];
    let error = review::service(&settings(folder.path(), &reviewers))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("VESTIBULE_REVIEWERS") && error.contains("line 1") && !error.contains("hunter2"),
        "{error}"
    );
    let lines = format!("rita:{RITA}");
    let reviewers = [("VESTIBULE_REVIEWERS", &*lines)];
    assert!(review::assemble(&settings(folder.path(), &reviewers), Mount::Own, &policy(), None).is_err());
    assert!(review::service(&settings(folder.path(), &reviewers)).await.is_ok());
}

#[tokio::test]
async fn the_cookie_goes_over_tls_alone_except_on_loopback() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    let lines = format!("rita:{RITA}");
    for (name, value, secure) in [
        ("PORT", "3000", false),
        ("VESTIBULE_BIND", "0.0.0.0", true),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001", true),
    ] {
        let settings = settings(folder.path(), &[("VESTIBULE_REVIEWERS", &lines), (name, value)]);
        let review = review::service(&settings).await.unwrap();
        let cookie = log_in_cookie(&review, "/review").await;
        let begins = cookie.starts_with("vestibule_review=");
        let end = if secure { "; Secure" } else { "" };
        let attributes = format!("; Path=/review; Max-Age=28800; HttpOnly; SameSite=Strict{end}");
        assert!(begins && cookie.ends_with(&attributes), "{name}: {cookie}");
    }
}

#[tokio::test]
async fn the_base_path_stands_before_links_redirects_and_the_cookie() {
    for (mount, base_path, called, root) in [
        (Mount::Own, "/prod", "/prod/review", "/prod/review"),
        (Mount::Own, "/front", "/stage/review", "/front/review"),
        (Mount::At("/api"), "", "/api/review", "/api/review"),
        (Mount::At(""), "/front", "/review", "/front/review"),
    ] {
        let room = Room::with(|parts| {
            parts.mount = mount;
            parts.base_path = base_path.to_owned();
        });
        let id = pending(&room, "Jane").await;
        let mut browser = Browser::new(&room);
        let form = browser.get(called).await;
        assert!(form.body.contains(&format!("action=\"{root}/login\"")), "{form:?}");
        assert!(form.body.contains(&format!("href=\"{root}/style.css\"")), "{form:?}");
        let answer = browser.post(&format!("{called}/login"), &[("token", RITA)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, root));
        assert!(
            answer.header("set-cookie").contains(&format!("; Path={root}; ")),
            "{answer:?}"
        );
        let queue = browser.get(called).await;
        assert!(
            queue.body.contains(&format!("href=\"{root}/requests/{id}\"")),
            "{queue:?}"
        );
        let page = browser.get(&format!("{called}/requests/{id}")).await;
        for link in page.body.split(['"']).filter(|text| text.starts_with('/')) {
            assert!(link.starts_with(root), "{link}");
        }
        let decided = browser
            .decide(&page, &format!("{called}/requests/{id}"), "deny", "")
            .await;
        assert_eq!(decided.header("location"), format!("{root}/requests/{id}?notice=done"));
    }
}

#[tokio::test]
async fn an_own_binary_answers_behind_any_prefix_and_a_mounted_room_at_its_own() {
    let own = Room::new();
    for path in ["/", "/review", "/review/", "/prod/review", "/api/review", "/a/b/review"] {
        assert_eq!(Browser::new(&own).get(path).await.status, 200, "{path}");
    }
    assert_eq!(own.get("/prod/review/api/requests").await.status, 200);
    let mounted = Room::with(|parts| parts.mount = Mount::At("/api"));
    assert_eq!(Browser::new(&mounted).get("/api/review").await.status, 200);
    for (room, path) in [
        (&own, "/prod"),
        (&own, "/reviews"),
        (&mounted, "/review"),
        (&mounted, "/x/api/review"),
        (&mounted, "/"),
    ] {
        assert_eq!(room.get(path).await.status, 404, "{path}");
    }
}

async fn log_in_cookie(review: &Review, root: &str) -> String {
    let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
    let answer = send(
        review,
        call(
            Method::POST,
            &format!("{root}/login"),
            &[form],
            &format!("token={RITA}"),
        ),
    )
    .await;
    answer.header("set-cookie").to_owned()
}

fn policy() -> policy::Policy {
    policy::Policy::parse(POLICY).unwrap()
}
