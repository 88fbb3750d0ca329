use crate::common::*;

#[test]
fn the_tables_of_what_follows_refuse_what_nobody_can_carry_out() {
    let id = "2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11";
    let groups = |id: &str| format!("[approvals]\naccount = \"graph\"\n[accounts]\ngroups = [\"{id}\"]");
    assert_taken(&[&format!("block = true\n{}", groups(id))]);
    let accounts = |line: &str| format!("[approvals]\naccount = \"graph\"\n[accounts]\n{line}");
    let object_id = "named by its object id";
    for (tables, wanted, place) in [
        (
            "[approvals]\naccount = \"grap\"".into(),
            "did you mean `graph`?",
            "\"grap\"",
        ),
        (
            "[approvals]\naccount = \"b2c\"".into(),
            "`b2c` creates no accounts; write `\"flow\"` or `\"graph\"`",
            "\"b2c\"",
        ),
        ("[approvals]\naccount = true".into(), "a text in quotes", "true"),
        (
            "[approvals]\ntrust_email = \"no\"".into(),
            "`true` or `false`",
            "\"no\"",
        ),
        ("[approvals]\ncool_down = \"soon\"".into(), "`soon`", "\"soon\""),
        (
            "[approvals]\nacount = \"graph\"".into(),
            "did you mean `account`?",
            "acount",
        ),
        (
            "[mail]\napplicants = [\"recieved\"]".into(),
            "did you mean `received`?",
            "\"recieved\"",
        ),
        (
            "[mail]\napplicants = [\"denied\", \"escalated\"]".into(),
            "applicants are never told `escalated`; there are",
            "\"escalated\"",
        ),
        (
            "[mail]\napplicants = \"denied\"".into(),
            "a list in brackets",
            "\"denied\"",
        ),
        ("[mail]\nunproven = \"yes\"".into(), "`true` or `false`", "\"yes\""),
        (
            "[mail]\nreviewers = \"askd\"".into(),
            "did you mean `asked`?",
            "\"askd\"",
        ),
        ("[mail]\nreviewers = []".into(), "leave it out to tell nobody", "[]"),
        (
            "[mail]\nreviewers = [\"a@b.example\", \"rita\"]".into(),
            "no e-mail address",
            "\"rita\"",
        ),
        (
            "[mail]\nreviewers = [\"a@b@c.example\"]".into(),
            "exactly one `@`",
            "\"a@b@c",
        ),
        (
            "[mail]\nreviewer = [\"a@b.example\"]".into(),
            "did you mean `reviewers`?",
            "reviewer",
        ),
        (
            "[accounts]\ninvite_others = true".into(),
            "write `account = \"graph\"`",
            "[accounts]",
        ),
        (
            "[approvals]\naccount = \"flow\"\n[accounts]".into(),
            "`[accounts]` is for accounts that we create",
            "[accounts]",
        ),
        (accounts("invite_others = \"yes\""), "`true` or `false`", "\"yes\""),
        (
            accounts("invite_other = true"),
            "did you mean `invite_others`?",
            "invite_other",
        ),
        (accounts("groups = \"partners\""), "a list in brackets", "\"partners\""),
        (groups("partners"), object_id, "\"partners\""),
        (groups(&id.replace('f', "g")), object_id, "\"2g1c"),
        (groups(&id.replace('-', "")), object_id, "\"2f1c"),
        (groups(&id.replacen("2f", "2f1", 1)), object_id, "\"2f11c"),
        (groups(&format!("{id}-")), object_id, "\"2f1c"),
    ] {
        assert_refused(&[(&format!("block = true\n{tables}"), wanted, place)]);
    }
    for table in ["approvals", "mail", "accounts"] {
        let said = Policy::parse(&format!("{table} = 1\n{STEPS}"))
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains("a table") && said.contains("the number `1`"), "{said}");
    }
}
