use crate::common::*;

#[test]
fn empty_lists_are_refused_but_for_allow() {
    let wanted = "this list is empty";
    assert_refused(&[
        ("when = { all = [] }\nblock = true", wanted, "[]"),
        ("when = { any = [] }\nblock = true", wanted, "[]"),
        (
            "when = { not = { any = [{ all = [] }] } }\nblock = true",
            wanted,
            "[] }",
        ),
        ("when = { domain = [] }\nblock = true", wanted, "[]"),
        ("when = { address = [] }\nblock = true", wanted, "[]"),
        ("when = { issuer = [] }\nblock = true", wanted, "[]"),
        ("when = { claim = \"city\", one_of = [] }\nblock = true", wanted, "[]"),
        ("when = { domain = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("when = { address = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("when = { issuer = \"empty\" }\nblock = true", wanted, "\"empty\""),
        ("hold = { approve_when = { any = [] } }", wanted, "[]"),
        ("deny = { domains = [] }", wanted, "[]"),
        ("deny = { addresses = [] }", wanted, "[]"),
        (
            "deny = { addresses = \"empty\", domains = [\"evil.test\"] }",
            wanted,
            "\"empty\"",
        ),
        ("require = { claim = \"city\", one_of = [] }", wanted, "[]"),
        (
            "require = { claim = \"city\", one_of = \"empty\" }",
            wanted,
            "\"empty\"",
        ),
        ("require = { claim = \"city\", characters = [] }", wanted, "[]"),
        ("normalise = { claims = [], with = [\"trim\"] }", wanted, "[]"),
        ("normalise = { claims = [\"city\"], with = [] }", wanted, "[]"),
        (
            "block = true\n[[rules]]\nname = \"s\"\nstep = []\nblock = true",
            wanted,
            "[]",
        ),
        ("hold = {}", "`hold` is `true`, the name of a route, or a table", "{}"),
    ]);
    assert_taken(&[
        "allow = { domains = [] }",
        "allow = { domains = \"empty\" }",
        "allow = { addresses = [], domains = \"partners\" }",
    ]);
    let said = |file: &str| Policy::parse(file).unwrap_err().to_string();
    assert!(said("[steps]").contains("no `[steps]`"));
    assert!(said("rules = []\n[steps.post-attribute-collection]\notherwise = \"block\"").contains(wanted));
}

#[test]
fn what_stands_twice_in_a_list_is_refused() {
    let wanted = "this stands in the list twice";
    assert_refused(&[
        ("deny = { domains = [\"a.test\", \"A.test\"] }", wanted, "\"A.test\""),
        (
            "allow = { addresses = [\"a@a.test\", \"a@a.test\"] }",
            wanted,
            "\"a@a.test\"]",
        ),
        (
            "when = { issuer = [\"mail\", \"Mail\"] }\nblock = true",
            wanted,
            "\"Mail\"",
        ),
        (
            "require = { claim = \"city\", one_of = [\"Wien\", \"wien \"] }",
            wanted,
            "\"wien \"",
        ),
        (
            "require = { claim = \"city\", characters = [\"letters\", \"letters\"] }",
            wanted,
            "\"letters\"]",
        ),
        (
            "normalise = { claims = [\"city\", \"city\"], with = [\"trim\"] }",
            wanted,
            "\"city\"]",
        ),
        (
            "normalise = { claims = [\"city\"], with = [\"trim\", \"nfc\", \"trim\"] }",
            wanted,
            "\"trim\"]",
        ),
        (
            "block = true\n[[rules]]\nname = \"s\"\nstep = [\"post-federation-signup\", \"post-federation-signup\"]\nblock = true",
            wanted,
            "\"post-federation-signup\"]",
        ),
    ]);
    assert_taken(&[
        "deny = { domains = \"partners\" }",
        "require = { claim = \"city\", characters = [\"a\", \"A\"] }",
    ]);
    let file = "languages = [\"en\", \"EN\"]\n[steps.post-attribute-collection]\notherwise = \"block\"";
    assert!(
        Policy::parse(file)
            .unwrap_err()
            .to_string()
            .starts_with("1:20: this stands in the list twice")
    );
}

#[test]
fn domains_that_are_none_are_refused() {
    for text in [
        "*",
        "*contoso.com",
        "contoso.*",
        "a,b",
        "a b",
        "http://contoso.com",
        "a.test, b.test",
        "a_b.test",
        "",
        "*.",
        "*.*.test",
    ] {
        let quoted = format!("\"{text}\"");
        let wanted = format!("`{text}` is no domain");
        let deny = format!("deny = {{ domains = [{quoted}] }}");
        let when = format!("when = {{ domain = [{quoted}] }}\nblock = true");
        assert_refused(&[(&deny, &wanted, &quoted), (&when, &wanted, &quoted)]);
    }
    assert_refused(&[
        (
            "deny = { domains = [\"a@b.test\"] }",
            "an address belongs under `addresses`",
            "\"a@b.test\"",
        ),
        (
            "deny = { domains = [\"partners\"] }",
            "leave the brackets out",
            "\"partners\"",
        ),
        (
            "deny = { domains = [\"contoso\"] }",
            "`contoso` is no domain",
            "\"contoso\"",
        ),
        (
            "deny = { addresses = [\"partners\"] }",
            "leave the brackets out",
            "\"partners\"",
        ),
        (
            "deny = { addresses = [\"a,b@a.test\"] }",
            "no e-mail address",
            "\"a,b@a.test\"",
        ),
        (
            "deny = { domains = \"*contoso.com\" }",
            "is no domain",
            "\"*contoso.com\"",
        ),
    ]);
    assert_taken(&["deny = { domains = [\" *.Bücher.example\", \"a-b.test.\", \"*.test\"] }"]);
}

#[test]
fn a_mistake_in_a_named_list_is_told_once() {
    let said = read(&rule(
        "deny = { domains = \"wrong\" }\n[[rules]]\nname = \"s\"\nstep = \"post-federation-signup\"\ndeny = { domains = \"wrong\" }",
    ));
    assert_eq!(said.unwrap_err().matches("`a b` is no domain").count(), 1);
}
