//! Who is told by mail that somebody waits.

use approvals::Groups;
use claims::{Address, Hash};
use store::{Asked, Person, Request};

/// Reviewers with addresses.
pub(crate) struct Reviewers {
    /// Who belongs to which group.
    pub(crate) groups: Groups,
    /// Who is told where nobody who is asked has an address.
    pub(crate) usual: Vec<Address>,
}

impl Reviewers {
    /// Those whom a request waits for: they are asked, have not answered, and it is not their own.
    pub(crate) fn awaited(&self, request: &Request) -> Vec<Address> {
        let asked = self.asked(request);
        let told = if asked.is_empty() { self.usual.clone() } else { asked };
        told.into_iter()
            .filter(|address| may_answer(address, request))
            .collect()
    }

    fn asked(&self, request: &Request) -> Vec<Address> {
        let asked = request.review().map(|review| &review.stage().asked);
        let people = match asked {
            Some(Asked::Group(group)) => self.groups.people(group),
            Some(Asked::Person(person)) => std::slice::from_ref(person),
            Some(Asked::Anybody) | None => &[],
        };
        people.iter().filter_map(address_of).collect()
    }
}

fn address_of(person: &Person) -> Option<Address> {
    Address::parse(person.as_str()).ok()
}

fn may_answer(address: &Address, request: &Request) -> bool {
    let votes = request
        .review()
        .map(|review| review.votes.as_slice())
        .unwrap_or_default();
    let has_answered = votes
        .iter()
        .any(|vote| address_of(&vote.person).as_ref() == Some(address));
    let is_applicant = request.addresses.contains(&Hash::of_address(address.as_str()));
    !has_answered && !is_applicant
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "helpers of tests")]
mod tests {
    use approvals::{Decide, Decider, Held, Reviewer, Ruling, Submission, Terms, Wish};
    use claims::{Changes, Claims, Locales};
    use store::{Plan, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn reviewers(usual: &[&str]) -> Reviewers {
        let people = |names: &[&str]| names.iter().copied().map(Person::of).collect();
        let groups = [
            ("hr", people(&["rita", "Tom@Contoso.com", "sam@contoso.com"])),
            ("desk", people(&["rita", "ada"])),
        ];
        let groups = groups.map(|(name, people)| (name.to_owned(), people));
        Reviewers {
            groups: groups.into_iter().collect(),
            usual: usual.iter().map(|text| Address::parse(text).unwrap()).collect(),
        }
    }

    /// A request of somebody with this address that asks these, two of whom have to approve.
    fn request(asked: Asked, address: &str) -> Request {
        let mut plan = Plan::anybody();
        plan.stages[0].asked = asked;
        plan.stages[0].approve = 2;
        let claims = Claims::default();
        let submission = Submission {
            applicant: Hash::of(&["jane"]),
            proven: true,
            received: claims.clone(),
            kept: claims.clone(),
            reviewed: claims,
            changes: Changes::none(),
            identities: Vec::new(),
            app: None,
            locales: Locales::default(),
            addresses: vec![Hash::of_address(address)],
            invitation: None,
            wish: Wish::Hold(Held { route: None, plan }),
            rule: "hold".to_owned(),
        };
        let (_, opened) = approvals::submit(None, &[], &submission, NOW, &Terms::default());
        opened.unwrap().request
    }

    fn awaited(usual: &[&str], request: &Request) -> Vec<String> {
        let awaited = reviewers(usual).awaited(request);
        awaited.iter().map(|address| address.as_str().to_owned()).collect()
    }

    fn group(name: &str) -> Asked {
        Asked::Group(name.to_owned())
    }

    #[test]
    fn those_who_are_asked_are_told_and_the_usual_ones_where_none_has_an_address() {
        let usual = ["office@contoso.com"];
        for (asked, wanted) in [
            (group("hr"), &["tom@contoso.com", "sam@contoso.com"][..]),
            (Asked::Person(Person::of("Eve@contoso.com")), &["eve@contoso.com"]),
            (group("desk"), &usual),
            (group("gone"), &usual),
            (Asked::Person(Person::of("ada")), &usual),
            (Asked::Anybody, &usual),
        ] {
            let request = request(asked.clone(), "jane@example.com");
            assert_eq!(awaited(&usual, &request), wanted, "{asked:?}");
        }
        let request = request(group("desk"), "jane@example.com");
        assert!(
            awaited(&[], &request).is_empty(),
            "the policy tells nobody but those who are asked"
        );
    }

    #[test]
    fn who_has_answered_and_who_asks_for_themselves_is_not_told() {
        let usual = ["office@contoso.com", "sam@contoso.com"];
        let own = request(group("hr"), "sam@contoso.com");
        assert_eq!(awaited(&usual, &own), ["tom@contoso.com"]);
        let own = request(Asked::Anybody, "sam@contoso.com");
        assert_eq!(awaited(&usual, &own), ["office@contoso.com"]);
        let waits = request(group("hr"), "jane@example.com");
        let tom = Decider::Reviewer(Reviewer::named("tom@contoso.com", vec!["hr".to_owned()]));
        let voted = approvals::decide(&waits, &Decide::new(Ruling::Approve, tom), NOW, &Terms::default());
        let voted = voted.transition.unwrap().request;
        assert_eq!(awaited(&usual, &voted), ["sam@contoso.com"]);
    }
}
