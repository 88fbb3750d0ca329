//! What the store says about lists that change while the gate runs.

use std::{cell::RefCell, collections::BTreeMap};

use store::{ListQuestion, Listed};

use crate::scene::Failure;

/// The most questions that a call may ask: nobody has so many addresses, and a body may hold thousands of texts.
const MOST_WANTED: usize = 200;

/// Answers about lists in the store. The policy is pure: it says what it needs to know, somebody asks the store, and the
/// policy is asked again.
#[derive(Debug, Default)]
pub struct Facts {
    known: BTreeMap<ListQuestion, Result<Listed, String>>,
    wanted: RefCell<Vec<ListQuestion>>,
    /// Nobody will answer.
    unanswered: bool,
}

impl Facts {
    /// Nothing is known yet.
    pub fn none() -> Facts {
        Facts::default()
    }

    /// Nothing is known, and nobody asks.
    pub(crate) fn unanswered() -> Facts {
        Facts {
            unanswered: true,
            ..Facts::default()
        }
    }

    /// Takes what the store answered, in the order of the questions.
    pub fn learn(&mut self, questions: Vec<ListQuestion>, answers: Vec<Listed>) {
        // A question without an answer has none.
        let answers = answers.into_iter().map(Some).chain(std::iter::repeat(None));
        for (question, answer) in questions.into_iter().zip(answers) {
            self.known.insert(
                question,
                answer.ok_or_else(|| "the store left a question open".to_owned()),
            );
        }
    }

    /// Takes that the store did not answer, and why, in words without a claim in them.
    pub fn fail(&mut self, questions: Vec<ListQuestion>, why: &str) {
        let failed = questions.into_iter().map(|question| (question, Err(why.to_owned())));
        self.known.extend(failed);
    }

    /// Whether any of these is listed. What is not known is written down.
    pub(crate) fn any(&self, questions: Vec<ListQuestion>) -> Result<bool, Failure> {
        let mut found = Ok(false);
        for question in questions {
            match self.known.get(&question) {
                Some(Ok(Listed::Yes)) => return Ok(true),
                Some(Ok(Listed::No)) => {}
                Some(Ok(Listed::NoCopy)) => {
                    let what = format!("the list `{}` was never fetched", question.list);
                    found = Err(Failure::Broken(what));
                }
                Some(Err(why)) => found = Err(Failure::Broken(format!("the list `{}`: {why}", question.list))),
                None if self.unanswered => {
                    let what = format!("the list `{}` is in the store, which was not asked", question.list);
                    found = Err(Failure::Broken(what));
                }
                None if self.known.len() + self.wanted.borrow().len() >= MOST_WANTED => {
                    let what = format!("the call asks lists more than {MOST_WANTED} questions");
                    found = Err(Failure::Broken(what));
                }
                None => {
                    self.wanted.borrow_mut().push(question);
                    found = found.and(Err(Failure::Unasked));
                }
            }
        }
        found
    }

    /// The questions written down since the last time.
    pub(crate) fn wanted(&self) -> Vec<ListQuestion> {
        let mut wanted = self.wanted.take();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }
}
