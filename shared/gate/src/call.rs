//! From a sign-up to a reply: the policy, the request's state, the commit.

use approvals::Invited;
use claims::{ApplicantKey, CallKey, Changes, Claims, Decision, Locales, Reply, SignUp, UserMessage, render};
use policy::{Before, Facts, MessageName, Outcome, Verdict as PolicyVerdict};
use store::Snapshot;

use crate::{
    Parts, answers,
    events::{MOST_RACES, Ruled, Undecided, lost},
    held::HeldCall,
    log::{CallLog, Verdict},
    remembered::{addresses, answered_before, before, remembered},
};

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

fn is_turned_away(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Block(_) | Outcome::AskAgain(_) | Outcome::Error)
}

async fn decide(call: &Ruled<'_>, early: Option<Snapshot>, log: &mut CallLog) -> Result<Decision, Undecided> {
    let (parts, sign_up, verdict) = (call.parts, call.sign_up, call.verdict);
    let ruled = match (&verdict.outcome, &parts.store) {
        (Outcome::Block(message), _) => blocked(parts, sign_up, message),
        (Outcome::Error, _) => blocked(parts, sign_up, &MessageName::FAILED),
        (_, Some(store)) if parts.step.is_sign_up() && parts.policy.holds() => {
            let held = HeldCall {
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

pub(crate) fn blocked(parts: &Parts, sign_up: &SignUp, message: &MessageName) -> Decision {
    Decision::Block(told(parts, sign_up, message))
}

pub(crate) fn told(parts: &Parts, sign_up: &SignUp, message: &MessageName) -> UserMessage {
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
