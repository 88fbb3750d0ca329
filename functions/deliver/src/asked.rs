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
