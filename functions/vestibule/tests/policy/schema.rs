//! `vestibule policy schema`: the schema and the parser say the same.

use std::{collections::BTreeSet, fs, path::PathBuf};

use claims::ClaimName;
use policy::Policy;
use serde_json::{Map, Value};

use crate::{
    place::Place,
    samples::{STEPS, UNKNOWN, accepted, require, rule, tables, when},
    validate::{target, validate},
};

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
    for file in accepted() {
        assert_eq!(mistakes(&file), [""; 0], "{file}");
        assert_eq!(validate(&schema, &document(&file)), Ok(()), "{file}");
    }
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
            // What makes another kind of look-up or check.
            "/$defs/calledLookUp" => drop(keys.insert("item".to_owned())),
            "/$defs/serviceCheck" => drop(keys.insert("captcha".to_owned())),
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
    let table = |head: &str, says: &str| format!("{STEPS}[{head}]\n{says}\n");
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
            "/$defs/route/properties/reasons",
            format!("{STEPS}[routes.r]\nask = \"anybody\"\nreasons = {quoted}\n"),
        ),
        (
            "/$defs/timeOut/properties/then",
            format!("{STEPS}[routes.r]\nask = \"anybody\"\ntime_out = {{ then = {quoted} }}\n"),
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
            "/$defs/rule/properties/accept_warnings/items",
            rule(&format!("block = true\naccept_warnings = [{quoted}]")),
        ),
        (
            "/$defs/answer",
            rule(&format!("emit = {{ event = \"e\", on = {quoted} }}")),
        ),
        (
            "/$defs/callMethod",
            table("look_ups.l", &format!("url = \"https://x.example\"\nmethod = {quoted}")),
        ),
        (
            "/$defs/captchaCheck/properties/captcha",
            table(
                "checks.c",
                &format!("captcha = {quoted}\ntoken = \"extension_T\"\nsecrets = {{ captcha = \"env:C\" }}"),
            ),
        ),
        (
            "/$defs/limit/properties/by",
            rule(&format!("limit = {{ by = {quoted}, at_most = 1, within = \"1 day\" }}")),
        ),
        ("/$defs/stepName", when(&format!("{{ step = {quoted} }}"))),
    ] {
        let names = schema.pointer(place).unwrap()["enum"].as_array().unwrap();
        let names: BTreeSet<_> = names.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        let mut known = names_known(&file);
        for key in ["otherwise", "method", "captcha"] {
            known.remove(key);
        }
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
