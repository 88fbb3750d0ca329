use claims::Changes;
use store::{
    Actor, CallRecord, Commit, Denial, Effect, EntryId, Event, HistoryEntry, OutboxEntry, Request, State, Timestamp,
    Write,
};

/// How a request changes: the row as it will be, and an entry of its history for each thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The request as it will be.
    pub request: Request,
    /// What happened, in order.
    pub entries: Vec<HistoryEntry>,
    /// The version in the store that all this builds on; nothing where there is none.
    replaces: Option<u64>,
    /// The applicant's request before this one, where a new one is opened.
    archived: Option<Request>,
    /// Addresses that are turned away from now on.
    denials: Vec<Denial>,
    /// What follows.
    effects: Vec<Effect>,
}

impl Transition {
    /// All of it in one commit, with the answer to the call that caused it. `known` are the denials that the store
    /// has for the same addresses.
    pub fn commit(self, answer: Option<(CallRecord, Option<Timestamp>)>, known: &[Denial]) -> Commit {
        let effects = (0..).zip(&self.effects).map(|(index, effect)| Write::Effect {
            entry: Box::new(self.outbox_entry(index, effect)),
            replaces: None,
        });
        let effects: Vec<_> = effects.collect();
        let archive = self.archived.map(|request| Write::Archive(Box::new(request)));
        let request = Write::Request {
            request: Box::new(self.request),
            replaces: self.replaces,
        };
        let entries = self.entries.into_iter().map(|entry| Write::History(Box::new(entry)));
        let call = answer.map(|(record, replaces)| Write::Call { record, replaces });
        let denials = self.denials.into_iter().map(|denial| {
            let known = known.iter().find(|known| known.address == denial.address);
            let replaces = known.map(|known| known.until);
            // A denial under shorter terms does not let in whom an earlier one still turns away.
            let until = denial.until.max(replaces.unwrap_or(denial.until));
            let denial = Denial { until, ..denial };
            Write::Denial { denial, replaces }
        });
        Commit {
            writes: [request]
                .into_iter()
                .chain(archive)
                .chain(entries)
                .chain(call)
                .chain(denials)
                .chain(effects)
                .collect(),
        }
    }

    fn outbox_entry(&self, index: u64, effect: &Effect) -> OutboxEntry {
        let request = &self.request;
        let id = EntryId::of(&request.id, request.version, effect.receiver(), index);
        OutboxEntry::new(id, request.id, effect.clone(), request.changed_at)
    }

    /// Nothing yet.
    pub(crate) fn of(request: &Request) -> Transition {
        Transition {
            request: request.clone(),
            entries: Vec::new(),
            replaces: Some(request.version),
            archived: None,
            denials: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// A new request in place of an applicant's earlier one, which is kept.
    pub(crate) fn opening(previous: Option<&Request>, request: Request, event: Event, now: Timestamp) -> Transition {
        let opened = Transition {
            replaces: previous.map(|previous| previous.version),
            archived: previous.cloned(),
            ..Transition::of(&request)
        };
        opened.then(event, Actor::Applicant, now, |request| request)
    }

    /// One more thing that happens.
    pub(crate) fn then(
        mut self,
        event: Event,
        by: Actor,
        now: Timestamp,
        change: impl FnOnce(Request) -> Request,
    ) -> Transition {
        let version = self.request.version + 1;
        self.request = Request {
            version,
            changed_at: now,
            ..change(self.request)
        };
        self.entries.push(HistoryEntry {
            request: self.request.id,
            version,
            at: now,
            by,
            event,
        });
        self
    }

    pub(crate) fn admit(self, changes: Changes, by: Actor, now: Timestamp) -> Transition {
        self.then(Event::Admitted, by, now, |request| Request {
            state: State::Admitted { at: now },
            changes,
            ..request
        })
    }

    pub(crate) fn causing(mut self, effects: impl IntoIterator<Item = Effect>) -> Transition {
        self.effects.extend(effects);
        self
    }

    pub(crate) fn turning_away(mut self, denials: Vec<Denial>) -> Transition {
        self.denials = denials;
        self
    }
}
