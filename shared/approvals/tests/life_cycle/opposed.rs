//! Somebody is against it: neither time nor one reviewer alone overrules them.

use approvals::{Refusal, Ruling, Standing, check, decide, standing, submit, tick, turned_away};
use store::{Actor, Asked, Denial, Stage, State, StateName, TimeOut};

use crate::cast::*;

/// Two of two have to deny, and time approves.
fn two_deny() -> Stage {
    Stage {
        deny: 2,
        then: TimeOut::Approve,
        ..stage("both", Asked::Anybody)
    }
}

#[test]
fn time_approves_nobody_whom_a_reviewer_wants_to_deny() {
    let unopposed = held(&plan(&[two_deny()]));
    assert_eq!(
        tick(&unopposed, at(10 * DAY), &terms()).unwrap().request.state.name(),
        StateName::Approved
    );
    let opposed = ruled(&unopposed, Ruling::Deny, &reviewer("rita", &[]), HOUR);
    assert_eq!(opposed.state.name(), StateName::Pending);
    assert_eq!(
        tick(&opposed, at(10 * DAY), &terms()).unwrap().request.state.name(),
        StateName::Expired
    );
    assert_eq!(
        submit(Some(&opposed), &[], &jane(hold()), at(10 * DAY), &terms())
            .1
            .unwrap()
            .request
            .id
            .round,
        2
    );
}

#[test]
fn one_alone_does_not_withdraw_what_another_wants_to_deny() {
    let opposed = ruled(&held(&plan(&[two_deny()])), Ruling::Deny, &reviewer("rita", &[]), HOUR);
    let bob = approvals::Decide::new(Ruling::Withdraw, reviewer("bob", &[]));
    let decided = decide(&opposed, &bob, at(2 * HOUR), &terms());
    assert_eq!((decided.transition, decided.refused), (None, Some(Refusal::Opposed)));
    let ops = approvals::Decide::new(Ruling::Withdraw, approvals::Decider::Override("ops".to_owned()));
    let decided = decide(&opposed, &ops, at(2 * HOUR), &terms());
    assert_eq!(decided.transition.unwrap().request.state.name(), StateName::Withdrawn);
}

/// People decided on the address meanwhile; time did not look.
#[test]
fn an_approval_by_time_outweighs_no_denial_of_the_address() {
    let waiting = held(&plan(&[two_deny()]));
    let approved = tick(&waiting, at(10 * DAY), &terms()).unwrap().request;
    assert!(matches!(approved.state, State::Approved { by: Actor::Clock, .. }));
    let denial = |after| Denial {
        address: approved.addresses[0],
        request: approved.id,
        at: at(after),
        until: at(40 * DAY),
    };
    let now = at(11 * DAY);
    assert!(
        turned_away(Some(&approved), &[denial(DAY)], now),
        "denied while it waited"
    );
    assert!(
        turned_away(Some(&approved), &[denial(10 * DAY + HOUR)], now),
        "denied afterwards"
    );
    assert!(check(Some(&approved), &[denial(DAY)], now, &terms()).is_some());
    // A person who approves has seen what was denied before.
    let by_rita = ruled(&waiting, Ruling::Approve, &reviewer("rita", &[]), 2 * DAY);
    assert!(matches!(standing(Some(&by_rita), now), Standing::Approved(_)));
    assert!(!turned_away(Some(&by_rita), &[denial(DAY)], now));
}

/// Its denials are of all addresses of the request, which the call that comes in between does not know.
#[test]
fn who_is_denied_by_time_asks_anew_when_that_is_recorded() {
    let now = at(10 * DAY);
    let terms = approvals::Terms {
        cool_down: std::time::Duration::ZERO,
        ..terms()
    };
    let denied = Stage {
        then: TimeOut::Deny,
        ..stage("one", Asked::Anybody)
    };
    let waiting = held(&plan(&[denied]));
    let (answer, changed) = submit(Some(&waiting), &[], &jane(hold()), now, &terms);
    assert_eq!(
        (answer, changed),
        (approvals::Answer::Notice(approvals::Notice::Denied), None)
    );
    let recorded = tick(&waiting, now, &terms).unwrap().request;
    assert_eq!(
        submit(Some(&recorded), &[], &jane(hold()), now, &terms)
            .1
            .unwrap()
            .request
            .id
            .round,
        2
    );
}
