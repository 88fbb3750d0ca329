//! What receivers answer in these tests, and what runs report.

use std::time::Duration;

use approvals::Account;
use deliver::{Delivered, Report};
use effects::{Attempt, Why};
use store::{Effect, News};

/// A letter to an applicant.
pub(crate) const TELL: Effect = Effect::TellApplicant {
    news: News::Received,
    redeem_url: None,
};

pub(crate) const DONE: Report = Report {
    delivered: 1,
    failed: 0,
    parked: 0,
};

pub(crate) const FAILED: Report = Report {
    delivered: 0,
    failed: 1,
    parked: 0,
};

pub(crate) fn later(after: Option<Duration>) -> Attempt<Delivered> {
    Attempt::Later {
        why: Why::new("not now"),
        after,
    }
}

pub(crate) fn never() -> Attempt<Delivered> {
    Attempt::Never { why: Why::new("no") }
}

pub(crate) fn created() -> Attempt<Delivered> {
    Attempt::Done(Delivered::Account(Account {
        object_id: "2f1c".to_owned(),
        redeem_url: None,
    }))
}

pub(crate) fn done() -> Attempt<Delivered> {
    Attempt::Done(Delivered::Done)
}
