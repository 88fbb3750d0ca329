//! The life cycle of a request. Pure: `(request, command, now)` gives what changes, or a refusal.
//!
//! ```text
//! hold      the last stage's quorum    the person comes again
//!  │           │                          │
//! Pending ─▶ Approved ─────────────────▶ Admitted ◀── automatic approval
//!  │ │ │       │ └ we create the account ─▶ Provisioned
//!  │ │ │       └ not used in time ─▶ Expired
//!  │ │ └ time runs out ─▶ Expired, or as the route says
//!  │ └ Withdrawn
//!  └ Denied ── cool-down over, comes again ──▶ Pending
//! ```
//!
//! Time is compared, never waited for: what time has ended is over for everybody who acts, whatever the row still says.
//! The clock ([`tick`]) records it, and reminds and escalates.

mod block;
mod chain;
mod checkpoint;
mod decide;
mod forget;
mod groups;
mod invited;
mod outcome;
mod provision;
mod reassign;
mod reviewed;
mod standing;
mod submit;
mod tell;
mod time;
mod timely;
mod transition;

use std::time::Duration;

use store::News;

pub use block::Blocks;
pub use chain::{AuditKey, Fault, Happened, NOT_AS_WRITTEN, NoRandom, Seal, Submitted, verify};
pub use decide::{Decide, Decided, Decider, Refusal, Reviewer, Ruling, decide};
pub use forget::forget;
pub use groups::Groups;
pub use invited::Invited;
pub use provision::{Account, provision};
pub use reassign::{reassign, refuse};
pub use standing::{Notice, Standing, check, is_spent, standing, turned_away};
pub use store::AccountBy;
pub use submit::{Answer, Held, MOST_ADDRESSES, Submission, Wish, submit};
pub use time::tick;
pub use timely::{Timely, timely};
pub use transition::Transition;

/// What the policy says about approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long after a denial an applicant may not ask again, where their route says nothing else.
    pub cool_down: Duration,
    /// How long an approval can be used.
    pub unused: Duration,
    /// How long a request is kept after its last change, once it has ended and counts for nothing; for ever if nothing is
    /// said.
    pub keep: Option<Duration>,
    /// Whether an applicant that only an e-mail address identifies may use an approval.
    pub trust_email: bool,
    /// Who creates the account of somebody who is approved from now on.
    pub account: AccountBy,
    /// Who belongs to which group of reviewers.
    pub groups: Groups,
    /// The lists to which reviewers can add those whom they turn away.
    pub block: Blocks,
    /// What applicants are told by mail.
    pub tell_applicants: Vec<News>,
    /// Whether they are told at an address that nobody proved.
    pub tell_unproven: bool,
    /// Whether reviewers are told by mail that somebody waits.
    pub tell_reviewers: bool,
}

impl Default for Terms {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Terms {
            cool_down: 30 * DAY,
            unused: 30 * DAY,
            keep: None,
            trust_email: false,
            account: AccountBy::Flow,
            groups: Groups::default(),
            block: Blocks::default(),
            tell_applicants: Vec::new(),
            tell_unproven: false,
            tell_reviewers: false,
        }
    }
}
