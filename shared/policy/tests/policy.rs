//! Policies as administrators write them, asked about bodies as the service sends them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use claims::{Address, Claims, Locales, SignUp, Step, Value, parse};
use policy::{MessageName, Outcome, Policy, Verdict};
use proptest::prelude::*;
use regex_syntax::hir::{Class, HirKind};
use store::Timestamp;

/// 2026-11-23, a Monday, at 10:00 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

const SECOND: Step = Step::PostAttributeCollection;

const STEPS: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "continue"
"#;

fn policy(rules: &str) -> Policy {
    Policy::parse(&format!("{STEPS}{rules}")).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(file: &str) -> String {
    match Policy::parse(file) {
        Ok(_) => panic!("this was accepted:\n{file}"),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// The mistakes of a file that is fine but for these rules.
fn refused(rules: &str) -> String {
    mistakes(&format!("{STEPS}{rules}"))
}

fn sign_up(body: &str) -> SignUp {
    parse(SECOND, body.as_bytes()).unwrap()
}

fn outcome(policy: &Policy, body: &str) -> Outcome {
    policy.decide(&sign_up(body), NOW).outcome
}

fn from(address: &str) -> String {
    serde_json_body(&[("email", address)])
}

fn serde_json_body(members: &[(&str, &str)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\":\"{value}\""))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn reply_claims(verdict: &Verdict<'_>) -> Vec<(String, String)> {
    verdict
        .changes
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_json()))
        .collect()
}

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
        let wanted = if listed {
            Outcome::Continue
        } else {
            Outcome::Block(MessageName::BLOCKED)
        };
        assert_eq!(outcome(&policy, &from(address)), wanted, "{address}");
    }
    for nobody in [
        from("jane@evil.test@contoso.com"),
        from("contoso.com"),
        "{}".into(),
        r#"{"email":7}"#.into(),
    ] {
        assert_eq!(
            outcome(&policy, &nobody),
            Outcome::Block(MessageName::BLOCKED),
            "{nobody}"
        );
    }
}

#[test]
fn a_deny_list_turns_away_whom_it_names_and_what_is_no_address() {
    let policy = policy(&format!(
        "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\ndeny = {{ {LIST} }}"
    ));
    for (address, listed) in ADDRESSES {
        let wanted = if listed {
            Outcome::Block(MessageName::BLOCKED)
        } else {
            Outcome::Continue
        };
        assert_eq!(outcome(&policy, &from(address)), wanted, "{address}");
    }
    assert_eq!(
        outcome(&policy, &from("a@contoso.com@evil.test")),
        Outcome::Block(MessageName::BLOCKED)
    );
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
    assert_eq!(outcome(&rule("allow"), body), Outcome::Block(MessageName::BLOCKED));
    let body = r#"{"email":"jane@good.test","identities":[{"issuer":"mail","issuerAssignedId":"jane@contoso.com"}]}"#;
    assert_eq!(outcome(&rule("deny"), body), Outcome::Block(MessageName::BLOCKED));
}

#[test]
fn an_empty_allow_list_admits_nobody() {
    let policy = policy("[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nallow = { domains = [] }");
    assert_eq!(
        outcome(&policy, &from("jane@contoso.com")),
        Outcome::Block(MessageName::BLOCKED)
    );
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
    assert_eq!(
        outcome(&policy, &from("joe@fabrikam.com")),
        Outcome::Block(MessageName::BLOCKED)
    );
    assert!(!policy.serves(Step::PreTokenIssuance));
}

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
        let wanted = if met {
            Outcome::Continue
        } else {
            Outcome::AskAgain(MessageName::CHECK_INPUT)
        };
        assert_eq!(
            outcome(&rule(what), &serde_json_body(&[("city", city)])),
            wanted,
            "{what}: {city}"
        );
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
        let wanted = if met {
            Outcome::Continue
        } else {
            Outcome::AskAgain(MessageName::CHECK_INPUT)
        };
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

#[test]
fn normalisers_change_only_what_differs_and_answer_under_the_key_received() {
    let policy = policy(
        r#"
        [[rules]]
        name = "tidy"
        step = "post-attribute-collection"
        normalise = { claims = ["surname", "givenName", "extension_Nick"], with = ["trim", "collapse-spaces", "nfc", "name-case"] }
        "#,
    );
    let body = r#"{"lastName":"  VAN   DER  BERG ","givenName":"Jane","extension_0123456789abcdef0123456789abcdef_Nick":"jOE"}"#;
    let body = body.replace("jOE", "Jose\u{301}");
    let sign_up = sign_up(&body);
    let verdict = policy.decide(&sign_up, NOW);
    let key = "extension_0123456789abcdef0123456789abcdef_Nick";
    assert_eq!(
        reply_claims(&verdict),
        [
            ("lastName".to_owned(), "\"Van Der Berg\"".to_owned()),
            (key.to_owned(), "\"José\"".to_owned())
        ]
    );
}

#[test]
fn set_answers_always_and_new_claims_need_no_app_id() {
    let policy = policy(
        r#"
        [[rules]]
        name = "tier"
        step = "post-attribute-collection"
        set = { claim = "extension_Tier", to = 3 }
        [[rules]]
        name = "no title"
        step = "post-attribute-collection"
        set = { claim = "jobTitle", to = "" }
        "#,
    );
    let sign_up = sign_up(r#"{"extension_Tier":3,"jobTitle":"King"}"#);
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(
        reply_claims(&verdict),
        [
            ("extension_Tier".to_owned(), "3".to_owned()),
            ("jobTitle".to_owned(), "\"\"".to_owned())
        ]
    );
    assert_eq!(verdict.claims.canonical(), r#"{"extension_Tier":3}"#);
}

#[test]
fn a_hold_is_decided_by_its_conditions_and_a_later_block_wins() {
    let policy = policy(
        r#"
        [[rules]]
        name = "ask a reviewer"
        step = "post-attribute-collection"
        hold = { approve_when = { claim = "country", is = "de" }, deny_when = { claim = "country", one_of = ["XX"] } }
        [[rules]]
        name = "not from there"
        step = "post-attribute-collection"
        when = { not = { claim = "city", present = true } }
        block = true
        "#,
    );
    let held = |body: &str| {
        (
            outcome(&policy, body),
            policy.decide(&sign_up(body), NOW).rule.map(str::to_owned),
        )
    };
    assert_eq!(
        held(r#"{"country":"FR","city":"x"}"#),
        (Outcome::Hold, Some("ask a reviewer".into()))
    );
    assert_eq!(held(r#"{"city":"x"}"#), (Outcome::Hold, Some("ask a reviewer".into())));
    assert_eq!(
        held(r#"{"country":" DE ","city":"x"}"#),
        (Outcome::Admit, Some("ask a reviewer".into()))
    );
    assert_eq!(
        held(r#"{"country":"xx","city":"x"}"#).0,
        Outcome::Block(MessageName::DENIED)
    );
    assert_eq!(
        held(r#"{"country":"DE"}"#),
        (Outcome::Block(MessageName::BLOCKED), Some("not from there".into()))
    );
    assert!(policy.holds());
}

#[test]
fn conditions_look_at_claims_addresses_and_issuers() {
    let holds = |when: &str, body: &str| {
        let rules =
            format!("[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = {when}\nblock = true");
        outcome(&policy(&rules), body) != Outcome::Continue
    };
    let jane = r#"{"email":"jane@contoso.com","extension_Member":"true","extension_Age":42,"extension_Roles":["a","b"],
        "identities":[{"issuer":"Google","issuerAssignedId":"1"}]}"#;
    for (when, wanted) in [
        (r#"{ claim = "extension_Member", is = true }"#, true),
        (r#"{ claim = "extension_Age", is = 42 }"#, true),
        (r#"{ claim = "extension_Age", is = "41" }"#, false),
        (r#"{ claim = "extension_Roles", one_of = ["x", "b"] }"#, true),
        (r#"{ claim = "city", present = false }"#, true),
        (r#"{ domain = ["contoso.com"] }"#, true),
        (r#"{ address = ["JANE@contoso.com"] }"#, true),
        (r#"{ issuer = ["google.com"] }"#, true),
        (r#"{ issuer = ["mail"] }"#, false),
        (r#"{ issuer = "google" }"#, true),
        (r#"{ issuer = "google.com" }"#, true),
        (r#"{ domain = "contoso.com" }"#, true),
        (
            r#"{ all = [{ domain = ["contoso.com"] }, { issuer = ["mail"] }] }"#,
            false,
        ),
        (
            r#"{ any = [{ domain = ["contoso.com"] }, { issuer = ["mail"] }] }"#,
            true,
        ),
        (
            r#"{ not = { any = [{ issuer = "mail" }, { domain = "fabrikam.com" }] } }"#,
            true,
        ),
    ] {
        assert_eq!(holds(when, jane), wanted, "{when}");
    }
}

#[test]
fn an_issuer_is_the_same_in_each_of_its_spellings() {
    for (written, sent) in [
        ("facebook", "facebook.com"),
        ("facebook.com", "Facebook"),
        ("Facebook", "facebook"),
        ("google", "google.com"),
        ("Mail", "mail"),
        ("https://Sts.example/a/", "https://sts.example/a/"),
    ] {
        let policy = policy(&format!(
            "[lists]\nempty = []\n[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = {{ issuer = \"{written}\" }}\nblock = true"
        ));
        let body = |issuer: &str| format!(r#"{{"identities":[{{"issuer":"{issuer}","issuerAssignedId":"1"}}]}}"#);
        assert!(
            matches!(outcome(&policy, &body(sent)), Outcome::Block(_)),
            "{written}: {sent}"
        );
        assert_eq!(outcome(&policy, &body("twitter.com")), Outcome::Continue, "{written}");
    }
}

#[test]
fn a_claim_that_shows_nothing_is_not_present() {
    let policy = policy(
        "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nwhen = { claim = \"city\", present = true }\nblock = true",
    );
    for city in [r#"" ""#, "\"\u{3164}\"", r#"["", " "]"#, r#"{"a":"x"}"#, "null"] {
        assert_eq!(
            outcome(&policy, &format!(r#"{{"city":{city}}}"#)),
            Outcome::Continue,
            "{city}"
        );
    }
    for city in [r#""Wien""#, r#"["", "Wien"]"#, "7", "false"] {
        assert!(
            matches!(outcome(&policy, &format!(r#"{{"city":{city}}}"#)), Outcome::Block(_)),
            "{city}"
        );
    }
}

#[test]
fn approvals_and_denials_last_thirty_days_by_default() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let lasting = |file: &str| {
        let approvals = policy(file).terms().clone();
        (approvals.cool_down, approvals.unused, approvals.trust_email)
    };
    assert_eq!(lasting(""), (30 * DAY, 30 * DAY, false));
    assert_eq!(lasting("[approvals]\nunused = \"1 day\""), (30 * DAY, DAY, false));
    assert_eq!(
        lasting("[approvals]\ncool_down = \"0 days\""),
        (Duration::ZERO, 30 * DAY, false)
    );
}

#[test]
fn an_address_nobody_proved_is_not_admitted_by_somebody_elses_proof() {
    let policy = policy(
        r#"
        [[rules]]
        name = "hold"
        step = "post-attribute-collection"
        hold = { approve_when = { all = [{ domain = "contoso.com" }, { issuer = "mail" }] } }
        "#,
    );
    let from = |identities: &str| {
        outcome(
            &policy,
            &format!(r#"{{"email":"a@contoso.com","identities":[{identities}]}}"#),
        )
    };
    assert_eq!(
        from(r#"{"issuer":"mail","issuerAssignedId":"a@contoso.com"}"#),
        Outcome::Admit
    );
    assert_eq!(
        from(r#"{"issuer":"mail","issuerAssignedId":"evil@evil.test"}"#),
        Outcome::Hold
    );
    assert_eq!(from(r#"{"issuer":"mail"}"#), Outcome::Hold);
    let second = r#"{"issuer":"google","issuerAssignedId":"1"},{"issuer":"mail","issuerAssignedId":"a@contoso.com"}"#;
    assert_eq!(from(second), Outcome::Hold, "the first identity makes the key");
}

#[test]
fn what_is_no_address_slips_past_no_condition() {
    for what in [
        r#"when = { domain = ["evil.test"] }
        block = true"#,
        r#"hold = { approve_when = { not = { domain = ["evil.test"] } }, deny_when = { domain = ["evil.test"] } }"#,
    ] {
        let policy = policy(&format!(
            "[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{what}"
        ));
        for address in ["a@evil.test", "a@b@evil.test", "a@evil.test..", "a b@evil.test"] {
            assert!(
                matches!(outcome(&policy, &from(address)), Outcome::Block(_)),
                "{what}: {address}"
            );
        }
        let proven = r#"{"email":"a@ok.test","identities":[{"issuer":"mail","issuerAssignedId":"a@evil.test"}]}"#;
        assert!(matches!(outcome(&policy, proven), Outcome::Block(_)), "{what}");
        assert!(
            !matches!(outcome(&policy, &from("a@ok.test")), Outcome::Block(_)),
            "{what}"
        );
    }
}

#[test]
fn messages_speak_the_applicants_language() {
    let policy = Policy::parse(
        "languages = [\"en\", \"de\", \"pt-BR\"]\n[steps.post-attribute-collection]\notherwise = \"block\"\n"
            .to_owned()
            .as_str(),
    );
    let missing = policy.unwrap_err().to_string();
    assert!(
        missing.contains("`[messages.blocked]` has to be written") && missing.contains("`pt-br`"),
        "{missing}"
    );
    let policy = Policy::parse(&format!("languages = [\"en\", \"de\"]\n{STEPS}")).unwrap();
    let text = |locales: &str| {
        policy
            .message(&MessageName::DENIED, &Locales::parse(locales), &Claims::default())
            .as_str()
            .to_owned()
    };
    assert_eq!(text("fr-FR de-AT en"), "Ihre Anfrage wurde abgelehnt.");
    assert_eq!(text("fr"), "Your request was denied.");
    assert_eq!(text(""), "Your request was denied.");
}

#[test]
fn what_a_step_cannot_express_is_refused() {
    let rule = |step: &str, what: &str| refused(&format!("[[rules]]\nname = \"r\"\nstep = \"{step}\"\n{what}"));
    let require = "require = { claim = \"city\" }\n";
    for (step, what, wanted) in [
        (
            "post-federation-signup",
            format!("{require}otherwise = \"ask-again\""),
            "only `post-attribute-collection` can ask again",
        ),
        (
            "pre-token-issuance",
            format!("{require}otherwise = \"ask-again\""),
            "only `post-attribute-collection` can ask again",
        ),
        (
            "pre-token-issuance",
            format!("{require}otherwise = \"block\""),
            "the token step cannot block",
        ),
        (
            "pre-token-issuance",
            "block = true".into(),
            "the token step cannot block",
        ),
        ("pre-token-issuance", require.into(), "say `otherwise = \"error\"`"),
        (
            "post-federation-signup",
            "hold = true".into(),
            "only `post-attribute-collection` can hold",
        ),
        (
            "pre-token-issuance",
            "hold = true".into(),
            "only `post-attribute-collection` can hold",
        ),
        (
            "post-attribute-collection",
            "error = true".into(),
            "`error = true` is for `pre-token-issuance` only",
        ),
        (
            "post-attribute-collection",
            "set = { claim = \"email\", to = \"x\" }".into(),
            "does not let an answer set this claim",
        ),
        (
            "post-attribute-collection",
            "set = { claim = \"identities\", to = \"x\" }".into(),
            "does not let an answer set",
        ),
        (
            "pre-token-issuance",
            "set = { claim = \"objectId\", to = \"x\" }".into(),
            "does not let an answer set this claim",
        ),
        (
            "post-attribute-collection",
            "normalise = { claims = [\"email\"], with = [\"trim\"] }".into(),
            "does not let an answer set",
        ),
    ] {
        let said = rule(step, &what);
        assert!(said.contains(wanted), "{step}, {what}: {said}");
    }
    let token = "[steps.pre-token-issuance]\notherwise = \"block\"";
    assert!(mistakes(token).contains("the token step cannot block"));
    policy(
        "[[rules]]\nname = \"r\"\nstep = \"pre-token-issuance\"\nrequire = { claim = \"city\" }\notherwise = \"error\"",
    );
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let said = mistakes(
        "languages = [\"en\"]\n\
         [steps.post-atribute-collection]\notherwise = \"continue\"\n\
         [steps.post-federation-signup]\n\
         [[rules]]\nname = \"one\"\nstep = \"post-federation-signup\"\nalow = { domains = [\"x\"] }\n\
         [[rules]]\nname = \"two\"\nstep = \"post-federation-signup\"\ndeny = { domains = \"partner\" }\notherwise = { blok = \"x\" }\n\
         [lists]\npartners = [\"a b\"]\n",
    );
    for wanted in [
        "2:8: `post-atribute-collection` is no step",
        "did you mean `post-attribute-collection`?",
        "4:8: `post-federation-signup` does not say `otherwise`",
        "did you mean `allow`?",
        "no list is called `partner`",
        "did you mean `partners`?",
        "`blok` means nothing here; did you mean `block`?",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in\n{said}");
    }
}

#[test]
fn files_that_are_none_are_refused() {
    assert!(mistakes("").contains("no `[steps]`"));
    assert!(mistakes("steps = 1").contains("a table is wanted here"));
    assert!(mistakes("[steps").contains("1:"));
    assert!(
        refused("[[rules]]\nname = \"a\"\nstep = \"pre-token-issuance\"\nset = { claim = \"Tier\", to = 1 }")
            .contains("`extension_Tier`")
    );
    assert!(refused("[messages.blocked]\nen = \"<b>No</b>\"").contains("one line without control characters"));
    assert!(refused(&format!("[messages.blocked]\nen = \"{}\"", "x".repeat(251))).contains("251 characters"));
    assert!(refused("[approvals]\ncool_down = \"soon\"").contains("`\"30 days\"`"));
    assert!(refused("[[rules]]\nname = \"a\"\nstep = \"pre-token-issuance\"\nset = { claim = \"city\", to = \"x\" }\nhold = true")
        .contains("a rule does one thing"));
}

#[test]
fn the_example_is_right() {
    let text = std::fs::read_to_string("../../policy.toml").unwrap();
    let policy = Policy::parse(&text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(Step::ALL.into_iter().all(|step| policy.serves(step)));
    let body = r#"{"email":"jane@example.com","displayName":" jane  ROE","country":"Germany"}"#;
    let sign_up = sign_up(body);
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(verdict.outcome, Outcome::Hold);
    assert_eq!(
        reply_claims(&verdict),
        [("displayName".to_owned(), "\"Jane Roe\"".to_owned())]
    );
    let partner = r#"{"email":"a@contoso.com","displayName":"Al Bo","identities":[{"issuer":"mail","issuerAssignedId":"a@contoso.com"}]}"#;
    assert_eq!(outcome(&policy, partner), Outcome::Admit);
    assert_eq!(
        outcome(&policy, r#"{"email":"a@contoso.com","displayName":"Al Bo"}"#),
        Outcome::Hold
    );
}

proptest! {
    #[test]
    fn reading_is_total(text in "\\PC{0,200}|[\\[\\]a-z=\"{}\\n ,.#0-9-]{0,200}") {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn reading_is_total_on_broken_policies(at in 0_usize..3000, cut in 0_usize..40, insert in "[\\[\\]{}\"=\\n,.é]{0,3}") {
        let text = include_str!("../../../policy.toml");
        let boundary = |i: usize| (0..=i.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let (start, end) = (boundary(at), boundary(at + cut).max(boundary(at)));
        if let Err(mistakes) = Policy::parse(&format!("{}{insert}{}", &text[..start], &text[end..])) {
            prop_assert!(!mistakes.to_string().is_empty());
        }
    }

    #[test]
    fn deciding_never_panics(body in "[\\{\\}\\[\\]\":,a-zA-Z@.é0-9]{0,60}", email in "\\PC{0,30}") {
        let policy = Policy::parse(include_str!("../../../policy.toml")).unwrap();
        if let Ok(sign_up) = parse(SECOND, body.as_bytes()) {
            let _ = policy.decide(&sign_up, NOW);
        }
        let body = format!("{{\"email\":{email:?},\"displayName\":{email:?}}}");
        if let Ok(sign_up) = parse(SECOND, body.as_bytes()) {
            let _ = policy.decide(&sign_up, NOW);
        }
    }
}

#[test]
fn accounts_and_mails_are_chosen_in_the_file() {
    use approvals::AccountBy;
    use store::News;
    let terms = |file: &str| policy(file).terms().clone();
    let nothing = terms("");
    assert_eq!(
        (nothing.account, nothing.tell_reviewers, nothing.tell_unproven),
        (AccountBy::Flow, false, false)
    );
    assert!(nothing.tell_applicants.is_empty());
    let chosen = "[approvals]\naccount = \"graph\"\n[mail]\napplicants = [\"received\", \"denied\"]\nunproven = true\nreviewers = [\"Rita@Contoso.com\"]\n";
    let terms = terms(chosen);
    assert_eq!(
        (terms.account, terms.tell_reviewers, terms.tell_unproven),
        (AccountBy::Graph, true, true)
    );
    assert_eq!(terms.tell_applicants, [News::Received, News::Denied]);
    let reviewers = policy(chosen).mail().reviewers.clone();
    assert_eq!(
        reviewers.iter().map(|r| r.as_str()).collect::<Vec<_>>(),
        ["rita@contoso.com"]
    );
    assert!(refused("[approvals]\naccount = \"grap\"").contains("did you mean `graph`?"));
    assert!(refused("[mail]\napplicants = [\"recieved\"]").contains("did you mean `received`?"));
    assert!(refused("[mail]\nreviewers = []").contains("leave it out to tell nobody"));
    assert!(refused("[mail]\nreviewers = [\"rita\"]").contains("no e-mail address"));
    assert!(refused("[mail]\nreviewer = [\"rita@contoso.com\"]").contains("did you mean `reviewers`?"));
}

#[test]
fn accounts_that_we_create_join_the_groups_of_the_file() {
    let graph = "[approvals]\naccount = \"graph\"\n";
    let none = policy(graph).accounts().clone();
    assert!(none.groups.is_empty() && !none.invite_others);
    let group = "2F1C0B6E-4c4f-4f0f-9d3b-0a4a4d1f3e11";
    let chosen = policy(&format!(
        "{graph}[accounts]\ngroups = [\"{group}\"]\ninvite_others = true"
    ))
    .accounts()
    .clone();
    assert_eq!(chosen.groups, [group.to_lowercase()]);
    assert!(chosen.invite_others);
    assert!(refused(&format!("{graph}[accounts]\ngroups = [\"partners\"]")).contains("object id"));
    assert!(refused("[accounts]\ninvite_others = true").contains("account = \"graph\""));
}
