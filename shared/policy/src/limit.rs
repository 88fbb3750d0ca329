//! How many may sign up in a time.

use std::{net::IpAddr, time::Duration};

use claims::{Address, Hash};
use store::Tally;

use crate::{
    outside::{Answer, Question},
    scene::{Failure, Scene},
};

/// At most so many in each window.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) by: By,
    pub(crate) at_most: u64,
    pub(crate) within: Duration,
}

/// Whom it counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Domain,
    Address,
    /// The applicant's machine, by the address in the body; all of an IPv6 network of 64 bits are one.
    Client,
    All,
}

impl By {
    pub(crate) const ALL: [By; 4] = [By::Domain, By::Address, By::Client, By::All];

    pub(crate) fn name(self) -> &'static str {
        match self {
            By::Domain => "domain",
            By::Address => "address",
            By::Client => "client",
            By::All => "all",
        }
    }

    /// Whose count a call goes to.
    fn whose(self, scene: &Scene<'_>) -> Result<String, Failure> {
        let whose = match self {
            By::All => Some(String::new()),
            By::Client => scene.sign_up.client_address().map(network),
            By::Address => address(scene).map(|address| address.as_str().to_owned()),
            By::Domain => address(scene).map(|address| address.domain().as_str().to_owned()),
        };
        whose.ok_or_else(|| Failure::Broken(format!("the call gives no {} to count it by", self.name())))
    }
}

impl Limit {
    /// What a call counts as, under the rule's name.
    pub(crate) fn tally(&self, rule: &str, scene: &Scene<'_>) -> Result<Tally, Failure> {
        let what = Hash::of(&["limit", rule, self.by.name(), &self.by.whose(scene)?]);
        Ok(Tally::at(what, scene.now, self.within))
    }

    /// The same, and whether there is no room for it.
    pub(crate) fn reached(&self, rule: &str, scene: &Scene<'_>) -> Result<(Tally, bool), Failure> {
        let tally = self.tally(rule, scene)?;
        let so_far = counted(scene.facts.answer(Question::Tally(tally.clone())))?;
        Ok((tally, so_far >= self.at_most))
    }
}

/// How often something happened.
pub(crate) fn counted(answer: Result<&Answer, Failure>) -> Result<u64, Failure> {
    match answer? {
        Answer::Tally(count) => Ok(*count),
        _ => Err(Failure::Broken("a count has an answer that is none".to_owned())),
    }
}

/// The address that an issuer vouches for, if the applicant's key has one; else what they say.
fn address(scene: &Scene<'_>) -> Option<Address> {
    Address::parse(scene.proven_address().or(scene.sign_up.email())?).ok()
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
