//! What holds for any file and any body.

use std::sync::LazyLock;

use policy::Facts;
use proptest::prelude::*;

use crate::{common::*, lists_elsewhere::Files};

/// The policy of the repository, the examples, and one rule of each kind with every key that there is.
const FILES: [&str; 11] = [
    include_str!("../../../../policy.toml"),
    include_str!("../../../../examples/partners-only.toml"),
    include_str!("../../../../examples/no-throwaway.toml"),
    include_str!("../../../../examples/approval-one-country.toml"),
    include_str!("../../../../examples/approval-by-country-team.toml"),
    include_str!("../../../../examples/invitation-only.toml"),
    include_str!("../../../../examples/crm-look-up.toml"),
    include_str!("../../../../examples/verified-in-one-country.toml"),
    include_str!("../../../../examples/no-robots.toml"),
    include_str!("../../../../examples/limit-per-domain.toml"),
    EVERYTHING,
];

static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let read = |text: &str| Policy::parse_with(text, &Files).unwrap();
    FILES.into_iter().map(read).collect()
});

const EVERYTHING: &str = r#"
languages = ["en", "de"]
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "block"
[steps.pre-token-issuance]
otherwise = "error"
[lists]
partners = ["contoso.com", "*.fabrikam.com"]
cities = { stored = "values" }
[[rules]]
name = "normalise"
step = ["post-attribute-collection", "pre-token-issuance"]
normalise = { claims = ["displayName", "phoneNumber", "country"], with = ["nfc", "trim", "collapse-spaces", "name-case", "lower-email", "phone-e164", "country-iso"] }
[[rules]]
name = "set"
step = "post-attribute-collection"
set = { claim = "extension_Copy", copy = "surname" }
[[rules]]
name = "template"
step = "post-attribute-collection"
set = { claim = "displayName", template = "{surname} {{{givenName}}}" }
[[rules]]
name = "drop"
step = "post-attribute-collection"
drop = ["surname", "extension_Code"]
[[rules]]
name = "watch"
step = "post-attribute-collection"
mode = "observe"
require = { claim = "city", min_length = 2, max_length = 9, characters = ["letters"], pattern = "[a-z]*", one_of = ["a"], minimum = 1, maximum = { claim = "state" }, not_before = "18 years ago", not_after = { claim = "state" }, email = { allow = ["quoted"] }, phone = true, postal_code = { claim = "country" }, same_as = "state", differs_from = "country" }
[[rules]]
name = "each demand by itself"
step = ["post-federation-signup", "post-attribute-collection"]
when = { any = [
  { claim = "city", minimum = { claim = "state" } }, { claim = "city", not_before = { claim = "state" } },
  { claim = "city", postal_code = { claim = "country" } }, { claim = "city", same_as = "state" },
  { claim = "city", phone = true }, { claim = "city", email = true }, { claim = "city", present = false },
  { not = { all = [{ domain = "partners" }, { issuer = "mail" }] } }, { address = "a@contoso.com" },
  { sign_in_type = "federated" }, { app = "11111111-2222-3333-4444-555555555555" }, { locale = "de" },
  { step = "post-federation-signup" }, { time = { from = "22:00", to = "06:00", days = ["mon"], offset = "-05:30" } },
  { client_address = ["192.0.2.0/24", "::/0"] },
] }
deny = { domains = ["evil.test"], claim = "state", values = ["x"] }
otherwise = { block = "sorry" }
[[rules]]
name = "allow"
step = "post-attribute-collection"
when = { not = { domain = "partners" } }
allow = { addresses = ["a@contoso.com"], issuers = ["mail"] }
[[rules]]
name = "hold"
step = "post-attribute-collection"
hold = { approve_when = { claim = "city", differs_from = "state" }, deny_when = { not = { domain = "partners" } } }
[[rules]]
name = "a list that does not answer"
step = ["post-attribute-collection", "pre-token-issuance"]
when = { claim = "city", one_of = "cities" }
drop = ["city"]
on_failure = "continue"
[[rules]]
name = "say"
step = "post-attribute-collection"
emit = { event = "sign-up", claims = ["city", "displayName"], on = ["continue", "hold"] }
[messages.sorry]
en = "Sorry, {displayName} of {city}."
de = "Leider nein, {displayName}."
"#;

/// What may stand in a policy where a word does.
const WORD: &str = "otherwise|step|when|claim|all|any|not|time|minimum|not_before|same_as|hold|allow|\\{ claim = \"city\" \\}\
    |\"today\"|[0-9.e+-]{1,6}|[a-z_\"]{0,9}|[\\[\\]{}\"=\n,.é]{0,3}";

/// A JSON value as a claim may have it, and worse.
fn json() -> impl Strategy<Value = String> {
    let text = "[\\PC&&[^\"\\\\]]{0,12}|[a-z0-9@.+ -]{0,24}|2000-02-29|(0049|\\+49|0)[0-9]{3,12}|a@contoso\\.com|x";
    let text = text.prop_map(|text| format!("\"{text}\""));
    let number = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?(e[0-9]{1,3})?";
    let other = "true|false|null|\\{\\}|\\{\"a\":1\\}|\\[\\]|\\[1\\]|\\[\"x\",\"\"\\]";
    prop_oneof![4 => text, 1 => number, 1 => other]
}

fn any_body() -> impl Strategy<Value = String> {
    let key = "email|city|state|country|surname|lastName|givenName|displayName|phoneNumber|ipAddress|client_id|ui_locales|step|extension_Code|identities";
    let member = (key, json()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
    let identity =
        "\"issuer\":\"(mail|google|x)\",\"issuerAssignedId\":\"[a-z@.]{0,12}\"(,\"signInType\":\"federated\")?";
    let identity = identity.prop_map(|inside| format!("\"identities\":[{{{inside}}}]"));
    prop::collection::vec(prop_oneof![6 => member, 1 => identity], 0..9)
        .prop_map(|members| format!("{{{}}}", members.join(",")))
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

proptest! {
    #[test]
    fn reading_is_total(text in "\\PC{0,200}|[\\[\\]a-z=\"{}\\n ,.#0-9-]{0,200}") {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn reading_is_total_on_broken_policies(which in 0..FILES.len(), at in 0_usize..5000, cut in 0_usize..40, insert in WORD) {
        let text = FILES[which];
        let start = boundary(text, at);
        let end = boundary(text, at + cut).max(start);
        let broken = format!("{}{insert}{}", &text[..start], &text[end..]);
        match Policy::parse(&broken) {
            // What can be read can be asked.
            Ok(policy) => { policy.decide(&sign_up(r#"{"email":"a@contoso.com","city":"x"}"#), NOW); }
            Err(mistakes) => for mistake in mistakes.iter() {
                let line = broken.lines().nth(mistake.line - 1).unwrap_or_default();
                prop_assert!(mistake.column <= line.chars().count() + 1, "{}", mistakes);
                prop_assert!(!mistake.what.is_empty());
            },
        }
    }

    #[test]
    fn deciding_is_total_and_explaining_says_the_same(which in 0..FILES.len(), step in 0..Step::ALL.len(), body in any_body(), seconds in 0_i64..4_000_000_000) {
        let policy = &POLICIES[which];
        let sign_up = parse(Step::ALL[step], body.as_bytes()).unwrap();
        let now = Timestamp::from_millis(seconds * 1000);
        let verdict = policy.decide(&sign_up, now);
        let explained = explained(policy, &sign_up, now);
        prop_assert_eq!(&verdict.outcome, &explained.outcome);
        prop_assert_eq!(verdict.rule, explained.rule);
        prop_assert!(verdict.changes == explained.changes);
        if let Outcome::Block(name) | Outcome::AskAgain(name) = &verdict.outcome {
            let text = policy.message(name, &sign_up.locales, &verdict.claims);
            prop_assert!((1..=250).contains(&text.as_str().chars().count()));
        }
    }

    #[test]
    fn bodies_of_any_shape_are_decided(body in "[\\{\\}\\[\\]\":,a-zA-Z@.é0-9]{0,60}") {
        if let Ok(sign_up) = parse(SECOND, body.as_bytes()) {
            POLICIES[FILES.len() - 1].decide(&sign_up, NOW);
        }
    }
}

#[test]
fn a_file_that_nests_deeply_is_refused() {
    let nested = |depth: usize| {
        format!(
            "when = {}{{ issuer = \"mail\" }}{}\nblock = true",
            "{ not = ".repeat(depth),
            " }".repeat(depth)
        )
    };
    assert!(read(&rule(&nested(20))).is_ok());
    for depth in [100, 100_000] {
        assert!(read(&rule(&nested(depth))).is_err(), "{depth}");
    }
    let dotted = format!("when.{}issuer = \"mail\"\nblock = true", "not.".repeat(100_000));
    assert!(read(&rule(&dotted)).is_err());
    let body = |depth: usize| {
        format!(
            "method = \"POST\"\nbody = {}1{}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let sent = |body: &str| format!("[look_ups.x]\nurl = \"https://x.example\"\n{body}claims = {{ city = \"/c\" }}\n");
    assert!(read(&sent(&body(20))).is_ok());
    for body in [
        body(100_000),
        format!("method = \"POST\"\nbody.{}b = 1\n", "a.".repeat(100_000)),
    ] {
        assert!(read(&sent(&body)).is_err());
    }
}

/// What is explained to somebody who does not ask the store.
fn explained<'p>(policy: &'p Policy, sign_up: &SignUp, now: Timestamp) -> Verdict<'p> {
    let mut facts = Facts::none();
    loop {
        match policy.explain(sign_up, now, &facts) {
            Ok((verdict, _)) => return verdict,
            Err(questions) => facts.fail(questions, "it is not asked"),
        }
    }
}
