//! What others say of what rules ask: lists that change while the gate runs, other systems, invitations, counts.

use std::{cell::RefCell, collections::HashMap};

use claims::Hash;
use store::{InvitationUse, ListQuestion, Listed};

use crate::{
    outside::{Answer, Question},
    scene::Failure,
};

/// The most questions that a call may have asked when it asks a list: nobody has so many addresses, and a body may hold
/// thousands of texts. Of other questions each rule has a few.
const MOST_WANTED: usize = 200;

/// Answers. The policy is pure: it says what it needs to know, somebody asks for it, and the policy is asked again.
#[derive(Debug, Default)]
pub struct Facts {
    known: HashMap<Question, Result<Answer, String>>,
    wanted: RefCell<Vec<Question>>,
    /// Nobody will answer.
    unanswered: bool,
    before: Before,
}

/// What became of the applicant before this call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Before {
    /// Nothing that counts.
    #[default]
    Nothing,
    /// They wait for reviewers: they were counted then, and are not in their own way.
    Waits,
    /// They were let in or turned away: nothing that a check says changes that, and nobody pays for it.
    Decided,
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

    /// Takes what became of the applicant before.
    pub fn came_before(&mut self, before: Before) {
        self.before = before;
    }

    /// Whether the applicant was counted before.
    pub(crate) fn was_counted(&self) -> bool {
        self.before >= Before::Waits
    }

    /// Whether there is nothing left to check.
    pub(crate) fn was_decided(&self) -> bool {
        self.before >= Before::Decided
    }

    /// Takes what was answered, in the order of the questions, or why there is no answer, in words without a claim in them.
    pub fn learn(&mut self, questions: Vec<Question>, answers: Vec<Result<Answer, String>>) {
        // A question without an answer has none.
        let open = || Err("the question was left open".to_owned());
        let answers = answers.into_iter().chain(std::iter::repeat_with(open));
        self.known.extend(questions.into_iter().zip(answers));
    }

    /// Takes that none of these is answered, and why, in words without a claim in them.
    pub fn fail(&mut self, questions: Vec<Question>, why: &str) {
        let failed = questions.into_iter().map(|question| (question, Err(why.to_owned())));
        self.known.extend(failed);
    }

    /// Forgets what others may have changed meanwhile by signing up: who uses which invitation, and counts.
    pub fn forget_counts(&mut self) {
        let stays = |question: &Question| !matches!(question, Question::Invitation { .. } | Question::Tally(_));
        self.known.retain(|question, _| stays(question));
    }

    /// How an applicant uses an invitation as far as the store was asked, both by hash.
    pub fn usage(&self, code: Hash, applicant: Hash) -> Option<&InvitationUse> {
        match self.known.get(&Question::Invitation { code, applicant }) {
            Some(Ok(Answer::Invitation(Some((_, usage))))) => usage.as_ref(),
            _ => None,
        }
    }

    /// Whether any of these is listed. What is not known is written down.
    pub(crate) fn any(&self, questions: Vec<ListQuestion>) -> Result<bool, Failure> {
        let mut found = Ok(false);
        for question in questions {
            let of_list = |what: &str| Failure::Broken(format!("the list `{}` {what}", question.list));
            match self.answer(Question::Listed(question.clone())) {
                Ok(Answer::Listed(Listed::Yes)) => return Ok(true),
                Ok(Answer::Listed(Listed::No)) => {}
                Ok(Answer::Listed(Listed::NoCopy)) => found = Err(of_list("was never fetched")),
                Ok(_) => found = Err(of_list("has an answer that is none")),
                Err(Failure::Broken(why)) => {
                    found = Err(Failure::Broken(format!("the list `{}`: {why}", question.list)))
                }
                Err(Failure::Unasked) => found = found.and(Err(Failure::Unasked)),
            }
        }
        found
    }

    /// The answer to a question. What is not known is written down.
    pub(crate) fn answer(&self, question: Question) -> Result<&Answer, Failure> {
        match self.known.get(&question) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(why)) => Err(Failure::Broken(why.clone())),
            None if self.unanswered => Err(Failure::Broken("nobody was asked".to_owned())),
            None if matches!(question, Question::Listed(_)) && self.asked() >= MOST_WANTED => {
                let what = format!("the call asks more than {MOST_WANTED} questions");
                Err(Failure::Broken(what))
            }
            None => {
                let mut wanted = self.wanted.borrow_mut();
                if !wanted.contains(&question) {
                    wanted.push(question);
                }
                Err(Failure::Unasked)
            }
        }
    }

    fn asked(&self) -> usize {
        self.known.len() + self.wanted.borrow().len()
    }

    /// The questions written down since the last time.
    pub(crate) fn wanted(&self) -> Vec<Question> {
        self.wanted.take()
    }
}
