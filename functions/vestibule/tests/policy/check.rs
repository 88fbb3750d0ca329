//! `vestibule policy check`

use crate::place::{POLICY, Place};

fn checked(policy: &str) -> (i32, String, String) {
    let place = Place::new();
    place.write("policy.toml", policy);
    let finished = place.run(&["check", "policy.toml"]);
    (finished.code, finished.stdout, finished.stderr)
}

#[test]
fn mistakes_are_told_where_they_are_in_a_form_that_can_be_clicked() {
    assert_eq!(
        checked(POLICY),
        (0, "policy.toml: no mistakes\n".to_owned(), String::new())
    );
    let wrong = POLICY
        .replace("name = \"tier\"", "nmae = \"tier\"")
        .replace("\"gold\"", "[]");
    let (code, told, mistakes) = checked(&wrong);
    assert_eq!((code, &*told), (1, ""));
    let key = "policy.toml:28:1: `nmae` means nothing here; did you mean `name`?\n    nmae = \"tier\"\n    ^\n";
    assert!(mistakes.contains(key), "{mistakes}");
    let value = "policy.toml:30:40: a list without a text is no value; `\"\"` takes the claim away\n    \
        set = { claim = \"extension_Tier\", to = [] }\n                                           ^";
    assert!(mistakes.contains(value), "{mistakes}");
}

#[test]
fn the_file_is_found_as_serve_finds_it() {
    let place = Place::new();
    place.write("other.toml", "[rules]\n");
    assert_eq!(place.run(&["check"]).stdout, "policy.toml: no mistakes\n");
    let set = [("VESTIBULE_POLICY", "other.toml")];
    assert!(
        place
            .run_with(&["check"], "", &set)
            .stderr
            .contains("\nother.toml:1:1: ")
    );
    assert_eq!(place.run_with(&["check", "policy.toml"], "", &set).code, 0);
    place.write("body.json", "{}");
    let explain = ["explain", "--step", "post-attribute-collection", "--body", "body.json"];
    assert_eq!(place.run(&explain).code, 0);
    let gone = place.run_with(&["check"], "", &[("VESTIBULE_POLICY", "gone.toml")]);
    assert_eq!(gone.code, 1);
    assert!(
        gone.stderr.contains("cannot read the policy gone.toml: No such file"),
        "{}",
        gone.stderr
    );
}

#[test]
fn a_step_without_its_table_is_a_mistake_since_each_is_served() {
    let (code, _, told) = checked("[steps.post-attribute-collection]\notherwise = \"block\"\n");
    assert_eq!(code, 1);
    assert!(
        told.starts_with("vestibule: policy.toml: ") && told.contains("post-federation-signup"),
        "{told}"
    );
}

#[test]
fn what_had_better_be_known_is_told_and_is_no_mistake() {
    let warned = POLICY.replace("only serve Berlin", "know that your account already exists");
    let (code, told, _) = checked(&warned);
    assert_eq!(code, 0);
    assert!(
        told.starts_with("warning: policy.toml:46:6: this text may reveal"),
        "{told}"
    );
    assert!(told.ends_with("\npolicy.toml: no mistakes\n"), "{told}");
}

#[test]
fn a_pattern_that_takes_long_to_compile_is_named_with_what_to_use_instead() {
    let light = POLICY.replace("one_of = [\"Berlin\"]", "pattern = \"[0-9]{5}\"");
    assert_eq!(checked(&light).1, "policy.toml: no mistakes\n");
    for pattern in [r"\p{L}[\p{L}\p{M} ’.-]{1,63}", "[a-z]{1,2000}"] {
        let require = format!("require = {{ claim = \"city\", pattern = '{pattern}' }}");
        let condition = format!("when = {{ claim = \"city\", pattern = '{pattern}' }}");
        for (right, wrong, rule) in [
            (
                "require = { claim = \"city\", one_of = [\"Berlin\"] }",
                &require,
                "city",
            ),
            (
                "when = { claim = \"country\", is = \"Norway\" }",
                &condition,
                "approval",
            ),
        ] {
            let (code, told, _) = checked(&POLICY.replace(right, wrong));
            assert_eq!(code, 0);
            let warning = format!("warning: policy.toml: the pattern of `{rule}` takes ");
            assert!(told.starts_with(&warning) && told.contains(" ms to compile"), "{told}");
            let instead = format!(
                "\n    {pattern}\n    which characters a claim has, and how many, say `characters`, `min_length` and `max_length`"
            );
            assert!(told.contains(&instead), "{told}");
        }
    }
}
