//! Lists of the store, as somebody gives them who asks about a policy: the store itself is not asked.

use std::collections::{BTreeMap, BTreeSet};

use claims::{Hash, SignUp};
use policy::{
    Facts, Policy, Seen, Verdict,
    outside::{Answer, Question},
};
use store::{ListEntry, ListName, ListQuestion, Listed, Timestamp};

/// Entries by their keys, for each list that was given; it may have none.
#[derive(Default)]
pub(super) struct GivenLists(BTreeMap<ListName, BTreeSet<Hash>>);

impl GivenLists {
    /// Takes a list, by its name in the policy. What was given of it before stays.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub(super) fn begin(&mut self, policy: &Policy, name: &str) -> Result<(), String> {
        let list = policy.stored_list(name)?;
        self.0.entry(list.name.clone()).or_default();
        Ok(())
    }

    /// Takes an entry of a list.
    ///
    /// # Errors
    /// What is wrong with the name or the entry, which is not repeated: it may be personal.
    pub(super) fn add(&mut self, policy: &Policy, name: &str, entry: &str) -> Result<(), String> {
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

    /// What the policy says, and why. A rule fails that needs a list of which nothing is given.
    pub(super) fn explain<'p>(
        &self,
        policy: &'p Policy,
        sign_up: &SignUp,
        now: Timestamp,
    ) -> (Verdict<'p>, Vec<Seen<'p>>) {
        let mut facts = Facts::none();
        loop {
            match policy.explain(sign_up, now, &facts) {
                Ok(explained) => return explained,
                // Each question is asked once, and a call has so many at the most.
                Err(questions) => self.answer(questions, &mut facts),
            }
        }
    }

    fn answer(&self, questions: Vec<Question>, facts: &mut Facts) {
        let answers = questions.iter().map(|question| match question {
            Question::Listed(question) if self.0.contains_key(&question.list) => {
                Ok(Answer::Listed(self.listed(question)))
            }
            _ => Err("it is in the store, which is not asked here, and none of its entries are given".to_owned()),
        });
        let answers = answers.collect();
        facts.learn(questions, answers);
    }

    fn listed(&self, question: &ListQuestion) -> Listed {
        let entries = self.0.get(&question.list);
        match entries.is_some_and(|entries| entries.contains(&question.entry)) {
            true => Listed::Yes,
            false => Listed::No,
        }
    }
}
