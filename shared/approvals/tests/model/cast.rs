use std::time::Duration;

use approvals::{AccountBy, Held, Reviewer, Submission, Terms, Wish};
use claims::{CallKey, Changes, Hash, SignUp, Step};
use store::{Asked, Escalate, News, Person, Plan, Reasons, Share, Stage, TimeOut, Timestamp};

/// So many applicants, of whom each has so many versions of their claims.
pub(crate) const APPLICANTS: usize = 2;
pub(crate) const VERSIONS: usize = 2;
pub(crate) const REVIEWERS: usize = 3;

const HOUR: Duration = Duration::from_secs(60 * 60);
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// The people, what they can say, and when.
pub(crate) struct Cast {
    pub(crate) terms: Terms,
    pub(crate) reviewers: [Reviewer; REVIEWERS],
    pub(crate) plans: [Plan; APPLICANTS],
    pub(crate) submissions: [[Submission; VERSIONS]; APPLICANTS],
    pub(crate) calls: [[CallKey; VERSIONS]; APPLICANTS],
    /// The code that each version of the claims brings; none where nobody needs one.
    pub(crate) codes: Vec<Hash>,
    /// The times at which things happen: the beginning; past the first stage's escalation and the second's reminder; past
    /// the end of any stage, of a cool-down and of an approval that began before.
    pub(crate) times: Vec<Timestamp>,
}

impl Cast {
    pub(crate) fn new(account: AccountBy) -> Cast {
        let terms = Terms {
            account,
            unused: 60 * HOUR,
            tell_applicants: News::ALL.to_vec(),
            tell_reviewers: true,
            ..Terms::default()
        };
        let plans = [plan(TimeOut::Expire), plan(TimeOut::Approve)];
        let calls = [
            ["jane@example.com", "jane@example.com"],
            // Eve reviews, too; with her second claims she gives Jane's address as hers.
            ["eve@example.com", "jane@example.com"],
        ];
        let calls: [[SignUp; VERSIONS]; APPLICANTS] =
            calls.map(|emails| std::array::from_fn(|version| call(emails[0], version, emails[version])));
        Cast {
            terms,
            reviewers: [
                reviewer("rita", &["first", "house"]),
                reviewer("bob", &["house"]),
                reviewer("eve@example.com", &["first"]),
            ],
            submissions: std::array::from_fn(|who| calls[who].each_ref().map(|call| submission(call, &plans[who]))),
            calls: calls.each_ref().map(|versions| versions.each_ref().map(CallKey::of)),
            plans,
            codes: Vec::new(),
            times: [0, 21, 101].map(|hours| START.plus(hours * HOUR)).to_vec(),
        }
    }

    /// The same where everybody needs an invitation: each version of the claims brings another code, of which both
    /// applicants know.
    pub(crate) fn with_invitations(self) -> Cast {
        let codes = (0..VERSIONS).map(|version| Hash::of(&["code", &version.to_string()]));
        Cast {
            codes: codes.collect(),
            ..self
        }
    }

    /// Who of the reviewers is meant by a name.
    pub(crate) fn reviewer(&self, name: &str) -> Option<usize> {
        self.reviewers.iter().position(|reviewer| reviewer.name == name)
    }

    /// Whose request it is.
    pub(crate) fn applicant(&self, hash: Hash) -> usize {
        let whose = |of: &[Submission; VERSIONS]| of[0].applicant == hash;
        self.submissions.iter().position(whose).unwrap()
    }

    /// Which call a key stands for.
    pub(crate) fn call(&self, key: CallKey) -> (usize, usize) {
        let place = self.calls.as_flattened().iter().position(|known| *known == key);
        let place = place.unwrap();
        (place / VERSIONS, place % VERSIONS)
    }
}

/// A first stage by one person, a second one by two of whom one belongs to the house.
fn plan(first_ends: TimeOut) -> Plan {
    let first = Stage {
        name: "first".to_owned(),
        asked: Asked::Group("first".to_owned()),
        approve: 1,
        deny: 1,
        among: Vec::new(),
        remind: Vec::new(),
        escalate: Some(Escalate {
            after: 20 * HOUR,
            to: Asked::Group("house".to_owned()),
        }),
        lasts: 60 * HOUR,
        then: first_ends,
    };
    let second = Stage {
        name: "second".to_owned(),
        asked: Asked::Anybody,
        approve: 2,
        deny: 1,
        among: vec![Share {
            group: "house".to_owned(),
            at_least: 1,
        }],
        remind: vec![20 * HOUR],
        escalate: None,
        lasts: 60 * HOUR,
        then: TimeOut::Deny,
    };
    Plan {
        stages: vec![first, second],
        reasons: Reasons::Optional,
        cool_down: Some(60 * HOUR),
    }
}

fn reviewer(name: &str, groups: &[&str]) -> Reviewer {
    Reviewer::named(name, groups.iter().map(|&group| group.to_owned()).collect())
}

fn call(who: &str, version: usize, email: &str) -> SignUp {
    let body = format!(
        r#"{{"email":"{email}","city":"{version}","identities":[{{"issuer":"mail","issuerAssignedId":"{who}"}}]}}"#
    );
    claims::parse(Step::PostAttributeCollection, body.as_bytes()).unwrap()
}

fn submission(call: &SignUp, plan: &Plan) -> Submission {
    let held = Held {
        route: None,
        plan: plan.clone(),
    };
    Submission {
        applicant: claims::ApplicantKey::of(call).unwrap().hash(),
        proven: true,
        received: call.claims.clone(),
        kept: call.claims.clone(),
        reviewed: call.claims.clone(),
        changes: Changes::none(),
        identities: call.identities.clone(),
        app: None,
        locales: call.locales.clone(),
        addresses: addresses(call),
        invitation: None,
        wish: Wish::Hold(held),
        rule: "hold".to_owned(),
    }
}

/// Every address once, as the gate has them.
fn addresses(call: &SignUp) -> Vec<Hash> {
    let mut addresses: Vec<_> = call.addresses().map(Hash::of_address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Whom a reassignment asks.
pub(crate) fn stand_in() -> Asked {
    Asked::Person(Person::of("bob"))
}
