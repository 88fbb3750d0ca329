//! The use of an invitation: taken with a request, ended with it.

use std::time::Duration;

use approvals::{
    Account, Decide, Invited, Ruling, Submission, Terms, Transition, Wish, decide, forget, provision, submit, tick,
};
use claims::Hash;
use store::{
    AccountBy,
    Becomes::{self, Returned, Spent},
    Effect, HeldInvitation, InvitationUse, Request, State, Timestamp, Write,
};

use super::cast::*;

const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn a_request_takes_a_use_and_holds_it() {
    let held = submit(None, &[], &with_code("a", hold()), START, &terms()).1.unwrap();
    assert_eq!(taken(&held), [take("a", START, None)]);
    assert_eq!(held.request.invitation, Some(since("a", START)));
    assert_eq!(ends(&held), []);
    let without = submit(None, &[], &jane(hold()), START, &terms()).1.unwrap();
    assert_eq!((taken(&without), without.request.invitation), (vec![], None));
}

#[test]
fn who_is_let_in_at_once_has_used_it_up() {
    let admitted = submit(None, &[], &with_code("a", Wish::Admit), START, &terms())
        .1
        .unwrap();
    assert_eq!(taken(&admitted), [take("a", START, Some(START))]);
    assert_eq!(ends(&admitted), []);
    // As does who holds it from a request before.
    let again = again("a", None);
    let admitted = submit(None, &[], &with(again, Wish::Admit), at(DAY), &terms())
        .1
        .unwrap();
    let spend = Write::SpendInvitation {
        code: code("a"),
        applicant: jane(hold()).applicant,
        at: at(DAY),
    };
    assert_eq!((taken(&admitted), ends(&admitted)), (vec![spend], vec![]));
}

#[test]
fn a_use_ends_with_its_request() {
    let held = since("a", START);
    let back = [(held, Returned)];
    let spent = [(held, Spent)];
    let request = invited();
    for (ruling, end) in [
        (Ruling::Deny, &back[..]),
        (Ruling::Withdraw, &back),
        (Ruling::Approve, &[]),
    ] {
        assert_eq!(ends(&decided(ruling, &request, at(DAY))), end, "{ruling:?}");
    }
    let expired = tick(&request, at(400 * DAY), &terms()).unwrap();
    assert_eq!(
        (ends(&expired), &expired.request.state),
        (back.to_vec(), &State::Expired { at: at(400 * DAY) })
    );
    let approved = decided(Ruling::Approve, &request, at(DAY)).request;
    let unused = tick(&approved, at(400 * DAY), &terms()).unwrap();
    assert_eq!(ends(&unused), back);

    let admitted = submit(Some(&approved), &[], &with_code("a", hold()), at(2 * DAY), &terms())
        .1
        .unwrap();
    assert_eq!((ends(&admitted), taken(&admitted)), (spent.to_vec(), vec![]));
    let graph = Terms {
        account: AccountBy::Graph,
        ..terms()
    };
    let by_graph = decide(&request, &Decide::new(Ruling::Approve, rita()), at(DAY), &graph);
    let account = Account {
        object_id: "2f1c".to_owned(),
        redeem_url: None,
    };
    let provisioned = provision(&by_graph.transition.unwrap().request, account, at(2 * DAY), &graph).unwrap();
    assert_eq!(ends(&provisioned), spent);
    assert_eq!(provisioned.request.invitation, Some(held), "it stays known which");
}

#[test]
fn who_is_forgotten_gives_back_what_they_hold() {
    let held = since("a", START);
    let forgotten = forget(&invited(), "ops", at(DAY), &terms()).unwrap();
    assert_eq!(ends(&forgotten), [(held, Returned)]);
    let admitted = submit(None, &[], &with_code("a", Wish::Admit), START, &terms())
        .1
        .unwrap();
    assert_eq!(ends(&forget(&admitted.request, "ops", at(DAY), &terms()).unwrap()), []);
}

/// The old one comes back, and the new one is held.
#[test]
fn another_code_takes_the_place_of_the_first() {
    let request = invited();
    let claims = r#"{"email":"jane@example.com","city":"Bonn"}"#;
    let same = with_claims(with(again("a", None), hold()), claims);
    let updated = submit(Some(&request), &[], &same, at(DAY), &terms()).1.unwrap();
    assert_eq!((taken(&updated), ends(&updated)), (vec![], vec![]));
    assert_eq!(updated.request.invitation, Some(since("a", START)));
    let none = with_claims(jane(hold()), claims);
    let updated = submit(Some(&request), &[], &none, at(DAY), &terms()).1.unwrap();
    assert_eq!(
        updated.request.invitation,
        Some(since("a", START)),
        "it keeps what it holds"
    );

    let other = with_claims(with_code("b", hold()), claims);
    let updated = submit(Some(&request), &[], &other, at(DAY), &terms()).1.unwrap();
    assert_eq!(taken(&updated), [take("b", at(DAY), None)]);
    assert_eq!(ends(&updated), [(since("a", START), Returned)]);
    assert_eq!(updated.request.invitation, Some(since("b", at(DAY))));
    let late = submit(Some(&updated.request), &[], &other, at(DAY + MILLISECOND), &terms()).1;
    assert_eq!(late, None, "claims that it has take nothing");
}

/// While what ended the first request is still under way to give the use back.
#[test]
fn who_comes_again_holds_it_anew() {
    let expired = tick(&invited(), at(400 * DAY), &terms()).unwrap().request;
    for (now, anew) in [
        (at(401 * DAY), at(401 * DAY)),
        (at(Duration::ZERO), START.plus(MILLISECOND)),
    ] {
        let second = with(again("a", None), hold());
        let opened = submit(Some(&expired), &[], &second, now, &terms()).1.unwrap();
        let hold = Write::HoldInvitation {
            code: code("a"),
            applicant: second.applicant,
            since: START,
            at: anew,
        };
        assert_eq!((taken(&opened), ends(&opened)), (vec![hold], vec![]));
        assert_eq!(opened.request.invitation, Some(since("a", anew)), "never the same time");
    }
    // With the end of the first, where nothing has recorded that yet.
    let opened = submit(
        Some(&invited()),
        &[],
        &with(again("a", None), hold()),
        at(400 * DAY),
        &terms(),
    );
    assert_eq!(ends(&opened.1.unwrap()), [(since("a", START), Returned)]);
    // What was used up stays so.
    let used_up = with(again("a", Some(at(DAY))), hold());
    let opened = submit(Some(&expired), &[], &used_up, at(401 * DAY), &terms())
        .1
        .unwrap();
    assert_eq!(taken(&opened), []);
    assert_eq!(opened.request.invitation, Some(since("a", START)));
}

/// An approval of claims without a code, where the policy wants one by now.
#[test]
fn what_only_the_last_call_brings_is_used_up_by_it() {
    let brings = with_code("a", hold());
    let admitted = submit(Some(&approved()), &[], &brings, at(2 * DAY), &terms())
        .1
        .unwrap();
    assert_eq!(taken(&admitted), [take("a", at(2 * DAY), Some(at(2 * DAY)))]);
    assert_eq!(ends(&admitted), []);
}

fn invited() -> Request {
    submit(None, &[], &with_code("a", hold()), START, &terms())
        .1
        .unwrap()
        .request
}

fn with_code(name: &str, wish: Wish) -> Submission {
    let invited = Invited {
        code: code(name),
        usage: None,
    };
    with(invited, wish)
}

fn with(invited: Invited, wish: Wish) -> Submission {
    Submission {
        invitation: Some(invited),
        ..jane(wish)
    }
}

/// The code once more, of which Jane has a use since the beginning.
fn again(name: &str, spent_at: Option<Timestamp>) -> Invited {
    let usage = InvitationUse {
        code: code(name),
        applicant: jane(hold()).applicant,
        at: START,
        spent_at,
    };
    Invited {
        code: code(name),
        usage: Some(usage),
    }
}

fn code(name: &str) -> Hash {
    Hash::of(&["code", name])
}

fn since(name: &str, since: Timestamp) -> HeldInvitation {
    HeldInvitation {
        code: code(name),
        since,
    }
}

fn take(name: &str, at: Timestamp, spent_at: Option<Timestamp>) -> Write {
    Write::TakeInvitation(Box::new(InvitationUse {
        code: code(name),
        applicant: jane(hold()).applicant,
        at,
        spent_at,
    }))
}

fn writes(transition: &Transition) -> Vec<Write> {
    let commit = transition.clone().commit(None, &[], &audit_key().seal().unwrap());
    assert!(commit.check().is_ok());
    commit.writes
}

/// What is written of uses at once.
fn taken(transition: &Transition) -> Vec<Write> {
    let of_uses = |write: &Write| {
        matches!(
            write,
            Write::TakeInvitation(_)
                | Write::HoldInvitation { .. }
                | Write::SpendInvitation { .. }
                | Write::ReturnInvitation { .. }
        )
    };
    writes(transition).into_iter().filter(of_uses).collect()
}

/// What becomes of uses afterwards.
fn ends(transition: &Transition) -> Vec<(HeldInvitation, Becomes)> {
    let end = |write: Write| match write {
        Write::Effect { entry, .. } => match entry.effect {
            Effect::Invitation { held, becomes } => Some((held, becomes)),
            _ => None,
        },
        _ => None,
    };
    writes(transition).into_iter().filter_map(end).collect()
}
