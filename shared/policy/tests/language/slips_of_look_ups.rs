//! Mistakes in `[look_ups]` and in what all calls have in common.

use crate::common::*;

const USED: &str = "\n[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\nlook_up = \"x\"\n";

/// Each table is refused, the mistake says this and its mark stands here.
fn assert_slips(cases: &[(&str, &str, &str)]) {
    for (text, wanted, place) in cases {
        let said = read(&format!("[look_ups.x]\n{text}\n{USED}"))
            .err()
            .unwrap_or_else(|| panic!("accepted: {text}"));
        let lines: Vec<_> = said.lines().collect();
        let marks = |three: &[&str]| {
            let column = three[2].chars().take_while(|c| *c == ' ').count();
            let marked: String = three[1].chars().skip(column).collect();
            three[0].contains(wanted) && marked.starts_with(place)
        };
        assert!(
            lines.chunks(3).any(marks),
            "{text}: wanted {wanted:?} at {place:?}, came\n{said}"
        );
    }
}

fn taken(text: &str) -> Policy {
    read(&format!("[look_ups.x]\n{text}\n{USED}")).unwrap_or_else(|said| panic!("{text}: {said}"))
}

const CLAIMS: &str = "claims = { companyName = \"/c\" }";

#[test]
fn addresses_are_https_and_nothing_stands_in_their_host() {
    let never = "never stands in scheme, host or port";
    let none = "this is no address";
    for (url, wanted) in [
        ("https://{city}/a", never),
        ("https://{city}.example.com/a", never),
        ("https://x.example:{city}/a", never),
        ("{city}://x.example", never),
        ("{extension_Url}", never),
        ("http://x.example/a", "`http` sends everything in the open"),
        ("http://127.0.0.1.x.example/a", "`http` sends everything in the open"),
        ("http://192.168.0.1/a", "`http` sends everything in the open"),
        ("https://user@x.example/a", none),
        ("https://user:pw@x.example/a", none),
        ("https:///a", none),
        ("https://x.example:99999/a", none),
        ("https://[::1/a", none),
        ("ftp://x.example/a", none),
        ("x.example/a", none),
        ("", none),
        ("https://x.example/a b", "characters that none has"),
        ("https://x.example/a#b", "characters that none has"),
        ("https://x.example/a{{b}}", "characters that none has"),
        ("https://x.example/ä", "characters that none has"),
        ("https://x.example\\\\@evil.example/a", none),
        ("https://x.example/\\\\evil", "characters that none has"),
        ("https://x.example/../a", "without `.` and `..`"),
        ("https://x.example/{secret.s}", "a secret has no place in an address"),
        ("https://x.example/{emial}", "`{emial}`: no built-in attribute"),
        ("https://x.example/{identity.isuer}", "did you mean `identity.issuer`?"),
        ("https://x.example/{email", "stands alone"),
        (
            "https://x.example/{secret.t}",
            "is no secret of this call; there are `s`",
        ),
    ] {
        let text = format!("url = \"{url}\"\nsecrets = {{ s = \"env:S\" }}\n{CLAIMS}");
        assert_slips(&[(&text, wanted, &format!("\"{url}\""))]);
    }
    for url in [
        "http://127.0.0.1:8080/{email}",
        "http://[::1]:80",
        "http://localhost/x",
        "https://x.example?q={email}",
        "https://[2001:db8::1]:8443/",
    ] {
        taken(&format!("url = \"{url}\"\n{CLAIMS}"));
    }
}

#[test]
fn a_look_up_says_where_and_what_it_sets() {
    let url = "url = \"https://x.example\"";
    let with = |rest: &str| format!("{url}\n{rest}");
    assert_slips(&[
        (
            CLAIMS,
            "says the `url` of another system, or the `item`",
            "[look_ups.x]",
        ),
        (
            &format!("{url}\nitem = \"a\"\n{CLAIMS}"),
            "says the `url` of another system",
            "\"a\"",
        ),
        (
            &format!("item = \"a b\"\nkey = \"{{email}}\"\n{CLAIMS}"),
            "the name of items",
            "\"a b\"",
        ),
        (
            &format!("item = \"a\"\n{CLAIMS}"),
            "the `key` of the item is missing",
            "[look_ups.x]",
        ),
        (
            &format!("item = \"a\"\nkey = \"{{nobody}}\"\n{CLAIMS}"),
            "`{nobody}`: no built-in",
            "\"{nobody}\"",
        ),
        (url, "which `claims` does it set?", "[look_ups.x]"),
        (&with("claims = {}"), "sets at least one claim", "{}"),
        (
            &with("claims = { email = \"/e\" }"),
            "does not let an answer set",
            "email",
        ),
        (&with("claims = { tier = \"/e\" }"), "write `extension_tier`", "tier"),
        (&with("claims = { city = \"e\" }"), "`e` is no JSON pointer", "\"e\""),
        (
            &with("claims = { city = \"/~2\" }"),
            "`/~2` is no JSON pointer",
            "\"/~2\"",
        ),
        (
            &with(&format!("retyr = true\n{CLAIMS}")),
            "did you mean `retry`?",
            "retyr",
        ),
    ]);
    let mistakes = read(&format!("[look_ups.\"a b\"]\n{url}\n{CLAIMS}")).unwrap_err();
    assert!(mistakes.contains("a name here has 1 to 64 letters"), "{mistakes}");
    assert_refused(&[("look_up = \"y\"", "no look-up is called `y`", "\"y\"")]);
}

#[test]
fn what_is_sent_is_checked() {
    let with = |rest: &str| format!("url = \"https://x.example\"\n{CLAIMS}\n{rest}");
    let secret = "secrets = { t = \"env:T\" }";
    assert_slips(&[
        (&with("method = \"post\""), "did you mean `POST`?", "\"post\""),
        (&with("body = { a = 1 }"), "GET sends no body", "{ a"),
        (
            &with("method = \"POST\"\nbody = { a = 1 }\nform = { a = \"1\" }"),
            "not both",
            "{ a = \"1\" }",
        ),
        (
            &with(&format!(
                "method = \"POST\"\nbody = {{ a = \"{{secret.t}}\" }}\n{secret}"
            )),
            "has no place in",
            "\"{secret.t}\"",
        ),
        (
            &with("method = \"POST\"\nbody = { a = 2026-01-01 }"),
            "a text, a number",
            "2026",
        ),
        (
            &with("method = \"POST\"\nbody = { a = inf }"),
            "a text, a number",
            "inf",
        ),
        (&with("method = \"POST\"\nform = { a = 1 }"), "a text in quotes", "1 }"),
        (
            &with("headers = { \"A B\" = \"x\" }"),
            "is no name of a header",
            "\"A B\"",
        ),
        (&with("headers = { host = \"x\" }"), "is written by the program", "host"),
        (
            &with("headers = { Content-Type = \"x\" }"),
            "is written by the program",
            "Content-Type",
        ),
        (
            &with("headers = { Accept-Encoding = \"gzip\" }"),
            "is written by the program",
            "Accept-Encoding",
        ),
        (
            &with("headers = { content-encoding = \"gzip\" }"),
            "is written by the program",
            "content-encoding",
        ),
        (
            &with("headers = { keep-alive = \"x\" }"),
            "is written by the program",
            "keep-alive",
        ),
        (
            &with("headers = { proxy-authorization = \"x\" }"),
            "is written by the program",
            "proxy-authorization",
        ),
        (
            &with("headers = { proxy-connection = \"x\" }"),
            "is written by the program",
            "proxy-connection",
        ),
        (&with("headers = { A = \"x\", a = \"y\" }"), "stands here twice", "a ="),
        (&with("headers = { A = \"x\\ny\" }"), "has no control characters", "\"x"),
        (
            &with("headers = { A = \"{secret.t}\" }"),
            "write `secrets = { t = \"env:NAME\" }`",
            "\"{secret.t}\"",
        ),
        (
            &with("secrets = { t = \"hunter2\" }"),
            "a secret stands elsewhere",
            "\"hunter2\"",
        ),
        (
            &with("secrets = { t = \"env:\" }"),
            "a secret stands elsewhere",
            "\"env:\"",
        ),
        (
            &with("secrets = { t = \"secretsmanager:a#b#c\" }"),
            "a secret stands elsewhere",
            "\"secretsmanager",
        ),
        (&with(secret), "nothing uses this secret", "t = "),
    ]);
    let said = read(&format!(
        "[look_ups.x]\n{}{USED}",
        with("secrets = { t = \"hunter2\" }")
    ))
    .unwrap_err();
    assert_eq!(
        said.matches("hunter2").count(),
        said.matches("    secrets = { t = \"hunter2\" }").count()
    );
}

#[test]
fn no_call_takes_longer_or_more_than_the_gate_has() {
    let with = |rest: &str| format!("url = \"https://x.example\"\n{CLAIMS}\n{rest}");
    assert_slips(&[
        (&with("deadline_ms = 1401"), "at most 1400 milliseconds", "1401"),
        (&with("deadline_ms = 0"), "a whole number from 1", "0"),
        (&with("max_bytes = 262145"), "at most 262144 bytes", "262145"),
        (&with("cache = \"0 minutes\""), "leave `cache` out", "\"0 minutes\""),
        (&with("cache = \"10\""), "a time such as", "\"10\""),
    ]);
    taken(&with("deadline_ms = 1400\nmax_bytes = 262144\ncache = \"1 minute\""));
}

#[test]
fn the_account_has_no_id_before_it_exists() {
    let table = "[look_ups.x]\nurl = \"https://x.example/{objectId}\"\nclaims = { companyName = \"/c\" }\n";
    let at = |step: &str| {
        read(&format!(
            "{table}[[rules]]\nname = \"r\"\nstep = \"{step}\"\nlook_up = \"x\"\n"
        ))
    };
    assert!(
        at("post-attribute-collection")
            .unwrap_err()
            .contains("there is no account that has one")
    );
    assert!(at("pre-token-issuance").is_ok());
}

#[test]
fn look_ups_that_nobody_uses_and_suggestions_are_warned_about() {
    let warned = |text: &str| {
        let policy = read(text).unwrap_or_else(|said| panic!("{said}"));
        policy.warnings().iter().map(ToString::to_string).collect::<String>()
    };
    let table = "[look_ups.x]\nurl = \"https://x.example\"\nclaims = { companyName = \"/c\", city = \"/d\" }\n";
    assert!(warned(table).contains("no rule uses `x`; write `look_up = \"x\"` in one"));
    let first = "[[rules]]\nname = \"f\"\nstep = \"post-federation-signup\"\nlook_up = \"x\"\n";
    let said = warned(&format!("{table}{first}"));
    assert!(
        said.contains("is set at the first step only") && said.contains("[first-step-only]"),
        "{said}"
    );
    let one = named("s", "set = { claim = \"companyName\", to = \"x\" }");
    assert!(warned(&format!("{table}{first}{one}")).contains("`city` is set at the first step only"));
    assert_eq!(warned(&format!("{table}{first}{}", named("s", "look_up = \"x\""))), "");
    for by_address in [
        "[look_ups.x]\nurl = \"https://x.example/{email}\"\nclaims = { city = \"/c\" }\n",
        "[look_ups.x]\nitem = \"x\"\nkey = \"{email}\"\nclaims = { city = \"/c\" }\n",
    ] {
        let said = warned(&format!("{by_address}{}", named("s", "look_up = \"x\"")));
        assert!(
            said.contains("nobody proved") && said.contains("[unproven-address]"),
            "{said}"
        );
        let proven = named("s", "when = { issuer = \"mail\" }\nlook_up = \"x\"");
        assert_eq!(warned(&format!("{by_address}{proven}")), "");
    }
}
