//! Calls of the two sign-up steps under a policy that holds: what the applicant's request makes of them.

use std::time::Duration;

use approvals::{AccountBy, Answer, MOST_ADDRESSES, Notice, Seal, Submission, Wish};
use claims::{ApplicantKey, CallKey, Decision, Hash};
use policy::{Came, MessageName, Outcome};
use store::{CallRecord, Committed, Keys, Request, RouteName, Snapshot, State, Store, StoreError, Timestamp};

use crate::{
    call::{blocked, told},
    events::{MOST_RACES, Ruled, Undecided, lost},
    log::CallLog,
    remembered::answered_before,
};

/// How often a call asks again that the store refused for now, after the store's own attempts.
const MOST_BUSY: usize = 2;

/// A call of one of the two sign-up steps under a policy that holds.
pub(crate) struct HeldCall<'c> {
    pub(crate) ruled: &'c Ruled<'c>,
    /// Every address that the call gives the applicant, by hash.
    pub(crate) addresses: Vec<Hash>,
    pub(crate) store: &'c dyn Store,
}

impl HeldCall<'_> {
    /// What comes of it.
    pub(crate) async fn decide(&self, early: Option<Snapshot>, log: &mut CallLog) -> Result<Decision, Undecided> {
        if self.addresses.len() > MOST_ADDRESSES {
            log.reason = Some(format!("the call gives more than {MOST_ADDRESSES} addresses"));
            return Ok(blocked(self.ruled.parts, self.ruled.sign_up, &MessageName::BLOCKED));
        }
        if self.ruled.parts.policy.terms().account == AccountBy::Graph && self.ruled.sign_up.is_b2c() {
            log.reason = Some("`account = \"graph\"` is for B2B: B2C never sends the password".to_owned());
            log.failed = true;
            return Ok(blocked(self.ruled.parts, self.ruled.sign_up, &MessageName::FAILED));
        }
        let applicant = ApplicantKey::of(self.ruled.sign_up);
        match (applicant, self.ruled.sign_up.step) {
            (None, _) => {
                let decision = self.decide_for_nobody(log);
                self.ruled.alone(&decision, early).await?;
                Ok(decision)
            }
            (Some(applicant), claims::Step::PostAttributeCollection) => self.submit(&applicant, early, log).await,
            (Some(applicant), _) => self.check(&applicant, early, log).await,
        }
    }

    /// A call that does not say who it is about: a request could be nobody's.
    fn decide_for_nobody(&self, log: &mut CallLog) -> Decision {
        match &self.ruled.verdict.outcome {
            Outcome::Hold | Outcome::Admit => {
                log.reason = Some("held, but the call has neither an identity nor an e-mail address".to_owned());
                blocked(self.ruled.parts, self.ruled.sign_up, &MessageName::BLOCKED)
            }
            _ => self.as_ruled(),
        }
    }

    /// The first step: may this person fill in the form?
    async fn check(
        &self,
        applicant: &ApplicantKey,
        mut early: Option<Snapshot>,
        log: &mut CallLog,
    ) -> Result<Decision, Undecided> {
        let keys = self.keys(applicant, self.ruled.is_to_be_told().then_some(self.ruled.call_key));
        for _ in 0..MOST_RACES {
            let snapshot = self.known(&mut early, &keys).await?;
            let now = self.ruled.parts.clock.now();
            let terms = self.ruled.parts.policy.terms();
            let decision = match approvals::check(snapshot.request.as_ref(), &snapshot.denials, now, terms) {
                Some(notice) => self.told(notice, snapshot.request.as_ref(), log),
                None => self.as_ruled(),
            };
            if self.ruled.beside(&snapshot, &decision, self.store).await? {
                return Ok(decision);
            }
        }
        Err(lost().into())
    }

    /// What the store knows, which nobody asks twice.
    async fn known(&self, early: &mut Option<Snapshot>, keys: &Keys) -> Result<Snapshot, StoreError> {
        match early.take() {
            Some(snapshot) => Ok(snapshot),
            None => self.store.look_up(keys).await,
        }
    }

    /// The second step. Whoever loses a race reads what the winner wrote and is answered by that.
    async fn submit(
        &self,
        applicant: &ApplicantKey,
        mut early: Option<Snapshot>,
        log: &mut CallLog,
    ) -> Result<Decision, Undecided> {
        let keys = self.keys(applicant, Some(self.ruled.call_key));
        let submission = self.submission(applicant);
        let seal = self.seal()?;
        for race in 0..MOST_RACES {
            let snapshot = self.known(&mut early, &keys).await?;
            let now = self.ruled.parts.clock.now();
            if let Some(answer) = answered_before(&snapshot, now) {
                log.reason = Some("answered before".to_owned());
                return Ok(answer.clone());
            }
            let Snapshot { request, denials, call } = &snapshot;
            if let Some(forged) = request.as_ref().filter(|request| !seal.vouches_for(request)) {
                log.request = Some(forged.id);
                return Err(StoreError::Broken(approvals::NOT_AS_WRITTEN.to_owned()).into());
            }
            let (answer, transition) = approvals::submit(
                request.as_ref(),
                denials,
                &submission,
                now,
                self.ruled.parts.policy.terms(),
            );
            let came = (answer == Answer::Notice(Notice::Waiting)).then_some(Came::Hold);
            let decision = match answer {
                Answer::Continue(changes) => Decision::Continue(changes),
                Answer::Correct => self.as_ruled(),
                Answer::Notice(notice) => {
                    let next = transition.as_ref().map(|transition| &transition.request);
                    self.told(notice, next.or(request.as_ref()), log)
                }
            };
            let Some(transition) = transition else {
                if race == 0 && torn(&snapshot, now) {
                    continue;
                }
                if self.ruled.beside(&snapshot, &decision, self.store).await? {
                    return Ok(decision);
                }
                continue;
            };
            let came = came.unwrap_or_else(|| self.ruled.came(&decision));
            let record = CallRecord {
                key: self.ruled.call_key,
                at: now,
                answer: decision.clone(),
                left: self.ruled.left(&transition.request),
                once: self.ruled.once(came, call.as_ref(), now),
            };
            let opens = request
                .as_ref()
                .is_none_or(|request| request.id != transition.request.id);
            let mut more = self.ruled.writes(came, transition.request.id, now);
            more.extend(self.ruled.attempts(call.as_ref(), now));
            // A person is counted when they come, and not again when they are let in.
            if opens {
                more.extend(self.ruled.counted(came, call.as_ref(), now));
            }
            let mut commit = transition.commit(Some((record, call.as_ref().map(|call| call.at))), denials, &seal);
            commit.writes.extend(more);
            match self.store.commit(&commit).await {
                Ok(Committed::Applied) => return Ok(decision),
                Ok(Committed::Conflict) if self.ruled.invited.is_some() => return Err(Undecided::Overtaken),
                Ok(Committed::Conflict) => {}
                // Too many at the same rows: one of them is writing the answer. A store that is just overloaded is
                // not helped by asking on and on.
                Err(StoreError::Busy(_)) if race < MOST_BUSY => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(lost().into())
    }

    /// What proves the entries that this call adds to a history.
    fn seal(&self) -> Result<Seal<'_>, StoreError> {
        let broken = |what: &str| StoreError::Broken(what.to_owned());
        // A policy that holds has a key (`Gate::new`).
        let key = self.ruled.parts.audit.as_ref();
        let key = key.ok_or_else(|| broken("nothing proves the histories of requests"))?;
        key.seal().map_err(|_| broken("the system has no random numbers"))
    }

    /// What the rules said, where no request's state says otherwise.
    fn as_ruled(&self) -> Decision {
        match &self.ruled.verdict.outcome {
            Outcome::AskAgain(message) => Decision::AskAgain(told(self.ruled.parts, self.ruled.sign_up, message)),
            Outcome::Continue | Outcome::Admit => Decision::Continue(self.ruled.verdict.changes.clone()),
            Outcome::Hold | Outcome::Block(_) | Outcome::Error => {
                blocked(self.ruled.parts, self.ruled.sign_up, &MessageName::BLOCKED)
            }
        }
    }

    /// What somebody is told whose request, as it is from now on, is this one.
    fn told(&self, notice: Notice, request: Option<&Request>, log: &mut CallLog) -> Decision {
        let (message, reason) = match notice {
            Notice::Waiting => (MessageName::WAITING, "the request waits for approval"),
            Notice::Pending => (MessageName::PENDING, "the request is pending"),
            Notice::Denied => (
                MessageName::DENIED,
                "the request, or another with this address, was denied",
            ),
            Notice::Unproven => (
                MessageName::UNPROVEN,
                "approved, but only an e-mail address says who this is",
            ),
            Notice::OtherAddress => (MessageName::OTHER_ADDRESS, "approved for another e-mail address"),
            Notice::OnItsWay => (MessageName::ON_ITS_WAY, "approved, and the account is not created yet"),
            Notice::Ready => (MessageName::READY, "the account is created"),
        };
        log.reason = Some(match &self.ruled.verdict.failure {
            Some(failure) => format!("{reason}: {failure}"),
            None => reason.to_owned(),
        });
        if notice != Notice::Waiting {
            log.rule = None;
        }
        let message = self.ruled.parts.policy.message_on(route(request), message);
        blocked(self.ruled.parts, self.ruled.sign_up, &message)
    }

    fn keys(&self, applicant: &ApplicantKey, call: Option<CallKey>) -> Keys {
        Keys {
            applicant: Some(applicant.hash()),
            addresses: self.addresses.clone(),
            call,
        }
    }

    fn submission(&self, applicant: &ApplicantKey) -> Submission {
        let wish = match &self.ruled.verdict.outcome {
            Outcome::Hold => Wish::Hold(self.ruled.parts.policy.held(self.ruled.verdict)),
            Outcome::Admit => Wish::Admit,
            Outcome::AskAgain(_) => Wish::Correct,
            Outcome::Continue | Outcome::Block(_) | Outcome::Error => Wish::Pass,
        };
        Submission {
            applicant: applicant.hash(),
            proven: applicant.is_proven(),
            received: self.ruled.sign_up.claims.clone(),
            kept: self.ruled.verdict.received.clone(),
            reviewed: self.ruled.verdict.claims.clone(),
            changes: self.ruled.verdict.changes.clone(),
            identities: self.ruled.sign_up.identities.clone(),
            app: self.ruled.sign_up.client_id.clone(),
            locales: self.ruled.sign_up.locales.clone(),
            addresses: self.addresses.clone(),
            invitation: self.ruled.invited.clone(),
            wish,
            rule: self.ruled.verdict.rule.unwrap_or_default().to_owned(),
        }
    }
}

/// The route that a request is on, or by which it was denied. Once it is over, another one's denial of the same address
/// is no matter of this route.
fn route(request: Option<&Request>) -> Option<&RouteName> {
    let request = request?;
    let counts = matches!(request.state, State::Pending(_) | State::Denied { .. });
    request.route.as_ref().filter(|_| counts)
}

/// Whether the rows may have been read on both sides of somebody's commit: DynamoDB reads them one after the other. A
/// request that changed just now without an answer to this call may be the work of this very call's twin, whose
/// answer a second look finds.
fn torn(snapshot: &Snapshot, now: Timestamp) -> bool {
    const JUST_NOW: Duration = Duration::from_secs(2);
    let changed = snapshot.request.as_ref().map(|request| request.changed_at);
    snapshot.call.is_none() && changed.is_some_and(|at| now.since(at) < JUST_NOW)
}
