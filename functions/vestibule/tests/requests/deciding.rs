//! `approve` and `deny`.

use approvals::Ruling;
use store::{Actor, Event, RequestId};

use crate::place::{Finished, POLICY, Place, RITA, ROB};

#[tokio::test]
async fn a_token_votes_and_counts_once() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Wien").await;
    let text = &id.to_string();
    let first = place.run_as(Some(RITA), &["approve", text, "--reason", "known"]);
    first.says(
        0,
        &format!("{id}: pending, stage 1 of 1, approvals 1 of 2, denials 0 of 1\n"),
    );
    let again = place.run_as(Some(RITA), &["approve", text]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(
        again.stdout.contains("this reviewer has voted so; pending"),
        "{again:?}"
    );
    let otherwise = place.run_as(Some(RITA), &["deny", text]);
    assert_eq!(otherwise.code, 1, "{otherwise:?}");
    assert!(otherwise.stdout.contains("has voted otherwise"), "{otherwise:?}");
    let second = place.run_as(Some(ROB), &["approve", text]);
    assert!(
        second.code == 0 && second.stdout.contains(": approved by rob at "),
        "{second:?}"
    );
    // Whoever comes second is shown what was decided and by whom.
    let late = place.run_as(Some(RITA), &["deny", text]);
    assert!(
        late.code == 1 && late.stdout.contains("nothing was changed: approved by rob at "),
        "{late:?}"
    );
    let late = place.run_as(Some(RITA), &["approve", text]);
    assert!(
        late.code == 0 && late.stdout.contains("already so: approved by rob at "),
        "{late:?}"
    );
    let history = place.rows.history(&id).await.unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(history[1].by, Actor::Reviewer("rita".to_owned()));
    place.verifies(1);
}

#[tokio::test]
async fn without_a_token_it_is_an_override_that_somebody_confirms() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Wien").await;
    let text = &id.to_string();
    place.run(&["approve", text]).refused(2, "say `--yes`");
    place
        .run_in_terminal(&["approve", text], "n\n")
        .refused(1, "nothing was changed");
    assert_eq!(place.rows.history(&id).await.unwrap().len(), 1);
    let typed = place.run_in_terminal(
        &["deny", text, "--by", "ops", "--reason", "spam", "--block", "domain"],
        "y\n",
    );
    assert!(
        typed.code == 0 && typed.stdout.contains(": override: denied by ops (override) at "),
        "{typed:?}"
    );
    assert!(
        typed
            .stderr
            .contains("Turn away 1 request as `ops`, outside any quorum?"),
        "{typed:?}"
    );
    let history = place.rows.history(&id).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!(last.by, Actor::Override("ops".to_owned()));
    assert!(
        matches!(&last.event, Event::Denied { reason: Some(reason), block, .. } if reason == "spam" && block.len() == 1)
    );
    let john = place.submits("john", "Wien").await;
    let by_system = place.run(&["approve", &john.to_string(), "--yes"]);
    assert_eq!(by_system.code, 0, "{by_system:?}");
    let history = place.rows.history(&john).await.unwrap();
    assert!(matches!(&history.last().unwrap().by, Actor::Override(name) if !name.is_empty()));
}

/// Whoever approves reads it at once, and not from an applicant who is still blocked.
#[tokio::test]
async fn an_approval_that_lets_nobody_in_says_so() {
    let place = Place::sqlite();
    let approve = |id: &RequestId| place.run(&["approve", &id.to_string(), "--yes", "--by", "ops"]);
    let (jane, john) = (place.submits("jane", "Graz").await, place.submits("john", "Wien").await);
    let joe = place.submits_unproven("joe", "Wien").await;
    let rule = "\n[[rules]]\nname = \"not Graz\"\nstep = \"post-attribute-collection\"\n\
                when = { claim = \"city\", is = \"Graz\" }\nblock = true\n";
    place.write_policy(&format!("{POLICY}{rule}"));
    for (id, vain) in [
        (
            &jane,
            Some("the rule `not Graz` turns them away, and wins over an approval"),
        ),
        (&john, None),
        (&joe, Some("nothing but an e-mail address says who they are")),
    ] {
        let done = approve(id);
        assert!(
            done.code == 0 && done.stdout.contains("approved by ops (override)"),
            "{done:?}"
        );
        let said = vain.map(|why| format!("; they cannot come in all the same: {why}"));
        let is_said = done.stdout.contains("all the same");
        assert_eq!(is_said, vain.is_some(), "{done:?}");
        assert!(said.is_none_or(|said| done.stdout.contains(&said)), "{done:?}");
    }
    // Somebody trusts addresses, or an account is created whatever a rule says.
    for more in [
        "[approvals]\ntrust_email = true\n",
        "[approvals]\naccount = \"graph\"\n",
    ] {
        let id = place
            .submits_unproven(if more.contains("graph") { "ann" } else { "ben" }, "Wien")
            .await;
        place.write_policy(&POLICY.replace("[approvals]\n", more));
        let done = approve(&id);
        assert!(done.code == 0 && !done.stdout.contains("all the same"), "{done:?}");
        place.write_policy(POLICY);
    }
}

#[tokio::test]
async fn the_usual_policy_is_named_where_nobody_named_one() {
    let mut place = Place::sqlite();
    let id = place.submits("jane", "Wien").await.to_string();
    let usual = "the policy is policy.toml, since neither `--policy` nor VESTIBULE_POLICY names another";
    let told = |done: &Finished| done.stderr.contains(usual);
    let set = place.run_as(Some(RITA), &["approve", &id]);
    assert!(set.code == 0 && !told(&set), "{set:?}");
    place.unset("VESTIBULE_POLICY");
    let done = place.run_as(Some(RITA), &["approve", &id]);
    assert!(done.code == 0 && told(&done), "{done:?}");
    let named = place.run_as(Some(RITA), &["approve", &id, "--policy", "policy.toml"]);
    assert!(named.code == 0 && !told(&named), "{named:?}");
    assert!(!told(&place.run(&["list"])), "it asks no policy");
}

#[tokio::test]
async fn a_token_that_is_nobodys_decides_nothing() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Wien").await.to_string();
    let made_up = "2c26b46b68ffc68ff99b453c1d304134";
    let wrong = place.run_as(Some(made_up), &["approve", &id, "--yes"]);
    wrong.refused(2, "VESTIBULE_REVIEWER_TOKEN is nobody's");
    assert!(!wrong.stderr.contains(made_up));
    let both = place.run_as(Some(RITA), &["approve", &id, "--by", "ops"]);
    both.refused(2, "`--by` names who overrides");
    let list = place.run(&["list"]);
    assert_eq!(list.ids(), [id]);
}

#[tokio::test]
async fn several_are_decided_each_by_itself() {
    let place = Place::sqlite();
    let jane = place.submits("jane", "Wien").await;
    let john = place.submits("john", "Wien").await;
    place.decides(&john, Ruling::Deny).await;
    let nobody = format!("{jane}7");
    let done = place.run(&[
        "approve",
        &nobody,
        &john.to_string(),
        &jane.to_string(),
        "--yes",
        "--by",
        "ops",
    ]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.stderr.contains(&format!("{nobody}: there is no such request")),
        "{done:?}"
    );
    assert!(
        done.stdout
            .contains(&format!("{john}: nothing was changed: denied by a test (override) at ")),
        "{done:?}"
    );
    assert!(
        done.stdout
            .contains(&format!("{jane}: override: approved by ops (override) at ")),
        "{done:?}"
    );
    let two = place.run(&[
        "approve",
        &jane.to_string(),
        &john.to_string(),
        "--yes",
        "--version",
        "1",
    ]);
    two.refused(2, "`--version` is that of one request");
}

#[tokio::test]
async fn a_version_that_the_applicant_changed_is_not_decided_on() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Wien").await;
    place.submits("jane", "Graz").await;
    let text = &id.to_string();
    let seen = ["approve", text, "--yes", "--version"];
    place
        .run(&[&seen[..], &["1"]].concat())
        .refused(1, "the applicant changed the request");
    assert_eq!(place.run(&[&seen[..], &["2"]].concat()).code, 0);
}
