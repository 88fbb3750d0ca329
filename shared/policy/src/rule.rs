use claims::{Address, SettableName, SignUp, Step, Value};

use crate::{
    condition::Condition,
    lists::{Domains, Values},
    messages::MessageName,
    normalise::Normaliser,
    require::Requirement,
};

/// One entry of the policy.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) when: Option<Condition>,
    pub(crate) action: Action,
}

impl Rule {
    /// Every condition in it.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let held = match &self.action {
            Action::Hold {
                approve_when,
                deny_when,
            } => [approve_when.as_ref(), deny_when.as_ref()],
            _ => [None, None],
        };
        self.when.iter().chain(held.into_iter().flatten())
    }
}

/// What a rule does.
#[derive(Debug)]
pub(crate) enum Action {
    /// Lets in whom the list names. Without an ending of its own, whether others may go on is left to later rules
    /// and the step's `otherwise`.
    Allow { listed: Listed, otherwise: Option<Ending> },
    /// Ends the call for whom the list names.
    Deny { listed: Listed, otherwise: Ending },
    /// Ends the call unless a claim is as required.
    Require {
        requirement: Requirement,
        otherwise: Ending,
    },
    /// Changes how claims are written.
    Normalise {
        claims: Vec<SettableName>,
        with: Vec<Normaliser>,
    },
    /// Gives a claim a value, always.
    Set { claim: SettableName, to: Value },
    /// Hands the request to reviewers, unless a condition decides at once.
    Hold {
        approve_when: Option<Condition>,
        deny_when: Option<Condition>,
    },
    /// Ends the call.
    End(Ending),
}

/// How a rule ends a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Block(MessageName),
    AskAgain(MessageName),
    Error,
}

/// Addresses and domains of a list rule.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) addresses: Values,
    pub(crate) domains: Domains,
}

impl Listed {
    /// For an allow list: every address the call gives is listed, and there is one. What is no address, such as
    /// `a@allowed.com@evil.test`, is never listed.
    pub(crate) fn all(&self, sign_up: &SignUp) -> bool {
        let mut addresses = sign_up.addresses().peekable();
        addresses.peek().is_some() && addresses.all(|text| Address::parse(text).is_ok_and(|a| self.contains(&a)))
    }

    /// For a deny list: any address the call gives is listed. What is no address is refused with them.
    pub(crate) fn any(&self, sign_up: &SignUp) -> bool {
        sign_up
            .addresses()
            .any(|text| Address::parse(text).map_or(true, |address| self.contains(&address)))
    }

    fn contains(&self, address: &Address) -> bool {
        self.addresses.contain_address(address) || self.domains.contain(address)
    }
}
