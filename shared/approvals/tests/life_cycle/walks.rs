//! What holds on every way through.

use std::time::Duration;

use approvals::{Answer, Decide, Ruling, Wish, decide, submit};
use proptest::prelude::*;
use store::{Request, StateName};

use crate::cast::*;

/// What may happen to one applicant, in any order and at any pace.
#[derive(Clone, Debug)]
enum Step {
    Submit(Wish, u8),
    Decide(Ruling),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let wish = prop::sample::select(vec![Wish::Pass, Wish::Admit, hold(), Wish::Correct]);
    let ruling = prop::sample::select(vec![Ruling::Approve, Ruling::Deny, Ruling::Withdraw]);
    prop_oneof![
        (wish, 0_u8..3).prop_map(|(wish, claims)| Step::Submit(wish, claims)),
        ruling.prop_map(Step::Decide),
        prop::sample::select(vec![1, 59, 61, 3_599, 3_601, 2_591_999, 2_592_001]).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn every_way_through_keeps_the_promises(steps in prop::collection::vec(step(), 1..40)) {
        let (mut request, mut now): (Option<Request>, _) = (None, START);
        for step in steps {
            let before = request.clone();
            let transition = match step {
                Step::Wait(seconds) => { now = now.plus(Duration::from_secs(seconds)); None }
                Step::Submit(wish, claims) => {
                    let body = format!(r#"{{"email":"jane@example.com","city":"{claims}"}}"#);
                    let submission = with_claims(jane(wish.clone()), &body);
                    let (answer, transition) = submit(before.as_ref(), &[], &submission, now, &terms());
                    let next = transition.as_ref().map(|t| t.request.clone()).or(before.clone());
                    // The same call at the same moment changes nothing more; who was let in is let in again.
                    let (again, more) = submit(next.as_ref(), &[], &submission, now, &terms());
                    prop_assert_eq!(more, None);
                    prop_assert_eq!(matches!(again, Answer::Continue(_)), matches!(answer, Answer::Continue(_)));
                    if matches!(answer, Answer::Continue(_)) && !matches!(wish, Wish::Pass | Wish::Admit) {
                        prop_assert!(before.as_ref().is_some_and(|b| matches!(b.state.name(), StateName::Approved | StateName::Admitted)));
                    }
                    transition
                }
                Step::Decide(ruling) => before.as_ref().and_then(|request| {
                    decide(request, &Decide::new(ruling, rita()), now, &terms()).transition
                }),
            };
            if let Some(transition) = transition {
                let mut version = before.as_ref().map_or(0, |before| before.version);
                for entry in &transition.entries {
                    version += 1;
                    prop_assert_eq!(entry.version, version);
                }
                prop_assert_eq!(transition.request.version, version);
                if let Some(before) = &before {
                    let same_round = before.id == transition.request.id;
                    let ended = matches!(before.state.name(), StateName::Denied | StateName::Withdrawn | StateName::Admitted);
                    prop_assert!(!(ended && same_round), "what ended stays ended");
                }
                request = Some(transition.request);
            }
        }
    }
}
