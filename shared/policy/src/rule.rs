use std::sync::Arc;

use claims::{ClaimName, SettableName, Step, Value};

use crate::{
    check::CheckTemplate,
    condition::{Condition, all, any},
    demand::Demand,
    emit::Came,
    invitation::Invited,
    limit::Limit,
    lists::{Domains, List, Mailbox, Values},
    look_up::LookUp,
    messages::MessageName,
    normalise::Normaliser,
    require::Requirement,
    route::Route,
    scene::{Failure, Scene},
    template::Template,
};

/// One entry of the policy.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) when: Option<Condition>,
    /// It only says what it would do.
    pub(crate) observes: bool,
    pub(crate) action: Action,
    /// What happens when it cannot say anything; nothing for what happens to any call that fails.
    pub(crate) on_failure: Option<OnFailure>,
}

/// What happens when a rule cannot say anything.
#[derive(Clone, Debug)]
pub(crate) enum OnFailure {
    /// As if it were not there.
    Continue,
    End(Ending),
}

impl Rule {
    /// The event that it says.
    pub(crate) fn emits(&self) -> Option<&Emit> {
        match &self.action {
            Action::Emit(emit) if !self.observes => Some(emit),
            _ => None,
        }
    }

    /// Whether it can hand a request to reviewers, or approve one at once.
    pub(crate) fn holds(&self) -> bool {
        self.ways_to_hold().next().is_some() && !self.observes
    }

    /// The routes to which it can hand a request.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.ways_to_hold().flatten().map(Arc::as_ref)
    }

    /// Each way in which it can hand a request to reviewers, with the route if that has one.
    fn ways_to_hold(&self) -> impl Iterator<Item = Option<&Arc<Route>>> {
        let referring = match &self.action {
            Action::Verify { refer, .. } => refer.as_ref(),
            _ => None,
        };
        let by_action = match &self.action {
            Action::Hold { route, .. } => Some(route),
            Action::Allow { otherwise, .. } => otherwise.as_ref().and_then(Ending::hold),
            Action::Deny { otherwise, .. }
            | Action::Require { otherwise, .. }
            | Action::Verify { otherwise, .. }
            | Action::Invite { otherwise, .. }
            | Action::Limit { otherwise, .. } => otherwise.hold(),
            _ => None,
        };
        let failing = match &self.on_failure {
            Some(OnFailure::End(ending)) => ending.hold(),
            Some(OnFailure::Continue) | None => None,
        };
        by_action
            .into_iter()
            .chain(referring)
            .chain(failing)
            .map(Option::as_ref)
    }

    /// Every list that it looks something up in.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &List> {
        let in_conditions = self.conditions().flat_map(Condition::leaves).flat_map(Condition::lists);
        let in_action: Vec<_> = match &self.action {
            Action::Allow { listed, .. } | Action::Deny { listed, .. } => listed.lists().collect(),
            Action::Require { requirement, .. } => requirement.demands.iter().filter_map(Demand::list).collect(),
            _ => Vec::new(),
        };
        in_conditions.chain(in_action)
    }

    /// Everything that it asks a claim to be like.
    pub(crate) fn demands(&self) -> impl Iterator<Item = &Demand> {
        fn of_leaf(leaf: &Condition) -> &[Demand] {
            match leaf {
                Condition::Claim { demands, .. } => demands,
                _ => &[],
            }
        }
        let required = match &self.action {
            Action::Require { requirement, .. } => requirement.demands.as_slice(),
            _ => &[],
        };
        let in_conditions = self.conditions().flat_map(Condition::leaves).flat_map(of_leaf);
        in_conditions.chain(required)
    }

    /// Every condition in it, and in the routes to which it hands people.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let held = match &self.action {
            Action::Hold {
                approve_when,
                deny_when,
                ..
            } => [approve_when.as_ref(), deny_when.as_ref()],
            _ => [None, None],
        };
        let own = self.when.iter().chain(held.into_iter().flatten());
        own.chain(self.routes().flat_map(Route::conditions))
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
    Set { claim: SettableName, to: Source },
    /// Takes claims away that came.
    Drop(Vec<SettableName>),
    /// Gives claims the values that are found elsewhere.
    LookUp(Arc<LookUp>),
    /// Ends the call, or hands it over, unless a check passes.
    Verify {
        check: Arc<CheckTemplate>,
        otherwise: Ending,
        /// Whose reviewers look at whom the check refers to somebody; nothing if it never does.
        refer: Option<Option<Arc<Route>>>,
    },
    /// Lets in whoever has an invitation, and ends the call for all others.
    Invite { invited: Invited, otherwise: Ending },
    /// Ends the call where too many came before.
    Limit { limit: Limit, otherwise: Ending },
    /// Hands the request to reviewers, unless a condition decides at once.
    Hold {
        /// Who decides; anybody who may review where it names none.
        route: Option<Arc<Route>>,
        approve_when: Option<Condition>,
        deny_when: Option<Condition>,
    },
    /// Ends the call.
    End(Ending),
    /// Says what came of the call, whatever that is.
    Emit(Emit),
}

/// A business event.
#[derive(Debug)]
pub(crate) struct Emit {
    pub(crate) event: String,
    pub(crate) claims: Vec<ClaimName>,
    /// With which answers.
    pub(crate) on: Vec<Came>,
}

/// How a rule ends a call.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    Block(MessageName),
    AskAgain(MessageName),
    /// The person waits for the reviewers of a route, or for anybody who may review, if no later rule ends the call.
    Hold(Option<Arc<Route>>),
    Error,
}

impl Ending {
    fn hold(&self) -> Option<&Option<Arc<Route>>> {
        match self {
            Ending::Hold(route) => Some(route),
            Ending::Block(_) | Ending::AskAgain(_) | Ending::Error => None,
        }
    }
}

/// Where a claim's value comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Constant(Value),
    Copy(ClaimName),
    Template(Template),
}

impl Source {
    /// The value; blank where there is nothing to set.
    pub(crate) fn value(&self, scene: &Scene<'_>) -> Value {
        match self {
            Source::Constant(value) => value.clone(),
            // What no rule can read counts as absent.
            Source::Copy(claim) => match scene.claims.get(claim) {
                None | Some(Value::Other(_)) => Value::blank(),
                Some(value) => value.clone(),
            },
            Source::Template(template) => Value::Text(template.with(scene.claims)),
        }
    }

    /// The claims that it reads.
    pub(crate) fn claims(&self) -> Vec<&ClaimName> {
        match self {
            Source::Constant(_) => Vec::new(),
            Source::Copy(claim) => vec![claim],
            Source::Template(template) => template.claims().collect(),
        }
    }
}

/// What a list rule looks up. Who is in one of the lists is listed.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) addresses: Option<Values>,
    pub(crate) domains: Option<Domains>,
    pub(crate) issuers: Option<Values>,
    pub(crate) apps: Option<Values>,
    pub(crate) values: Option<(ClaimName, Values)>,
}

impl Listed {
    /// For an allow list: every address the call gives is listed, and there is one; or another list names what the call
    /// says. What is no address, such as `a@allowed.com@evil.test`, is never listed.
    pub(crate) fn lets_in(&self, scene: &Scene<'_>) -> Result<bool, Failure> {
        let addresses = &scene.caller.addresses;
        let listed = |address: &Option<Mailbox>| address.as_ref().map_or(Ok(false), |address| self.has(address, scene));
        Ok((!addresses.is_empty() && all(addresses, listed)?)
            || self.names_sender(scene)?
            || self.names_value(scene, true)?)
    }

    /// For a deny list: any address the call gives is listed, or anything else that it says. Where the list is one of
    /// addresses, what is no address is refused with them.
    pub(crate) fn turns_away(&self, scene: &Scene<'_>) -> Result<bool, Failure> {
        let listed = |address: &Option<Mailbox>| match address {
            Some(address) => self.has(address, scene),
            None => Ok(self.is_about_addresses()),
        };
        Ok(any(&scene.caller.addresses, listed)? || self.names_sender(scene)? || self.names_value(scene, false)?)
    }

    fn lists(&self) -> impl Iterator<Item = &List> {
        let values = [&self.addresses, &self.issuers, &self.apps].into_iter().flatten();
        let values = values.chain(self.values.as_ref().map(|(_, values)| values));
        values
            .map(|values| &values.0)
            .chain(self.domains.as_ref().map(|domains| &domains.0))
    }

    pub(crate) fn is_about_addresses(&self) -> bool {
        self.addresses.is_some() || self.domains.is_some()
    }

    fn has(&self, address: &Mailbox, scene: &Scene<'_>) -> Result<bool, Failure> {
        Ok(any(&self.addresses, |addresses| {
            addresses.contain_address(address, scene.facts)
        })? || any(&self.domains, |domains| domains.contain(address, scene.facts))?)
    }

    fn names_sender(&self, scene: &Scene<'_>) -> Result<bool, Failure> {
        let app = scene.sign_up.client_id.as_deref();
        Ok(any(
            self.issuers.as_ref().zip(scene.caller.issuer.as_ref()),
            |(list, issuer)| list.contain_issuer(issuer, scene.facts),
        )? || any(self.apps.as_ref().zip(app), |(list, app)| {
            list.contain(app, scene.facts)
        })?)
    }

    /// Whether the list has a text of the claim, or each of them.
    fn names_value(&self, scene: &Scene<'_>, each: bool) -> Result<bool, Failure> {
        let Some((claim, list)) = &self.values else {
            return Ok(false);
        };
        let texts: Vec<_> = scene.claims.get(claim).into_iter().flat_map(Value::scalars).collect();
        let listed = |text: &str| list.contain(text, scene.facts);
        match each {
            true => Ok(!texts.is_empty() && all(texts, listed)?),
            false => any(texts, listed),
        }
    }
}
