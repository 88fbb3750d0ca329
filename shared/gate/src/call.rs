//! From a sign-up to a reply: the policy, the request's state, the commit.

use std::time::Duration;

use approvals::{AccountBy, Answer, Invited, MOST_ADDRESSES, Notice, Seal, Standing, Submission, Wish};
use claims::{ApplicantKey, CallKey, Changes, Claims, Decision, Hash, Locales, Reply, SignUp, UserMessage, render};
use policy::{Before, Came, Facts, MessageName, Outcome, Verdict as PolicyVerdict};
use store::{CallRecord, Committed, Keys, Left, Request, RouteName, Snapshot, State, Store, StoreError, Timestamp};

use crate::{
    Parts, answers,
    events::{MOST_RACES, Ruled, Undecided, lost},
    log::{CallLog, Verdict},
};

/// How often a call asks again that the store refused for now, after the store's own attempts.
const MOST_BUSY: usize = 2;

/// The reply to a sign-up.
pub(crate) async fn reply(parts: &Parts, sign_up: &SignUp, log: &mut CallLog) -> Reply {
    let call_key = CallKey::of(sign_up);
    log.call_key = Some(call_key);
    if sign_up.contradicts_its_step() {
        log.reason = Some("the body names another step than the address".to_owned());
        log.failed = true;
        return finish(parts, &blocked(parts, sign_up, &MessageName::FAILED), log);
    }
    let mut facts = Facts::none();
    for _ in 0..MOST_RACES {
        if let Some(decision) = round(parts, sign_up, call_key, &mut facts, log).await {
            return finish(parts, &decision, log);
        }
        // What a rule was told is not so any more.
        facts.forget_counts();
    }
    log.reason = Some(lost().to_string());
    log.failed = true;
    finish(parts, &failed(parts, sign_up), log)
}

/// Asks the rules and does what they say; nothing if somebody else took meanwhile what a rule was told is free.
async fn round(
    parts: &Parts,
    sign_up: &SignUp,
    call_key: CallKey,
    facts: &mut Facts,
    log: &mut CallLog,
) -> Option<Decision> {
    // A store that is down is for the rules to speak of that need it.
    let early = remembered(parts, sign_up, call_key).await.unwrap_or_default();
    if let Some(answer) = early
        .as_ref()
        .and_then(|early| answered_before(early, parts.clock.now()))
    {
        log.reason = Some("answered before".to_owned());
        return Some(answer.clone());
    }
    facts.came_before(early.as_ref().map_or(Before::Nothing, |early| before(early, parts)));
    let verdict = ruled(parts, sign_up, facts).await;
    if is_turned_away(&verdict.outcome) && early.is_some() {
        // The same call may have been answered meanwhile, and have been the last for which there was room.
        let now = remembered(parts, sign_up, call_key).await.unwrap_or_default();
        if let Some(answer) = now.as_ref().and_then(|now| answered_before(now, parts.clock.now())) {
            log.reason = Some("answered before".to_owned());
            return Some(answer.clone());
        }
    }
    // Asking other systems takes time in which much may happen.
    let early = early.filter(|_| !parts.policy.asks_outside(parts.step));
    log.rule = verdict.rule.map(str::to_owned);
    log.observed = observed(&verdict);
    log.reason = verdict.refused.map(str::to_owned);
    if let Some(failure) = &verdict.failure {
        log.reason = Some(failure.clone());
        log.failed = true;
    }
    let invited = |code| {
        let usage = facts.usage(code, ApplicantKey::of(sign_up)?.hash()).cloned();
        Some(Invited { code, usage })
    };
    let call = Ruled {
        parts,
        sign_up,
        verdict: &verdict,
        call_key,
        invited: verdict.invitation.and_then(invited),
    };
    match decide(&call, early, log).await {
        Ok(decision) => Some(decision),
        Err(Undecided::Overtaken) => None,
        Err(Undecided::Failed(error)) => {
            log.reason = Some(error.to_string());
            log.failed = true;
            Some(match verdict.outcome {
                // A rule refused; that an event could not be kept lets nobody in.
                Outcome::Error => blocked(parts, sign_up, &MessageName::FAILED),
                _ => failed(parts, sign_up),
            })
        }
    }
}

/// What the store knows of a call before the rules are asked, where asking them again would count or cost something.
async fn remembered(parts: &Parts, sign_up: &SignUp, call_key: CallKey) -> Result<Option<Snapshot>, StoreError> {
    let Some(store) = parts.store.as_ref().filter(|_| parts.policy.remembers(parts.step)) else {
        return Ok(None);
    };
    let held = parts.step.is_sign_up() && parts.policy.holds();
    let addresses = addresses(sign_up);
    let keys = Keys {
        applicant: ApplicantKey::of(sign_up)
            .filter(|_| held)
            .map(|applicant| applicant.hash()),
        // A call with more is refused before anybody looks for them.
        addresses: match held && addresses.len() <= MOST_ADDRESSES {
            true => addresses,
            false => Vec::new(),
        },
        call: Some(call_key),
    };
    store.look_up(&keys).await.map(Some)
}

/// What became of an applicant before this call.
fn before(snapshot: &Snapshot, parts: &Parts) -> Before {
    let (request, now) = (snapshot.request.as_ref(), parts.clock.now());
    match approvals::standing(request, now) {
        _ if approvals::turned_away(request, &snapshot.denials, now) => Before::Decided,
        Standing::None => Before::Nothing,
        Standing::Pending(_) => Before::Waits,
        _ => Before::Decided,
    }
}

fn is_turned_away(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Block(_) | Outcome::AskAgain(_) | Outcome::Error)
}

async fn decide(call: &Ruled<'_>, early: Option<Snapshot>, log: &mut CallLog) -> Result<Decision, Undecided> {
    let (parts, sign_up, verdict) = (call.parts, call.sign_up, call.verdict);
    let ruled = match (&verdict.outcome, &parts.store) {
        (Outcome::Block(message), _) => blocked(parts, sign_up, message),
        (Outcome::Error, _) => blocked(parts, sign_up, &MessageName::FAILED),
        (_, Some(store)) if parts.step.is_sign_up() && parts.policy.holds() => {
            let held = Call {
                ruled: call,
                addresses: addresses(sign_up),
                store: store.as_ref(),
            };
            return held.decide(early, log).await;
        }
        (Outcome::AskAgain(message), _) => Decision::AskAgain(told(parts, sign_up, message)),
        // A policy that holds has a store (`Gate::new`); should it be missing, nobody gets in.
        (Outcome::Hold, _) => blocked(parts, sign_up, &MessageName::FAILED),
        (Outcome::Continue | Outcome::Admit, _) => Decision::Continue(verdict.changes.clone()),
    };
    call.alone(&ruled, early).await?;
    Ok(ruled)
}

/// The answer when something failed on our side. The token step lets everybody pass: it must never be the only control.
fn failed(parts: &Parts, sign_up: &SignUp) -> Decision {
    match parts.step.is_sign_up() {
        true => blocked(parts, sign_up, &MessageName::FAILED),
        false => Decision::Continue(Changes::none()),
    }
}

/// What the rules say, with what the store says of the lists that they look things up in.
async fn ruled<'p>(parts: &'p Parts, sign_up: &SignUp, facts: &mut Facts) -> PolicyVerdict<'p> {
    let now = parts.clock.now();
    if parts.lists.is_none() && parts.controls.is_none() && parts.outside.is_none() {
        return parts.policy.decide(sign_up, now);
    }
    loop {
        // Every question is answered, if only by a failure, and a call has so many at the most.
        match parts.policy.ask(sign_up, now, facts) {
            Ok(verdict) => return verdict,
            Err(questions) => {
                let answers = answers::to(parts, &questions).await;
                facts.learn(questions, answers);
            }
        }
    }
}

/// The reply when the deadline passed. The token step runs at every sign-in and lets everybody pass; it must never be
/// the only control.
pub(crate) fn out_of_time(parts: &Parts, locales: &Locales, log: &mut CallLog) -> Reply {
    log.reason = Some(format!("no answer within {} ms", parts.deadline.as_millis()));
    log.rule = None;
    log.failed = true;
    let decision = match parts.step.is_sign_up() {
        true => Decision::Block(parts.policy.message(&MessageName::FAILED, locales, &Claims::default())),
        false => Decision::Continue(Changes::none()),
    };
    finish(parts, &decision, log)
}

fn finish(parts: &Parts, decision: &Decision, log: &mut CallLog) -> Reply {
    log.verdict = match decision {
        Decision::Continue(_) => Verdict::Continue,
        Decision::Block(_) | Decision::AskAgain(_) if !parts.step.is_sign_up() => Verdict::Error,
        Decision::Block(_) => Verdict::Block,
        Decision::AskAgain(_) => Verdict::AskAgain,
    };
    render(parts.step, decision)
}

fn blocked(parts: &Parts, sign_up: &SignUp, message: &MessageName) -> Decision {
    Decision::Block(told(parts, sign_up, message))
}

fn told(parts: &Parts, sign_up: &SignUp, message: &MessageName) -> UserMessage {
    parts.policy.message(message, &sign_up.locales, &sign_up.claims)
}

/// What rules would have done that only observe: `allow by \`name\``, with commas between them.
fn observed(verdict: &PolicyVerdict<'_>) -> Option<String> {
    let said = verdict
        .observed
        .iter()
        .map(|observed| format!("{} by `{}`", observed.would, observed.rule));
    said.reduce(|all, one| format!("{all}, {one}"))
}

/// A call of one of the two sign-up steps under a policy that holds.
struct Call<'c> {
    ruled: &'c Ruled<'c>,
    /// Every address that the call gives the applicant, by hash.
    addresses: Vec<Hash>,
    store: &'c dyn Store,
}

impl Call<'_> {
    async fn decide(&self, early: Option<Snapshot>, log: &mut CallLog) -> Result<Decision, Undecided> {
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

fn addresses(sign_up: &SignUp) -> Vec<Hash> {
    let mut addresses: Vec<_> = sign_up.addresses().map(Hash::of_address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Whether the rows may have been read on both sides of somebody's commit: DynamoDB reads them one after the other. A
/// request that changed just now without an answer to this call may be the work of this very call's twin, whose
/// answer a second look finds.
fn torn(snapshot: &Snapshot, now: Timestamp) -> bool {
    const JUST_NOW: Duration = Duration::from_secs(2);
    let changed = snapshot.request.as_ref().map(|request| request.changed_at);
    snapshot.call.is_none() && changed.is_some_and(|at| now.since(at) < JUST_NOW)
}

/// The answer stored for this call, as long as nothing happened since: neither to the request, nor to another one
/// with the same address, nor by time.
fn answered_before(snapshot: &Snapshot, now: Timestamp) -> Option<&Decision> {
    let call = snapshot.call.as_ref()?;
    let Some(request) = &snapshot.request else {
        let turned_away = approvals::turned_away(None, &snapshot.denials, now);
        return (call.once.stands && now < call.until() && !turned_away).then_some(&call.answer);
    };
    let same = call.left
        == Some(Left {
            request: request.id,
            version: request.version,
        });
    let turned_away = approvals::turned_away(Some(request), &snapshot.denials, now);
    // What is due by then, nobody may have recorded yet.
    let overtaken = request.due().is_some_and(|due| now >= due);
    (same && now < call.until() && !turned_away && !overtaken).then_some(&call.answer)
}
