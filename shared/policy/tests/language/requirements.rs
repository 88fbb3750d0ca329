use regex_syntax::hir::{Class, HirKind};

use crate::common::*;

#[test]
fn requirements_ask_again() {
    let rule = |what: &str| {
        policy(&format!(
            "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nrequire = {{ claim = \"city\", {what} }}"
        ))
    };
    let cases = [
        ("optional = false", "Wien", true),
        ("optional = false", "   ", false),
        ("optional = false", "", false),
        ("min_length = 2", "W", false),
        ("min_length = 2", "ÄÖ", true),
        ("max_length = 3", "ÄÖÜ", true),
        ("max_length = 3", "Wien", false),
        ("characters = [\"letters\"]", "Zürich", true),
        ("characters = [\"letters\"]", "St. Gallen", false),
        ("characters = [\"letters\", \"spaces\", \".\"]", "St. Gallen", true),
        ("pattern = \"[A-Z][a-z]+\"", "Wien", true),
        ("pattern = \"[A-Z][a-z]+\"", "Wien1", false),
        ("one_of = [\"Wien\", \"Graz\"]", " wien ", true),
        ("one_of = [\"Wien\", \"Graz\"]", "Linz", false),
        ("optional = true, min_length = 2", "", true),
        ("optional = true, min_length = 2", "W", false),
        ("optional = true, max_length = 9", "   ", false),
        ("max_length = 5", "Wien ", true),
        ("max_length = 5", " Wien ", false),
        ("min_length = 4", " Wien ", true),
        ("min_length = 4", " Wie  ", false),
        ("min_length = 2", "W\u{3164}\u{200b}", false),
        ("min_length = 2", "\u{115f}\u{1160}\u{ffa0}", false),
        ("max_length = 9", "\u{3164}", false),
        ("optional = false", "\u{3164}", false),
        ("optional = false", "\u{2800}\u{ad}", false),
        ("characters = [\"letters\"]", "\u{3164}", false),
    ];
    for (what, city, met) in cases {
        let wanted = if met { Outcome::Continue } else { CHECK_INPUT };
        assert_eq!(outcome(&rule(what), &body(&[("city", city)])), wanted, "{what}: {city}");
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_absent_and_of_several_texts_each_counts() {
    let cases = [
        ("min_length = 1", r#"{"a":1}"#, false),
        ("optional = false", r#"{"a":1}"#, false),
        ("optional = true, min_length = 1", r#"{"a":1}"#, true),
        ("optional = true, min_length = 1", r#"["x",2]"#, true),
        ("optional = false", r#"["x",2]"#, false),
        ("optional = false", r#"["", " "]"#, false),
        ("optional = false", r#"["", "Wien"]"#, true),
        ("optional = true, max_length = 9", r#"[" "]"#, false),
        ("min_length = 4", r#"["Wien", "Graz"]"#, true),
        ("min_length = 4", r#"["Wien", "Ulm"]"#, false),
        ("max_length = 9", r#"["Wien", ""]"#, false),
        ("min_length = 2", "42", true),
        ("pattern = \"[a-z]+\"", "true", true),
        ("pattern = \"[a-z]+\"", "42", false),
        ("optional = false", "false", true),
    ];
    for (what, city, met) in cases {
        let policy = policy(&format!(
            "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nrequire = {{ claim = \"city\", {what} }}"
        ));
        let body = format!(r#"{{"city":{city}}}"#);
        let wanted = if met { Outcome::Continue } else { CHECK_INPUT };
        assert_eq!(outcome(&policy, &body), wanted, "{what}: {city}");
    }
}

/// The table of characters that show nothing against the one of the engine of patterns.
#[test]
fn characters_that_show_nothing_are_those_of_unicode() {
    let class = regex_syntax::parse(r"\p{Default_Ignorable_Code_Point}")
        .unwrap()
        .into_kind();
    let HirKind::Class(Class::Unicode(class)) = class else {
        panic!("no class")
    };
    let ignorable = |c: char| {
        class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c))
    };
    for c in ('\0'..=char::MAX).filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{2800}') {
        let text = c.to_string();
        assert_eq!(Value::visible_length(&text) == 0, ignorable(c), "{c:?}");
        assert!(
            !ignorable(c) || Address::parse(&format!("a{c}b@contoso.com")).is_err(),
            "{c:?}"
        );
    }
}
