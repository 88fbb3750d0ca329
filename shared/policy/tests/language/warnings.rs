//! Warnings by their names, and rules that accept them.

use crate::common::*;

const FIRST: &str =
    "[[rules]]\nname = \"r\"\nstep = \"post-federation-signup\"\nset = { claim = \"city\", to = \"x\" }\n";

fn warnings(rules: &str) -> Vec<String> {
    policy(rules)
        .warnings()
        .iter()
        .map(|warning| warning.what.clone())
        .collect()
}

#[test]
fn each_warning_about_a_rule_has_a_name_by_which_the_rule_accepts_it() {
    let message = "\n[messages.no]\nen = \"No.\"";
    for (text, name) in [
        (FIRST.to_owned(), "first-step-only"),
        (rule("allow = { domains = [\"a.test\"] }"), "unproven-address"),
        (
            rule("deny = { addresses = [\"a@a.test\"] }\notherwise = { block = \"no\" }"),
            "reveals-address",
        ),
        (rule("set = { claim = \"city\", to = \"{state}\" }"), "literal-braces"),
        (rule("emit = { event = \"e\", on = [\"block\"] }"), "unpublished"),
    ] {
        let message = if name == "reveals-address" { message } else { "" };
        let told = warnings(&format!("{text}{message}"));
        assert!(
            told.len() == 1 && told[0].ends_with(&format!(" [{name}]")),
            "{name}: {told:?}"
        );
        let accepted = format!("{text}accept_warnings = [\"{name}\"]{message}");
        assert_eq!(warnings(&accepted), [""; 0], "{name}");
        let other = match name {
            "unpublished" => "first-step-only",
            _ => "unpublished",
        };
        let both = warnings(&format!("{text}accept_warnings = [\"{name}\", \"{other}\"]{message}"));
        assert_eq!(both, [format!("this rule gives no cause for `{other}`; leave it out")]);
        let told = warnings(&format!("{text}accept_warnings = [\"{other}\"]{message}"));
        assert!(
            told.iter().any(|warning| warning.ends_with(&format!(" [{name}]"))),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn a_rule_accepts_for_itself_alone() {
    let two = format!(
        "{FIRST}accept_warnings = [\"first-step-only\"]\n{}",
        FIRST.replace("\"r\"", "\"s\"").replace("city", "state")
    );
    let policy = policy(&two);
    let told: Vec<_> = policy
        .warnings()
        .iter()
        .map(|warning| warning.what.split(' ').next())
        .collect();
    assert_eq!(told, [Some("`state`")]);
}

#[test]
fn a_name_that_no_warning_has_is_a_mistake() {
    assert_refused(&[
        (
            "block = true\naccept_warnings = [\"first-step-onyl\"]",
            "`first-step-onyl` is no warning that a rule can accept; there are `unproven-address`",
            "\"first-step-onyl\"",
        ),
        (
            "block = true\naccept_warnings = [\"first-step-onyl\"]",
            "; did you mean `first-step-only`?",
            "\"first-step-onyl\"",
        ),
        ("block = true\naccept_warnings = []", "this list is empty", "[]"),
        (
            "block = true\naccept_warnings = \"unpublished\"",
            "a list in brackets is wanted",
            "\"unpublished\"",
        ),
    ]);
}
