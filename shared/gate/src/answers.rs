//! Answers to what the rules ask, all side by side.

use std::future::Future;

use futures_util::future::{join_all, join3};
use policy::outside::{Answer, Found, ItemQuestion, Question};
use store::{ListQuestion, StoreError, Tally};

use crate::{Parts, checks};

/// What came of a question; where there is no answer, why, in words without a claim in them.
type Answered = Result<Answer, String>;

/// The answers, in the order of the questions.
pub(crate) async fn to(parts: &Parts, questions: &[Question]) -> Vec<Answered> {
    let lists = questions.iter().filter_map(|question| match question {
        Question::Listed(question) => Some(question.clone()),
        _ => None,
    });
    let tallies = questions.iter().filter_map(|question| match question {
        Question::Tally(tally) => Some(tally.clone()),
        _ => None,
    });
    let (lists, tallies): (Vec<_>, Vec<_>) = (lists.collect(), tallies.collect());
    let others = questions.iter().filter_map(|question| one_by_one(parts, question));
    let (lists, tallies, others) = join3(listed(parts, &lists), tallied(parts, &tallies), join_all(others)).await;
    let (mut lists, mut tallies, mut others) = (lists.into_iter(), tallies.into_iter(), others.into_iter());
    let answers = questions.iter().map(|question| match question {
        Question::Listed(_) => lists.next(),
        Question::Tally(_) => tallies.next(),
        _ => others.next(),
    });
    answers
        .map(|answer| answer.unwrap_or_else(|| Err("the store left a question open".to_owned())))
        .collect()
}

/// The answer to a question that is not asked together with others of its kind.
fn one_by_one<'q>(parts: &'q Parts, question: &'q Question) -> Option<impl Future<Output = Answered> + 'q> {
    let alone = !matches!(question, Question::Listed(_) | Question::Tally(_));
    alone.then_some(async move {
        match question {
            Question::LookUp(call) => {
                let outside = parts.outside.as_ref().ok_or_else(nobody)?;
                let found = outside.call(call).await.map_err(|error| error.to_string())?;
                Ok(Answer::Found(found))
            }
            Question::Check(check) => checks::make(parts, check).await.map(Answer::Checked),
            Question::Item(item) => found(parts, item).await.map(Answer::Found),
            Question::Invitation { code, applicant } => {
                let controls = parts.controls.as_ref().ok_or_else(nobody)?;
                let invited = controls.invited(code, applicant).await.map_err(unanswered)?;
                Ok(Answer::Invitation(invited))
            }
            Question::Listed(_) | Question::Tally(_) => Err(nobody()),
        }
    })
}

async fn listed(parts: &Parts, questions: &[ListQuestion]) -> Vec<Answered> {
    let Some(lists) = parts.lists.as_ref().filter(|_| !questions.is_empty()) else {
        return vec![Err(nobody()); questions.len()];
    };
    match lists.listed(questions).await {
        Ok(answers) => answers.into_iter().map(|answer| Ok(Answer::Listed(answer))).collect(),
        Err(error) => vec![Err(unanswered(error)); questions.len()],
    }
}

async fn tallied(parts: &Parts, tallies: &[Tally]) -> Vec<Answered> {
    let Some(controls) = parts.controls.as_ref().filter(|_| !tallies.is_empty()) else {
        return vec![Err(nobody()); tallies.len()];
    };
    match controls.tallied(tallies).await {
        Ok(counts) => counts.into_iter().map(|count| Ok(Answer::Tally(count))).collect(),
        Err(error) => vec![Err(unanswered(error)); tallies.len()],
    }
}

async fn found(parts: &Parts, item: &ItemQuestion) -> Result<Found, String> {
    let controls = parts.controls.as_ref().ok_or_else(nobody)?;
    let Some(json) = controls.item(&item.table, &item.key).await.map_err(unanswered)? else {
        return Ok(Found::Nothing);
    };
    let values = claims::at_pointers(&json, &item.pointers);
    values
        .map(Found::Values)
        .ok_or_else(|| format!("the item of `{}` is no JSON", item.table))
}

/// A policy that asks has somebody who answers (`Gate::new`); should there be nobody, the rule fails.
fn nobody() -> String {
    "nobody is there to ask".to_owned()
}

#[allow(clippy::needless_pass_by_value)]
fn unanswered(error: StoreError) -> String {
    error.to_string()
}
