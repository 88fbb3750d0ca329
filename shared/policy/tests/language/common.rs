//! What all rooms share: short ways to write a policy, a body, and what is to come of them.

pub(crate) use claims::{Address, Claims, Locales, SignUp, Step, Value, parse};
pub(crate) use policy::{
    Facts, MessageName, Outcome, Policy, Seen, Verdict,
    outside::{Answer, Body, Call, Filled, Found, Piece, Question},
};
pub(crate) use store::Timestamp;

/// 2026-11-23, a Monday, at 10:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_428_000_000);

pub(crate) const SECOND: Step = Step::PostAttributeCollection;

/// What rules without a message of their own say.
pub(crate) const BLOCKED: Outcome = Outcome::Block(MessageName::BLOCKED);
pub(crate) const CHECK_INPUT: Outcome = Outcome::AskAgain(MessageName::CHECK_INPUT);

pub(crate) const STEPS: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "error"
"#;

const LISTS: &str = r#"
[lists]
partners = ["contoso.com", "*.contoso.com", "CONTOSO.com"]
countries = ["Germany", "France"]
issuers = ["google.com", "facebook"]
empty = []
blank = ["x", " "]
wrong = ["a b", "maill"]
"#;

/// A file in which every step goes on where no rule decides, with these rules.
pub(crate) fn policy(rules: &str) -> Policy {
    Policy::parse(&format!("{STEPS}{rules}")).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A file that serves the second step only and turns away whom no rule lets in.
pub(crate) fn closed(rules: &str) -> Policy {
    let file = format!("[steps.post-attribute-collection]\notherwise = \"block\"\n{rules}");
    Policy::parse(&file).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The text of a rule `r` of the second step.
pub(crate) fn rule(what: &str) -> String {
    named("r", what)
}

pub(crate) fn named(name: &str, what: &str) -> String {
    format!("[[rules]]\nname = \"{name}\"\nstep = \"post-attribute-collection\"\n{what}\n")
}

pub(crate) fn mistakes(file: &str) -> String {
    match Policy::parse(file) {
        Ok(_) => panic!("this was accepted:\n{file}"),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// The mistakes of a file that is fine but for these rules.
pub(crate) fn refused(rules: &str) -> String {
    mistakes(&format!("{STEPS}{rules}"))
}

/// A file with lists to choose from, and this text.
pub(crate) fn read(text: &str) -> Result<Policy, String> {
    Policy::parse(&format!("{STEPS}{LISTS}{text}")).map_err(|mistakes| mistakes.to_string())
}

/// Each rule is refused, the mistake says this and points here: the mark stands under the first character of the
/// place.
pub(crate) fn assert_refused(cases: &[(&str, &str, &str)]) {
    for (text, wanted, place) in cases {
        let said = match read(&rule(text)) {
            Ok(_) => panic!("this was accepted: {text}"),
            Err(said) => said,
        };
        let lines: Vec<_> = said.lines().collect();
        let marks = |three: &[&str]| {
            let column = three[2].chars().take_while(|c| *c == ' ').count();
            let marked: String = three[1].chars().skip(column).collect();
            three[0].contains(wanted) && three[2].trim() == "^" && marked.starts_with(place)
        };
        assert!(
            lines.chunks(3).any(marks),
            "{text}: wanted {wanted:?} at {place:?}, came\n{said}"
        );
    }
}

pub(crate) fn assert_taken(texts: &[&str]) {
    for text in texts {
        if let Err(said) = read(&rule(text)) {
            panic!("{text}: {said}");
        }
    }
}

pub(crate) fn sign_up(body: &str) -> SignUp {
    parse(SECOND, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

pub(crate) fn outcome(policy: &Policy, body: &str) -> Outcome {
    policy.decide(&sign_up(body), NOW).outcome
}

/// The body of somebody of whom only the address is known.
pub(crate) fn from(address: &str) -> String {
    body(&[("email", address)])
}

pub(crate) fn body(members: &[(&str, &str)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("\"{key}\":\"{value}\""))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// The claims that go out, as JSON.
pub(crate) fn reply_claims(verdict: &Verdict<'_>) -> Vec<(String, String)> {
    verdict
        .changes
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_json()))
        .collect()
}

/// Whether a condition selects somebody, as the `when` of a rule.
pub(crate) fn selects(when: &str, body: &str) -> bool {
    let policy = read(&rule(&format!("when = {when}\nblock = true"))).unwrap_or_else(|said| panic!("{said}"));
    outcome(&policy, body) != Outcome::Continue
}

/// What becomes of the city of somebody, if this is required of it.
pub(crate) fn required(what: &str, body: &str) -> Outcome {
    let require = format!("require = {{ claim = \"city\", {what} }}");
    let policy = read(&rule(&require)).unwrap_or_else(|said| panic!("{what}: {said}"));
    outcome(&policy, body)
}

/// Each case: what is required of the city, the city in JSON, whether it is as required.
pub(crate) fn assert_required(cases: &[(&str, &str, bool)]) {
    for (what, city, met) in cases {
        let wanted = if *met { Outcome::Continue } else { CHECK_INPUT };
        assert_eq!(
            required(what, &format!("{{\"city\":{city}}}")),
            wanted,
            "{what}: {city}"
        );
    }
}

/// What each rule saw and did when the store gives no answer.
pub(crate) fn explained<'p>(policy: &'p Policy, sign_up: &SignUp) -> Vec<Seen<'p>> {
    let mut facts = Facts::none();
    loop {
        match policy.explain(sign_up, NOW, &facts) {
            Ok((_, seen)) => return seen,
            Err(questions) => facts.fail(questions, "the store is not asked"),
        }
    }
}

/// The verdict, and what was asked for it, round by round.
pub(crate) fn asked<'p>(
    policy: &'p Policy,
    sign_up: &SignUp,
    answer: impl Fn(&Question) -> Result<Answer, String>,
) -> (Verdict<'p>, Vec<Vec<Question>>) {
    let (mut facts, mut rounds) = (Facts::none(), Vec::new());
    loop {
        match policy.ask(sign_up, NOW, &facts) {
            Ok(verdict) => return (verdict, rounds),
            Err(questions) => {
                let answers = questions.iter().map(&answer).collect();
                rounds.push(questions.clone());
                facts.learn(questions, answers);
            }
        }
    }
}

/// What a look-up finds: texts; nothing in the place of an empty one.
pub(crate) fn found(texts: &[&str]) -> Result<Answer, String> {
    let value = |text: &&str| (!text.is_empty()).then(|| Value::Text((*text).to_owned()));
    Ok(Answer::Found(Found::Values(texts.iter().map(value).collect())))
}

/// The call of a question.
pub(crate) fn call(question: &Question) -> &Call {
    match question {
        Question::LookUp(call) => call,
        Question::Check(check) => &check.call,
        other => panic!("no call: {other:?}"),
    }
}

/// What is sent to another system, one thing on a line; secrets by their references.
pub(crate) fn sent(call: &Call) -> String {
    let filled = |filled: &Filled| {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Secret(secret) => format!("<{secret}>"),
        };
        filled.0.iter().map(piece).collect::<String>()
    };
    let mut sent = format!("{:?} {}", call.method, call.url);
    for (name, value) in &call.headers {
        sent += &format!("\n{name}: {}", filled(value));
    }
    match &call.body {
        Some(Body::Json(text)) => sent += &format!("\n{text}"),
        Some(Body::Form(fields)) => fields
            .iter()
            .for_each(|(name, value)| sent += &format!("\n{name}={}", filled(value))),
        None => {}
    }
    sent
}
