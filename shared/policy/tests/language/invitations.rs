//! Codes that let people sign up: which are good, which attempts count, and what becomes of the code.

use std::time::Duration;

use claims::{ApplicantKey, Hash};
use store::{Bound, Invitation, InvitationUse, invitation_code};

use crate::common::*;

const CODE: &str = "01234-56789-ABCDE-FGHJK";
const NEEDED: Outcome = Outcome::AskAgain(MessageName::INVITATION);

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn before(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - seconds * 1000)
}

fn code() -> Hash {
    invitation_code(CODE).unwrap()
}

fn jane(email: &str, code: &str) -> String {
    format!(
        r#"{{"email":"{email}","extension_0123456789abcdef0123456789abcdef_Code":"{code}",
        "identities":[{{"issuer":"google.com","issuerAssignedId":"7"}}]}}"#
    )
}

fn invitation() -> Invitation {
    Invitation {
        code: code(),
        note: None,
        made_at: before(60),
        until: later(60),
        uses: 1,
        taken: 0,
        bound: None,
        revoked_at: None,
    }
}

fn usage(spent_at: Option<Timestamp>) -> InvitationUse {
    let applicant = ApplicantKey::of(&sign_up(&jane("a@x.example", CODE))).unwrap().hash();
    InvitationUse {
        code: code(),
        applicant,
        at: before(30),
        spent_at,
    }
}

type Known = Option<(Invitation, Option<InvitationUse>)>;

/// The store has this invitation alone, and has counted so many wrong codes of the applicant and of all.
fn store(known: Known, wrong: u64) -> impl Fn(&Question) -> Result<Answer, String> {
    move |question| match question {
        Question::Invitation { code: asked, applicant } => {
            assert_eq!(*applicant, usage(None).applicant);
            Ok(Answer::Invitation(known.clone().filter(|_| *asked == code())))
        }
        Question::Tally(_) => Ok(Answer::Tally(wrong)),
        other => panic!("{other:?}"),
    }
}

const RULE: &str = "invitation = \"extension_Code\"";

#[test]
fn a_good_code_lets_in_and_is_taken_by_whoever_goes_on() {
    let policy = closed(&rule(RULE));
    assert!(policy.remembers(SECOND) && policy.asks_controls(SECOND) && !policy.asks_outside(SECOND));
    let (verdict, rounds) = asked(
        &policy,
        &sign_up(&jane("a@x.example", CODE)),
        store(Some((invitation(), None)), 0),
    );
    assert_eq!(rounds.len(), 1, "the code and the counts at once");
    assert_eq!((&verdict.outcome, verdict.rule), (&Outcome::Continue, Some("r")));
    assert_eq!(verdict.invitation, Some(code()));
    assert!(verdict.attempts.is_empty() && verdict.counts.is_empty());
}

#[test]
fn all_codes_that_are_not_good_get_one_answer() {
    let policy = policy(&rule(RULE));
    let told = |code: &str, known: Known, wrong: u64| {
        let (verdict, _) = asked(&policy, &sign_up(&jane("a@x.example", code)), store(known, wrong));
        assert_eq!(verdict.invitation, None, "{code}");
        (verdict.outcome, verdict.attempts.len())
    };
    let with = |change: &dyn Fn(&mut Invitation)| {
        let mut invitation = invitation();
        change(&mut invitation);
        Some((invitation, None))
    };
    let counted = (NEEDED, 2);
    assert_eq!(told("", None, 0), (NEEDED, 0), "absent: nobody guessed");
    assert_eq!(told(" ", None, 0), (NEEDED, 0));
    assert_eq!(told("no code at all", None, 0), counted);
    assert_eq!(told("00000-00000-00000-00000", with(&|_| {}), 0), counted, "wrong");
    assert_eq!(told(CODE, None, 0), counted);
    assert_eq!(told(CODE, with(&|i| i.until = NOW), 0), counted, "expired");
    assert_eq!(told(CODE, with(&|i| i.taken = 1), 0), counted, "used");
    assert_eq!(told(CODE, with(&|i| i.revoked_at = Some(NOW)), 0), counted, "revoked");
    let foreign = Bound::Domain("y.example".to_owned());
    assert_eq!(
        told(CODE, with(&|i| i.bound = Some(foreign.clone())), 0),
        counted,
        "foreign"
    );
    assert_eq!(told(CODE, with(&|_| {}), 5), (NEEDED, 0), "too many attempts");
}

/// Applicants read the same; whoever runs the gate reads why.
#[test]
fn why_a_code_is_not_good_is_told_to_the_log() {
    let policy = policy(&rule(RULE));
    let why = |code: &str, known: Known, wrong: u64| {
        let (verdict, _) = asked(&policy, &sign_up(&jane("a@x.example", code)), store(known, wrong));
        verdict.refused
    };
    let with = |change: &dyn Fn(&mut Invitation)| {
        let mut invitation = invitation();
        change(&mut invitation);
        Some((invitation, None))
    };
    assert_eq!(why(CODE, with(&|_| {}), 0), None);
    assert_eq!(why("", None, 0), Some("no code of an invitation"));
    assert_eq!(why(CODE, None, 0), Some("there is no invitation with this code"));
    assert_eq!(why(CODE, with(&|i| i.until = NOW), 0), Some("the invitation is over"));
    assert_eq!(why(CODE, with(&|i| i.taken = 1), 0), Some("the invitation is used up"));
    assert_eq!(
        why(CODE, with(&|i| i.revoked_at = Some(NOW)), 0),
        Some("the invitation was revoked")
    );
    let foreign = Bound::Domain("y.example".to_owned());
    let elsewhere = with(&|i| i.bound = Some(foreign.clone()));
    assert_eq!(why(CODE, elsewhere, 0), Some("the invitation is for somebody else"));
    let spent = why(CODE, with(&|_| {}), 5);
    assert_eq!(spent, Some("too many codes of the applicant were wrong lately"));
}

#[test]
fn whoever_holds_a_code_comes_again_with_it_and_whoever_was_let_in_for_an_hour() {
    let policy = closed(&rule(RULE));
    let come = |usage: InvitationUse, wrong: u64| {
        let taken = Invitation {
            taken: 1,
            revoked_at: Some(before(10)),
            until: before(5),
            ..invitation()
        };
        let answer = store(Some((taken, Some(usage))), wrong);
        asked(&policy, &sign_up(&jane("a@x.example", CODE)), answer).0.outcome
    };
    assert_eq!(come(usage(None), 0), Outcome::Continue);
    assert_eq!(come(usage(None), 5000), Outcome::Continue, "nobody guessed");
    assert_eq!(come(usage(Some(before(3599))), 0), Outcome::Continue);
    assert_eq!(come(usage(Some(before(3600))), 0), NEEDED);
}

#[test]
fn a_bound_code_is_for_every_address_that_the_call_gives() {
    let policy = policy(&rule(RULE));
    let two = format!(
        r#"{{"email":"a@x.example","extension_Code":"{CODE}","identities":[{{"issuer":"google.com","issuerAssignedId":"7"}},
        {{"signInType":"emailAddress","issuer":"t.example","issuerAssignedId":"b@y.example"}}]}}"#
    );
    let none = jane("", CODE);
    let x = jane(" A@X.example", CODE);
    for (bound, body, good) in [
        (Bound::Address(Hash::of_address("a@x.example")), &x, true),
        (Bound::Address(Hash::of_address("a@x.example")), &two, false),
        (Bound::Address(Hash::of_address("b@x.example")), &x, false),
        (Bound::Domain("x.example".to_owned()), &x, true),
        (Bound::Domain("example".to_owned()), &x, false),
        (Bound::Domain("x.example".to_owned()), &two, false),
        (Bound::Domain("x.example".to_owned()), &none, false),
    ] {
        let invitation = Invitation {
            bound: Some(bound.clone()),
            ..invitation()
        };
        let (verdict, _) = asked(&policy, &sign_up(body), store(Some((invitation, None)), 0));
        assert_eq!(verdict.outcome == Outcome::Continue, good, "{bound:?} {body}");
    }
}

#[test]
fn attempts_are_limited_for_one_and_for_all() {
    let attempts = format!("{RULE}\nattempts = {{ per_applicant = 2, overall = 10, within = \"1 day\" }}");
    let policy = policy(&rule(&attempts));
    let body = jane("a@x.example", CODE);
    let (verdict, rounds) = asked(&policy, &sign_up(&body), store(None, 0));
    let [one, all] = verdict.attempts.as_slice() else {
        panic!("{:?}", verdict.attempts)
    };
    assert_eq!(
        (one.ends.since(one.begins), one.begins == all.begins),
        (Duration::from_secs(86_400), true)
    );
    assert_eq!(rounds[0].len(), 3);
    let good = |of_one: u64, of_all: u64| {
        let (one, all) = (one.clone(), all.clone());
        let answer = move |question: &Question| match question {
            Question::Tally(tally) if *tally == one => Ok(Answer::Tally(of_one)),
            Question::Tally(tally) if *tally == all => Ok(Answer::Tally(of_all)),
            other => store(Some((invitation(), None)), 0)(other),
        };
        asked(&policy, &sign_up(&body), answer).0.outcome == Outcome::Continue
    };
    assert!(good(0, 0) && good(1, 9));
    assert!(!good(2, 0) && !good(0, 10));
    let other = body.replace(":\"7\"", ":\"8\"");
    let answer = |question: &Question| match question {
        Question::Invitation { .. } => Ok(Answer::Invitation(None)),
        _ => Ok(Answer::Tally(0)),
    };
    let (verdict, _) = asked(&policy, &sign_up(&other), answer);
    assert!(verdict.attempts[0] != *one && verdict.attempts[1] == *all);
}

#[test]
fn noise_of_others_does_not_keep_out_who_brings_a_code_of_their_own_address() {
    let policy = policy(&rule(RULE));
    let body = jane("a@x.example", CODE);
    let (verdict, _) = asked(&policy, &sign_up(&body), store(None, 0));
    let one = verdict.attempts[0].clone();
    let come = |bound: Option<Bound>, of_one: u64, of_all: u64, body: &str| {
        let (one, invitation) = (one.clone(), Invitation { bound, ..invitation() });
        let answer = move |question: &Question| match question {
            Question::Tally(tally) if *tally == one => Ok(Answer::Tally(of_one)),
            Question::Tally(_) => Ok(Answer::Tally(of_all)),
            other => store(Some((invitation.clone(), None)), 0)(other),
        };
        let (verdict, _) = asked(&policy, &sign_up(body), answer);
        (verdict.outcome == Outcome::Continue, verdict.attempts)
    };
    let (domain, foreign) = (
        Some(Bound::Domain("x.example".to_owned())),
        Some(Bound::Domain("y.example".to_owned())),
    );
    let address = Some(Bound::Address(Hash::of_address("a@x.example")));
    assert!(come(None, 0, 9_999, &body).0, "so many by default");
    for bound in [&domain, &address] {
        assert!(come(bound.clone(), 4, 10_000, &body).0);
        assert!(!come(bound.clone(), 5, 10_000, &body).0, "their own attempts are spent");
    }
    // Wrong ones still count for the one who brings them.
    for bound in [None, foreign] {
        assert_eq!(come(bound, 0, 10_000, &body), (false, vec![one.clone()]));
    }
    let garbage = jane("a@x.example", "garbage");
    assert_eq!(come(domain, 0, 10_000, &garbage), (false, vec![one.clone()]));
}

#[test]
fn the_code_goes_out_as_nothing_and_is_not_kept_whatever_comes_of_it() {
    let late = named("late", "when = { claim = \"city\", present = true }\nblock = true");
    let emit = "emit = { event = \"e\", claims = [\"extension_Code\"], on = [\"continue\", \"ask-again\", \"block\"] }";
    let elsewhere = format!("when = {{ claim = \"state\", present = true }}\n{RULE}");
    for invite in [RULE.to_owned(), elsewhere] {
        let policy = policy(&format!("{}{}{late}", rule(&invite), named("say", emit)));
        for (body, known) in [
            (jane("a@x.example", CODE), Some((invitation(), None))),
            (jane("a@x.example", CODE), None),
            (
                jane("a@x.example", CODE).replacen('{', r#"{"city":"x","#, 1),
                Some((invitation(), None)),
            ),
        ] {
            let (verdict, _) = asked(&policy, &sign_up(&body), store(known, 0));
            let key = "extension_0123456789abcdef0123456789abcdef_Code";
            assert_eq!(
                verdict.changes.get(key).map(Value::to_json),
                Some("\"\"".to_owned()),
                "{body}"
            );
            assert!(verdict.claims.at_key(key).is_none() && verdict.received.at_key(key).is_none());
            assert!(
                !verdict
                    .events
                    .iter()
                    .any(|event| format!("{:?}", event.claims).contains("Code"))
            );
        }
    }
}

#[test]
fn without_somebody_who_could_hold_it_no_code_is_taken() {
    let policy = policy(&rule(RULE));
    let body = format!(r#"{{"extension_Code":"{CODE}"}}"#);
    let (verdict, rounds) = asked(&policy, &sign_up(&body), store(Some((invitation(), None)), 0));
    assert!(rounds.is_empty() && verdict.invitation.is_none() && verdict.attempts.is_empty());
    assert_eq!((verdict.outcome, verdict.failure), (NEEDED, None));
    let (verdict, _) = asked(
        &policy,
        &sign_up(&jane("a@x.example", CODE)),
        |_| Err("down".to_owned()),
    );
    assert_eq!(verdict.outcome, Outcome::Block(MessageName::FAILED));
    assert_eq!(
        policy.decide(&sign_up(&jane("a@x.example", CODE)), NOW).outcome,
        verdict.outcome
    );
}

#[test]
fn a_code_lets_in_only_whom_the_when_selects_strictly() {
    let policy = closed(&rule(&format!("when = {{ domain = \"x.example\" }}\n{RULE}")));
    let two = format!(
        r#"{{"email":"a@x.example","extension_Code":"{CODE}","identities":[{{"issuer":"google.com","issuerAssignedId":"7"}},
        {{"signInType":"emailAddress","issuer":"t.example","issuerAssignedId":"b@y.example"}}]}}"#
    );
    for (body, outcome) in [(jane("a@x.example", CODE), Outcome::Continue), (two, BLOCKED)] {
        let (verdict, _) = asked(&policy, &sign_up(&body), store(Some((invitation(), None)), 0));
        assert_eq!(verdict.outcome, outcome);
    }
}

#[test]
fn whoever_has_no_code_can_be_reviewed_and_whoever_waits_is_not_asked_for_it_again() {
    let policy = closed(&rule(&format!("{RULE}\notherwise = \"hold\"")));
    let (verdict, _) = asked(&policy, &sign_up(&jane("a@x.example", CODE)), store(None, 0));
    assert_eq!((&verdict.outcome, verdict.attempts.len()), (&Outcome::Hold, 2));
    let closed = closed(&format!("{}{}", rule(RULE), named("hold", "hold = true")));
    let again = closed
        .recheck()
        .ask(&sign_up(&jane("a@x.example", "")), NOW, &Facts::none());
    assert_eq!(again, Ok(policy::Rechecked::Waits));
    assert_eq!(closed.recheck().passed_over(), ["r"]);
    let token = named("t", "require = { claim = \"extension_Code\" }\notherwise = \"block\"");
    let resting = format!("{}{token}", rule(RULE));
    let resting = crate::common::policy(&resting);
    assert_eq!(resting.recheck().passed_over(), ["r", "t"]);
}

#[test]
fn a_rule_that_observes_takes_nothing_and_counts_nothing() {
    let policy = policy(&rule(&format!("mode = \"observe\"\n{RULE}")));
    assert!(policy.asks_controls(SECOND) && !policy.remembers(SECOND));
    for (known, would) in [(Some((invitation(), None)), "allow"), (None, "ask-again")] {
        let (verdict, _) = asked(&policy, &sign_up(&jane("a@x.example", CODE)), store(known, 0));
        assert_eq!(verdict.observed[0].would, would);
        assert!(verdict.invitation.is_none() && verdict.attempts.is_empty());
        // Nobody shall see a code that is still good.
        let key = "extension_0123456789abcdef0123456789abcdef_Code";
        assert_eq!(reply_claims(&verdict), [(key.to_owned(), "\"\"".to_owned())]);
        assert!(verdict.claims.at_key(key).is_none() && verdict.received.at_key(key).is_none());
        assert_eq!(verdict.outcome, Outcome::Continue);
    }
}
