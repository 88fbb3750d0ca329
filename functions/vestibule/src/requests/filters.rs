//! Which requests a command is about.

use claims::Domain;
use clap::Args;
use host::{Settings, StartError};
use store::{Asked, Filter, Listing, MOST_LISTED, RouteName, StateName, Timestamp, Which};

use super::when;
use crate::list_files;

/// What narrows a list. One of them says in which index it is looked up: the address, else the domain, else who is asked,
/// else the state.
#[derive(Args)]
pub(super) struct Filters {
    /// In this state: pending, approved, denied, withdrawn, expired, admitted or provisioned
    #[arg(long, value_parser = state)]
    state: Option<StateName>,
    /// Decided by this route
    #[arg(long, value_name = "NAME", value_parser = route)]
    route: Option<RouteName>,
    /// Pending, in a stage that asks these: `anybody`, `group:NAME` or `person:NAME`
    #[arg(long, value_name = "WHO", value_parser = asked)]
    waits: Option<Asked>,
    /// With an address at this domain
    #[arg(long, value_parser = domain, conflicts_with = "address")]
    domain: Option<Domain>,
    /// With this address, in whatever spelling
    #[arg(long)]
    address: Option<String>,
    /// Opened at this time or later: 2026-11-23T10:00:00Z, or an age such as 3d
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Opened before this time
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    before: Option<Timestamp>,
}

impl Filters {
    /// The lists in which the requests are, `usual` if nothing is said.
    pub(super) fn listings(&self, usual: &[StateName]) -> Vec<Listing> {
        let mut filter = Filter {
            route: self.route.clone(),
            state: self.state,
            asked: self.waits.clone(),
            since: self.since,
            before: self.before,
        };
        let which = if let Some(address) = &self.address {
            vec![Which::address(address)]
        } else if let Some(domain) = &self.domain {
            vec![Which::domain(domain)]
        } else if let Some(asked) = filter.asked.take() {
            vec![Which::Waiting(vec![asked])]
        } else if let Some(state) = filter.state.take() {
            vec![Which::State(state)]
        } else {
            usual.iter().copied().map(Which::State).collect()
        };
        let listing = |which| Listing {
            filter: filter.clone(),
            ..Listing::of(which, MOST_LISTED)
        };
        which.into_iter().map(listing).collect()
    }

    /// Where nothing was found: whether that is since nobody ever asks the group that was named.
    ///
    /// # Errors
    /// [`StartError`] with the groups that the policy has. Where it cannot be read, nobody knows.
    pub(super) fn refuse_unknown_group(&self, settings: &Settings) -> Result<(), StartError> {
        let Some(Asked::Group(group)) = &self.waits else {
            return Ok(());
        };
        let Ok(policy) = list_files::read_policy(settings) else {
            return Ok(());
        };
        let groups = &policy.terms().groups;
        if groups.has(group) {
            return Ok(());
        }
        let names: Vec<_> = groups.names().map(|name| format!("`{name}`")).collect();
        let there_are = match names.is_empty() {
            true => "it has none".to_owned(),
            false => format!("there are {}", names.join(", ")),
        };
        Err(StartError::new(format!(
            "nothing waits for the group `{group}`, and the policy {} has no such group; {there_are}",
            settings.policy.display()
        )))
    }

    /// Whether nothing is said.
    pub(super) fn are_none(&self) -> bool {
        let Filters {
            state,
            route,
            waits,
            domain,
            address,
            since,
            before,
        } = self;
        let words = state.is_none() && route.is_none() && waits.is_none();
        words && domain.is_none() && address.is_none() && since.is_none() && before.is_none()
    }
}

fn state(text: &str) -> Result<StateName, String> {
    let names = StateName::ALL.map(StateName::as_str).join(", ");
    StateName::from_name(text).ok_or_else(|| format!("a state is one of {names}"))
}

fn route(text: &str) -> Result<RouteName, &'static str> {
    RouteName::parse(text).ok_or("a route's name has 1 to 64 letters, digits, `-` and `_`")
}

/// Who is asked, as [`Asked::key`] writes it.
pub(super) fn asked(text: &str) -> Result<Asked, &'static str> {
    Asked::from_key(text).ok_or("write `anybody`, `group:NAME` or `person:NAME`")
}

fn domain(text: &str) -> Result<Domain, &'static str> {
    Domain::parse(text).map_err(|_| "that is no domain")
}
