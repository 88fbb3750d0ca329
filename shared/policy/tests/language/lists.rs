use crate::common::*;

const ADDRESSES: [(&str, bool); 9] = [
    ("jane@contoso.com", true),
    ("Jane@CONTOSO.COM", true),
    ("jane@eu.fabrikam.com", true),
    ("jane@bücher.example", true),
    ("jane@xn--bcher-kva.example", true),
    ("boss@elsewhere.example", true),
    ("jane@fabrikam.com", false),
    ("jane@contoso.com.evil.test", false),
    ("jane@evilcontoso.com", false),
];

const LIST: &str =
    r#"domains = ["contoso.com", "*.fabrikam.com", "BÜCHER.example"], addresses = ["Boss@elsewhere.example"]"#;

#[test]
fn an_allow_list_lets_in_whom_it_names_and_nobody_else() {
    let policy = policy(&format!(
        "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nallow = {{ {LIST} }}"
    ));
    for (address, listed) in ADDRESSES {
        let wanted = if listed { Outcome::Continue } else { BLOCKED };
        assert_eq!(outcome(&policy, &from(address)), wanted, "{address}");
    }
    for nobody in [
        from("jane@evil.test@contoso.com"),
        from("contoso.com"),
        "{}".into(),
        r#"{"email":7}"#.into(),
    ] {
        assert_eq!(outcome(&policy, &nobody), BLOCKED, "{nobody}");
    }
}

#[test]
fn a_deny_list_turns_away_whom_it_names_and_what_is_no_address() {
    let policy = policy(&format!(
        "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\ndeny = {{ {LIST} }}"
    ));
    for (address, listed) in ADDRESSES {
        let wanted = if listed { BLOCKED } else { Outcome::Continue };
        assert_eq!(outcome(&policy, &from(address)), wanted, "{address}");
    }
    assert_eq!(outcome(&policy, &from("a@contoso.com@evil.test")), BLOCKED);
    assert_eq!(outcome(&policy, "{}"), Outcome::Continue);
}

#[test]
fn an_address_that_a_passcode_proved_counts_as_much_as_the_one_typed() {
    let rule = |kind: &str| {
        policy(&format!(
            "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{kind} = {{ {LIST} }}"
        ))
    };
    let body = r#"{"email":"jane@contoso.com","identities":[{"issuer":"mail","issuerAssignedId":"jane@evil.test"}]}"#;
    assert_eq!(outcome(&rule("allow"), body), BLOCKED);
    let body = r#"{"email":"jane@good.test","identities":[{"issuer":"mail","issuerAssignedId":"jane@contoso.com"}]}"#;
    assert_eq!(outcome(&rule("deny"), body), BLOCKED);
}

#[test]
fn an_empty_allow_list_admits_nobody() {
    let policy = policy("[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nallow = { domains = [] }");
    assert_eq!(outcome(&policy, &from("jane@contoso.com")), BLOCKED);
}

#[test]
fn allow_lists_of_a_closed_step_are_alternatives() {
    let policy = Policy::parse(
        r#"
        [steps.post-attribute-collection]
        otherwise = "block"
        [[rules]]
        name = "partners"
        step = "post-attribute-collection"
        allow = { domains = ["contoso.com"] }
        [[rules]]
        name = "friends"
        step = "post-attribute-collection"
        allow = { addresses = ["jane@fabrikam.com"] }
        "#,
    )
    .unwrap();
    assert_eq!(outcome(&policy, &from("a@contoso.com")), Outcome::Continue);
    assert_eq!(outcome(&policy, &from("jane@fabrikam.com")), Outcome::Continue);
    assert_eq!(outcome(&policy, &from("joe@fabrikam.com")), BLOCKED);
    assert!(!policy.serves(Step::PreTokenIssuance));
}
