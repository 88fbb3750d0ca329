//! `list`, `show` and `export`.

use std::{fs, os::unix::fs::PermissionsExt};

use approvals::Ruling;

use crate::place::{POLICY, Place, ago};

#[tokio::test]
async fn a_list_is_complete_in_order_and_narrowed() {
    let place = Place::sqlite();
    place.run(&["list"]).says(0, "There is no such request.\n");
    let mut ids = Vec::new();
    // More than a page.
    for n in 0..130 {
        let opened = ago(3).plus(std::time::Duration::from_secs(n));
        ids.push(place.submits_at(&format!("p{n}"), "Wien", opened).await.to_string());
    }
    let jane = place.submits("jane", "Wien").await;
    ids.push(jane.to_string());
    assert_eq!(place.run(&["list"]).ids(), ids, "all of them, the oldest first");
    let newest = place.run(&["list", "--newest", "--limit", "2"]);
    assert_eq!(newest.ids(), [&*ids[130], &*ids[129]]);
    let all: Vec<_> = place.run(&["list", "--json"]).json();
    assert_eq!(
        (all.len(), all[130]["email"].as_str()),
        (131, Some("jane@jane.example"))
    );

    let only = [jane.to_string()];
    for narrowed in [
        ["--address", " JANE@jane.example "].as_slice(),
        &["--domain", "jane.example"],
        &["--since", "1d"],
        &["--waits", "group:team", "--since", "1d"],
        &[
            "--address",
            "jane@jane.example",
            "--route",
            "two",
            "--state",
            "pending",
            "--waits",
            "group:team",
        ],
    ] {
        let list = place.run(&[&["list"], narrowed].concat());
        assert_eq!(list.ids(), only, "{narrowed:?}");
    }
    assert_eq!(place.run(&["list", "--before", "1d"]).ids(), ids[..130]);
    for none in [
        ["--state", "approved"].as_slice(),
        &["--waits", "person:max"],
        &["--route", "other"],
        &["--address", "jane@jane.example", "--state", "denied"],
    ] {
        let list = place.run(&[&["list"], none].concat());
        list.says(0, "There is no such request.\n");
    }
    place.decides(&jane, Ruling::Deny).await;
    assert_eq!(place.run(&["list", "--state", "denied"]).ids(), only);
    for wrong in [
        ["--state", "open"].as_slice(),
        &["--since", "yesterday"],
        &["--waits", "team"],
        &["--domain", "jane.example", "--address", "jane@jane.example"],
    ] {
        place.run(&[&["list"], wrong].concat()).refused(2, wrong[0]);
    }
}

#[tokio::test]
async fn a_list_that_looks_at_many_says_so_and_goes_on() {
    let place = Place::sqlite();
    // More rows than are looked at for one page.
    for n in 0..1005 {
        let opened = ago(3).plus(std::time::Duration::from_secs(n));
        place.submits_at(&format!("p{n}"), "Wien", opened).await;
    }
    let policy = crate::place::POLICY;
    place.write_policy(
        &policy
            .replace("[routes.two]", "[routes.three]")
            .replace("hold = \"two\"", "hold = \"three\""),
    );
    let last = place.submits("jane", "Wien").await;
    let list = place.run(&["list", "--route", "three"]);
    assert_eq!(list.ids(), [last.to_string()], "{list:?}");
    assert_eq!(
        list.stderr,
        "Few of many belong to this list: it takes longer, and goes on.\n"
    );
}

#[tokio::test]
async fn one_is_shown_whole() {
    let place = Place::sqlite();
    let first = place.submits("jane", "Wien").await;
    place.decides(&first, Ruling::Withdraw).await;
    let id = place.submits("jane", "Gr\\u001baz").await;
    place.votes(&id, "rita", Ruling::Approve).await;
    let show = place.run(&["show", &id.to_string()]);
    assert_eq!((show.code, &*show.stderr), (0, ""));
    for part in [
        "state        pending, stage 1 of 1, approvals 1 of 2, denials 0 of 1\n",
        "route        two\n",
        "asks         group:team\n",
        ", then: expire\n",
        "vote         rita approves in stage 1, ",
        "  city: \"Gr\\u001baz\"\n",
        "  identity: google.com id-of-jane\n",
        "opened by the applicant\n",
        "voted to approve by rita\n",
        &format!("earlier requests\n  {first}  "),
    ] {
        assert!(show.stdout.contains(part), "{part:?} in {}", show.stdout);
    }
    let [json] = place
        .run(&["show", &id.to_string(), "--json"])
        .json()
        .try_into()
        .unwrap();
    assert_eq!(json["review"]["approvals"], 1);
    assert_eq!(json["history"][1]["by"]["name"], "rita");
    assert_eq!(json["history"][0]["received"]["email"], "jane@jane.example");
    assert_eq!(json["earlier"][0]["id"], first.to_string());
    let [json] = place
        .run(&["show", &first.to_string(), "--json"])
        .json()
        .try_into()
        .unwrap();
    assert_eq!(json["decision"]["by"], "a test (override)");
    assert_eq!(json["state"], "withdrawn");
    let eve = place.submits("e\\u001bve", "Wien").await;
    for finished in [place.run(&["show", &eve.to_string()]), place.run(&["list"])] {
        assert!(finished.stdout.contains("e\u{fffd}ve"), "{finished:?}");
        assert!(
            !finished.stdout.contains('\u{1b}'),
            "nothing moves the cursor: {finished:?}"
        );
    }
    let nobody = format!("{}9", id);
    place.run(&["show", &nobody]).refused(1, "there is no such request");
}

#[tokio::test]
async fn an_export_has_everything_or_all_but_claims() {
    let place = Place::sqlite();
    for n in 0..3 {
        let id = place.submits(&format!("p{n}"), "Wien").await;
        place
            .decides(&id, [Ruling::Approve, Ruling::Deny, Ruling::Withdraw][n])
            .await;
    }
    let waits = place.submits("p2", "Graz").await;
    let export = place.run(&["export"]);
    assert_eq!(export.stderr, "Exported: 4 requests.\n");
    let lines = export.json();
    assert_eq!(lines.len(), 4);
    let of = |state: &str| lines.iter().find(|line| line["state"] == state).unwrap();
    assert_eq!(of("pending")["id"], waits.to_string());
    assert_eq!(of("approved")["history"][1]["event"], "approved");
    assert!(export.stdout.contains("id-of-p1"));

    let bare = place.run(&["export", "--without-claims"]);
    assert_eq!(bare.json().len(), 4);
    for personal in ["example", "roe", "id-of", "Wien", "received", "identities"] {
        assert!(!bare.stdout.contains(personal), "{personal}: {}", bare.stdout);
    }
    assert!(bare.stdout.contains(r#""by":{"kind":"override","name":"a test"}"#));

    place
        .run(&["export", "--state", "pending", "--to", "out.jsonl"])
        .says(0, "");
    let file = place.folder().join("out.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    place.run(&["export", "--to", "out.jsonl"]).refused(
        1,
        "out.jsonl is there already, and an export overwrites nothing: name another file",
    );
    place
        .run(&["export", "--to", "away/out.jsonl"])
        .refused(1, "cannot write away/out.jsonl: its folder is not there; make it first");
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "never overwritten");
}

/// A slip of the keyboard must not look as if nobody waited. Requests can wait for a group that the policy had before.
#[tokio::test]
async fn a_group_that_there_is_not_is_named_with_those_that_there_are() {
    let place = Place::sqlite();
    place.submits("jane", "Wien").await;
    let known = "no such group; there are `board`, `team`";
    for arguments in [
        ["list", "--waits", "group:teem"].as_slice(),
        &["list", "--waits", "group:teem", "--json"],
        &["export", "--waits", "group:teem"],
    ] {
        place.run(arguments).refused(2, known);
    }
    place
        .run(&["export", "--waits", "group:teem", "--to", "out.jsonl"])
        .refused(2, known);
    assert!(!place.folder().join("out.jsonl").exists());
    place
        .run(&["list", "--waits", "group:board"])
        .says(0, "There is no such request.\n");
    place.write_policy(&POLICY.replace("team", "staff"));
    assert_eq!(place.run(&["list", "--waits", "group:team"]).ids().len(), 1);
    place.write_policy("no policy");
    place
        .run(&["list", "--waits", "group:teem"])
        .says(0, "There is no such request.\n");
}

#[tokio::test]
async fn nothing_that_applicants_typed_rules_the_terminal() {
    let place = Place::sqlite();
    let city = "W\u{9b}2J\u{202e}x\u{200b}";
    let id = place.submits("jane", city).await.to_string();
    let unseen = ['\u{9b}', '\u{202e}', '\u{200b}'];
    for arguments in [
        &["show", &id][..],
        &["show", "--json", &id],
        &["list", "--json"],
        &["export"],
    ] {
        let printed = place.run(arguments);
        assert_eq!(printed.code, 0, "{printed:?}");
        assert!(!printed.stdout.contains(unseen), "{arguments:?}: {printed:?}");
    }
    assert_eq!(place.run(&["show", "--json", &id]).json()[0]["received"]["city"], city);
    assert_eq!(place.run(&["export"]).json()[0]["received"]["city"], city);
}
