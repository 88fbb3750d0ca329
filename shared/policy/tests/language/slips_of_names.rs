use crate::common::*;

#[test]
fn names_that_show_nothing_or_miss_are_refused() {
    for name in ["", " ", "a ", "\u{3164}"] {
        let said = read(&format!(
            "[[rules]]\nname = \"{name}\"\nstep = \"post-attribute-collection\"\nblock = true"
        ));
        assert!(said.err().unwrap().contains("a rule's name is one line"), "{name:?}");
    }
    let said = read("[messages.waitng]\nen = \"x\"").err().unwrap();
    assert!(
        said.contains("no rule shows the message `waitng`; did you mean `waiting`?"),
        "{said}"
    );
    assert!(read("[messages.waiting]\nen = \"x\"\n[messages.later]\nen = \"x\"").is_ok());
    assert!(read(&rule("block = \"waitng\"\n[messages.waitng]\nen = \"x\"")).is_ok());
}

#[test]
fn of_a_broken_syntax_the_first_mistake_is_told_and_no_other() {
    for (text, place) in [
        ("[[rules]\nname = \"a\nstep = [\nblock = = true\n", "1:"),
        ("a = 1\nb = \n[c\nd = = 2\n[[rules]]\nname = a b\n", "2:"),
        ("a = 1\na = 2\n]\nx x\n", "2:"),
    ] {
        let mistakes = Policy::parse(text).unwrap_err();
        assert!(
            mistakes.iter().count() == 1 && mistakes.to_string().starts_with(place),
            "{text}\n{mistakes}"
        );
    }
}

#[test]
fn a_message_of_a_rule_that_cannot_be_read_is_not_called_misnamed() {
    let message = "\n[messages.waitng]\nen = \"x\"";
    let rule = rule("");
    for (rule, mistake) in [
        (format!("{rule}blok = \"waitng\""), "did you mean `block`?"),
        (
            format!("{rule}block = \"waitng\"\nhold = true"),
            "a rule does one thing",
        ),
        (
            format!("{rule}deny = {{ domains = [\"a.test\"] }}\notherwise = {{ blok = \"waitng\" }}"),
            "`blok` means nothing here",
        ),
        (
            rule.replace("[[rules]]", "[[rule]]") + "block = \"waitng\"",
            "`rule` means nothing here",
        ),
        (
            rule.replace("[[rules]]", "[rules]") + "block = \"waitng\"",
            "write `[[rules]]`, in two brackets",
        ),
    ] {
        let said = read(&format!("{rule}{message}")).unwrap_err();
        assert!(
            said.contains(mistake) && !said.contains("no rule shows"),
            "{rule}\n{said}"
        );
    }
    let elsewhere = format!("{rule}blok = true{message}\n[approvals]\nunused = \"soon\"");
    let said = read(&elsewhere).unwrap_err();
    for mistake in ["no rule shows the message `waitng`", "did you mean `block`?", "`soon`"] {
        assert!(said.contains(mistake), "{mistake} is missing in\n{said}");
    }
}

#[test]
fn a_rule_without_a_name_a_step_or_a_name_of_its_own_is_refused() {
    let step = "step = \"post-attribute-collection\"\n";
    for (text, wanted) in [
        (format!("[[rules]]\n{step}block = true"), "the rule has no `name`"),
        (
            "[[rules]]\nname = \"r\"\nblock = true".to_owned(),
            "the rule does not say its `step`",
        ),
        (
            format!("{}{}", named("r", "block = true"), named("r", "block = true")),
            "another rule is called `r` already",
        ),
        (
            format!("[[rules]]\nname = \"{}\"\n{step}block = true", "x".repeat(81)),
            "a rule's name is one line of 1 to 80 characters",
        ),
        (
            format!("[[rules]]\nname = \"r\"\n{step}{step}block = true"),
            "duplicate key",
        ),
    ] {
        let said = read(&text).err().unwrap();
        assert!(said.contains(wanted), "{text}: {said}");
    }
    let one_step = "[steps.post-attribute-collection]\notherwise = \"block\"\n";
    let said = mistakes(&format!(
        "{one_step}[[rules]]\nname = \"r\"\nstep = \"pre-token-issuance\"\nerror = true"
    ));
    assert!(
        said.starts_with("5:8: no `[steps.pre-token-issuance]` in this file"),
        "{said}"
    );
}

#[test]
fn a_list_that_could_be_taken_for_an_entry_is_refused() {
    for name in ["contoso.com", "a@contoso.com"] {
        let said = refused(&format!("[lists]\n\"{name}\" = [\"contoso.com\"]"));
        assert!(said.contains("a list's name is a word without `.` and `@`"), "{said}");
    }
}
