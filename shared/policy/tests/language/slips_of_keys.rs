//! A slip of the keyboard is one mistake, and says what was probably meant.

use crate::common::*;

/// The file is refused for one thing only, which says this.
fn assert_one(file: &str, wanted: &str) {
    let said = Policy::parse(file).unwrap_err();
    assert!(
        said.iter().count() == 1 && said.to_string().contains(wanted),
        "{file}\nwanted {wanted}, came\n{said}"
    );
}

#[test]
fn a_misspelt_key_is_not_said_to_be_missing_too() {
    let name = "[[rules]]\nname = \"r\"\n";
    let step = "step = \"post-attribute-collection\"\n";
    for (text, wanted) in [
        (
            format!("[[rules]]\nnmae = \"r\"\n{step}block = true"),
            "did you mean `name`?",
        ),
        (
            format!("{name}stpe = \"post-attribute-collection\"\nblock = true"),
            "did you mean `step`?",
        ),
        (rule("blokc = true"), "did you mean `block`?"),
        (rule("requires = { claim = \"city\" }"), "did you mean `require`?"),
        (
            rule("require = { clam = \"city\", min_length = 2 }"),
            "did you mean `claim`?",
        ),
        (
            rule("require = { claim = \"city\", minimum = { clam = \"state\" } }"),
            "did you mean `claim`?",
        ),
        (rule("set = { claims = \"city\", to = \"x\" }"), "did you mean `claim`?"),
        (
            rule("set = { claim = \"city\", tempalte = \"{state}\" }"),
            "did you mean `template`?",
        ),
        (
            rule("normalise = { claim = [\"city\"], with = [\"trim\"] }"),
            "did you mean `claims`?",
        ),
        (rule("deny = { domain = [\"a.test\"] }"), "did you mean `domains`?"),
        (
            rule("deny = { claim = \"city\", value = [\"x\"] }"),
            "did you mean `values`?",
        ),
        (
            rule("deny = { domains = [\"a.test\"] }\notherwise = { blok = \"waiting\" }"),
            "did you mean `block`?",
        ),
        (
            rule("when = { domian = [\"a.test\"] }\nblock = true"),
            "did you mean `domain`?",
        ),
        (
            rule("when = { not = { isuer = \"mail\" } }\nblock = true"),
            "did you mean `issuer`?",
        ),
        (
            rule("when = { claim = \"city\", presnt = true }\nblock = true"),
            "did you mean `present`?",
        ),
        (
            rule("when = { claim = \"city\", min_lenght = 2 }\nblock = true"),
            "did you mean `min_length`?",
        ),
        (
            rule("when = { time = { form = \"08:00\" } }\nblock = true"),
            "did you mean `from`?",
        ),
        (
            rule("require = { claim = \"city\", email = { alow = [\"quoted\"] } }"),
            "did you mean `allow`?",
        ),
        (
            rule("emit = { evnt = \"x\", on = [\"block\"] }"),
            "did you mean `event`?",
        ),
        ("[lists]\nmore = { fiel = \"x\" }".to_owned(), "did you mean `file`?"),
        (
            "[lists]\nmore = { url = \"https://a.test/x\", hold = \"domains\", every = \"1 day\" }".to_owned(),
            "did you mean `holds`?",
        ),
    ] {
        assert_one(&format!("{STEPS}{text}"), wanted);
    }
    // What is only missing is said to be.
    for (text, wanted) in [
        (
            format!("[[rules]]\ndescription = \"r\"\n{step}block = true"),
            "the rule has no `name`",
        ),
        (rule("description = \"r\""), "the rule does nothing"),
        (
            rule("set = { claim = \"city\", description = \"r\" }"),
            "`set` says what the claim becomes",
        ),
    ] {
        let said = refused(&text);
        assert!(
            said.contains(wanted) && said.contains("means nothing here; known here are"),
            "{text}\n{said}"
        );
    }
}

#[test]
fn steps_that_cannot_be_read_are_not_said_to_be_missing_too() {
    let rule = rule("block = true");
    for (steps, wanted) in [
        (
            "[stpes.post-attribute-collection]\notherwise = \"block\"",
            "did you mean `steps`?",
        ),
        (
            "[steps.post-attribute-colection]\notherwise = \"block\"",
            "did you mean `post-attribute-collection`?",
        ),
        (
            "[steps.post-attribute-collection]\notherwhise = \"block\"",
            "did you mean `otherwise`?",
        ),
        (
            "[steps.post-attribute-collection]\notherwise = \"blok\"",
            "did you mean `block`?",
        ),
        ("", "no `[steps]`: write"),
        ("[steps]", "no `[steps]`: write"),
    ] {
        assert_one(&format!("{steps}\n{rule}"), wanted);
    }
}

#[test]
fn rules_in_single_brackets_are_told_how_many_there_are() {
    let two = rule("block = true") + &named("s", "block = true");
    let single = two.replace("[[rules]]", "[rules]");
    let first = single.split("[rules]").nth(1).unwrap();
    assert_one(
        &format!("{STEPS}[rules]{first}"),
        "write `[[rules]]`, in two brackets, before each",
    );
    assert_one(
        &format!("{STEPS}{single}"),
        "duplicate key; every rule begins with `[[rules]]`, in two brackets",
    );
    let said = mistakes("[lists]\na = []\n[lists]\nb = []");
    assert!(said.contains("duplicate key") && !said.contains("[[rules]]"), "{said}");
}

#[test]
fn the_text_of_a_message_in_the_place_of_its_name_is_told_where_it_belongs() {
    let wanted = "a message's name belongs here, not its text";
    assert_refused(&[
        ("block = \"Please come back.\"", wanted, "\"Please"),
        (
            "deny = { domains = [\"a.test\"] }\notherwise = { block = \"Not you.\" }",
            wanted,
            "\"Not you",
        ),
        (
            "require = { claim = \"city\" }\notherwise = { ask_again = \"Which city?\" }",
            wanted,
            "\"Which",
        ),
        (
            "require = { claim = \"city\" }\notherwise = \"Which city?\"",
            "to show a message, write",
            "\"Which",
        ),
        (
            "require = { claim = \"city\" }\notherwise = \"waiting\"",
            "to show a message, write `{ block = \"its name\" }`",
            "\"waiting\"",
        ),
        (
            "block = \"waitng\"",
            "no message is called `waitng`; write `[messages.waitng]`; did you mean `waiting`?",
            "\"waitng",
        ),
    ]);
}

#[test]
fn a_custom_claim_in_other_letters_is_suggested_with_its_prefix() {
    for (name, wanted) in [
        ("Extension_Kind", "write `extension_Kind`"),
        ("EXTENSION_Kind", "write `extension_Kind`"),
        ("Kind", "write `extension_Kind`"),
        ("DisplayName", "write `displayName`"),
    ] {
        let require = format!("require = {{ claim = \"{name}\" }}");
        assert_refused(&[(&require, wanted, &format!("\"{name}\""))]);
    }
}
