//! Answers to what the rules ask, as somebody gives them who asks about a policy: neither the store nor another system is asked.

mod lists;

use std::{collections::BTreeMap, time::Duration};

use claims::{Hash, SignUp};
use policy::{
    Facts, Policy, Seen, Verdict,
    outside::{Answer, Found, Question},
    suggestion,
};
use store::{CheckOutcome, Invitation, Tally, Timestamp};

use self::lists::GivenLists;

/// Everything that is given.
#[derive(Default)]
pub(super) struct Given {
    pub(super) lists: GivenLists,
    /// The answers to look-ups, as JSON.
    look_ups: BTreeMap<String, String>,
    checks: BTreeMap<String, CheckOutcome>,
    /// How many came before, by the limit's rule.
    counts: BTreeMap<String, u64>,
    pub(super) invitation: Option<GivenInvitation>,
}

/// What the store says of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GivenInvitation {
    /// It lets in.
    Good,
    /// There is none with this code, or it is not good any more.
    Bad,
    /// It would, but too many codes were wrong before.
    TooManyAttempts,
}

impl GivenInvitation {
    pub(super) const NAMES: [&str; 3] = ["good", "bad", "too-many-attempts"];

    pub(super) fn named(name: &str) -> Option<GivenInvitation> {
        match name {
            "good" => Some(GivenInvitation::Good),
            "bad" => Some(GivenInvitation::Bad),
            "too-many-attempts" => Some(GivenInvitation::TooManyAttempts),
            _ => None,
        }
    }
}

impl Given {
    /// Takes what a look-up is answered.
    ///
    /// # Errors
    /// What is wrong with the name or the answer, which is not repeated: it may be personal.
    pub(super) fn look_up(&mut self, policy: &Policy, name: &str, json: &str) -> Result<(), String> {
        known("look-up", name, policy.look_ups())?;
        if claims::at_pointers(json, &[]).is_none() {
            return Err(format!("the answer to the look-up `{name}` is no JSON"));
        }
        self.look_ups.insert(name.to_owned(), json.to_owned());
        Ok(())
    }

    /// Takes what a check says.
    ///
    /// # Errors
    /// What is wrong with the name or the outcome.
    pub(super) fn check(&mut self, policy: &Policy, name: &str, outcome: &str) -> Result<(), String> {
        known("check", name, policy.checks())?;
        let outcome = match outcome {
            "pass" => CheckOutcome::Pass,
            "refer" => CheckOutcome::Refer,
            "fail" => CheckOutcome::Fail,
            other => return Err(format!("a check says `pass`, `refer` or `fail`, not `{other}`")),
        };
        self.checks.insert(name.to_owned(), outcome);
        Ok(())
    }

    /// Takes how many came before the call, by the rule that limits them.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub(super) fn count(&mut self, policy: &Policy, rule: &str, count: u64) -> Result<(), String> {
        known("rule with a limit", rule, policy.limits())?;
        self.counts.insert(rule.to_owned(), count);
        Ok(())
    }

    /// What the policy says, and why. A rule fails that needs an answer of which nothing is given.
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
                Err(questions) => {
                    let of_limit = |tally: &Tally| policy.limit_counting(tally, sign_up, now);
                    let answers = questions.iter().map(|question| self.answer(question, of_limit, now));
                    let answers = answers.collect();
                    facts.learn(questions, answers);
                }
            }
        }
    }

    fn answer<'p>(
        &self,
        question: &Question,
        of_limit: impl Fn(&Tally) -> Option<&'p str>,
        now: Timestamp,
    ) -> Result<Answer, String> {
        match question {
            Question::Listed(question) => match self.lists.listed(question) {
                Some(listed) => Ok(Answer::Listed(listed)),
                None => {
                    Err("it is in the store, which is not asked here, and none of its entries are given".to_owned())
                }
            },
            Question::LookUp(call) => self.found(&call.name, &call.pointers),
            Question::Item(item) => self.found(&item.name, &item.pointers),
            Question::Check(check) => {
                let outcome = self.checks.get(&*check.call.name).copied();
                outcome
                    .map(Answer::Checked)
                    .ok_or_else(|| not_asked("check", &check.call.name))
            }
            Question::Invitation { code, .. } => {
                let given = self.invitation.ok_or_else(no_invitation)?;
                let good = given != GivenInvitation::Bad;
                Ok(Answer::Invitation(good.then(|| (open(*code, now), None))))
            }
            Question::Tally(tally) => self.tallied(of_limit(tally)).map(Answer::Tally),
        }
    }

    fn found(&self, name: &str, pointers: &[String]) -> Result<Answer, String> {
        let json = self.look_ups.get(name).ok_or_else(|| not_asked("look-up", name))?;
        let values = claims::at_pointers(json, pointers);
        let values = values.ok_or_else(|| format!("the answer to the look-up `{name}` is no JSON"))?;
        Ok(Answer::Found(Found::Values(values)))
    }

    /// By the rule of a limit; without one, it is about codes that were wrong.
    fn tallied(&self, rule: Option<&str>) -> Result<u64, String> {
        match rule {
            Some(rule) => {
                let count = self.counts.get(rule).copied();
                count
                    .ok_or_else(|| format!("how many came before is not asked here, and no count of `{rule}` is given"))
            }
            None => match self.invitation.ok_or_else(no_invitation)? {
                GivenInvitation::TooManyAttempts => Ok(u64::MAX),
                GivenInvitation::Good | GivenInvitation::Bad => Ok(0),
            },
        }
    }
}

fn known<'n>(what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    let names: Vec<_> = names.collect();
    match names.contains(&name) {
        true => Ok(()),
        false => {
            let near = suggestion(name, names.iter().copied());
            Err(format!("the policy has no {what} `{name}` in use{near}"))
        }
    }
}

fn not_asked(what: &str, name: &str) -> String {
    format!("the {what} `{name}` is not asked here, and no answer is given")
}

fn no_invitation() -> String {
    "invitations are in the store, which is not asked here, and nothing is given of this one".to_owned()
}

fn open(code: Hash, now: Timestamp) -> Invitation {
    Invitation {
        code,
        note: None,
        made_at: now,
        until: now.plus(Duration::from_secs(60)),
        uses: 1,
        taken: 0,
        bound: None,
        revoked_at: None,
    }
}
