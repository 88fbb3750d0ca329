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
        (format!("{rule}blok = \"waitng\""), "the rule does nothing"),
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
            "rules are written as `[[rules]]`",
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
    for mistake in ["no rule shows the message `waitng`", "the rule does nothing", "`soon`"] {
        assert!(said.contains(mistake), "{mistake} is missing in\n{said}");
    }
}
