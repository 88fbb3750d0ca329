//! What is seen of each step, and which promises it breaks.

use std::hash::{DefaultHasher, Hash, Hasher};

use claims::Decision;
use store::{AccountBy, Actor, Effect, Event, HistoryEntry, News, Occasion, Write};

use crate::{
    cast::Cast, chronicle::Outcome, errand::Errand, flight::Flight, life::Life, promises::Promise, rules::Rules,
    world::World,
};

impl World {
    /// A commit was carried out.
    pub(crate) fn observe(&mut self, flight: &Flight, cast: &Cast) {
        let who = flight.errand.applicant();
        let writes = || flight.writes.iter().flatten().map(|row| &row.write);
        let by_clock = writes().filter_map(history).all(|entry| entry.by == Actor::Clock);
        let refused = flight.refused.is_some();
        self.broken.add(flight.broken);
        self.broken.expect(!refused || by_clock, Promise::RefusalChangesNothing);
        let mut caused = Vec::new();
        for entry in writes().filter_map(history) {
            caused.extend(self.caused(who, entry, cast));
            self.chronicles[who].read(entry, cast, &mut self.broken);
        }
        // What is counted has tests of its own, and what is held is looked at as it is.
        let effects = writes()
            .filter_map(effect)
            .filter(|effect| !matches!(effect, Effect::Count { .. } | Effect::Invitation { .. }));
        self.broken.expect(effects.eq(&caused), Promise::EffectsWithTheirCause);
        let stored = self.table.latest[who].as_ref().map(|request| request.version);
        self.broken
            .expect(stored == Some(self.chronicles[who].version), Promise::NoGaps);
        for request in self.table.latest.iter().flatten() {
            self.table.uses.judge(request, cast, &mut self.broken);
        }
        // A denial may change what another applicant with the address is answered, and what somebody takes or gives back of
        // an invitation what anybody is.
        self.told[who] = Default::default();
        let of_all = |write: &Write| matches!(write, Write::Denial { .. }) || uses(write);
        if writes().any(of_all) {
            self.told = Default::default();
        }
    }

    /// An answer reaches whoever waits for it.
    pub(crate) fn answer(&mut self, flight: &Flight, life: &Life<impl Rules>) {
        let (Errand::Submit { who, version }, Some(answer)) = (flight.errand, &flight.answer) else {
            return;
        };
        let chronicle = &self.chronicles[who];
        let used = chronicle.outcome == Some(Outcome::Approved) && chronicle.closed;
        let goes_on = matches!(answer, Decision::Continue(_));
        self.broken.expect(!goes_on || used, Promise::OnlyTheApproved);
        if flight.writes.is_none() {
            self.broken.add(flight.broken);
        }
        // What was worked out some time ago, or before somebody was denied, says nothing of now.
        let now = self.table.look_up(who, Some(version), &life.cast);
        let old = &flight.snapshot;
        if flight.at != self.now(life) || old.denials != now.denials || old.invitation != now.invitation {
            return;
        }
        let answer = fingerprint(answer);
        let told = self.told[who][version].replace(answer);
        self.broken
            .expect(told.is_none_or(|told| told == answer), Promise::SameAnswer);
    }

    /// What has to follow from an entry.
    fn caused(&self, who: usize, entry: &HistoryEntry, cast: &Cast) -> Vec<Effect> {
        let asked = |why| vec![Effect::TellReviewers { why }];
        match &entry.event {
            Event::Opened => [vec![told(News::Received)], asked(Occasion::Asked)].concat(),
            Event::Updated if self.chronicles[who].is_to_ask_again(&cast.plans[who]) => asked(Occasion::Asked),
            Event::Passed { .. } | Event::Reassigned { .. } => asked(Occasion::Asked),
            Event::Reminded { .. } => asked(Occasion::Reminded),
            Event::Escalated { .. } => asked(Occasion::Escalated),
            Event::Approved { .. } if cast.terms.account == AccountBy::Graph => vec![Effect::CreateAccount],
            Event::Approved { .. } => vec![told(News::Approved)],
            Event::Provisioned { .. } => vec![told(News::Approved)],
            Event::Denied { .. } => vec![told(News::Denied)],
            Event::Expired => vec![told(News::Expired)],
            Event::Updated | Event::Voted { .. } | Event::Withdrawn { .. } | Event::Admitted | Event::Forgotten => {
                Vec::new()
            }
        }
    }
}

fn told(news: News) -> Effect {
    Effect::TellApplicant { news, redeem_url: None }
}

fn history(write: &Write) -> Option<&HistoryEntry> {
    match write {
        Write::History(entry) => Some(entry),
        _ => None,
    }
}

fn effect(write: &Write) -> Option<&Effect> {
    match write {
        Write::Effect { entry, .. } => Some(&entry.effect),
        _ => None,
    }
}

fn uses(write: &Write) -> bool {
    matches!(
        write,
        Write::TakeInvitation(_)
            | Write::HoldInvitation { .. }
            | Write::SpendInvitation { .. }
            | Write::ReturnInvitation { .. }
    )
}

fn fingerprint(answer: &Decision) -> u64 {
    let text = match answer {
        Decision::Continue(changes) => serde_json::to_string(changes).unwrap(),
        Decision::Block(message) | Decision::AskAgain(message) => message.as_str().to_owned(),
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
