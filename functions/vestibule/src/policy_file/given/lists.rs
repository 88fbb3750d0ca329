//! Lists of the store.

use std::collections::{BTreeMap, BTreeSet};

use claims::Hash;
use policy::Policy;
use store::{ListEntry, ListName, ListQuestion, Listed};

/// Entries by their keys, for each list that was given; it may have none.
#[derive(Default)]
pub(in crate::policy_file) struct GivenLists(BTreeMap<ListName, BTreeSet<Hash>>);

impl GivenLists {
    /// Takes a list, by its name in the policy. What was given of it before stays.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub(in crate::policy_file) fn begin(&mut self, policy: &Policy, name: &str) -> Result<(), String> {
        let list = policy.stored_list(name)?;
        self.0.entry(list.name.clone()).or_default();
        Ok(())
    }

    /// Takes an entry of a list.
    ///
    /// # Errors
    /// What is wrong with the name or the entry, which is not repeated: it may be personal.
    pub(in crate::policy_file) fn add(&mut self, policy: &Policy, name: &str, entry: &str) -> Result<(), String> {
        let list = policy.stored_list(name)?;
        let entry = list
            .parse_entry(entry)
            .map_err(|why| format!("the entry of the list `{name}` is {why}"))?;
        self.0
            .entry(list.name.clone())
            .or_default()
            .insert(ListEntry::key(&entry));
        Ok(())
    }

    /// What it says of an entry; nothing for a list of which nothing is given.
    pub(super) fn listed(&self, question: &ListQuestion) -> Option<Listed> {
        let entries = self.0.get(&question.list)?;
        Some(match entries.contains(&question.entry) {
            true => Listed::Yes,
            false => Listed::No,
        })
    }
}
