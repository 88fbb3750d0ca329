//! The administrator's rules: one file, read and checked once, then asked at every call.
//!
//! [`Policy::parse`] refuses a file with every mistake in it, each with its line; what it returns holds only what the
//! steps can express. [`Policy::decide`] is pure and takes microseconds.

mod asked;
mod asking;
mod call;
mod characters;
mod check;
mod condition;
mod dates;
mod decide;
mod demand;
mod did;
mod email;
mod emit;
mod explain;
mod facts;
mod file;
mod invitation;
mod limit;
mod lists;
mod look_up;
mod messages;
mod missed;
mod mistakes;
mod names;
mod network;
mod normalise;
pub mod outside;
mod pattern;
mod place;
mod places;
mod recheck;
mod require;
mod route;
mod rule;
mod scene;
mod sight;
mod slow;
mod template;
mod time_of_day;

use std::{collections::BTreeMap, sync::Arc};

use approvals::{Held, Terms};
use claims::{Address, Claims, Locale, Locales, Step, UserMessage};
use store::RouteName;

pub use decide::{Observed, Outcome, Verdict};
pub use emit::{Came, Event};
pub use explain::Seen;
pub use facts::{Before, Facts};
pub use lists::{Fetch, ListSource, OpenList, StoredList};
pub use messages::MessageName;
pub use mistakes::{Collector, Mistake, Mistakes, suggestion};
pub use recheck::{Recheck, Rechecked};
pub use sight::Sight;
pub use slow::SlowPattern;

use crate::{lists::List, messages::Messages, route::Route, rule::Rule};

/// The rules of every step, and what applicants are told.
#[derive(Debug)]
pub struct Policy {
    steps: Vec<(Step, Otherwise)>,
    rules: Vec<Rule>,
    routes: BTreeMap<RouteName, Arc<Route>>,
    messages: Messages,
    languages: Vec<Locale>,
    terms: Terms,
    mail: Mail,
    accounts: Accounts,
    stored_lists: Vec<StoredList>,
    warnings: Vec<Mistake>,
}

impl Policy {
    /// Reads the text of a policy that needs no other file.
    ///
    /// # Errors
    /// [`Mistakes`]: all of them, each with its place in the file.
    pub fn parse(text: &str) -> Result<Policy, Mistakes> {
        Policy::parse_with(text, &NoFiles)
    }

    /// Reads the text of a policy, with the lists that it names.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, lists: &dyn OpenList) -> Result<Policy, Mistakes> {
        file::parse(text, lists)
    }

    /// Whether the file says what happens at a step when no rule decides. A step that it does not name is not served.
    pub fn serves(&self, step: Step) -> bool {
        self.otherwise(step).is_some()
    }

    /// Who decides on somebody whom a verdict holds.
    pub fn held(&self, verdict: &Verdict<'_>) -> Held {
        verdict.held.clone().unwrap_or_else(Held::by_anybody)
    }

    /// What applicants who are, or were, on a route read in the place of a built-in text: the route's own, if it has one
    /// and is still there.
    pub fn message_on(&self, route: Option<&RouteName>, built_in: MessageName) -> MessageName {
        let route = route.and_then(|name| self.routes.get(name));
        let own = route.and_then(|route| route.message(&built_in));
        own.cloned().unwrap_or(built_in)
    }

    /// Whether any rule holds people for approval. If so, both sign-up steps have to read the applicant's request.
    pub fn holds(&self) -> bool {
        self.rules.iter().any(Rule::holds)
    }

    /// Whether any rule of a step says events.
    pub fn emits(&self, step: Step) -> bool {
        self.rules_at(step).any(|rule| rule.emits().is_some())
    }

    /// Whether any rule of a step looks something up in the store.
    pub fn asks_store(&self, step: Step) -> bool {
        self.rules_at(step)
            .flat_map(Rule::lists)
            .any(|list| matches!(list, List::Stored(..)))
    }

    /// Whether any rule of a step asks other systems.
    pub fn asks_outside(&self, step: Step) -> bool {
        self.rules_at(step).any(Rule::asks_outside)
    }

    /// Whether any rule of a step asks for invitations, counts, results of checks, or items.
    pub fn asks_controls(&self, step: Step) -> bool {
        self.rules_at(step).any(Rule::asks_controls)
    }

    /// Whether what a rule of a step says changes what it says next: it counts, lets somebody use an invitation, or makes a
    /// check once. A call that was answered is then answered alike, without asking the rules.
    pub fn remembers(&self, step: Step) -> bool {
        self.rules_at(step).any(Rule::remembers)
    }

    /// What is no mistake and had better be known, in the order of the file.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// The lists that are kept in the store.
    pub fn stored_lists(&self) -> &[StoredList] {
        &self.stored_lists
    }

    /// The list that is kept in the store under a name.
    ///
    /// # Errors
    /// What is wrong, with the names that there are.
    pub fn stored_list(&self, name: &str) -> Result<&StoredList, String> {
        let found = self.stored_lists.iter().find(|list| list.name.as_str() == name);
        found.ok_or_else(|| {
            let names: Vec<_> = self.stored_lists.iter().map(|list| list.name.as_str()).collect();
            let near = mistakes::suggestion(name, names.iter().copied());
            match names.is_empty() {
                true => {
                    "the policy keeps no list in the store; name one there, as `partners = { stored = \"domains\" }`"
                        .to_owned()
                }
                false => format!(
                    "the policy keeps no list `{name}` in the store, but `{}`{near}",
                    names.join("`, `")
                ),
            }
        })
    }

    /// What the `[approvals]` table and the `[mail]` table say about approvals.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Who is told what by mail.
    pub fn mail(&self) -> &Mail {
        &self.mail
    }

    /// What accounts that we create get beside their claims.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The languages that the file speaks; the first is the last resort.
    pub fn languages(&self) -> &[Locale] {
        &self.languages
    }

    /// A text for the applicant, in the best language there is, with their claims in its placeholders.
    pub fn message(&self, name: &MessageName, locales: &Locales, claims: &Claims) -> UserMessage {
        self.messages.text(name, locales, claims)
    }

    fn otherwise(&self, step: Step) -> Option<Otherwise> {
        self.steps
            .iter()
            .find(|(s, _)| *s == step)
            .map(|(_, otherwise)| *otherwise)
    }
}

/// The `[mail]` table, as far as the terms of approvals do not hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Who is told that somebody waits, where none of those who are asked has an address.
    pub reviewers: Vec<Address>,
}

/// The `[accounts]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// The groups that every account joins, by their ids in the directory, in lower case.
    pub groups: Vec<String>,
    /// Whether applicants whose identity provider the directory takes no identities of are invited to their address.
    pub invite_others: bool,
}

/// For policies that stand alone.
struct NoFiles;

impl OpenList for NoFiles {
    fn open(&self, _: &ListSource, _: ::lists::Kind) -> Result<::lists::Packed, String> {
        Err("there are no files here".to_owned())
    }
}

/// What a step does with people on whom no rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Continue,
    /// Turn away whoever no allow list let in and no approval admitted.
    Block,
    /// The same at the token step, which cannot turn away.
    Error,
}
