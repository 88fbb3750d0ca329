//! `reassign`, and the groups that a token claims.

use approvals::Ruling;
use store::StateName;

use crate::place::{POLICY, Place, RITA, ROB};

#[tokio::test]
async fn a_token_votes_for_the_groups_that_it_claims() {
    let mut place = Place::sqlite();
    place.set(
        "VESTIBULE_REVIEWERS",
        format!("rita[hr-approvers; it]:{RITA}\nrob[it]:{ROB}"),
    );
    let claimed = POLICY.replace("team = [\"rita\", \"rob\"]", "team = { claim = \"hr-approvers\" }");
    place.write_policy(
        &claimed
            .replace("approve = 2", "")
            .replace("board = ", "sales = { claim = \"sales\" }\nboard = "),
    );
    let id = place.submits("jane", "Wien").await.to_string();
    place
        .run_as(Some(ROB), &["approve", &id])
        .refused(1, "its stage asks others");
    let sales = place.run_as(Some(RITA), &["reassign", &id, "--to", "group:sales"]);
    sales.refused(1, "too few of those who would be asked may vote");
    let board = place.run_as(Some(RITA), &["reassign", &id, "--to", "group:board"]);
    assert!(
        board.code == 0 && board.stdout.contains("asks group:board from now on"),
        "{board:?}"
    );
    let back = place.run_as(Some(ROB), &["reassign", &id, "--to", "group:team"]);
    assert!(
        back.code == 0 && back.stdout.contains("asks group:team from now on"),
        "{back:?}"
    );
    let done = place.run_as(Some(RITA), &["approve", &id]);
    assert!(
        done.code == 0 && done.stdout.contains(": approved by rita at "),
        "{done:?}"
    );
}

#[tokio::test]
async fn others_are_asked_once_and_only_as_it_may_be() {
    let place = Place::sqlite();
    let id = place.submits("jane", "Wien").await;
    let text = &id.to_string();
    let to = |who| ["reassign", text, "--to", who, "--reason", "on leave"];
    place
        .run_as(Some(RITA), &to("group:nobody"))
        .refused(1, "no such group");
    place
        .run_as(Some(RITA), &to("anybody"))
        .refused(1, "a reviewer hands on to a group or a person");
    for who in [Some(RITA), None] {
        let ghost = [&to("person:ghost")[..], if who.is_none() { &["--yes"] } else { &[] }].concat();
        place
            .run_as(who, &ghost)
            .refused(1, "no reviewer of this name has a token");
    }
    place.run(&to("group:board")).refused(2, "say `--yes`");
    place
        .run_as(Some(RITA), &to("group:board"))
        .says(0, &format!("{id}: asks group:board from now on\n"));
    place
        .run_as(Some(RITA), &to("group:board"))
        .says(0, &format!("{id}: asks group:board already\n"));
    let history = place.rows.history(&id).await.unwrap();
    assert_eq!(history.len(), 2);
    let over = place.run(&[&to("group:team")[..], &["--yes", "--by", "ops"]].concat());
    over.says(0, &format!("{id}: asks group:team from now on\n"));
    let open = place.run_in_terminal(&[&to("anybody")[..], &["--by", "ops"]].concat(), "y\n");
    open.says(0, &format!("{id}: asks everybody who may review from now on\n"));
    let asked = "Hand 1 request to everybody who may review as `ops`, outside any quorum?";
    assert!(open.stderr.contains(asked), "{open:?}");
    place.decides(&id, Ruling::Approve).await;
    let late = place.run(&[&to("group:board")[..], &["--yes"]].concat());
    assert!(
        late.code == 1 && late.stdout.contains("nothing was changed: approved by a test"),
        "{late:?}"
    );
    assert_eq!(
        place.rows.request(&id).await.unwrap().unwrap().state.name(),
        StateName::Approved
    );
}
