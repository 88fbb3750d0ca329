//! The samples of docs/policy.md, pasted into the policy of this repository as the page says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use claims::{Claims, Locales, Step, parse};
use policy::{Outcome, Policy};
use store::Timestamp;

/// 2026-11-23, a Monday, at 10:00 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

const EXAMPLE: &str = include_str!("../../../policy.toml");
const PAGE: &str = include_str!("../../../docs/policy.md");
const IN_PLACE: &str = "in the place of the last rule";

/// A table of a policy file, from its heading on.
type Table = String;

struct Sample {
    /// The paragraph above it.
    task: String,
    tables: Vec<Table>,
}

fn samples() -> Vec<Sample> {
    let mut parts = PAGE.split("```");
    let mut samples = Vec::new();
    while let (Some(before), Some(block)) = (parts.next(), parts.next()) {
        let text = block.strip_prefix("toml\n").unwrap();
        let (head, tables) = tables(text);
        assert_eq!(head, "", "a sample begins with a table");
        let task = before.trim().rsplit("\n\n").next().unwrap().to_owned();
        samples.push(Sample { task, tables });
    }
    samples
}

/// What stands before the first table, and the tables.
fn tables(text: &str) -> (String, Vec<Table>) {
    let (mut head, mut tables) = (String::new(), Vec::<Table>::new());
    for line in text.split_inclusive('\n') {
        if line.starts_with('[') {
            tables.push(String::new());
        }
        tables.last_mut().unwrap_or(&mut head).push_str(line);
    }
    (head, tables)
}

fn is_rule(table: &Table) -> bool {
    table.starts_with("[[rules]]")
}

/// What a reader looks for in the file: the heading, of a rule the name.
fn name(table: &Table) -> &str {
    table.lines().nth(is_rule(table).into()).unwrap()
}

/// The example with the sample in it, as the page says.
fn pasted(sample: &Sample) -> String {
    let (head, mut file) = tables(EXAMPLE);
    for table in &sample.tables {
        let last_rule = file.iter().rposition(is_rule).unwrap();
        let same = file.iter().position(|other| name(other) == name(table));
        match same {
            Some(at) => file[at].clone_from(table),
            None if !is_rule(table) => file.push(table.clone()),
            None if sample.task.contains(IN_PLACE) => file[last_rule].clone_from(table),
            None => file.insert(last_rule, table.clone()),
        }
    }
    // A table that was last in its block has no empty line after it.
    head + &file.join("\n")
}

fn policy(sample: &Sample) -> Policy {
    let file = pasted(sample);
    Policy::parse(&file).unwrap_or_else(|mistakes| panic!("{}\n{mistakes}", sample.task))
}

/// What the policy says to somebody with this address and name, in a word; `issuer` proved the address.
fn said(policy: &Policy, (email, name, issuer): (&str, &str, &str)) -> String {
    let body = format!(
        r#"{{"email":"{email}","displayName":"{name}","identities":[{{"issuer":"{issuer}","issuerAssignedId":"{email}"}}]}}"#
    );
    let sign_up = parse(Step::PostAttributeCollection, body.as_bytes()).unwrap();
    let told = |message| {
        policy
            .message(&message, &Locales::parse("de"), &Claims::default())
            .as_str()
            .to_owned()
    };
    match policy.decide(&sign_up, NOW).outcome {
        Outcome::Block(message) => format!("block: {}", told(message)),
        Outcome::AskAgain(message) => format!("ask again: {}", told(message)),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_sample_works_where_the_page_says_that_it_goes() {
    let google = |email, name| (email, name, "google.com");
    let cases: [(&str, &[_]); 4] = [
        (
            "**Turn away some domains**",
            &[
                (google("a@eu.mailinator.com", "Al Bo"), "block: Bitte registrieren"),
                (google("a@guerrillamail.com", "Al Bo"), "Hold"),
            ],
        ),
        (
            "**Partners only**",
            &[
                (("a@eu.contoso.com", "Al Bo", "mail"), "Continue"),
                (google("a@contoso.com", "Al Bo"), "block: "),
                (("a@fabrikam.com", "Al Bo", "mail"), "block: "),
            ],
        ),
        (
            "**Ask for a proper name:**",
            &[
                (
                    google("a@example.com", "Al 2"),
                    "ask again: Bitte geben Sie Ihren Namen ein.",
                ),
                (google("a@example.com", "Al Bo"), "Hold"),
            ],
        ),
        (
            "**Have reviewers decide**",
            &[
                (("a@contoso.com", "Al Bo", "mail"), "Admit"),
                (google("a@contoso.com", "Al Bo"), "Hold"),
                (google("a@evil.example", "Al Bo"), "block: "),
            ],
        ),
    ];
    let samples = samples();
    assert_eq!(samples.len(), cases.len() + 1, "each sample has its cases here");
    for ((task, people), sample) in cases.into_iter().zip(&samples) {
        assert!(sample.task.starts_with(task), "{}", sample.task);
        let policy = policy(sample);
        for (person, wanted) in people {
            let said = said(&policy, *person);
            assert!(said.starts_with(wanted), "{task} {person:?}: {said}");
        }
    }
    let tier = policy(&samples[4]);
    let sign_up = parse(Step::PreTokenIssuance, b"{}").unwrap();
    let verdict = tier.decide(&sign_up, NOW);
    let set: Vec<_> = verdict
        .changes
        .iter()
        .map(|(key, value)| (key, value.to_json()))
        .collect();
    assert_eq!(set, [("extension_Tier", "\"standard\"".to_owned())]);
}
