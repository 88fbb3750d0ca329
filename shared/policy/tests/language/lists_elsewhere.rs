//! Lists that stand in files of their own, or in the store.

use lists::{Kind, Packed, pack};
use policy::{
    Facts, ListSource, OpenList,
    outside::{Answer, Question},
};
use store::Listed;

use crate::common::*;

/// Files by their names, and the list that comes with the program.
pub(crate) struct Files;

impl OpenList for Files {
    fn open(&self, source: &ListSource, kind: Kind) -> Result<Packed, String> {
        let text = match source {
            ListSource::Disposable => include_str!("../../../../lists/disposable.txt"),
            ListSource::File(name) if name == "lists/people.txt" => "# two\njoe@evil.test\n\nJane@Évil.test\n",
            ListSource::File(name) if name == "lists/none.txt" => "# none\n",
            ListSource::File(name) => return Err(format!("there is no {name}")),
        };
        let mut bytes = Vec::new();
        pack(kind, text.as_bytes(), &mut bytes).map_err(|error| error.to_string())?;
        Packed::from_bytes(bytes).map_err(|error| error.to_string())
    }
}

fn with_files(text: &str) -> Result<Policy, String> {
    Policy::parse_with(&format!("{STEPS}{text}"), &Files).map_err(|mistakes| mistakes.to_string())
}

const PEOPLE: &str = "[lists]\npeople = { file = \"lists/people.txt\" }\n";

#[test]
fn a_list_in_a_file_is_one_like_others() {
    let denied = with_files(&format!("{PEOPLE}{}", rule("deny = { addresses = \"people\" }"))).unwrap();
    assert_eq!(outcome(&denied, &from("JOE@evil.test")), BLOCKED);
    assert_eq!(outcome(&denied, &from("jane@xn--vil-9la.test")), BLOCKED);
    assert_eq!(outcome(&denied, &from("ann@evil.test")), Outcome::Continue);
    assert_eq!(outcome(&denied, &from("a@b@ok.test")), BLOCKED);
    let selected = rule("when = { not = { address = \"people\" } }\nblock = true");
    let selected = with_files(&format!("{PEOPLE}{selected}")).unwrap();
    assert_eq!(outcome(&selected, &from("joe@evil.test")), Outcome::Continue);
    assert_eq!(outcome(&selected, &from("ann@evil.test")), BLOCKED);
}

#[test]
fn the_disposable_domains_come_with_the_program() {
    let text = rule("deny = { domains = \"disposable\" }");
    let denied = with_files(&text).unwrap();
    for address in ["a@mailinator.com", "a@x.y.mailinator.com", "a@YOPMAIL.com"] {
        assert_eq!(outcome(&denied, &from(address)), BLOCKED, "{address}");
    }
    for address in ["a@gmail.com", "a@contoso.com"] {
        assert_eq!(outcome(&denied, &from(address)), Outcome::Continue, "{address}");
    }
    let own = with_files(&format!("[lists]\ndisposable = [\"own.test\"]\n{text}")).unwrap();
    assert_eq!(outcome(&own, &from("a@own.test")), BLOCKED);
    assert_eq!(outcome(&own, &from("a@mailinator.com")), Outcome::Continue);
}

#[test]
fn a_list_that_cannot_be_opened_is_a_mistake() {
    let used = rule("deny = { domains = \"more\" }");
    for (list, wanted) in [
        ("{ file = \"nowhere.txt\" }", "there is no nowhere.txt"),
        // People's addresses are no domains.
        ("{ file = \"lists/people.txt\" }", "line"),
        ("{ file = 7 }", "a text in quotes is wanted"),
        ("{ fiel = \"x\" }", "did you mean `file`?"),
        ("{}", "a list is its entries in brackets"),
        ("{ stored = \"domain\" }", "did you mean `domains`?"),
        (
            "{ url = \"https://a.test/x\", holds = \"domains\" }",
            "`every` is missing: write how often the list is fetched",
        ),
        (
            "{ url = \"https://a.test/x\", every = \"1 day\" }",
            "`holds` is missing: write what the list holds",
        ),
        ("{ url = \"https://a.test/x\" }", "a list is its entries in brackets"),
        (
            "{ url = \"https://a.test/x\", holds = \"domains\", evry = \"1 day\" }",
            "did you mean `every`?",
        ),
        (
            "{ url = \"https://a.test/x\", holds = \"domains\", file = \"x\" }",
            "a list is its entries in brackets",
        ),
        (
            "{ url = \"http://a.test/x\", holds = \"domains\", every = \"1 day\" }",
            "fetched by HTTPS",
        ),
        (
            "{ url = \"https://a.test/x\", holds = \"domains\", every = \"1 minute\" }",
            "at most every 5 minutes; write `\"5 minutes\"` or longer",
        ),
    ] {
        let said = with_files(&format!("[lists]\nmore = {list}\n{used}"))
            .err()
            .unwrap_or_default();
        assert!(said.contains(wanted), "{list}: {said}");
    }
}

#[test]
fn what_is_wrong_with_a_list_is_told_once_and_where_it_is_named() {
    let used = format!(
        "{}{}",
        rule("deny = { domains = \"more\" }"),
        named("s", "when = { domain = \"more\" }\nblock = true")
    );
    let said = with_files(&format!("[lists]\nmore = {{ file = \"nowhere.txt\" }}\n{used}")).unwrap_err();
    assert_eq!(said.matches("this list cannot be opened").count(), 1, "{said}");
    assert!(
        said.contains("    more = { file = \"nowhere.txt\" }\n                    ^"),
        "{said}"
    );
    let built_in = Policy::parse(&format!("{STEPS}{}", rule("deny = { domains = \"disposable\" }")));
    let said = built_in.unwrap_err().to_string();
    assert!(said.contains("deny = { domains = \"disposable\" }"), "{said}");
    let empty = with_files(&format!("[lists]\nmore = {{ file = \"lists/none.txt\" }}\n{used}")).unwrap();
    let warnings: Vec<_> = empty
        .warnings()
        .iter()
        .map(|warning| (&*warning.what, &*warning.source))
        .collect();
    assert_eq!(
        warnings,
        [("this list has no entries", "more = { file = \"lists/none.txt\" }")]
    );
}

#[test]
fn a_list_in_the_store_is_asked_before_anybody_is_let_in() {
    let file = format!(
        "[lists]\npartners = {{ stored = \"domains\" }}\n{}",
        rule("allow = { domains = \"partners\" }")
    );
    let policy = policy(&file);
    assert!(policy.asks_store(SECOND) && !policy.asks_store(Step::PreTokenIssuance));
    let sign_up = sign_up(&from("a@eu.contoso.com"));
    let mut facts = Facts::none();
    let questions = policy.ask(&sign_up, NOW, &facts).unwrap_err();
    assert!(questions.len() >= 2, "the domain and those above it");
    let answers = |answer: Listed| vec![Ok(Answer::Listed(answer)); questions.len()];
    facts.learn(questions.clone(), answers(Listed::Yes));
    assert_eq!(policy.ask(&sign_up, NOW, &facts).unwrap().outcome, Outcome::Continue);
    facts.learn(questions.clone(), answers(Listed::No));
    assert_eq!(policy.ask(&sign_up, NOW, &facts).unwrap().outcome, BLOCKED);
    for broken in [Some(Listed::NoCopy), None] {
        match broken {
            Some(answer) => facts.learn(questions.clone(), answers(answer)),
            None => facts.fail(questions.clone(), "it is down"),
        }
        let verdict = policy.ask(&sign_up, NOW, &facts).unwrap();
        assert_eq!(verdict.outcome, Outcome::Block(MessageName::FAILED));
        assert!(verdict.failure.unwrap().contains("`partners`"));
    }
}

#[test]
fn a_rule_says_what_happens_when_its_list_does_not_answer() {
    let failing = |step: &str, more: &str| {
        let rule = format!(
            "[[rules]]\nname = \"r\"\nstep = \"{step}\"\nwhen = {{ domain = \"partners\" }}\nset = {{ claim = \"city\", to = \"x\" }}\n{more}"
        );
        policy(&format!("[lists]\npartners = {{ stored = \"domains\" }}\n{rule}"))
    };
    let asked = |step: Step, more: &str| {
        let policy = failing(step.name(), more);
        let sign_up = parse(step, from("a@contoso.com").as_bytes()).unwrap();
        let verdict = policy.decide(&sign_up, NOW);
        assert!(verdict.failure.is_some() && verdict.changes.is_empty(), "{more}");
        verdict.outcome
    };
    for (more, wanted) in [
        ("", Outcome::Block(MessageName::FAILED)),
        ("on_failure = \"continue\"", Outcome::Continue),
        ("on_failure = \"block\"", BLOCKED),
        ("on_failure = \"ask-again\"", CHECK_INPUT),
        ("on_failure = \"hold\"", Outcome::Hold),
    ] {
        assert_eq!(asked(SECOND, more), wanted, "{more}");
    }
    let observing = failing(SECOND.name(), "mode = \"observe\"");
    let a = sign_up(&from("a@contoso.com"));
    let verdict = observing.decide(&a, NOW);
    let seen: Vec<_> = verdict.observed.iter().map(|observed| observed.would).collect();
    assert_eq!(
        (verdict.outcome, verdict.failure, seen),
        (Outcome::Continue, None, vec!["fail"])
    );
    assert!(
        failing(SECOND.name(), "on_failure = \"hold\"").holds(),
        "both steps read the state"
    );
    assert_eq!(asked(Step::PreTokenIssuance, ""), Outcome::Continue);
    assert_eq!(asked(Step::PreTokenIssuance, "on_failure = \"error\""), Outcome::Error);
    assert_refused(&[
        (
            "block = true\non_failure = \"continue\"",
            "this rule cannot fail",
            "\"continue\"",
        ),
        (
            "deny = { domains = [\"a.test\"] }\non_failure = \"block\"",
            "this rule cannot fail",
            "\"block\"",
        ),
        (
            "block = true\non_failur = \"block\"",
            "did you mean `on_failure`?",
            "on_failur",
        ),
    ]);
}

/// A list with one damaged byte.
struct Damaged(usize);

impl OpenList for Damaged {
    fn open(&self, _: &ListSource, kind: Kind) -> Result<Packed, String> {
        let mut bytes = Vec::new();
        pack(kind, "a@evil.test\njoe@evil.test\n".as_bytes(), &mut bytes).map_err(|error| error.to_string())?;
        let byte = bytes.get_mut(self.0).ok_or("no such byte")?;
        *byte = 0xff;
        Packed::from_bytes(bytes).map_err(|error| error.to_string())
    }
}

#[test]
fn a_damaged_list_that_gives_no_answer_lets_nobody_in() {
    let text = format!("{STEPS}{PEOPLE}{}", rule("deny = { addresses = \"people\" }"));
    let mut silent = 0;
    for policy in (0..300).filter_map(|at| Policy::parse_with(&text, &Damaged(at)).ok()) {
        let sign_up = sign_up(&from("joe@evil.test"));
        let verdict = policy.decide(&sign_up, NOW);
        if verdict.failure.is_some() {
            silent += 1;
            assert_eq!(verdict.outcome, Outcome::Block(MessageName::FAILED));
        }
    }
    assert!(silent > 0, "no damage that an answer shows");
}

#[test]
fn whatever_there_is_to_ask_is_asked_at_once_and_bounded() {
    let stored = "[lists]\nbad = { stored = \"values\" }\n";
    let policy = policy(&format!(
        "{stored}{}",
        rule("deny = { claim = \"extension_Tags\", values = \"bad\" }")
    ));
    let with_tags = |count: usize| {
        let tags: Vec<_> = (0..count).map(|n| format!("\"t{n}\"")).collect();
        sign_up(&format!("{{\"extension_Tags\":[{}]}}", tags.join(",")))
    };
    let mut facts = Facts::none();
    let (few, many) = (with_tags(150), with_tags(3000));
    let questions = policy.ask(&few, NOW, &facts).unwrap_err();
    assert_eq!(questions.len(), 150);
    let answers = vec![Ok(Answer::Listed(Listed::No)); 150];
    facts.learn(questions, answers);
    assert_eq!(policy.ask(&few, NOW, &facts).unwrap().outcome, Outcome::Continue);
    let mut facts = Facts::none();
    let questions = policy.ask(&many, NOW, &facts).unwrap_err();
    assert_eq!(questions.len(), 200);
    facts.learn(questions, vec![Ok(Answer::Listed(Listed::No)); 200]);
    let verdict = policy.ask(&many, NOW, &facts).unwrap();
    assert_eq!(
        verdict.outcome,
        Outcome::Block(MessageName::FAILED),
        "nobody asks for ever"
    );
}

#[test]
fn an_issuer_of_a_list_elsewhere_may_have_its_short_name() {
    let policy = policy(&format!(
        "[lists]\nbad = {{ stored = \"values\" }}\n{}",
        rule("deny = { issuers = \"bad\" }")
    ));
    let call = sign_up(r#"{"identities":[{"issuer":"facebook.com","issuerAssignedId":"1"}]}"#);
    let mut facts = Facts::none();
    let questions = policy.ask(&call, NOW, &facts).unwrap_err();
    let short = store::ListEntry::key("facebook");
    let answer = |question: &Question| match question {
        Question::Listed(question) if question.entry == short => Ok(Answer::Listed(Listed::Yes)),
        _ => Ok(Answer::Listed(Listed::No)),
    };
    let answers = questions.iter().map(answer).collect();
    facts.learn(questions, answers);
    assert_eq!(policy.ask(&call, NOW, &facts).unwrap().outcome, BLOCKED);
}
