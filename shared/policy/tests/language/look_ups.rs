//! What is looked up elsewhere: what is asked, when, and what becomes of the answer.

use crate::common::*;

const CRM: &str = r#"
[look_ups.crm]
url = "https://crm.example.com/people/{email}?app={client_id}&name={displayName}"
headers = { Authorization = "Bearer {secret.token}", Accept-Language = "{ui_locales}" }
secrets = { token = "env:CRM_TOKEN" }
claims = { extension_Tier = "/customer/tier", companyName = "/customer/company" }
"#;

fn crm(rules: &str) -> Policy {
    policy(&format!("{CRM}{}{rules}", named("crm", "look_up = \"crm\"")))
}

const JANE: &str = r#"{"email":"jane roe+1@contoso.com","displayName":"J/R&?#é","extension_Tier":"gold",
    "identities":[{"issuer":"Google","issuerAssignedId":"ID 7"}],"ui_locales":"de-AT en"}"#;

#[test]
fn claims_stand_percent_encoded_in_the_address() {
    let policy = crm("");
    let (_, rounds) = asked(&policy, &sign_up(JANE), |_| found(&["", ""]));
    let call = call(&rounds[0][0]);
    assert_eq!(
        sent(call),
        "Get https://crm.example.com/people/jane%20roe%2B1%40contoso.com?app=&name=J%2FR%26%3F%23%C3%A9\n\
         Accept-Language: de-at, en\nAuthorization: Bearer <env:CRM_TOKEN>"
    );
    assert_eq!(call.pointers, ["/customer/company", "/customer/tier"]);
    assert_eq!(
        (call.deadline.as_millis(), call.retries, call.most_bytes),
        (600, true, 262_144)
    );
    assert_eq!((call.cache, call.idempotency_key), (None, None));
    assert!(!format!("{:?}", rounds[0]).contains("contoso"));
}

#[test]
fn what_is_found_is_set_and_what_is_not_there_takes_the_claim_away() {
    let policy = crm("");
    let both = |answer: Result<Answer, String>| {
        let (verdict, _) = asked(&policy, &sign_up(JANE), |_| answer.clone());
        assert_eq!(verdict.outcome, Outcome::Continue);
        reply_claims(&verdict)
    };
    let claims = |company: &str, tier: &str| {
        vec![
            ("companyName".to_owned(), format!("\"{company}\"")),
            ("extension_Tier".to_owned(), format!("\"{tier}\"")),
        ]
    };
    assert_eq!(both(found(&["Contoso", "silver"])), claims("Contoso", "silver"));
    assert_eq!(both(found(&["Contoso", ""])), claims("Contoso", ""));
    assert_eq!(both(found(&["Contoso"])), claims("Contoso", ""));
    assert_eq!(both(Ok(Answer::Found(Found::Nothing))), claims("", ""));
    let object = Value::Other("{\"a\":1}".to_owned());
    let odd = Found::Values(vec![Some(object), Some(Value::Number("1.10".to_owned()))]);
    let wanted = vec![
        ("companyName".to_owned(), "\"\"".to_owned()),
        ("extension_Tier".to_owned(), "1.10".to_owned()),
    ];
    assert_eq!(both(Ok(Answer::Found(odd))), wanted);
}

#[test]
fn a_text_that_is_too_long_for_a_request_is_as_one_that_is_not_there() {
    let policy = crm("");
    let tier = |value: Value| {
        let answer = Ok(Answer::Found(Found::Values(vec![None, Some(value)])));
        let (verdict, _) = asked(&policy, &sign_up(JANE), |_| answer.clone());
        assert_eq!(verdict.outcome, Outcome::Continue);
        verdict.changes.get("extension_Tier").unwrap().clone()
    };
    let text = |bytes: usize| Value::Text("x".repeat(bytes));
    assert_eq!(tier(text(8192)), text(8192));
    assert_eq!(tier(text(8193)), Value::blank());
    // Texts count together, with what stands between them.
    let texts = |count: usize| Value::Texts(vec!["x".repeat(1022); count]);
    assert_eq!(tier(texts(8)), texts(8));
    assert_eq!(tier(texts(9)), Value::blank());
    assert_eq!(tier(Value::Number("1".repeat(9000))), Value::blank());
}

#[test]
fn a_look_up_that_fails_turns_away_and_never_leaves_what_was_typed() {
    let failing = |rules: &str| {
        let policy = policy(&format!(
            "{CRM}{}",
            named("crm", &format!("look_up = \"crm\"\n{rules}"))
        ));
        let (verdict, _) = asked(&policy, &sign_up(JANE), |_| Err("no answer".to_owned()));
        let claims = reply_claims(&verdict);
        assert_eq!(verdict.failure.as_deref(), Some("no answer"));
        let alone = policy.decide(&sign_up(JANE), NOW);
        assert_eq!((&alone.outcome, alone.failure.is_some()), (&verdict.outcome, true));
        (verdict.outcome, claims)
    };
    assert_eq!(failing("").0, Outcome::Block(MessageName::FAILED));
    let gone = [("companyName", "\"\""), ("extension_Tier", "\"\"")];
    for (on_failure, outcome) in [("continue", Outcome::Continue), ("hold", Outcome::Hold)] {
        let (came, claims) = failing(&format!("on_failure = \"{on_failure}\""));
        assert_eq!(came, outcome);
        assert_eq!(claims, gone.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let token = policy(&format!(
        "{CRM}[[rules]]\nname = \"t\"\nstep = \"pre-token-issuance\"\nlook_up = \"crm\""
    ));
    let sign_up = parse(Step::PreTokenIssuance, JANE.as_bytes()).unwrap();
    let (verdict, _) = asked(&token, &sign_up, |_| Err("no answer".to_owned()));
    assert!(verdict.outcome == Outcome::Continue && reply_claims(&verdict).is_empty());
}

#[test]
fn bodies_are_json_with_the_types_of_the_claims_and_forms_hold_texts() {
    let body = r#"
[look_ups.posted]
url = "https://crm.example.com"
method = "POST"
body = { text = "say \"{displayName}\"", n = "{extension_N}", b = "{extension_B}", a = "{extension_A}", o = "{extension_O}", no = "{city}", fixed = [1, 2.5, true, "x{{y}}"], who = { issuer = "{identity.issuer}", id = "{identity.id}" } }
claims = { companyName = "/c" }
[look_ups.form]
url = "https://crm.example.com/form"
method = "PUT"
form = { a = "{displayName}-{city}", key = "{secret.key}" }
secrets = { key = "ssm:/crm/key" }
deadline_ms = 1400
retry = false
max_bytes = 1
cache = "10 minutes"
claims = { companyName = "/c" }
"#;
    let rules = named("a", "look_up = \"posted\"") + &named("b", "look_up = \"form\"");
    let policy = policy(&format!("{body}{rules}"));
    let jane = sign_up(
        r#"{"displayName":"a\"}\\\n,{","extension_N":1.10,"extension_B":true,"extension_A":["x","y"],"extension_O":{"k":[null]},
        "identities":[{"issuer":"Google","issuerAssignedId":"ID 7"}]}"#,
    );
    let (_, rounds) = asked(&policy, &jane, |_| found(&[""]));
    assert_eq!(rounds.len(), 1);
    let (post, form) = (call(&rounds[0][0]), call(&rounds[0][1]));
    assert_eq!(
        sent(post),
        "Post https://crm.example.com/\n\
         {\"a\":[\"x\",\"y\"],\"b\":true,\"fixed\":[1,2.5,true,\"x{y}\"],\"n\":1.10,\"no\":null,\"o\":{\"k\":[null]},\
         \"text\":\"say \\\"a\\\"}\\\\\\n,{\\\"\",\"who\":{\"id\":\"ID 7\",\"issuer\":\"google.com\"}}"
    );
    assert_eq!(
        sent(form),
        "Put https://crm.example.com/form\na=a\"}\\\n,{-\nkey=<ssm:/crm/key>"
    );
    assert!(!post.retries && !form.retries);
    assert_eq!((form.deadline.as_millis(), form.most_bytes), (1400, 1));
    assert_eq!(form.cache.map(|time| time.as_secs()), Some(600));
}

#[test]
fn a_claim_never_leads_elsewhere_nor_adds_a_header() {
    let file = |url: &str| {
        let table = format!(
            "[look_ups.x]\nurl = \"{url}\"\nheaders = {{ X-Name = \"{{displayName}}\" }}\nclaims = {{ companyName = \"/c\" }}\n"
        );
        policy(&format!("{table}{}", named("x", "look_up = \"x\"")))
    };
    let come = |url: &str, body: &str| {
        let policy = file(url);
        let (verdict, rounds) = asked(&policy, &sign_up(body), |_| found(&["c"]));
        (rounds.len(), verdict.outcome)
    };
    let (city, dots) = ("https://x.example/a/{city}/b", "https://x.example/a/.{city}");
    for (url, body, rounds) in [
        (city, r#"{"city":"..","email":"a@b.example"}"#, 0),
        (city, r#"{"city":"."}"#, 0),
        (dots, r#"{"city":"."}"#, 0),
        (city, r#"{"city":"../.."}"#, 1),
        (city, r#"{"city":"a","displayName":"x\r\nCookie: a"}"#, 0),
        (city, r#"{"city":"a","displayName":"x\u0000"}"#, 0),
        (city, r#"{"city":"a","displayName":"Zoë"}"#, 1),
        // There is nothing to ask about.
        (city, r#"{"displayName":"x"}"#, 0),
        (city, r#"{"city":{"a":1}}"#, 0),
        ("https://x.example/a?c={city}", "{}", 1),
    ] {
        assert_eq!(come(url, body), (rounds, Outcome::Continue), "{url} {body}");
    }
    let policy = file(city);
    let (verdict, _) = asked(&policy, &sign_up("{}"), |_| found(&["c"]));
    assert_eq!(reply_claims(&verdict), [("companyName".to_owned(), "\"\"".to_owned())]);
}

#[test]
fn an_item_of_the_store_is_asked_by_its_key() {
    let table = "[look_ups.known]\nitem = \"customers\"\nkey = \"{email}\"\nclaims = { extension_Tier = \"/tier\" }\n";
    let policy = policy(&format!("{table}{}", named("known", "look_up = \"known\"")));
    assert!(policy.asks_controls(SECOND) && !policy.asks_outside(SECOND));
    assert!(!policy.asks_controls(Step::PostFederationSignup));
    let key = |body: &str| {
        let (verdict, rounds) = asked(&policy, &sign_up(body), |_| found(&["gold"]));
        let Question::Item(item) = &rounds[0][0] else {
            panic!("{rounds:?}")
        };
        assert_eq!(
            (item.table.as_str(), &*item.pointers),
            ("customers", &["/tier".to_owned()][..])
        );
        assert_eq!(
            reply_claims(&verdict),
            [("extension_Tier".to_owned(), "\"gold\"".to_owned())]
        );
        item.key
    };
    assert_eq!(key(&from("jane@contoso.com")), key(&from(" Jane@Contoso.com ")));
    assert_ne!(key(&from("jane@contoso.com")), key(&from("joe@contoso.com")));
    let (verdict, rounds) = asked(&policy, &sign_up("{}"), |_| found(&["gold"]));
    assert!(rounds.is_empty() && verdict.outcome == Outcome::Continue);
}

const TWO: &str = r#"
[look_ups.first]
url = "https://a.example/{email}"
claims = { extension_Id = "/id" }
[look_ups.second]
url = "https://b.example/{extension_0123456789abcdef0123456789abcdef_Id}"
claims = { extension_Tier = "/tier" }
[look_ups.third]
url = "https://c.example/{email}"
claims = { companyName = "/name" }
"#;

/// The hosts that are asked in each round.
fn hosts(rounds: &[Vec<Question>]) -> Vec<Vec<String>> {
    let host = |question: &Question| call(question).url.chars().nth("https://".len()).unwrap().to_string();
    rounds.iter().map(|round| round.iter().map(host).collect()).collect()
}

#[test]
fn look_ups_that_need_nothing_of_each_other_are_asked_at_once_and_others_wait() {
    let look_ups = ["first", "second", "third"].map(|name| named(name, &format!("look_up = \"{name}\"")));
    let policy = policy(&format!("{TWO}{}", look_ups.concat()));
    assert!(policy.asks_outside(SECOND) && !policy.asks_controls(SECOND));
    let body = r#"{"email":"a","extension_0123456789abcdef0123456789abcdef_Id":"typed"}"#;
    let (_, rounds) = asked(&policy, &sign_up(body), |_| found(&["7"]));
    assert_eq!(hosts(&rounds), [vec!["a", "c"], vec!["b"]]);
    assert_eq!(call(&rounds[1][0]).url, "https://b.example/7");
}

#[test]
fn nothing_is_asked_or_decided_with_a_claim_that_an_earlier_rule_still_waits_to_set() {
    let first = named("first", "look_up = \"first\"");
    let second = named("second", "look_up = \"second\"");
    let b_after = |between: &str, wanted: &[Vec<&str>]| {
        let policy = read(&format!(
            "{TWO}{first}{between}{second}{}",
            named("third", "look_up = \"third\"")
        ))
        .unwrap();
        let body = r#"{"email":"a","extension_Id":"typed","extension_0123456789abcdef0123456789abcdef_Id":"typed"}"#;
        let (_, rounds) = asked(&policy, &sign_up(body), |_| found(&["7"]));
        assert_eq!(hosts(&rounds), wanted, "{between}");
    };
    let waits = vec![vec!["a", "c"], vec!["b"]];
    b_after("", &waits);
    b_after(
        &named("n", "normalise = { claims = [\"extension_Id\"], with = [\"trim\"] }"),
        &waits,
    );
    // It would turn away with what was typed.
    b_after(
        &named("n", "when = { claim = \"extension_Id\", is = \"typed\" }\nblock = true"),
        &waits,
    );
    b_after(
        &named("n", "deny = { claim = \"extension_Id\", values = [\"typed\"] }"),
        &waits,
    );
    // A copy of what is waited for is waited for.
    let copied = TWO.replace("{extension_0123456789abcdef0123456789abcdef_Id}", "{extension_Copy}");
    let copy = named("copy", "set = { claim = \"extension_Copy\", copy = \"extension_Id\" }");
    let policy = read(&format!("{copied}{first}{copy}{second}")).unwrap();
    let (_, rounds) = asked(&policy, &sign_up(r#"{"email":"a","extension_Id":"typed"}"#), |_| {
        found(&["7"])
    });
    assert_eq!(hosts(&rounds), [["a"], ["b"]]);
    assert_eq!(call(&rounds[1][0]).url, "https://b.example/7");
}

#[test]
fn lists_and_routes_wait_for_the_claims_that_they_look_at() {
    for (before, after) in [("first", "hold"), ("hold", "first")] {
        routed(before, after);
    }
}

fn routed(before: &str, after: &str) {
    let of = |name: &str| match name {
        "hold" => named("hold", "hold = \"r\""),
        name => named(name, "look_up = \"first\""),
    };
    let file = format!(
        "{TWO}[lists]\nwanted = {{ stored = \"values\" }}\n[groups]\nhr = [\"rita\"]\n[routes.r]\n\
         ask = [{{ group = \"hr\", when = {{ claim = \"extension_Id\", one_of = \"wanted\" }} }}, {{ person = \"max\" }}]\n{}{}{}",
        STEPS,
        of(before),
        of(after)
    );
    let policy = Policy::parse(&file).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let answer = |question: &Question| match question {
        Question::LookUp(_) => found(&["7"]),
        Question::Listed(question) => {
            assert_eq!(question.entry, store::ListEntry::key("7"), "not what was typed");
            Ok(Answer::Listed(store::Listed::Yes))
        }
        other => panic!("{other:?}"),
    };
    let (verdict, rounds) = asked(&policy, &sign_up(r#"{"email":"a","extension_Id":"typed"}"#), answer);
    assert_eq!((rounds.len(), &verdict.outcome), (2, &Outcome::Hold));
    assert_eq!(policy.held(&verdict).plan.stages[0].asked.key(), "group:hr");
}

#[test]
fn a_look_up_that_only_observes_is_asked_and_changes_nothing() {
    let policy = policy(&format!(
        "{CRM}{}",
        named("crm", "mode = \"observe\"\nlook_up = \"crm\"")
    ));
    let (verdict, rounds) = asked(&policy, &sign_up(JANE), |_| found(&["x", "y"]));
    assert_eq!(rounds.len(), 1);
    assert!(reply_claims(&verdict).is_empty());
    assert_eq!(verdict.observed.iter().map(|o| o.would).collect::<Vec<_>>(), ["change"]);
    let (verdict, _) = asked(&policy, &sign_up(JANE), |_| Err("no".to_owned()));
    assert_eq!(verdict.observed[0].would, "fail");
    assert_eq!(verdict.outcome, Outcome::Continue);
}

#[test]
fn whoever_waits_is_not_looked_up_again_and_nothing_rests_on_what_was_found() {
    let rules = [
        named(
            "tier",
            "when = { claim = \"extension_Tier\", is = \"none\" }\nblock = true",
        ),
        named("name", "require = { claim = \"displayName\" }\notherwise = \"block\""),
        named("hold", "hold = true"),
    ];
    let policy = crm(&rules.concat());
    assert_eq!(policy.recheck().passed_over(), ["crm", "tier"]);
    let again = policy.recheck().ask(&sign_up(JANE), NOW, &Facts::none());
    assert_eq!(again, Ok(policy::Rechecked::Waits));
}

#[test]
fn an_explanation_says_what_was_asked_about_and_what_failed() {
    let policy = crm("");
    let seen = explained(&policy, &sign_up(JANE));
    assert_eq!(seen[0].did, "fails: what it asks gives no answer");
    let saw: Vec<_> = seen[0].saw.iter().map(|sight| &*sight.what).collect();
    assert_eq!(saw, ["email", "displayName"]);
}
