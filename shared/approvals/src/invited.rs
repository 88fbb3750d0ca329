use std::time::Duration;

use claims::Hash;
use store::{HeldInvitation, InvitationUse, Request, Timestamp, Write};

/// An invitation that a rule accepted for an applicant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The code, by its hash.
    pub code: Hash,
    /// How the applicant used it when the store was asked.
    pub usage: Option<InvitationUse>,
}

impl Invited {
    /// What uses it up at once, for an applicant who goes on without a request that could hold it; nothing if they used it
    /// up before. It is a conflict if something has happened since the store was asked.
    pub fn use_up(&self, applicant: Hash, now: Timestamp) -> Option<Write> {
        let code = self.code;
        match &self.usage {
            None => Some(self.taken(applicant, now, Some(now))),
            Some(usage) if usage.is_held() => Some(Write::SpendInvitation {
                code,
                applicant,
                at: now,
            }),
            Some(_) => None,
        }
    }

    /// What has the applicant hold it from now on. Who holds it already holds it anew, so that what is still under way to end
    /// that for an earlier request ends nothing.
    pub(crate) fn take(&self, applicant: Hash, now: Timestamp) -> Option<Write> {
        let code = self.code;
        match &self.usage {
            None => Some(self.taken(applicant, now, None)),
            Some(usage) if usage.is_held() => Some(Write::HoldInvitation {
                code,
                applicant,
                since: usage.at,
                at: anew(usage, now),
            }),
            Some(_) => None,
        }
    }

    /// What a request has of it after [`take`](Self::take).
    pub(crate) fn held(&self, now: Timestamp) -> HeldInvitation {
        let since = match &self.usage {
            None => now,
            Some(usage) if usage.is_held() => anew(usage, now),
            Some(usage) => usage.at,
        };
        HeldInvitation { code: self.code, since }
    }

    /// Whether a request holds it already.
    pub(crate) fn is_held_by(&self, request: &Request) -> bool {
        request.invitation.is_some_and(|held| held.code == self.code)
    }

    fn taken(&self, applicant: Hash, now: Timestamp, spent_at: Option<Timestamp>) -> Write {
        Write::TakeInvitation(Box::new(InvitationUse {
            code: self.code,
            applicant,
            at: now,
            spent_at,
        }))
    }
}

/// Since when something is held anew: never the time since when it was held before, though clocks may say the same.
fn anew(usage: &InvitationUse, now: Timestamp) -> Timestamp {
    now.max(usage.at.plus(Duration::from_millis(1)))
}
