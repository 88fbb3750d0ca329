//! Accounts that we create, and who is told what.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use approvals::{
    Account, AccountBy, Answer, AuditKey, Decide, Decider, Held, Notice, Refusal, Reviewer, Ruling, Submission, Terms,
    Timely, Transition, Wish, check, decide, provision, submit, timely,
};
use claims::{Changes, Claims, Hash, Identity, Locales, Value};
use store::{
    Denial, Effect, News, Occasion, OutboxEntry, Receiver, Request, RouteName, State, StateName, Timestamp, Write,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn graph() -> Terms {
    Terms {
        account: AccountBy::Graph,
        ..Terms::default()
    }
}

/// Any key.
fn audit_key() -> AuditKey {
    AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

/// Everybody waits for whoever reviews.
fn hold() -> Wish {
    Wish::Hold(Held::by_anybody())
}

fn telling() -> Terms {
    Terms {
        tell_applicants: News::ALL.to_vec(),
        tell_reviewers: true,
        ..Terms::default()
    }
}

/// Somebody with an account at `issuer`.
fn jane(issuer: &str) -> Submission {
    let claims = Claims::from_iter([("email".to_owned(), Value::Text("jane@example.com".to_owned()))]);
    Submission {
        applicant: Hash::of(&["jane"]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: vec![Identity {
            sign_in_type: None,
            issuer: Some(issuer.to_owned()),
            issuer_assigned_id: Some("jane@example.com".to_owned()),
        }],
        app: None,
        locales: Locales::parse("de-AT"),
        addresses: vec![Hash::of_address("jane@example.com")],
        invitation: None,
        wish: hold(),
        rule: "hold".to_owned(),
    }
}

fn opened(issuer: &str, terms: &Terms) -> Transition {
    submit(None, &[], &jane(issuer), START, terms).1.unwrap()
}

fn decided(ruling: Ruling, request: &Request, terms: &Terms) -> Transition {
    let rita = Decider::Reviewer(Reviewer::named("rita", Vec::new()));
    let by = Decide {
        ruling,
        by: rita,
        block: Vec::new(),
        reason: None,
    };
    decide(request, &by, START, terms).transition.unwrap()
}

fn provisioned(redeem_url: Option<&str>, request: &Request, terms: &Terms) -> Result<Transition, Refusal> {
    let account = Account {
        object_id: "2f1c".to_owned(),
        redeem_url: redeem_url.map(str::to_owned),
    };
    provision(request, account, START, terms)
}

/// All but what counts.
fn effects(transition: &Transition) -> Vec<OutboxEntry> {
    all_effects(transition)
        .into_iter()
        .filter(|entry| entry.id.lane.receiver != Receiver::Counts)
        .collect()
}

fn all_effects(transition: &Transition) -> Vec<OutboxEntry> {
    let commit = transition.clone().commit(None, &[], &audit_key().seal().unwrap());
    assert!(commit.check().is_ok());
    let entry = |write: &Write| match write {
        Write::Effect { entry, replaces: None } => Some((**entry).clone()),
        _ => None,
    };
    commit.writes.iter().filter_map(entry).collect()
}

/// From where to where a change is counted.
fn counted(transition: &Transition) -> Vec<(Option<StateName>, StateName)> {
    let counted = |entry: OutboxEntry| match entry.effect {
        Effect::Count { from, to } => Some((from.map(|from| from.state), to.state)),
        _ => None,
    };
    all_effects(transition).into_iter().filter_map(counted).collect()
}

fn names(transition: &Transition) -> Vec<&'static str> {
    effects(transition).iter().map(|entry| entry.effect.name()).collect()
}

#[test]
fn an_approval_creates_the_account_and_both_steps_say_where_it_is() {
    let terms = graph();
    let pending = opened("google.com", &terms).request;
    let approval = decided(Ruling::Approve, &pending, &terms);
    let [entry] = effects(&approval).try_into().unwrap();
    assert_eq!(
        (&entry.effect, entry.id.lane.receiver),
        (&Effect::CreateAccount, Receiver::Account)
    );
    assert_eq!(
        (
            entry.request,
            entry.due(),
            entry.attempts,
            entry.failures,
            entry.revision
        ),
        (pending.id, Some(START), 0, 0, 1)
    );

    let both = |request: &Request, now: Timestamp| {
        let (answer, transition) = submit(Some(request), &[], &jane("google.com"), now, &terms);
        assert_eq!(transition, None);
        let Answer::Notice(second) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(check(Some(request), &[], now, &terms), Some(second));
        second
    };
    assert_eq!(both(&approval.request, START), Notice::OnItsWay);
    let ready = provisioned(None, &approval.request, &terms).unwrap().request;
    assert!(matches!(&ready.state, State::Provisioned { at, object_id } if *at == START && object_id == "2f1c"));
    assert_eq!(
        both(&ready, START.plus(30 * DAY - Duration::from_millis(1))),
        Notice::Ready
    );
    let (answer, transition) = submit(Some(&ready), &[], &jane("google.com"), START.plus(30 * DAY), &terms);
    assert_eq!(
        answer,
        Answer::Notice(Notice::Waiting),
        "a guest who was removed is reviewed again"
    );
    assert_eq!(transition.unwrap().request.id.round, 2);
}

#[test]
fn who_creates_an_account_is_as_it_was_when_the_request_was_approved() {
    let (flow, graph) = (Terms::default(), graph());
    let pending = opened("google.com", &flow).request;
    let answered = |approved: &Request, terms: &Terms| {
        let (answer, _) = submit(Some(approved), &[], &jane("google.com"), START, terms);
        (check(Some(approved), &[], START, terms), answer)
    };
    // Nothing creates the account of somebody who was told to come again.
    let by_flow = decided(Ruling::Approve, &pending, &flow).request;
    let (first, second) = answered(&by_flow, &graph);
    assert_eq!(first, None);
    assert!(matches!(second, Answer::Continue(_)), "{second:?}");
    // And whose account is on its way has no use for coming again.
    let by_graph = decided(Ruling::Approve, &pending, &graph).request;
    let (first, second) = answered(&by_graph, &flow);
    assert_eq!(first, Some(Notice::OnItsWay));
    assert_eq!(second, Answer::Notice(Notice::OnItsWay));
}

#[test]
fn what_was_overtaken_by_a_decision_or_a_denial_is_not_carried_out() {
    let terms = graph();
    let pending = opened("google.com", &terms).request;
    let approved = decided(Ruling::Approve, &pending, &terms).request;
    let ready = provisioned(None, &approved, &terms).unwrap().request;
    let denied = decided(Ruling::Deny, &pending, &terms).request;
    let over = START.plus(30 * DAY);
    let denial = |at: Timestamp| {
        [Denial {
            address: pending.addresses[0],
            request: pending.id,
            at,
            until: START.plus(DAY),
        }]
    };
    let earlier = denial(Timestamp::from_millis(START.as_millis() - 1));
    let later = denial(START.plus(Duration::from_millis(1)));
    let soon = START.plus(Duration::from_secs(1));
    let account = |request, denials: &[Denial], now| timely(&Effect::CreateAccount, request, denials, now);
    assert_eq!(account(&approved, &[], soon), Timely::Wanted);
    assert_eq!(account(&approved, &earlier, soon), Timely::Wanted);
    assert!(matches!(account(&approved, &later, soon), Timely::Forbidden(why) if why.contains("denied")));
    assert_eq!(
        account(&approved, &later, START.plus(DAY)),
        Timely::Wanted,
        "it is over"
    );
    assert_eq!(account(&ready, &[], soon), Timely::Over);
    for request in [&pending, &denied] {
        assert!(matches!(account(request, &[], soon), Timely::Forbidden(_)));
    }
    assert!(matches!(account(&approved, &[], over), Timely::Forbidden(why) if why.contains("ran out")));

    let reviewer = Effect::TellReviewer {
        address: Hash::of_address("rita@contoso.com"),
        why: Occasion::Asked,
    };
    for effect in [Effect::TellReviewers { why: Occasion::Asked }, reviewer] {
        assert_eq!(timely(&effect, &pending, &[], soon), Timely::Wanted);
        for request in [&approved, &ready, &denied] {
            assert_eq!(timely(&effect, request, &[], soon), Timely::Over);
        }
    }
}

#[test]
fn an_account_is_recorded_once_and_for_an_approval_only() {
    let terms = graph();
    let pending = opened("google.com", &terms).request;
    assert_eq!(provisioned(None, &pending, &terms), Err(Refusal::NotApproved));
    let approved = decided(Ruling::Approve, &pending, &terms).request;
    let ready = provisioned(None, &approved, &terms).unwrap().request;
    assert_eq!(provisioned(None, &ready, &terms), Err(Refusal::NotApproved));
}

#[test]
fn an_automatic_approval_never_creates_an_account() {
    let submission = Submission {
        wish: Wish::Admit,
        ..jane("google.com")
    };
    let (answer, transition) = submit(
        None,
        &[],
        &submission,
        START,
        &Terms {
            tell_applicants: News::ALL.to_vec(),
            ..graph()
        },
    );
    assert!(matches!(answer, Answer::Continue(_)));
    assert!(effects(&transition.unwrap()).is_empty());
}

#[test]
fn people_are_told_what_the_terms_say() {
    let all = telling();
    let pending = opened("mail", &all);
    assert_eq!(names(&pending), ["received", "tell-reviewers"]);
    let numbers: Vec<_> = effects(&pending).iter().map(|entry| entry.id.number).collect();
    assert_eq!(numbers, [32, 33], "in order, and no two alike");
    assert_eq!(names(&decided(Ruling::Approve, &pending.request, &all)), ["approved"]);
    assert_eq!(names(&decided(Ruling::Deny, &pending.request, &all)), ["denied"]);
    assert!(names(&decided(Ruling::Withdraw, &pending.request, &all)).is_empty());

    let none = Terms::default();
    let pending = opened("mail", &none);
    assert!(names(&pending).is_empty());
    assert!(names(&decided(Ruling::Deny, &pending.request, &none)).is_empty());
}

#[test]
fn nobody_is_told_at_an_address_that_nobody_proved_unless_the_terms_say_so() {
    let proven_only = telling();
    let pending = opened("google.com", &proven_only);
    assert_eq!(names(&pending), ["tell-reviewers"]);
    assert!(names(&decided(Ruling::Deny, &pending.request, &proven_only)).is_empty());
    let anybody = Terms {
        tell_unproven: true,
        ..telling()
    };
    assert_eq!(names(&decided(Ruling::Deny, &pending.request, &anybody)), ["denied"]);
}

#[test]
fn with_an_account_the_news_waits_for_it_and_an_invitation_always_goes_out() {
    let terms = Terms {
        account: AccountBy::Graph,
        ..telling()
    };
    let approved = decided(Ruling::Approve, &opened("mail", &terms).request, &terms);
    assert_eq!(names(&approved), ["create-account"]);
    assert_eq!(
        names(&provisioned(None, &approved.request, &terms).unwrap()),
        ["approved"]
    );

    let silent = graph();
    let approved = decided(Ruling::Approve, &opened("google.com", &silent).request, &silent).request;
    assert!(names(&provisioned(None, &approved, &silent).unwrap()).is_empty());
    let [invited] = effects(&provisioned(Some("sealed"), &approved, &silent).unwrap())
        .try_into()
        .unwrap();
    let Effect::TellApplicant { news, redeem_url } = invited.effect else {
        panic!()
    };
    assert_eq!((news, redeem_url.as_deref()), (News::Approved, Some("sealed")));
}

#[test]
fn every_change_of_a_state_is_counted_and_nothing_else() {
    use StateName::{Admitted, Approved, Denied, Expired, Pending, Provisioned};
    let (terms, graph) = (Terms::default(), graph());
    let pending = opened("google.com", &terms);
    assert_eq!(counted(&pending), [(None, Pending)]);
    let denied = decided(Ruling::Deny, &pending.request, &terms);
    assert_eq!(counted(&denied), [(Some(Pending), Denied)]);
    let approved = decided(Ruling::Approve, &pending.request, &graph);
    assert_eq!(counted(&approved), [(Some(Pending), Approved)]);
    let provisioned = provisioned(None, &approved.request, &graph).unwrap();
    assert_eq!(counted(&provisioned), [(Some(Approved), Provisioned)]);

    let let_in = Submission {
        wish: Wish::Admit,
        ..jane("google.com")
    };
    let (_, admitted) = submit(None, &[], &let_in, START, &terms);
    assert_eq!(counted(&admitted.unwrap()), [(None, Admitted)]);

    // What time had ended is counted with what comes in its place.
    let late = START.plus(100 * DAY);
    let (_, again) = submit(Some(&pending.request), &[], &jane("google.com"), late, &terms);
    assert_eq!(counted(&again.unwrap()), [(Some(Pending), Expired), (None, Pending)]);
    let (_, again) = submit(Some(&denied.request), &[], &jane("google.com"), late, &terms);
    assert_eq!(
        counted(&again.unwrap()),
        [(None, Pending)],
        "the earlier one stays denied"
    );
}

#[test]
fn a_request_that_changes_its_claims_is_counted_anew_only_under_another_route() {
    let terms = Terms::default();
    let pending = opened("google.com", &terms).request;
    let mut changed = jane("google.com");
    let claim = |name: &str, text: &str| (name.to_owned(), Value::Text(text.to_owned()));
    changed.received = Claims::from_iter([claim("email", "jane@example.com"), claim("city", "Graz")]);
    let update = |submission: &Submission| {
        submit(Some(&pending), &[], submission, START.plus(DAY), &terms)
            .1
            .unwrap()
    };
    assert_eq!(counted(&update(&changed)), []);
    let Wish::Hold(held) = hold() else { panic!() };
    let route = RouteName::parse("austria");
    changed.wish = Wish::Hold(Held {
        route: route.clone(),
        ..held
    });
    let effects = all_effects(&update(&changed));
    let counts = effects.iter().find_map(|entry| match &entry.effect {
        Effect::Count { from, to } => Some((from.clone().unwrap(), to.clone())),
        _ => None,
    });
    let (from, to) = counts.unwrap();
    assert_eq!((from.state, from.route), (StateName::Pending, None));
    assert_eq!((to.state, to.route), (StateName::Pending, route));
}
