//! Small policies: some that are right, and some with an unknown key in each kind of table.

/// What no table and no list of names knows, far from everything that they do.
pub(crate) const UNKNOWN: &str = "zzzzzzzzzzzz";

pub(crate) const STEPS: &str = "[steps.post-federation-signup]\notherwise = \"continue\"\n\
    [steps.post-attribute-collection]\notherwise = \"continue\"\n[steps.pre-token-issuance]\notherwise = \"continue\"\n";

/// A policy in which a rule says this.
pub(crate) fn rule(says: &str) -> String {
    format!("{STEPS}[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{says}\n")
}

pub(crate) fn when(condition: &str) -> String {
    rule(&format!("when = {condition}\nblock = true"))
}

pub(crate) fn require(demand: &str) -> String {
    rule(&format!("require = {{ claim = \"city\", {demand} }}"))
}

/// Policies that say, together, everything that can be said.
pub(crate) fn accepted() -> Vec<String> {
    let conditions = [
        r#"{ all = [{ domain = ["contoso.com"] }, { not = { issuer = "mail" } }] }"#,
        r#"{ any = [{ address = ["a@contoso.com"] }, { sign_in_type = "federated" }, { app = ["2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11"] }] }"#,
        r#"{ locale = "de" }"#,
        r#"{ locale = ["de", "pt-BR"] }"#,
        r#"{ step = ["post-attribute-collection"] }"#,
        r#"{ time = { from = "08:00", to = "18:00", days = ["mon", "fri"], offset = "+01:00" } }"#,
        r#"{ client_address = ["192.0.2.0/24", "2001:db8::1"] }"#,
        r#"{ claim = "city", present = false }"#,
        r#"{ claim = "city", is = ["a", "b"] }"#,
        r#"{ claim = "extension_Age", is = 7, minimum = 5 }"#,
        r#"{ domain = "disposable-ones" }"#,
    ];
    let demands = [
        "min_length = 2, max_length = 9",
        r#"characters = ["letters", "’-"], pattern = "a+""#,
        r#"one_of = ["a"], optional = true"#,
        r#"minimum = -1.5, maximum = { claim = "extension_Most" }"#,
        r#"not_before = 2026-01-31, not_after = "in 30 days""#,
        r#"not_before = { claim = "extension_From" }, not_after = "18 years ago""#,
        "email = true",
        r#"email = { allow = ["dotless"] }"#,
        "phone = true",
        r#"postal_code = "DE", same_as = "country""#,
        r#"postal_code = { claim = "country" }, differs_from = "state""#,
    ];
    let rules = [
        "mode = \"observe\"\nallow = { domains = [], issuers = \"mail\" }\notherwise = \"hold\"",
        "deny = { addresses = [\"a@contoso.com\"], apps = \"2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11\", claim = \"city\", values = [\"a\"] }\notherwise = \"ask-again\"",
        "deny = { domains = \"blocked\" }\notherwise = { block = \"own\" }\non_failure = \"continue\"",
        "deny = { domains = \"blocked\" }\non_failure = { ask_again = \"own\" }",
        "normalise = { claims = [\"phoneNumber\"], with = [\"trim\", \"phone-e164\"], country = \"DE\" }",
        "set = { claim = \"city\", to = \"\" }",
        "set = { claim = \"city\", copy = \"state\" }",
        "set = { claim = \"city\", template = \"{state}, {country}\" }",
        "set = { claim = \"city\", to = \"{state}\" }\naccept_warnings = [\"literal-braces\"]",
        "drop = [\"city\", \"extension_Captcha\"]",
        "hold = true",
        "hold = \"x\"\n[groups]\na = [\"rita\", \"tom@contoso.com\"]\nb = [\"rita\"]\n[routes.x]\nask = \"a\"\napprove = 2\ndeny = 2\n\
            with = { b = 1 }\nremind = \"1 day\"\nescalate = { after = \"2 days\", ask = \"anybody\" }\n\
            time_out = { after = \"3 days\", then = \"deny\" }\nreasons = \"always\"\ncool_down = \"0 days\"\n\
            messages = { waiting = \"own\", pending = \"own\", denied = \"own\" }",
        "require = { claim = \"city\" }\notherwise = { hold = \"x\" }\n[groups]\na = []\n[[routes.x.stages]]\nname = \"s\"\n\
            ask = [{ group = \"a\", when = { claim = \"city\", present = true } }, \"anybody\"]\nremind = [\"1 day\", \"36 hours\"]\n\
            [[routes.x.stages]]\nname = \"t\"\nask = { person = \"ada\" }",
        "hold = { route = \"x\", deny_when = { claim = \"city\", present = true } }\n[routes.x]\nask = \"anybody\"",
        "hold = { approve_when = { issuer = \"mail\" }, deny_when = { claim = \"city\", present = true } }",
        "block = \"own\"",
        "look_up = \"x\"\non_failure = \"continue\"\n[look_ups.x]\nurl = \"https://x.example/{email}?a={client_id}\"\nmethod = \"PUT\"\n\
            headers = { Authorization = \"Bearer {secret.s}\" }\nsecrets = { s = \"secretsmanager:a#b\" }\nbody = { a = [1, 2.5, true, \"{city}\"] }\n\
            deadline_ms = 1400\nretry = false\ncache = \"1 minute\"\nmax_bytes = 1\nclaims = { extension_Tier = \"\", city = \"/a~1b\" }",
        "look_up = \"x\"\n[look_ups.x]\nurl = \"http://127.0.0.1:80\"\nmethod = \"POST\"\nform = { a = \"{secret.s}\" }\nsecrets = { s = \"ssm:/s\" }\n\
            claims = { city = \"/c\" }",
        "look_up = \"x\"\n[look_ups.x]\nitem = \"customers\"\nkey = \"{email}\"\nclaims = { city = \"/c\" }",
        "verify = \"x\"\nrefer = true\notherwise = \"block\"\naccept_warnings = [\"every-sign-up\"]\n[checks.x]\nurl = \"https://x.example\"\n\
            outcome = \"/o\"\npass = \"a\"\nrefer = [\"b\"]\nfail = [\"c\", \"d\"]\nkeep = \"1 minute\"",
        "verify = \"x\"\n[checks.x]\ncaptcha = \"recaptcha\"\ntoken = \"extension_T\"\nsecrets = { captcha = \"env:C\" }\nscore = 0.5\n\
            hostname = \"x.example\"\naction = \"a\"\nurl = \"https://x.example\"\ndeadline_ms = 1\nmax_bytes = 9\nkeep = \"1 hour\"",
        "invitation = \"extension_C\"\nattempts = { per_applicant = 1, overall = 2, within = \"1 day\" }",
        "limit = { by = \"client\", at_most = 1, within = \"1 hour\" }\notherwise = \"hold\"",
        "emit = { event = \"sign-up\", on = \"continue\" }",
        "emit = { event = \"no luck\", on = [\"block\", \"ask-again\"], claims = [\"city\"] }",
    ];
    let lists = "[lists]\ndisposable-ones = [\"a.example\"]\nblocked = { stored = \"domains\" }\nfiled = { file = \"x.txt\" }\n\
        fetched = { url = \"https://lists.example.com/x\", holds = \"addresses\", every = \"6 hours\" }\n\
        [messages.own]\nen = \"No, {displayName}.\"\n";
    let tables = [
        "languages = [\"en\", \"de\"]",
        "[approvals]\ncool_down = \"0 days\"\nunused = \"1 minute\"\ntrust_email = true\naccount = \"graph\"\n\
            [accounts]\ngroups = [\"2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11\"]\ninvite_others = true",
        "[mail]\nreviewers = \"asked\"",
        "[approvals]\nblock_addresses = \"bad\"\nblock_domains = \"evil\"\n[lists]\nbad = { stored = \"addresses\" }\nevil = { stored = \"domains\" }",
        "[mail]\napplicants = [\"received\", \"approved\", \"denied\", \"expired\"]\nunproven = true\nreviewers = [\"r@contoso.com\"]",
        "[[rules]]\nname = \"r\"\nstep = [\"pre-token-issuance\"]\nerror = true",
        "[[rules]]\nname = \"r\"\nstep = \"pre-token-issuance\"\nallow = { issuers = [\"mail\"] }\notherwise = \"error\"",
    ];
    let files = conditions
        .map(when)
        .into_iter()
        .chain(demands.map(require))
        .chain(rules.map(rule));
    files
        .map(|file| format!("{file}{lists}"))
        .chain(tables.map(|table| format!("{table}\n{STEPS}")))
        .collect()
}

/// Each table of the schema, by its place there, and a policy with [`UNKNOWN`] in such a table.
pub(crate) fn tables() -> Vec<(&'static str, String)> {
    let table = |head: &str| format!("{STEPS}[{head}]\n{UNKNOWN} = 1\n");
    let inside = |text: &str| text.replace("UNKNOWN", &format!("{UNKNOWN} = 1"));
    vec![
        ("", format!("{UNKNOWN} = 1\n{STEPS}")),
        (
            "/properties/steps",
            format!("{STEPS}[steps.{UNKNOWN}]\notherwise = \"continue\"\n"),
        ),
        (
            "/$defs/signUpStep",
            STEPS.replacen('\n', &format!("\n{UNKNOWN} = 1\n"), 1),
        ),
        ("/$defs/tokenStep", format!("{STEPS}{UNKNOWN} = 1\n")),
        ("/$defs/listElsewhere", table("lists.l")),
        ("/$defs/approvals", table("approvals")),
        ("/$defs/mail", table("mail")),
        (
            "/$defs/calledLookUp",
            format!("{STEPS}[look_ups.l]\nurl = \"https://x.example\"\nclaims = {{ city = \"/c\" }}\n{UNKNOWN} = 1\n"),
        ),
        (
            "/$defs/itemLookUp",
            format!("{STEPS}[look_ups.l]\nitem = \"i\"\nkey = \"k\"\nclaims = {{ city = \"/c\" }}\n{UNKNOWN} = 1\n"),
        ),
        (
            "/$defs/serviceCheck",
            format!(
                "{STEPS}[checks.c]\nurl = \"https://x.example\"\noutcome = \"\"\npass = \"a\"\nfail = \"b\"\n{UNKNOWN} = 1\n"
            ),
        ),
        (
            "/$defs/captchaCheck",
            format!(
                "{STEPS}[checks.c]\ncaptcha = \"turnstile\"\ntoken = \"extension_T\"\nsecrets = {{ captcha = \"env:C\" }}\n{UNKNOWN} = 1\n"
            ),
        ),
        (
            "/$defs/attempts",
            rule(&inside(
                "invitation = \"extension_C\"\nattempts = { overall = 9, UNKNOWN }",
            )),
        ),
        (
            "/$defs/limit",
            rule(&inside(
                "limit = { by = \"all\", at_most = 1, within = \"1 day\", UNKNOWN }",
            )),
        ),
        ("/$defs/route", table("routes.r")),
        (
            "/$defs/routeMessages",
            format!("{STEPS}[routes.r]\nask = \"anybody\"\n[routes.r.messages]\n{UNKNOWN} = 1\n"),
        ),
        ("/$defs/stage", table("[routes.r.stages]")),
        (
            "/$defs/choice",
            format!("{STEPS}[routes.r]\nask = {{ group = \"anybody\", {UNKNOWN} = 1 }}\n"),
        ),
        (
            "/$defs/escalate",
            format!("{STEPS}[routes.r]\nask = \"anybody\"\n[routes.r.escalate]\n{UNKNOWN} = 1\n"),
        ),
        (
            "/$defs/timeOut",
            format!("{STEPS}[routes.r]\nask = \"anybody\"\n[routes.r.time_out]\n{UNKNOWN} = 1\n"),
        ),
        ("/$defs/accounts", table("accounts")),
        ("/$defs/rule", rule(&inside("block = true\nUNKNOWN"))),
        (
            "/$defs/endingWithMessage",
            rule(&inside(
                "deny = { domains = [\"a.example\"] }\notherwise = { block = \"blocked\", UNKNOWN }",
            )),
        ),
        (
            "/$defs/listed",
            rule(&inside("deny = { domains = [\"a.example\"], UNKNOWN }")),
        ),
        ("/$defs/requirement", require(&inside("phone = true, UNKNOWN"))),
        (
            "/$defs/normalise",
            rule(&inside(
                "normalise = { claims = [\"city\"], with = [\"trim\"], UNKNOWN }",
            )),
        ),
        (
            "/$defs/set",
            rule(&inside("set = { claim = \"city\", to = \"a\", UNKNOWN }")),
        ),
        (
            "/$defs/hold",
            rule(&inside("hold = { approve_when = { issuer = \"mail\" }, UNKNOWN }")),
        ),
        (
            "/$defs/emit",
            rule(&inside("emit = { event = \"e\", on = [\"continue\"], UNKNOWN }")),
        ),
        ("/$defs/callCondition", when(&inside("{ issuer = \"mail\", UNKNOWN }"))),
        (
            "/$defs/claimCondition",
            when(&inside("{ claim = \"city\", present = true, UNKNOWN }")),
        ),
        ("/$defs/time", when(&inside("{ time = { from = \"08:00\", UNKNOWN } }"))),
        (
            "/$defs/emailSyntax",
            require(&inside("email = { allow = [\"dotless\"], UNKNOWN }")),
        ),
        (
            "/$defs/otherClaim",
            require(&inside("minimum = { claim = \"state\", UNKNOWN }")),
        ),
    ]
}
