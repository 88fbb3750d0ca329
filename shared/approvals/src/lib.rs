//! The life cycle of a request. Pure: `(request, command, now)` gives what changes, or a refusal.
//!
//! ```text
//! hold      reviewer              the person comes again
//!  │           │                          │
//! Pending ─▶ Approved ─────────────────▶ Admitted ◀── automatic approval
//!  │ │         │ └ we create the account ─▶ Provisioned
//!  │ │         └ not used in time ─▶ as none
//!  │ └ Withdrawn
//!  └ Denied ── cool-down over, comes again ──▶ Pending
//! ```
//!
//! Time is compared, never waited for: an approval that ran out and a denial past its cool-down count as no request,
//! whatever the row still says.

mod decide;
mod provision;
mod reviewed;
mod standing;
mod submit;
mod tell;
mod timely;
mod transition;

use std::time::Duration;

use store::News;

pub use decide::{Decide, Refusal, Ruling, decide};
pub use provision::{Account, provision};
pub use standing::{Notice, Standing, check, standing, turned_away};
pub use store::AccountBy;
pub use submit::{Answer, MOST_ADDRESSES, Submission, Wish, submit};
pub use timely::{Timely, timely};
pub use transition::Transition;

/// What the policy says about approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long after a denial an applicant may not ask again.
    pub cool_down: Duration,
    /// How long an approval can be used.
    pub unused: Duration,
    /// Whether an applicant that only an e-mail address identifies may use an approval.
    pub trust_email: bool,
    /// Who creates the account of somebody who is approved from now on.
    pub account: AccountBy,
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
            trust_email: false,
            account: AccountBy::Flow,
            tell_applicants: Vec::new(),
            tell_unproven: false,
            tell_reviewers: false,
        }
    }
}
