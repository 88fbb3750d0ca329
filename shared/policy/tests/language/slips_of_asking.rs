//! Mistakes in rules that verify, invite and limit, and in `[checks]`.

use crate::common::*;

const CHECK: &str = "url = \"https://id.example\"\noutcome = \"/r\"\npass = \"a\"\nfail = [\"b\"]\n";
const REFERS: &str = "url = \"https://id.example\"\noutcome = \"/r\"\npass = \"a\"\nrefer = \"c\"\nfail = [\"b\"]\n";
const HUMAN: &str = "captcha = \"turnstile\"\ntoken = \"extension_T\"\nsecrets = { captcha = \"env:C\" }\n";

fn at(step: &str, table: &str, what: &str) -> Result<Policy, String> {
    read(&format!(
        "[checks.x]\n{table}[[rules]]\nname = \"r\"\nstep = {step}\n{what}\n"
    ))
}

fn assert_says(cases: &[(&str, &str, &str, &str)]) {
    for (step, table, what, wanted) in cases {
        let step = format!("\"{step}\"");
        let said = at(&step, table, what)
            .err()
            .unwrap_or_else(|| panic!("accepted: {table}{what}"));
        assert!(said.contains(wanted), "{table}{what}: wanted {wanted:?}, came\n{said}");
    }
}

const FIRST: &str = "post-federation-signup";
const SECOND: &str = "post-attribute-collection";
const TOKEN: &str = "pre-token-issuance";
const VERIFY: &str = "verify = \"x\"";

#[test]
fn kinds_stand_at_the_steps_where_they_can() {
    let limit = "limit = { by = \"all\", at_most = 1, within = \"1 day\" }";
    assert_says(&[
        (
            FIRST,
            CHECK,
            "invitation = \"extension_C\"",
            "only `post-attribute-collection` can ask for a code",
        ),
        (
            TOKEN,
            CHECK,
            "invitation = \"extension_C\"\notherwise = \"error\"",
            "can ask for a code",
        ),
        (FIRST, HUMAN, VERIFY, "only `post-attribute-collection` has a token"),
        (FIRST, REFERS, VERIFY, "can hold"),
        (
            TOKEN,
            CHECK,
            "verify = \"x\"\notherwise = \"error\"",
            "before they have an account",
        ),
        (
            TOKEN,
            CHECK,
            &format!("{limit}\notherwise = \"error\""),
            "a limit counts people at one step",
        ),
        (FIRST, CHECK, &format!("{limit}\notherwise = \"hold\""), "can hold"),
        (SECOND, CHECK, &format!("{limit}\nmode = \"observe\""), "counts nothing"),
    ]);
    let both = "[\"post-federation-signup\", \"post-attribute-collection\"]";
    assert!(
        at(both, CHECK, limit)
            .unwrap_err()
            .contains("a limit counts people at one step")
    );
    for step in [FIRST, SECOND] {
        for what in [VERIFY, limit] {
            at(&format!("\"{step}\""), CHECK, what).unwrap_or_else(|said| panic!("{step} {what}: {said}"));
        }
    }
}

#[test]
fn checks_say_what_they_need() {
    assert_says(&[
        (
            SECOND,
            &CHECK.replace("outcome = \"/r\"\n", ""),
            VERIFY,
            "`outcome` is missing",
        ),
        (SECOND, &CHECK.replace("/r", "r"), VERIFY, "`r` is no JSON pointer"),
        (
            SECOND,
            &CHECK.replace("fail = [\"b\"]\n", ""),
            VERIFY,
            "which texts `pass` and which `fail`",
        ),
        (
            SECOND,
            &CHECK.replace("pass = \"a\"\n", ""),
            VERIFY,
            "which texts `pass` and which `fail`",
        ),
        (SECOND, &CHECK.replace("[\"b\"]", "[]"), VERIFY, "this list is empty"),
        (
            SECOND,
            &CHECK.replace("[\"b\"]", "[\"A\"]"),
            VERIFY,
            "`a` means two things",
        ),
        (
            SECOND,
            &REFERS.replace("\"c\"", "\"b\""),
            VERIFY,
            "`b` means two things",
        ),
        (
            SECOND,
            &CHECK.replace("url = \"https://id.example\"\n", ""),
            VERIFY,
            "which `captcha` it is",
        ),
        (
            SECOND,
            &format!("{CHECK}keep = \"0 days\"\n"),
            VERIFY,
            "would be paid twice",
        ),
        (
            SECOND,
            &format!("{CHECK}retry = true\n"),
            VERIFY,
            "`retry` means nothing here",
        ),
        (
            SECOND,
            &format!("{CHECK}cache = \"1 day\"\n"),
            VERIFY,
            "`cache` means nothing here",
        ),
        (
            SECOND,
            CHECK,
            "verify = \"y\"",
            "no check is called `y`; write `[checks.y]`",
        ),
        (
            SECOND,
            CHECK,
            "verify = \"x\"\nrefer = true",
            "refers nobody to reviewers",
        ),
        (
            SECOND,
            REFERS,
            "verify = \"x\"\nrefer = \"nobody\"",
            "no route is called `nobody`",
        ),
        (SECOND, CHECK, "block = true\nrefer = true", "beside `verify` only"),
        (SECOND, CHECK, "block = true\nattempts = {}", "beside `invitation` only"),
    ]);
    for taken in ["refer = true\n", ""] {
        assert!(
            at(
                &format!("\"{SECOND}\""),
                REFERS,
                &format!("verify = \"x\"\n{taken}on_failure = \"hold\"")
            )
            .is_ok()
        );
    }
}

#[test]
fn captchas_say_what_they_need() {
    let with = |more: &str| format!("{HUMAN}{more}\n");
    assert_says(&[
        (
            SECOND,
            &HUMAN.replace("turnstile", "turnstyle"),
            VERIFY,
            "did you mean `turnstile`?",
        ),
        (
            SECOND,
            &HUMAN.replace("token = \"extension_T\"\n", ""),
            VERIFY,
            "`token` is missing",
        ),
        (
            SECOND,
            &HUMAN.replace("extension_T", "email"),
            VERIFY,
            "does not let an answer set",
        ),
        (
            SECOND,
            &HUMAN.replace("secrets = { captcha = \"env:C\" }\n", ""),
            VERIFY,
            "write `secrets = { captcha = \"env:NAME\" }`",
        ),
        (
            SECOND,
            &HUMAN.replace("{ captcha =", "{ a = \"env:A\", captcha ="),
            VERIFY,
            "nothing uses this secret",
        ),
        (SECOND, &with("score = 0.5"), VERIFY, "only `recaptcha` has a `score`"),
        (
            SECOND,
            &with("score = 2").replace("turnstile", "recaptcha"),
            VERIFY,
            "a number above 0",
        ),
        (
            SECOND,
            &with("action = \"x\"").replace("turnstile", "hcaptcha"),
            VERIFY,
            "says no `action`",
        ),
        (SECOND, &with("url = \"http://x.example\""), VERIFY, "in the open"),
        (
            SECOND,
            &with("url = \"https://{city}\""),
            VERIFY,
            "never stands in scheme, host or port",
        ),
        (SECOND, &with("deadline_ms = 2000"), VERIFY, "at most 1400"),
        (
            SECOND,
            &with("outcome = \"/x\""),
            VERIFY,
            "`outcome` means nothing here",
        ),
    ]);
}

#[test]
fn limits_and_invitations_say_what_they_need() {
    let limit = |text: &str| format!("limit = {{ {text} }}");
    assert_refused(&[
        (&limit("by = \"all\", at_most = 1"), "`limit` says `by` what", "{ by"),
        (
            &limit("by = \"al\", at_most = 1, within = \"1 day\""),
            "did you mean `all`?",
            "\"al\"",
        ),
        (
            &limit("by = \"all\", at_most = 0, within = \"1 day\""),
            "a whole number from 1",
            "0",
        ),
        (
            &limit("by = \"all\", at_most = 1, within = \"0 days\""),
            "nothing happens in no time",
            "\"0 days\"",
        ),
        ("invitation = \"email\"", "does not let an answer set", "\"email\""),
        ("invitation = true", "a text in quotes", "true"),
        (
            "invitation = \"extension_C\"\nattempts = { per_aplicant = 1 }",
            "did you mean `per_applicant`?",
            "per_aplicant",
        ),
        (
            "invitation = \"extension_C\"\nattempts = { per_applicant = 2, overall = 1 }",
            "the smaller number",
            "{ per",
        ),
        (
            "invitation = \"extension_C\"\nattempts = { within = \"0 days\" }",
            "nothing happens in no time",
            "\"0 days\"",
        ),
    ]);
}

#[test]
fn a_step_writes_no_more_than_a_commit_holds() {
    let limit = |n: usize| {
        named(
            &format!("l{n}"),
            "limit = { by = \"all\", at_most = 1, within = \"1 day\" }",
        )
    };
    let emit = named(
        "e",
        "accept_warnings = [\"unpublished\"]\nemit = { event = \"e\", on = [\"continue\"] }",
    );
    let limits = |n: usize| (0..n).map(limit).collect::<String>();
    let invite = |name: &str| named(name, "invitation = \"extension_C\"");
    let full = "at most 8 rules of a step say events or count";
    assert!(read(&format!("{emit}{}", limits(7))).is_ok());
    assert!(read(&format!("{emit}{}", limits(8))).unwrap_err().contains(full));
    assert!(read(&format!("{}{}", invite("i"), limits(6))).is_ok());
    assert!(
        read(&format!("{}{}", invite("i"), limits(7)))
            .unwrap_err()
            .contains(full)
    );
    let two = read(&format!("{}{}", invite("i"), invite("j"))).unwrap_err();
    assert!(two.contains("one rule asks for an invitation"), "{two}");
}

#[test]
fn built_in_texts_of_rules_are_translated_where_a_rule_shows_them() {
    let texts = [
        "blocked",
        "check-input",
        "waiting",
        "pending",
        "denied",
        "unproven",
        "other-address",
        "on-its-way",
        "ready",
        "failed",
    ];
    let texts: String = texts
        .iter()
        .map(|name| format!("[messages.{name}]\nfr = \"Bonjour.\"\n"))
        .collect();
    let file = |rules: &str| {
        let file = format!("languages = [\"fr\"]\n{STEPS}{texts}{rules}");
        Policy::parse(&file).map_err(|mistakes| mistakes.to_string())
    };
    let limit = "limit = { by = \"all\", at_most = 1, within = \"1 day\" }";
    assert!(file("").is_ok());
    assert!(
        file(&rule(limit))
            .unwrap_err()
            .contains("`[messages.later]` has to be written")
    );
    assert!(file(&rule(&format!("{limit}\notherwise = \"block\""))).is_ok());
    assert!(
        file(&rule("invitation = \"extension_C\""))
            .unwrap_err()
            .contains("`[messages.invitation-needed]`")
    );
}

#[test]
fn what_costs_at_every_sign_up_and_what_nobody_proved_is_warned_about() {
    let warned = |table: &str, what: &str| {
        let policy = at(&format!("\"{SECOND}\""), table, what).unwrap_or_else(|said| panic!("{said}"));
        policy.warnings().iter().map(ToString::to_string).collect::<String>()
    };
    let costs = "is made at every sign-up";
    assert!(warned(CHECK, VERIFY).contains(costs));
    assert!(!warned(CHECK, "when = { claim = \"country\", is = \"AT\" }\nverify = \"x\"").contains(costs));
    assert!(!warned(CHECK, "mode = \"observe\"\nverify = \"x\"").contains(costs));
    assert_eq!(
        warned(CHECK, "verify = \"x\"\naccept_warnings = [\"every-sign-up\"]"),
        ""
    );
    assert_eq!(warned(HUMAN, VERIFY), "");
    assert!(warned(CHECK, "block = true").contains("no rule uses `x`; write `verify = \"x\"`"));
    let limit = "limit = { by = \"address\", at_most = 1, within = \"1 day\" }";
    assert!(warned(HUMAN, limit).contains("[unproven-address]"));
    assert!(!warned(HUMAN, &format!("when = {{ issuer = \"mail\" }}\n{limit}")).contains("[unproven-address]"));
}
