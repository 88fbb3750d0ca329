//! Invitations as a store keeps them: who has a use of which, and what is still to end.

use claims::Hash;
use store::{Becomes, EntryId, HeldInvitation, Request, State, Timestamp, Write};

use crate::{
    cast::Cast,
    promises::{Broken, Promise},
    rules::Rules,
};

/// How many uses each invitation has: the applicants have to share.
const USES: usize = 1;

/// The rows, sorted: the same rows are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Uses {
    rows: Vec<Use>,
    /// The effects that end uses, those of each applicant in order.
    pub(crate) ends: Vec<End>,
}

/// That somebody has a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Use {
    code: Hash,
    applicant: Hash,
    since: Timestamp,
    spent: bool,
}

/// That a use is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) entry: EntryId,
    pub(crate) applicant: Hash,
    pub(crate) held: HeldInvitation,
    pub(crate) becomes: Becomes,
}

/// What the gate knows of an invitation before it lets somebody use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    pub(crate) usage: Option<(Timestamp, bool)>,
    pub(crate) open: bool,
}

impl Uses {
    pub(crate) fn known(&self, code: Hash, applicant: Hash) -> Known {
        Known {
            usage: self.of(code, applicant).map(|row| (row.since, row.spent)),
            open: self.is_open(code),
        }
    }

    /// Whether the condition of a write holds; nothing for one of another kind.
    pub(crate) fn allow(&self, write: &Write, rules: &impl Rules) -> Option<bool> {
        let held = |code: &Hash, applicant: &Hash| self.of(*code, *applicant).filter(|row| !row.spent);
        Some(match write {
            Write::TakeInvitation(usage) => self.of(usage.code, usage.applicant).is_none() && self.is_open(usage.code),
            Write::HoldInvitation {
                code, applicant, since, ..
            } => held(code, applicant).is_some_and(|row| row.since == *since),
            Write::SpendInvitation { code, applicant, .. } => held(code, applicant).is_some(),
            Write::ReturnInvitation { code, applicant, since } => {
                held(code, applicant).is_some_and(|row| rules.is_held_since(row.since == *since))
            }
            _ => return None,
        })
    }

    pub(crate) fn write(&mut self, write: &Write) {
        let row = |code: Hash, applicant: Hash, since: Timestamp, spent: bool| Use {
            code,
            applicant,
            since,
            spent,
        };
        let (code, applicant, new) = match *write {
            Write::TakeInvitation(ref usage) => {
                let (code, applicant) = (usage.code, usage.applicant);
                (code, applicant, Some(row(code, applicant, usage.at, !usage.is_held())))
            }
            Write::HoldInvitation {
                code, applicant, at, ..
            } => (code, applicant, Some(row(code, applicant, at, false))),
            Write::SpendInvitation { code, applicant, .. } => {
                let spent = self.of(code, applicant).map(|held| Use { spent: true, ..*held });
                (code, applicant, spent)
            }
            Write::ReturnInvitation { code, applicant, .. } => (code, applicant, None),
            _ => return,
        };
        self.rows.retain(|row| (row.code, row.applicant) != (code, applicant));
        self.rows.extend(new);
        self.rows.sort_unstable();
    }

    /// An applicant's next effect: theirs are carried out in order.
    pub(crate) fn next_end(&self, applicant: Hash) -> Option<&End> {
        let own = self.ends.iter().filter(|end| end.applicant == applicant);
        own.min_by_key(|end| end.entry)
    }

    /// What must hold for an applicant whose latest request is this one.
    pub(crate) fn judge(&self, request: &Request, cast: &Cast, broken: &mut Broken) {
        let applicant = request.id.applicant;
        if let Some(held) = request.invitation {
            let row = self.of(held.code, applicant);
            let ends = |becomes| self.ends(applicant, held.code, becomes, held.since);
            let kept = match request.state {
                State::Pending(_) | State::Approved { .. } => {
                    row.is_some_and(|row| row.spent || row.since == held.since)
                }
                // Who came again since has another request.
                State::Admitted { .. } | State::Provisioned { .. } => {
                    row.is_some_and(|row| row.spent || ends(Becomes::Spent))
                }
                _ => true,
            };
            broken.expect(kept, Promise::UsesStay);
        }
        for row in self.rows.iter().filter(|row| row.applicant == applicant && !row.spent) {
            let of_request = request.is_open()
                && request.invitation.is_some_and(|held| {
                    let HeldInvitation { code, since } = held;
                    (code, since) == (row.code, row.since)
                });
            let ends = [Becomes::Returned, Becomes::Spent]
                .into_iter()
                .any(|becomes| self.ends(applicant, row.code, becomes, row.since));
            broken.expect(of_request || ends, Promise::UsesComeBack);
        }
        let crowded = |code: &Hash| self.rows.iter().filter(|row| row.code == *code).count() > USES;
        broken.expect(!cast.codes.iter().any(crowded), Promise::UsesStay);
    }

    fn ends(&self, applicant: Hash, code: Hash, becomes: Becomes, since: Timestamp) -> bool {
        self.ends.iter().any(|end| {
            let same = (end.applicant, end.held.code, end.becomes) == (applicant, code, becomes);
            same && (becomes == Becomes::Spent || end.held.since == since)
        })
    }

    fn of(&self, code: Hash, applicant: Hash) -> Option<&Use> {
        self.rows
            .iter()
            .find(|row| (row.code, row.applicant) == (code, applicant))
    }

    fn is_open(&self, code: Hash) -> bool {
        self.rows.iter().filter(|row| row.code == code).count() < USES
    }
}
