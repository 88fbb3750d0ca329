//! The life cycle of a request. Pure: `(request, command, now)` gives what changes, or a refusal.
//!
//! ```text
//! hold      reviewer              the person comes again
//!  │           │                          │
//! Pending ─▶ Approved ─────────────────▶ Admitted ◀── automatic approval
//!  │ │         └ not used in time ─▶ as none
//!  │ └ Withdrawn
//!  └ Denied ── cool-down over, comes again ──▶ Pending
//! ```
//!
//! Time is compared, never waited for: an approval that ran out and a denial past its cool-down count as no request,
//! whatever the row still says.

mod decide;
mod reviewed;
mod standing;
mod submit;
mod transition;

use std::time::Duration;

pub use decide::{Decide, Refusal, Ruling, decide};
pub use standing::{Notice, Standing, check, standing, turned_away};
pub use submit::{Answer, MOST_ADDRESSES, Submission, Wish, submit};
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
}
