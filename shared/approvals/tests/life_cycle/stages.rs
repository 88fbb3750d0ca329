//! Who decides, in which stage, and how many of them.

use approvals::{Blocks, Decide, Decider, Refusal, Ruling, Terms, decide};
use proptest::prelude::*;
use store::{Actor, Asked, Block, Event, ListName, Occasion, Person, Reasons, Share, StateName, Write};

use crate::cast::*;

fn quorum(approve: u32, deny: u32) -> store::Stage {
    store::Stage {
        approve,
        deny,
        ..stage("all", Asked::Anybody)
    }
}

#[test]
fn so_many_different_people_have_to_approve() {
    let (rita, bob) = (reviewer("rita", &[]), reviewer("bob", &[]));
    let request = held(&plan(&[quorum(2, 2)]));
    let first = rule(&request, Ruling::Approve, &rita, HOUR).transition.unwrap();
    assert!(matches!(&first.entries[0].event, Event::Voted { approves: true, stage, .. } if stage == "all"));
    assert_eq!(first.request.state.name(), StateName::Pending);
    assert_eq!(refused(&first.request, Ruling::Approve, &rita), Some(Refusal::Voted));
    assert_eq!(
        refused(&first.request, Ruling::Deny, &reviewer(" RITA ", &["house"])),
        Some(Refusal::Voted),
        "in whatever role and spelling"
    );
    let last = ruled(&first.request, Ruling::Approve, &bob, HOUR);
    assert_eq!(last.state.name(), StateName::Approved);
}

#[test]
fn so_many_different_people_have_to_deny_and_a_denial_wins() {
    let (rita, bob, eve) = (reviewer("rita", &[]), reviewer("bob", &[]), reviewer("eve", &[]));
    let request = held(&plan(&[quorum(2, 2)]));
    let one = ruled(&request, Ruling::Deny, &rita, HOUR);
    let both = ruled(&one, Ruling::Approve, &bob, HOUR);
    assert_eq!(both.state.name(), StateName::Pending);
    assert_eq!(ruled(&both, Ruling::Deny, &eve, HOUR).state.name(), StateName::Denied);
    let request = held(&plan(&[quorum(2, 1)]));
    let one = ruled(&request, Ruling::Approve, &rita, HOUR);
    assert_eq!(ruled(&one, Ruling::Deny, &bob, HOUR).state.name(), StateName::Denied);
}

#[test]
fn so_many_of_those_who_approve_have_to_belong_to_a_group() {
    let house = Share {
        group: "house".to_owned(),
        at_least: 1,
    };
    let stage = store::Stage {
        among: vec![house],
        ..quorum(2, 1)
    };
    let request = held(&plan(&[stage]));
    let two = ruled(&request, Ruling::Approve, &reviewer("rita", &["guests"]), HOUR);
    let two = ruled(&two, Ruling::Approve, &reviewer("bob", &[]), HOUR);
    assert_eq!(two.state.name(), StateName::Pending, "enough, but nobody of the house");
    let three = ruled(&two, Ruling::Approve, &reviewer("eve", &["house"]), HOUR);
    assert_eq!(three.state.name(), StateName::Approved);
}

#[test]
fn stages_come_in_order_and_a_person_counts_in_one_of_them() {
    let person = Asked::Person(Person::of("bob"));
    let stages = [
        stage("first", Asked::Group("front".to_owned())),
        stage("second", person),
    ];
    let request = held(&plan(&stages));
    let (rita, bob) = (reviewer("rita", &["front"]), reviewer("Bob", &["front"]));
    assert_eq!(
        refused(&request, Ruling::Approve, &reviewer("eve", &["back"])),
        Some(Refusal::NotAsked)
    );
    let passed = rule(&request, Ruling::Approve, &rita, DAY).transition.unwrap();
    assert!(matches!(&passed.entries[0].event, Event::Passed { stage, .. } if stage == "first"));
    assert_eq!(occasions(&passed), [Occasion::Asked]);
    let review = passed.request.review().unwrap();
    assert_eq!((review.stage, review.since, review.ends()), (1, at(DAY), at(11 * DAY)));
    for (again, why) in [
        (&rita, Refusal::Voted),
        (&reviewer("eve", &["front"]), Refusal::NotAsked),
    ] {
        assert_eq!(refused(&passed.request, Ruling::Approve, again), Some(why));
    }
    assert_eq!(
        ruled(&passed.request, Ruling::Approve, &bob, DAY).state.name(),
        StateName::Approved
    );
    // Who passed the first stage is not a second pair of eyes.
    let by_bob = ruled(&request, Ruling::Approve, &bob, DAY);
    assert_eq!(refused(&by_bob, Ruling::Approve, &bob), Some(Refusal::Voted));
}

#[test]
fn nobody_decides_on_themselves() {
    let own = reviewer("Jane@Example.com", &[]);
    for ruling in [Ruling::Approve, Ruling::Deny, Ruling::Withdraw] {
        assert_eq!(
            refused(&held(&plan(&[quorum(1, 1)])), ruling, &own),
            Some(Refusal::OnThemselves)
        );
    }
    let Decider::Reviewer(own) = own else { panic!() };
    assert!(!own.is_awaited(&pending()));
}

#[test]
fn a_request_waits_for_those_who_are_asked_and_have_not_answered() {
    let request = held(&plan(&[store::Stage {
        approve: 2,
        ..stage("first", Asked::Group("front".to_owned()))
    }]));
    let awaited = |request: &store::Request, name, groups: &[&str]| match reviewer(name, groups) {
        Decider::Reviewer(reviewer) => reviewer.is_awaited(request),
        Decider::Override(_) => false,
    };
    assert!(awaited(&request, "rita", &["front"]) && !awaited(&request, "bob", &[]));
    let voted = ruled(&request, Ruling::Approve, &reviewer("rita", &["front"]), HOUR);
    assert!(!awaited(&voted, "rita", &["front"]) && awaited(&voted, "eve", &["front"]));
    assert!(!awaited(&approved(), "rita", &["front"]));
}

#[test]
fn a_reason_is_given_where_the_plan_wants_one() {
    let rulings = [Ruling::Approve, Ruling::Deny, Ruling::Withdraw];
    let wanted = [
        (Reasons::Optional, [false, false, false]),
        (Reasons::ToDeny, [false, true, false]),
        (Reasons::Always, [true, true, true]),
    ];
    for (reasons, wanted) in wanted {
        let request = held(&store::Plan {
            reasons,
            ..plan(&[quorum(1, 1)])
        });
        for (ruling, wanted) in rulings.into_iter().zip(wanted) {
            for reason in [None, Some("  "), Some("known")] {
                let command = Decide {
                    reason: reason.map(str::to_owned),
                    ..Decide::new(ruling, rita())
                };
                let decided = decide(&request, &command, at(HOUR), &terms());
                let refused = wanted && reason != Some("known");
                assert_eq!(
                    decided.refused,
                    refused.then_some(Refusal::NoReason),
                    "{reasons:?} {ruling:?} {reason:?}"
                );
                assert_eq!(decided.transition.is_none(), refused);
            }
        }
    }
}

#[test]
fn who_overrides_ends_all_stages_and_is_bound_by_reasons_alone() {
    let stages = [stage("first", Asked::Group("front".to_owned())), quorum(3, 3)];
    let request = held(&plan(&stages));
    let by = Decider::Override("operator".to_owned());
    for (ruling, state) in [
        (Ruling::Approve, StateName::Approved),
        (Ruling::Deny, StateName::Denied),
        (Ruling::Withdraw, StateName::Withdrawn),
    ] {
        let ended = rule(&request, ruling, &by, HOUR).transition.unwrap();
        assert_eq!(ended.request.state.name(), state);
        assert_eq!(ended.entries[0].by, Actor::Override("operator".to_owned()));
        assert_eq!(refused(&ended.request, ruling, &by), Some(Refusal::NotPending));
    }
}

#[test]
fn what_those_who_deny_want_blocked_goes_to_lists() {
    let list = |name| ListName::parse(name);
    let blocking = Terms {
        block: Blocks {
            addresses: list("bad-addresses"),
            domains: list("bad-domains"),
        },
        ..terms()
    };
    let deny = |name: &str, block: &[Block]| Decide {
        block: block.to_vec(),
        ..Decide::new(Ruling::Deny, reviewer(name, &[]))
    };
    let request = held(&plan(&[quorum(1, 2)]));
    let first = decide(
        &request,
        &deny("rita", &[Block::Domain, Block::Domain]),
        at(HOUR),
        &blocking,
    );
    let first = first.transition.unwrap();
    assert!(blocked(&first).is_empty(), "only who is turned away is blocked");
    let last = decide(&first.request, &deny("bob", &[Block::Address]), at(HOUR), &blocking);
    assert_eq!(
        blocked(&last.transition.unwrap()),
        [
            ("bad-addresses".to_owned(), "jane@example.com".to_owned()),
            ("bad-domains".into(), "example.com".into())
        ]
    );
    let nowhere = decide(&request, &deny("rita", &[Block::Address]), at(HOUR), &terms());
    assert_eq!(
        (nowhere.transition, nowhere.refused),
        (None, Some(Refusal::NothingToBlock))
    );
    let approve = Decide {
        ruling: Ruling::Approve,
        ..deny("rita", &[Block::Address])
    };
    assert_eq!(
        decide(&request, &approve, at(HOUR), &blocking).refused,
        Some(Refusal::NothingToBlock)
    );
}

fn blocked(transition: &approvals::Transition) -> Vec<(String, String)> {
    let listed = |write: &Write| match write {
        Write::Listed { list, entry } => Some((list.to_string(), entry.text.clone())),
        _ => None,
    };
    let commit = transition.clone().commit(None, &[], &audit_key().seal().unwrap());
    commit.writes.iter().filter_map(listed).collect()
}

proptest! {
    /// However people vote: the stage ends with the vote that fills a quorum of different people, and not before.
    #[test]
    fn a_stage_ends_with_its_quorum(
        (approve, deny) in (1_u32..4, 1_u32..4),
        votes in prop::collection::vec((0_usize..6, any::<bool>()), 0..20),
    ) {
        let mut request = held(&plan(&[quorum(approve, deny)]));
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (who, approves) in votes {
            let ruling = if approves { Ruling::Approve } else { Ruling::Deny };
            let decided = rule(&request, ruling, &reviewer(&format!("r{who}"), &[]), HOUR);
            let over = yes.len() as u32 >= approve || no.len() as u32 >= deny;
            let counted = yes.contains(&who) || no.contains(&who);
            let refusal = if over { Some(Refusal::NotPending) } else { counted.then_some(Refusal::Voted) };
            prop_assert_eq!(decided.refused, refusal);
            let Some(transition) = decided.transition else { continue };
            if approves { yes.push(who) } else { no.push(who) }
            request = transition.request;
            let state = if no.len() as u32 >= deny { StateName::Denied }
                else if yes.len() as u32 >= approve { StateName::Approved }
                else { StateName::Pending };
            prop_assert_eq!(request.state.name(), state);
        }
    }
}
