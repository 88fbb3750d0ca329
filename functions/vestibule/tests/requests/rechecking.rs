//! `recheck`: a rule that came later.

use approvals::Ruling;
use store::{Actor, Event, ListEntry, ListName, ListPlace, RequestId, StateName, Timestamp};

use crate::place::{POLICY, Place};

const DENY: &str = r#"
[[rules]]
name = "not Graz"
step = "post-attribute-collection"
when = { claim = "city", is = "Graz" }
block = true
"#;

const LISTED: &str = r#"
[[rules]]
name = "nobody unwanted"
step = "post-attribute-collection"
deny = { domains = "unwanted" }
"#;

/// What says nothing about somebody who waits, before the rules that do.
const AROUND: &str = r#"
[[rules]]
name = "the token elsewhere"
step = "post-attribute-collection"
set = { claim = "extension_Kept", copy = "extension_token" }

[[rules]]
name = "a token elsewhere"
step = "post-attribute-collection"
require = { claim = "extension_Kept" }
otherwise = "block"

[[rules]]
name = "no token stays"
step = "post-attribute-collection"
drop = ["extension_token"]

[[rules]]
name = "a token"
step = "post-attribute-collection"
require = { claim = "extension_token" }
otherwise = "block"

[[rules]]
name = "never"
step = "post-attribute-collection"
when = { not = { time = { from = "03:00", to = "03:01" } } }
block = true

[[rules]]
name = "a job title"
step = "post-attribute-collection"
require = { claim = "jobTitle" }
otherwise = "ask-again"

[[rules]]
name = "only watched"
step = "post-attribute-collection"
when = { claim = "city", is = "Wien" }
block = true
mode = "observe"
"#;

async fn state(place: &Place, id: &RequestId) -> StateName {
    place.rows.request(id).await.unwrap().unwrap().state.name()
}

#[tokio::test]
async fn a_new_deny_rule_is_tried_first_and_then_applied() {
    for place in Place::both().await {
        let jane = place.submits("jane", "Graz").await;
        let john = place.submits("john", "Wien").await;
        let done = place.submits("joe", "Graz").await;
        place.decides(&done, Ruling::Approve).await;
        place
            .run(&["recheck"])
            .says(0, "No rule would turn away any of 2 requests.\n");
        place.write_policy(&format!("{POLICY}{DENY}"));
        let dry = place.run(&["recheck"]);
        dry.says(
            0,
            &format!(
                "{jane}  not Graz\nBy the rule `not Graz`: 1 request.\nWould be turned away: 1 of 2 requests. `--apply` does it.\n"
            ),
        );
        assert_eq!(state(&place, &jane).await, StateName::Pending, "nothing is changed");
        let applied = place.run(&["recheck", "--apply", "--by", "ops", "--yes"]);
        applied.says(
            0,
            &format!("{jane}  not Graz\nBy the rule `not Graz`: 1 request.\nTurned away: 1 of 2 requests.\n"),
        );
        assert_eq!(state(&place, &jane).await, StateName::Denied);
        assert_eq!(state(&place, &john).await, StateName::Pending);
        assert_eq!(state(&place, &done).await, StateName::Approved);
        let history = place.rows.history(&jane).await.unwrap();
        let last = history.last().unwrap();
        assert_eq!(last.by, Actor::Policy);
        assert!(
            matches!(&last.event, Event::Denied { reason: Some(why), .. } if why == "the rule `not Graz`, applied by ops")
        );
        place
            .run(&["recheck", "--apply", "--yes"])
            .says(0, "Turned away: 0 of 1 request.\n");
        place.verifies(3);
    }
}

#[tokio::test]
async fn lists_in_the_store_are_asked() {
    for place in Place::both().await {
        let jane = place.submits("jane", "Wien").await;
        place.submits("john", "Wien").await;
        place.write_policy(&format!("{POLICY}{LISTED}"));
        place
            .run(&["recheck"])
            .says(0, "No rule would turn away any of 2 requests.\n");
        let list = ListPlace {
            list: ListName::parse("unwanted").unwrap(),
            version: None,
        };
        let entry = ListEntry {
            text: "jane.example".to_owned(),
            by: None,
            at: Timestamp::from_millis(0),
        };
        place.rows.add(&list, &[entry]).await.unwrap();
        let applied = place.run(&["recheck", "--apply", "--yes"]);
        assert_eq!(
            (applied.code, applied.ids()),
            (0, vec![&*jane.to_string()]),
            "{applied:?}"
        );
        assert_eq!(state(&place, &jane).await, StateName::Denied);
    }
}

#[tokio::test]
async fn what_a_request_does_not_keep_turns_nobody_away() {
    let place = Place::sqlite();
    let jane = place.submits("jane", "Graz").await;
    let john = place.submits("john", "Wien").await;
    place.write_policy(&format!("{POLICY}{AROUND}{DENY}"));
    let applied = place.run(&["recheck", "--apply", "--yes"]);
    assert_eq!(
        (applied.code, applied.ids()),
        (0, vec![&*jane.to_string()]),
        "{applied:?}"
    );
    for rule in ["a token", "a token elsewhere", "never"] {
        assert!(
            applied.stdout.contains(&format!("The rule `{rule}` was not asked: ")),
            "{applied:?}"
        );
    }
    assert_eq!(state(&place, &john).await, StateName::Pending);
}

#[tokio::test]
async fn what_no_rule_turns_away_stays() {
    let place = Place::sqlite();
    let jane = place.submits("jane", "Wien").await;
    // An allow list that nobody is on: `otherwise` would turn away, and no rule.
    let policy = POLICY.replace(
        "[steps.post-attribute-collection]\notherwise = \"continue\"",
        "[steps.post-attribute-collection]\notherwise = \"block\"",
    );
    let policy = policy.replace(
        "hold = \"two\"",
        "when = { claim = \"city\", is = \"Linz\" }\nhold = \"two\"",
    );
    place.write_policy(&policy);
    let applied = place.run(&["recheck", "--apply", "--yes"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    assert!(
        applied.stdout.contains(
            "Not turned away: 1 request. No rule turns these people away, so that they go on waiting for reviewers."
        ),
        "{applied:?}"
    );
    assert_eq!(state(&place, &jane).await, StateName::Pending);
}

#[tokio::test]
async fn an_answer_that_failed_changes_nothing_and_is_named() {
    let place = Place::sqlite();
    let jane = place.submits("jane", "Graz").await;
    let fetched = POLICY.replace(
        "unwanted = { stored = \"domains\" }",
        "unwanted = { stored = \"domains\" }\nblocked = { url = \"https://lists.example/b.txt\", holds = \"domains\", every = \"1 day\" }",
    );
    let needs = LISTED.replace("\"unwanted\"", "\"blocked\"");
    place.write_policy(&format!("{fetched}{needs}{DENY}"));
    let applied = place.run(&["recheck", "--apply", "--yes"]);
    assert_eq!(
        (applied.code, &*applied.stdout),
        (1, "Turned away: 0 of 1 request.\n"),
        "{applied:?}"
    );
    assert!(
        applied
            .stderr
            .contains(&format!("{jane}: not changed: the list `blocked` was never fetched")),
        "{applied:?}"
    );
    assert_eq!(state(&place, &jane).await, StateName::Pending);
}

#[tokio::test]
async fn who_applies_a_rule_is_asked_first_and_named() {
    let place = Place::sqlite();
    let jane = place.submits("jane", "Graz").await;
    place.submits("john", "Wien").await;
    place.write_policy(&format!("{POLICY}{DENY}"));
    place.run(&["recheck", "--apply"]).refused(2, "say `--yes`");
    let no = place.run_in_terminal(&["recheck", "--apply", "--by", "ops"], "n\n");
    no.refused(1, "Turn away 1 of 2 requests as `ops`? [y/N]");
    assert_eq!(state(&place, &jane).await, StateName::Pending);
    let yes = place.run_in_terminal(&["recheck", "--apply"], "y\n");
    assert!(
        yes.code == 0 && yes.stdout.ends_with("Turned away: 1 of 2 requests.\n"),
        "{yes:?}"
    );
    let history = place.rows.history(&jane).await.unwrap();
    let start = "the rule `not Graz`, applied by ";
    let why = match &history.last().unwrap().event {
        Event::Denied { reason: Some(why), .. } => why,
        other => panic!("{other:?}"),
    };
    assert!(why.len() > start.len() && why.starts_with(start), "{why}");
    let nobody = place.run_in_terminal(&["recheck", "--apply"], "");
    assert!(
        !nobody.stderr.contains("[y/N]"),
        "nobody is left to ask about: {nobody:?}"
    );
}

#[tokio::test]
async fn what_the_policy_before_dropped_turns_nobody_away() {
    for place in Place::both().await {
        let rule = |what: &str| {
            format!("{POLICY}\n[[rules]]\nname = \"the token\"\nstep = \"post-attribute-collection\"\n{what}\n")
        };
        place.write_policy(&rule("drop = [\"extension_token\"]"));
        let jane = place.submits("jane", "Wien").await;
        let john = place.submits("john", "Wien").await;
        place.write_policy(POLICY);
        assert_eq!(
            place.submits("john", "Graz").await,
            john,
            "a change that nothing is dropped from"
        );
        place.write_policy(&rule(
            "require = { claim = \"extension_token\", one_of = [\"other\"] }\notherwise = \"block\"",
        ));
        let applied = place.run(&["recheck", "--apply", "--yes"]);
        let expected = format!(
            "{john}  the token\nBy the rule `the token`: 1 request.\nTurned away: 1 of 2 requests.\nThe rule `the token` was \
             not asked about 1 request: it looks at claims that the policy dropped when they came.\n"
        );
        applied.says(0, &expected);
        assert_eq!(state(&place, &jane).await, StateName::Pending);
        assert_eq!(place.run(&["forget", &jane.to_string(), "--yes"]).code, 0);
        place.verifies(2);
    }
}
