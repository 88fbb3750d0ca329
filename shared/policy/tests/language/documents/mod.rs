//! The samples of docs/policy.md, pasted into the policy of this repository as the page says.

mod cases;
mod forms;
mod others;

use crate::{common::*, lists_elsewhere::Files};

const EXAMPLE: &str = include_str!("../../../../../policy.toml");
const PAGE: &str = include_str!("../../../../../docs/policy.md");
const IN_PLACE: &str = "in the place of the last rule";

/// A table of a policy file, from its heading on.
type Table = String;

struct Sample {
    /// The paragraph above it.
    task: String,
    tables: Vec<Table>,
}

fn samples() -> Vec<Sample> {
    let by_task = PAGE
        .split("\n## ")
        .find(|section| section.starts_with("By task"))
        .unwrap();
    let mut parts = by_task.split("```");
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

/// What a reader looks for in the file: the heading, of a rule or a stage the name.
fn name(table: &Table) -> &str {
    let is_one_of_several = table.starts_with("[[");
    table.lines().nth(is_one_of_several.into()).unwrap()
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
            None => file.insert(last_rule, table.clone()),
        }
    }
    if sample.task.contains(IN_PLACE) {
        let last_rule = file.iter().rposition(is_rule).unwrap();
        file.remove(last_rule);
    }
    // A table that was last in its block has no empty line after it.
    head + &file.join("\n")
}

/// What the policy says at a step, in German or in a word, and the claims that go out.
fn comes_to(policy: &Policy, person: &cases::Person) -> String {
    let cases::Person {
        step,
        body,
        now,
        answers,
    } = person;
    let sign_up = parse(*step, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
    let mut facts = Facts::none();
    let verdict = loop {
        match policy.ask(&sign_up, *now, &facts) {
            Ok(verdict) => break verdict,
            Err(questions) => {
                let answers = questions.iter().map(answers).collect();
                facts.learn(questions, answers);
            }
        }
    };
    let told = |message| policy.message(message, &sign_up.locales, &verdict.claims);
    let mut said = match &verdict.outcome {
        Outcome::Block(message) => format!("block: {}", told(message).as_str()),
        Outcome::AskAgain(message) => format!("ask again: {}", told(message).as_str()),
        other => format!("{other:?}"),
    };
    said += &on_route(policy, &sign_up, &verdict);
    for observed in &verdict.observed {
        said += &format!(", {} would {}", observed.rule, observed.would);
    }
    for event in &verdict.events {
        said += &format!(", {} with {:?}", event.name, event.claims);
    }
    for (key, value) in verdict.changes.iter() {
        said += &format!(", {key}={}", value.to_json());
    }
    said
}

/// Of somebody who waits for the reviewers of a route: whom it asks, and what they read if it says so itself.
fn on_route(policy: &Policy, sign_up: &SignUp, verdict: &Verdict<'_>) -> String {
    let held = policy.held(verdict);
    let Some(route) = held.route else {
        return String::new();
    };
    let asks = held.plan.stages.iter().map(|stage| match stage.approve {
        1 => format!("{} asks {}", stage.name, stage.asked.key()),
        some => format!("{} asks {some} of {}", stage.name, stage.asked.key()),
    });
    let asks: Vec<_> = asks.collect();
    let text = policy.message_on(Some(&route), MessageName::WAITING);
    let reads = match text == MessageName::WAITING {
        true => String::new(),
        false => format!(
            ", reads {}",
            policy.message(&text, &sign_up.locales, &verdict.claims).as_str()
        ),
    };
    format!(" by {route}: {}{reads}", asks.join(", "))
}

#[test]
fn every_sample_works_where_the_page_says_that_it_goes() {
    let (samples, tasks) = (samples(), cases::tasks());
    for ((task, people), sample) in tasks.iter().zip(&samples) {
        assert!(sample.task.starts_with(task), "{task}: {}", sample.task);
        let policy =
            Policy::parse_with(&pasted(sample), &Files).unwrap_or_else(|mistakes| panic!("{task}\n{mistakes}"));
        for (person, wanted) in people {
            let said = comes_to(&policy, person);
            assert!(said.starts_with(wanted), "{task} {}: {said}", person.body);
        }
    }
    assert_eq!(samples.len(), tasks.len(), "each sample has its cases");
}

#[test]
fn the_smallest_policy_serves_every_step_and_lets_reviewers_decide() {
    let begin = PAGE
        .split("\n## ")
        .find(|section| section.starts_with("How to begin"))
        .unwrap();
    let smallest = begin.split("```").nth(1).unwrap().strip_prefix("toml\n").unwrap();
    assert_eq!(smallest.lines().count(), 10);
    let policy = Policy::parse(smallest).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(Step::ALL.into_iter().all(|step| policy.serves(step)) && policy.warnings().is_empty());
    assert_eq!(outcome(&policy, &from("jane@contoso.com")), Outcome::Hold);
}

/// What the file reader offers where nothing fits, and the keys of demands.
#[test]
fn every_name_of_the_language_stands_on_the_page() {
    let step = "[steps.post-attribute-collection]\notherwise = \"block\"\n";
    let rule = format!("{step}[[rules]]\nname = \"r\"\nstep = \"post-attribute-collection\"\n");
    let normalise = "normalise = { claims = [\"city\"], with = [\"?\"] }";
    let mut named = 0;
    let route = "hold = \"r\"\n[routes.r]\nask = \"anybody\"\n\"?\" = 1";
    for text in ["", "when = {}\nblock = true", normalise, "allow = {}", route] {
        let mistakes = Policy::parse(&format!("{rule}{text}")).unwrap_err().to_string();
        let line = mistakes.lines().next().unwrap().replace("`?`", "");
        for name in line.split('`').skip(1).step_by(2) {
            assert!(
                PAGE.contains(&format!("`{name}")) || PAGE.contains(&format!("{{ {name} =")),
                "{name}"
            );
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}
