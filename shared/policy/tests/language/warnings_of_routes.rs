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
