//! `vestibule policy schema`: the schema and the parser say the same.

use std::{collections::BTreeSet, fs, path::PathBuf};

use claims::ClaimName;
use policy::Policy;
use serde_json::{Map, Value};

use crate::{
    place::Place,
    validate::{target, validate},
};

/// What no table and no list of names knows, far from everything that they do.
const UNKNOWN: &str = "zzzzzzzzzzzz";

const STEPS: &str = "[steps.post-federation-signup]\notherwise = \"continue\"\n\
    [steps.post-attribute-collection]\notherwise = \"continue\"\n[steps.pre-token-issuance]\notherwise = \"continue\"\n";

/// A policy in which a rule says this.
fn rule(says: &str) -> String {
    format!("{STEPS}[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n{says}\n")
}

fn when(condition: &str) -> String {
    rule(&format!("when = {condition}\nblock = true"))
}

fn require(demand: &str) -> String {
    rule(&format!("require = {{ claim = \"city\", {demand} }}"))
}

fn schema() -> Value {
    let printed = Place::new().run(&["schema"]);
    assert_eq!((printed.code, &*printed.stderr), (0, ""));
    serde_json::from_str(&printed.stdout).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(text: &str) -> Value {
    json(&toml::Value::Table(
        text.parse().unwrap_or_else(|error| panic!("{error}\n{text}")),
    ))
}

/// As editors hand it to a schema: a day is a text.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(boolean) => Value::from(*boolean),
        toml::Value::Datetime(time) => Value::from(time.to_string()),
        toml::Value::Array(values) => values.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

/// What the parser finds wrong.
fn mistakes(text: &str) -> Vec<String> {
    match Policy::parse(text) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(|mistake| mistake.what.clone()).collect(),
    }
}

/// The names in a mistake about [`UNKNOWN`]: those that would have been known.
fn names_known(text: &str) -> BTreeSet<String> {
    let mistakes = mistakes(text);
    let about = mistakes.iter().find(|what| what.contains(UNKNOWN));
    let about = about.unwrap_or_else(|| panic!("{mistakes:?} says nothing of it\n{text}"));
    let quoted = about
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| name.trim_matches('"').to_owned());
    quoted.filter(|name| name != UNKNOWN).collect()
}

#[test]
fn the_file_beside_the_policy_is_what_is_printed_and_the_policy_names_it() {
    let file = fs::read_to_string(root().join("policy.schema.json")).unwrap();
    assert_eq!(Place::new().run(&["schema"]).stdout, file);
    let policy = fs::read_to_string(root().join("policy.toml")).unwrap();
    assert!(policy.starts_with("#:schema ./policy.schema.json\n"));
}

#[test]
fn every_policy_of_this_project_is_as_the_schema_says() {
    let schema = schema();
    let policies = ["policy.toml", "examples", "policies"].map(|name| root().join(name));
    let mut count = 0;
    for path in policies.into_iter().flat_map(toml_files) {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(validate(&schema, &document(&text)), Ok(()), "{}", path.display());
        count += 1;
    }
    assert!(count > 0);
    let page = fs::read_to_string(root().join("docs/policy.md")).unwrap();
    let samples: Vec<_> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(samples.len() > 4);
    for sample in samples {
        let mut document = document(sample);
        // A sample is pasted into a file that has these.
        document
            .as_object_mut()
            .unwrap()
            .entry("steps")
            .or_insert_with(|| crate::schema::document(STEPS)["steps"].clone());
        assert_eq!(validate(&schema, &document), Ok(()), "{sample}");
    }
}

fn toml_files(path: PathBuf) -> Vec<PathBuf> {
    match fs::read_dir(&path) {
        Ok(entries) => entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".toml"))
            .collect(),
        Err(_) => vec![path].into_iter().filter(|path| path.is_file()).collect(),
    }
}

#[test]
fn what_the_parser_takes_the_schema_takes() {
    let schema = schema();
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
        "drop = [\"city\", \"extension_Captcha\"]",
        "hold = true",
        "hold = { approve_when = { issuer = \"mail\" }, deny_when = { claim = \"city\", present = true } }",
        "block = \"own\"",
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
        "[mail]\napplicants = [\"received\", \"approved\", \"denied\"]\nunproven = true\nreviewers = [\"r@contoso.com\"]",
        "[[rules]]\nname = \"r\"\nstep = [\"pre-token-issuance\"]\nerror = true",
        "[[rules]]\nname = \"r\"\nstep = \"pre-token-issuance\"\nallow = { issuers = [\"mail\"] }\notherwise = \"error\"",
    ];
    let files = conditions
        .map(when)
        .into_iter()
        .chain(demands.map(require))
        .chain(rules.map(rule));
    let files = files
        .map(|file| format!("{file}{lists}"))
        .chain(tables.map(|table| format!("{table}\n{STEPS}")));
    for file in files {
        assert_eq!(mistakes(&file), [""; 0], "{file}");
        assert_eq!(validate(&schema, &document(&file)), Ok(()), "{file}");
    }
}

/// Each table of the schema, by its place there, and a policy with [`UNKNOWN`] in such a table.
fn tables() -> Vec<(&'static str, String)> {
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

#[test]
fn each_table_has_the_same_keys_in_the_schema_and_in_the_parser() {
    let schema = schema();
    let tables = tables();
    let tested: BTreeSet<_> = tables.iter().map(|(place, _)| (*place).to_owned()).collect();
    let all: BTreeSet<_> = objects(&schema, String::new())
        .into_iter()
        .filter(|(_, schema)| schema.contains_key("properties"))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(tested, all, "each table of the schema is here");
    for (place, file) in tables {
        let mut keys: BTreeSet<_> = schema.pointer(place).unwrap()["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        // The parser knows one kind of condition: with `claim`, it says more.
        match place {
            "/$defs/callCondition" => drop(keys.insert("claim".to_owned())),
            "/$defs/claimCondition" => keys.extend(
                schema["$defs"]["callCondition"]["properties"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .cloned(),
            ),
            _ => {}
        }
        assert_eq!(names_known(&file), keys, "{place}");
        assert!(validate(&schema, &document(&file)).is_err(), "{place}");
    }
}

#[test]
fn each_name_is_known_to_both() {
    let schema = schema();
    let quoted = format!("\"{UNKNOWN}\"");
    let in_steps = |step: &str| format!("[steps.{step}]\notherwise = {quoted}\n");
    for (place, file) in [
        (
            "/$defs/signUpStep/properties/otherwise",
            in_steps("post-federation-signup"),
        ),
        ("/$defs/tokenStep/properties/otherwise", in_steps("pre-token-issuance")),
        (
            "/$defs/approvals/properties/account",
            format!("{STEPS}[approvals]\naccount = {quoted}\n"),
        ),
        (
            "/$defs/mail/properties/applicants/items",
            format!("{STEPS}[mail]\napplicants = [{quoted}]\n"),
        ),
        (
            "/$defs/listKind",
            format!("{STEPS}[lists]\nl = {{ stored = {quoted} }}\n"),
        ),
        (
            "/$defs/ending/anyOf/0",
            rule(&format!("deny = {{ domains = [\"a.example\"] }}\notherwise = {quoted}")),
        ),
        (
            "/$defs/normalise/properties/with/items",
            rule(&format!("normalise = {{ claims = [\"city\"], with = [{quoted}] }}")),
        ),
        (
            "/$defs/time/properties/days/items",
            when(&format!("{{ time = {{ days = [{quoted}] }} }}")),
        ),
        (
            "/$defs/emailSyntax/properties/allow/items",
            require(&format!("email = {{ allow = [{quoted}] }}")),
        ),
        (
            "/$defs/answer",
            rule(&format!("emit = {{ event = \"e\", on = {quoted} }}")),
        ),
        ("/$defs/stepName", when(&format!("{{ step = {quoted} }}"))),
    ] {
        let names = schema.pointer(place).unwrap()["enum"].as_array().unwrap();
        let names: BTreeSet<_> = names.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        let mut known = names_known(&file);
        known.remove("otherwise");
        assert_eq!(known, names, "{place}");
        assert!(validate(&schema, &document(&file)).is_err(), "{place}");
    }
    for name in schema["$defs"]["claimName"]["anyOf"][0]["enum"].as_array().unwrap() {
        assert!(ClaimName::parse(name.as_str().unwrap()).is_ok(), "{name}");
    }
}

#[test]
fn an_editor_can_say_something_of_every_key() {
    let schema = schema();
    let described = |schema: &Map<String, Value>| schema.get("description").is_some_and(Value::is_string);
    for (place, table) in objects(&schema, String::new()) {
        let properties = table.get("properties").and_then(Value::as_object);
        for (key, value) in properties.into_iter().flatten() {
            let value = value.as_object().unwrap();
            let by_name = value.get("$ref").map(|name| target(&schema, name).as_object().unwrap());
            assert!(described(value) || by_name.is_some_and(described), "{place}: {key}");
        }
    }
}

/// Every schema in the schema, by its place.
fn objects(schema: &Value, place: String) -> Vec<(String, &Map<String, Value>)> {
    let Some(object) = schema.as_object() else {
        return schema
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .flat_map(|(at, below)| objects(below, format!("{place}/{at}")))
            .collect();
    };
    // What is called `properties` or `$defs` holds schemas by name and is none.
    let own = (!place.ends_with("/properties") && !place.ends_with("/$defs")).then(|| (place.clone(), object));
    let below = object
        .iter()
        .flat_map(|(key, below)| objects(below, format!("{place}/{key}")));
    own.into_iter().chain(below).collect()
}
