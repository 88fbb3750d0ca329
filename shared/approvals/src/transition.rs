use claims::Changes;
use store::{
    Actor, Becomes, CallRecord, Commit, Counter, Denial, Effect, EntryId, Event, HeldInvitation, HistoryEntry,
    ListEntry, ListName, OutboxEntry, Request, RequestId, State, StateName, Timestamp, Write,
};

use crate::{Happened, Seal, Submitted};

/// How a request changes: the row as it will be, and an entry of its history for each thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The request as it will be.
    pub request: Request,
    /// What happened, in order.
    pub entries: Vec<Happened>,
    /// The version in the store that all this builds on; nothing where there is none.
    replaces: Option<u64>,
    /// What the store knows of the request so far.
    was: Was,
    /// The applicant's request before this one, where a new one is opened, and what the store knows of it so far.
    archived: Option<(Request, Was)>,
    /// What is taken or used up of an invitation.
    invitation: Option<Write>,
    /// Addresses that are turned away from now on.
    denials: Vec<Denial>,
    /// What is blocked for good.
    blocked: Vec<(ListName, ListEntry)>,
    /// What follows.
    effects: Vec<Caused>,
}

/// What a change of a request is compared with; nothing for one that is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Was {
    /// Under which it is counted.
    counted: Option<Counter>,
    /// Which invitation it holds.
    held: Option<HeldInvitation>,
}

impl Was {
    fn of(request: &Request) -> Was {
        Was {
            counted: Some(Counter::of(request)),
            held: request.invitation.filter(|_| request.is_open()),
        }
    }
}

/// An effect, and the version of the request that caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Caused {
    request: RequestId,
    version: u64,
    at: Timestamp,
    effect: Effect,
}

impl Caused {
    fn outbox_entry(&self, index: u64) -> OutboxEntry {
        let id = EntryId::of(&self.request, self.version, self.effect.receiver(), index);
        OutboxEntry::new(id, self.request, self.effect.clone(), self.at)
    }
}

impl Transition {
    /// All of it in one commit, with the answer to the call that caused it. `known` are the denials that the store
    /// has for the same addresses.
    pub fn commit(self, answer: Option<(CallRecord, Option<Timestamp>)>, known: &[Denial], seal: &Seal<'_>) -> Commit {
        let latest = |request, replaces| Write::Request { request, replaces };
        self.commit_to(latest, answer, known, seal)
    }

    /// The same where the request is not the applicant's latest any more.
    pub fn commit_to_archive(self, seal: &Seal<'_>) -> Commit {
        let archived = |request, replaces| Write::Archive { request, replaces };
        self.commit_to(archived, None, &[], seal)
    }

    /// `row` is where the request is kept.
    fn commit_to(
        mut self,
        row: impl FnOnce(Box<Request>, Option<u64>) -> Write,
        answer: Option<(CallRecord, Option<Timestamp>)>,
        known: &[Denial],
        seal: &Seal<'_>,
    ) -> Commit {
        let entries = self.prove(seal);
        let caused = self.effects.iter().cloned().chain(self.counting_and_ending());
        let effects = (0..).zip(caused).map(|(index, caused)| Write::Effect {
            entry: Box::new(caused.outbox_entry(index)),
            replaces: None,
        });
        let effects: Vec<_> = effects.collect();
        let archive = self.archived.map(|(request, _)| Write::Archive {
            request: Box::new(request),
            replaces: None,
        });
        let request = row(Box::new(self.request), self.replaces);
        let entries = entries.into_iter().map(|entry| Write::History(Box::new(entry)));
        let call = answer.map(|(record, replaces)| Write::Call { record, replaces });
        let denials = self.denials.into_iter().map(|denial| {
            let known = known.iter().find(|known| known.address == denial.address);
            let replaces = known.map(|known| known.until);
            // A denial under shorter terms does not let in whom an earlier one still turns away.
            let until = denial.until.max(replaces.unwrap_or(denial.until));
            let denial = Denial { until, ..denial };
            Write::Denial { denial, replaces }
        });
        let blocked = self.blocked.into_iter().map(|(list, entry)| Write::Listed {
            list,
            entry: Box::new(entry),
        });
        Commit {
            writes: [request]
                .into_iter()
                .chain(archive)
                .chain(entries)
                .chain(call)
                .chain(denials)
                .chain(blocked)
                .chain(self.invitation)
                .chain(effects)
                .collect(),
        }
    }

    /// The history's new entries, each with proof of those before it. The requests keep the last.
    fn prove(&mut self, seal: &Seal<'_>) -> Vec<HistoryEntry> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for happened in std::mem::take(&mut self.entries) {
            let archived = self.archived.as_mut().map(|(request, _)| request);
            let archived = archived.filter(|request| request.id == happened.request);
            let request = archived.unwrap_or(&mut self.request);
            let entry = seal.entry(request.head, happened);
            request.head = Some(entry.mac);
            entries.push(entry);
        }
        for request in self
            .archived
            .iter_mut()
            .map(|(request, _)| request)
            .chain([&mut self.request])
        {
            // What did not change keeps the proof that it has, or has not.
            if entries.iter().any(|entry| entry.request == request.id) {
                request.proof = Some(seal.key().proof_of(request));
            }
        }
        entries
    }

    /// Every change of a state or a route, whoever makes it, is counted: here, and by an effect, so that no two changes
    /// meet at a counter. Likewise the use of an invitation ends with the request that holds it.
    fn counting_and_ending(&self) -> Vec<Caused> {
        let archived = self.archived.iter().map(|(request, was)| (request, was));
        let changed: Vec<_> = archived.chain([(&self.request, &self.was)]).collect();
        let counted = changed
            .iter()
            .filter_map(|(request, was)| count(was.counted.clone(), request));
        let ended = changed.iter().filter_map(|(request, was)| end_use(was.held?, request));
        counted.chain(ended).collect()
    }

    /// Whether it turns the applicant away.
    pub(crate) fn denies(&self) -> bool {
        matches!(self.entries.last(), Some(last) if matches!(last.event, Event::Denied { .. }))
    }

    /// Nothing yet.
    pub(crate) fn of(request: &Request) -> Transition {
        Transition {
            request: request.clone(),
            entries: Vec::new(),
            replaces: Some(request.version),
            was: Was::of(request),
            archived: None,
            invitation: None,
            denials: Vec::new(),
            blocked: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// A new request in place of an applicant's earlier one, which is kept as it has become.
    pub(crate) fn opening(
        previous: Option<Transition>,
        request: Request,
        submitted: Submitted,
        now: Timestamp,
    ) -> Transition {
        let opened = match previous {
            None => Transition {
                replaces: None,
                was: Was::default(),
                ..Transition::of(&request)
            },
            Some(previous) => Transition {
                archived: Some((previous.request, previous.was)),
                was: Was::default(),
                request,
                ..previous
            },
        };
        opened
            .noted(Event::Opened, Actor::Applicant, now, None)
            .proving(submitted)
    }

    /// One more thing that happens.
    pub(crate) fn then(
        mut self,
        event: Event,
        by: Actor,
        now: Timestamp,
        change: impl FnOnce(Request) -> Request,
    ) -> Transition {
        let from = Some(self.request.state.name());
        self.request = change(self.request);
        self.noted(event, by, now, from)
    }

    /// The request gets its next version, and an entry of its history.
    fn noted(mut self, event: Event, by: Actor, now: Timestamp, from: Option<StateName>) -> Transition {
        let version = self.request.version + 1;
        self.request = Request {
            version,
            changed_at: now,
            ..self.request
        };
        self.entries.push(Happened {
            request: self.request.id,
            version,
            at: now,
            by,
            from,
            event,
            submitted: None,
        });
        self
    }

    /// The claims that came with what happened last.
    pub(crate) fn proving(mut self, submitted: Submitted) -> Transition {
        if let Some(last) = self.entries.last_mut() {
            last.submitted = Some(submitted);
        }
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
        let Request {
            id: request,
            version,
            changed_at: at,
            ..
        } = self.request;
        self.effects.extend(effects.into_iter().map(|effect| Caused {
            request,
            version,
            at,
            effect,
        }));
        self
    }

    /// Without what would follow.
    pub(crate) fn causing_nothing(mut self) -> Transition {
        self.effects.clear();
        self
    }

    /// With what is taken or used up of an invitation.
    pub(crate) fn using(mut self, invitation: Option<Write>) -> Transition {
        self.invitation = invitation;
        self
    }

    pub(crate) fn blocking(mut self, blocked: Vec<(ListName, ListEntry)>) -> Transition {
        self.blocked = blocked;
        self
    }

    pub(crate) fn turning_away(mut self, denials: Vec<Denial>) -> Transition {
        self.denials = denials;
        self
    }
}

/// The effect that says what becomes of the use of an invitation that a request held; nothing while it does.
fn end_use(held: HeldInvitation, request: &Request) -> Option<Caused> {
    let still = request.invitation == Some(held);
    let becomes = match request.state {
        _ if still && request.is_open() => return None,
        State::Admitted { .. } | State::Provisioned { .. } if still => Becomes::Spent,
        _ => Becomes::Returned,
    };
    Some(Caused {
        request: request.id,
        version: request.version,
        at: request.changed_at,
        effect: Effect::Invitation { held, becomes },
    })
}

/// The effect that counts a request as it has become, if it was counted otherwise so far.
fn count(from: Option<Counter>, request: &Request) -> Option<Caused> {
    let to = Counter::of(request);
    (from.as_ref() != Some(&to)).then_some(Caused {
        request: request.id,
        version: request.version,
        at: request.changed_at,
        effect: Effect::Count { from, to },
    })
}
