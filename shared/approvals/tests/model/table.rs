//! A store with conditional commits, as the trait promises it.

use claims::Hash;
use store::{CallRecord, Commit, Committed, Denial, Effect, EntryId, Request, RequestId, Write};

use crate::{
    cast::{APPLICANTS, Cast, VERSIONS},
    kept::Kept,
    rules::Rules,
    uses::{End, Known, Uses},
};

/// The rows. Of histories there is only the last version that is taken: what the entries say is read when they are
/// written.
#[derive(Clone, Debug, Default, PartialEq, Eq, std::hash::Hash)]
pub(crate) struct Table {
    pub(crate) latest: [Option<Kept<Request>>; APPLICANTS],
    archived: Vec<RequestId>,
    history: [u64; APPLICANTS],
    calls: [[Option<Kept<CallRecord>>; VERSIONS]; APPLICANTS],
    denials: Vec<Kept<Denial>>,
    /// Accounts that are to be created.
    pub(crate) outbox: Vec<(EntryId, RequestId)>,
    pub(crate) uses: Uses,
}

/// What is read at once.
#[derive(Clone, Debug, PartialEq, Eq, std::hash::Hash)]
pub(crate) struct Snapshot {
    pub(crate) request: Option<Kept<Request>>,
    pub(crate) denials: Vec<Kept<Denial>>,
    pub(crate) call: Option<Kept<CallRecord>>,
    /// What is known of the invitation that the call brings.
    pub(crate) invitation: Known,
}

impl Snapshot {
    pub(crate) fn denials(&self) -> Vec<Denial> {
        self.denials.iter().map(|denial| (**denial).clone()).collect()
    }
}

impl Table {
    /// What is known about an applicant, their addresses and one of their calls.
    pub(crate) fn look_up(&self, who: usize, version: Option<usize>, cast: &Cast) -> Snapshot {
        let request = self.latest[who].clone();
        let addresses = match (version, &request) {
            (Some(version), _) => &cast.submissions[who][version].addresses,
            (None, Some(request)) => &request.addresses,
            (None, None) => &Vec::new(),
        };
        let known = self.denials.iter().filter(|denial| addresses.contains(&denial.address));
        Snapshot {
            denials: known.cloned().collect(),
            invitation: version
                .and_then(|version| cast.codes.get(version))
                .map(|code| self.uses.known(*code, cast.submissions[who][0].applicant))
                .unwrap_or_default(),
            call: version.and_then(|version| self.calls[who][version].clone()),
            request,
        }
    }

    /// All writes, or none if a condition does not hold.
    pub(crate) fn commit(&mut self, writes: &[Row], cast: &Cast, rules: &impl Rules) -> Committed {
        if !writes
            .iter()
            .all(|row| rules.writes(self.allows(&row.write, cast, rules)))
        {
            return Committed::Conflict;
        }
        for row in writes {
            self.write(row, cast);
        }
        Committed::Applied
    }

    /// Whether an effect is still to be carried out.
    pub(crate) fn waits(&self, entry: EntryId) -> bool {
        self.outbox.iter().any(|(stored, _)| *stored == entry) || self.ends(entry)
    }

    /// Whether a use of an invitation is still to end.
    fn ends(&self, entry: EntryId) -> bool {
        self.uses.ends.iter().any(|end| end.entry == entry)
    }

    /// An account that nobody wants any more is not created: a person looks at it.
    pub(crate) fn put_aside(&mut self, request: RequestId) {
        self.outbox.retain(|(_, stored)| *stored != request);
    }

    fn allows(&self, write: &Write, cast: &Cast, rules: &impl Rules) -> bool {
        if let Some(allowed) = self.uses.allow(write, rules) {
            return allowed;
        }
        match write {
            Write::Request { request, replaces } => {
                let stored = self.latest[cast.applicant(request.id.applicant)].as_ref();
                stored.map(|stored| stored.version) == *replaces
            }
            Write::Archive { request, replaces } => self.archived.contains(&request.id) == replaces.is_some(),
            Write::History(entry) => entry.version > self.history[cast.applicant(entry.request.applicant)],
            Write::Call { record, replaces } => {
                let (who, version) = cast.call(record.key);
                self.calls[who][version].as_ref().map(|stored| stored.at) == *replaces
            }
            Write::Denial { denial, replaces } => {
                let stored = self.denials.iter().find(|stored| stored.address == denial.address);
                stored.map(|stored| stored.until) == *replaces
            }
            Write::Effect { entry, .. } => !self.waits(entry.id),
            Write::Delivered { id, .. } => self.waits(*id),
            // Nobody forgets, seals or removes anything here, and invitations are made before.
            Write::Redact(_)
            | Write::Checkpoint(_)
            | Write::Pruning(_)
            | Write::RemoveRequest { .. }
            | Write::RemoveHistory(_)
            | Write::Invitation(_)
            | Write::RevokeInvitation { .. }
            | Write::TakeInvitation(_)
            | Write::HoldInvitation { .. }
            | Write::SpendInvitation { .. }
            | Write::ReturnInvitation { .. } => false,
            Write::Listed { .. } | Write::Count { .. } | Write::Tally(_) | Write::Keep { .. } => true,
        }
    }

    fn write(&mut self, row: &Row, cast: &Cast) {
        self.uses.write(&row.write);
        match &row.kept {
            Content::Request(request) => self.latest[cast.applicant(request.id.applicant)] = Some(request.clone()),
            Content::Archived(id) => {
                self.archived.push(*id);
                self.archived.sort_unstable();
            }
            Content::History { applicant, version } => self.history[cast.applicant(*applicant)] = *version,
            Content::Call(record) => {
                let (who, version) = cast.call(record.key);
                self.calls[who][version] = Some(record.clone());
            }
            Content::Denial(denial) => {
                self.denials.retain(|stored| stored.address != denial.address);
                self.denials.push(denial.clone());
                self.denials.sort_unstable_by_key(|denial| denial.address);
            }
            Content::Account(entry, request) => {
                self.outbox.push((*entry, *request));
                self.outbox.sort_unstable();
            }
            Content::End(end) => {
                self.uses.ends.push(*end);
                self.uses.ends.sort_unstable_by_key(|end| end.entry);
            }
            Content::Delivered(entry) => {
                self.outbox.retain(|(stored, _)| stored != entry);
                self.uses.ends.retain(|end| end.entry != *entry);
            }
            Content::Nothing => {}
        }
    }
}

/// A write, with its row as the store keeps it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) write: Write,
    kept: Content,
}

#[derive(Debug)]
enum Content {
    Request(Kept<Request>),
    Archived(RequestId),
    History {
        applicant: Hash,
        version: u64,
    },
    Call(Kept<CallRecord>),
    Denial(Kept<Denial>),
    Account(EntryId, RequestId),
    End(End),
    Delivered(EntryId),
    /// Letters are sent or lost without a change of anything that is looked at here.
    Nothing,
}

impl Row {
    /// The writes of a commit.
    pub(crate) fn all(commit: Commit) -> Vec<Row> {
        commit.check().unwrap();
        commit.writes.into_iter().map(Row::new).collect()
    }

    fn new(write: Write) -> Row {
        let kept = match &write {
            Write::Request { request, .. } => Content::Request(Kept::request((**request).clone())),
            Write::Archive { request, .. } => Content::Archived(request.id),
            Write::History(entry) => Content::History {
                applicant: entry.request.applicant,
                version: entry.version,
            },
            Write::Call { record, .. } => Content::Call(Kept::new(record.clone())),
            Write::Denial { denial, .. } => Content::Denial(Kept::new(denial.clone())),
            Write::Effect { entry, .. } if entry.effect == Effect::CreateAccount => {
                Content::Account(entry.id, entry.request)
            }
            Write::Effect { entry, .. } => match entry.effect {
                Effect::Invitation { held, becomes } => Content::End(End {
                    entry: entry.id,
                    applicant: entry.request.applicant,
                    held,
                    becomes,
                }),
                _ => Content::Nothing,
            },
            Write::Delivered { id, .. } => Content::Delivered(*id),
            _ => Content::Nothing,
        };
        Row { write, kept }
    }
}
