//! What may be said of routes and had better be known.

use crate::{common::*, routes::GROUPS};

/// The warnings about a file whose only rule holds, with this `when` and these tables.
fn warnings(when: &str, tables: &str) -> Vec<String> {
    let rule = rule(&format!("{when}\nhold = \"x\""));
    let policy = Policy::parse(&format!("{STEPS}{rule}{tables}")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    policy.warnings().iter().map(|warning| warning.what.clone()).collect()
}

#[test]
fn a_route_that_nobody_uses_and_a_group_that_nobody_is_in_are_told() {
    let said = warnings("", "[routes.x]\nask = \"anybody\"\n[routes.y]\nask = \"anybody\"\n");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("no rule hands anybody to the route `y`; write `hold = \"y\"`"),
        "{said:?}"
    );
    let said = warnings("", &format!("{GROUPS}[routes.x]\nask = \"hr\"\n"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("nobody is in the group `nobody`"), "{said:?}");
    let claimed = "[groups]\nhr = { people = [], claim = \"hr-approvers\" }\n[routes.x]\nask = \"hr\"\n";
    assert!(warnings("", claimed).is_empty());
}

#[test]
fn who_is_approved_because_nobody_looked_is_told() {
    let route = "[routes.x]\nask = \"anybody\"\ntime_out = { after = \"3 days\", then = \"approve\" }\n";
    let said = warnings("", route);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("who waits this long passes the stage though nobody has looked"),
        "{said:?}"
    );
    let trusting = format!("{route}[approvals]\ntrust_email = true\n");
    let said = warnings("", &trusting);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said.iter()
            .any(|what| what.starts_with("`r` lets in whoever waits long enough")),
        "{said:?}"
    );
    assert_eq!(warnings("when = { issuer = \"mail\" }", &trusting).len(), 1);
    let invited = format!("{trusting}account = \"graph\"\n");
    assert_eq!(warnings("", &invited).len(), 1, "an invitation proves the address");
    assert!(warnings("", &trusting.replace("\"approve\"", "\"deny\"")).is_empty());
}

#[test]
fn a_list_to_block_with_that_blocks_nobody_is_told() {
    let tables = "[approvals]\nblock_domains = \"evil\"\n[lists]\nevil = { stored = \"domains\" }\n[routes.x]\nask = \"anybody\"\n";
    let said = warnings("", tables);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("whoever is added to `evil` can come again"),
        "{said:?}"
    );
    for rule in [
        "deny = { domains = \"evil\" }",
        "when = { domain = \"evil\" }\nblock = true",
    ] {
        assert!(
            warnings("", &format!("{}{tables}", named("no evil", rule))).is_empty(),
            "{rule}"
        );
    }
    let watching = named("watch", "mode = \"observe\"\ndeny = { domains = \"evil\" }");
    assert_eq!(warnings("", &format!("{watching}{tables}")).len(), 1);
}

/// A reminder is a letter.
#[test]
fn reminders_that_remind_nobody_are_told() {
    let letters = |route: &str, mail: &str| {
        let team = "[groups]\nteam = [\"rita\", \"tom@contoso.com\"]\n";
        warnings("", &format!("{team}[routes.x]\nask = \"team\"\n{route}\n{mail}"))
    };
    let remind = "remind = \"1 day\"";
    let escalate = "escalate = { after = \"1 day\", ask = \"anybody\" }";
    for (route, begins) in [
        (remind, "`remind` reminds nobody: a reminder is a letter"),
        (escalate, "nobody is told that `escalate` asks them"),
    ] {
        for mail in ["", "[mail]\napplicants = [\"denied\"]\n"] {
            let said = letters(route, mail);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].starts_with(begins), "{said:?}");
            assert!(
                said[0].ends_with("write `reviewers = \"asked\"` under `[mail]`"),
                "{said:?}"
            );
        }
        for mail in [
            "[mail]\nreviewers = \"asked\"\n",
            "[mail]\nreviewers = [\"rita@contoso.com\"]\n",
        ] {
            assert!(letters(route, mail).is_empty(), "{route} {mail}");
        }
    }
    assert_eq!(letters(&format!("{remind}\n{escalate}"), "").len(), 2);
    assert!(letters("", "").is_empty());
}

#[test]
fn letters_to_those_who_are_asked_and_have_no_address_are_told() {
    let groups =
        "[groups]\nclaimed = { claim = \"hr\" }\nnamed = [\"rita\"]\nreached = [\"rita\", \"tom@contoso.com\"]\n";
    let asked = |route: &str| {
        warnings(
            "",
            &format!("{groups}[routes.x]\n{route}\n[mail]\nreviewers = \"asked\"\n"),
        )
    };
    for nobody in [
        "ask = \"named\"",
        "ask = \"claimed\"",
        "ask = \"anybody\"",
        "ask = { person = \"rita\" }",
    ] {
        let said = asked(nobody);
        assert_eq!(said.len(), 1, "{nobody}: {said:?}");
        assert!(said[0].starts_with("no reviewer is told anything"), "{said:?}");
    }
    for somebody in [
        "ask = \"reached\"",
        "ask = { person = \"tom@contoso.com\" }",
        "ask = [{ group = \"reached\", when = { claim = \"city\", present = true } }, \"named\"]",
        "ask = \"named\"\nescalate = { after = \"1 day\", ask = \"reached\" }",
    ] {
        assert!(asked(somebody).is_empty(), "{somebody}");
    }
    let without = rule("hold = true");
    let policy = Policy::parse(&format!("{STEPS}{groups}{without}[mail]\nreviewers = \"asked\"\n")).unwrap();
    assert_eq!(policy.warnings().len(), 1, "without any route anybody is asked");
}
