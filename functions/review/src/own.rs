//! What reviewers do not see of their own requests: what others said about them. Nobody decides on themselves, and what
//! reviewers write for each other no applicant reads.

use desk::{File, NotDone};
use store::{Actor, Event, HistoryEntry, Page, Request, RequestId, State, StoreError};

use crate::{Room, reviewers::Reviewer};

/// A request and what happened to it, as this reviewer may see it.
///
/// # Errors
/// As [`desk::Desk::read`].
pub(crate) async fn read(room: &Room, id: &RequestId, reviewer: &Reviewer) -> Result<File, NotDone> {
    let mut file = room.parts.desk.read(id).await?;
    let me = reviewer.as_decider(&room.parts.desk.terms);
    if me.is_applicant(&file.request) {
        file.history.retain(|entry| !is_by_reviewers(entry));
        file.history.iter_mut().for_each(leave_out_reason);
        leave_out_votes(&mut file.request);
    }
    Ok(file)
}

/// The same of a list.
pub(crate) fn conceal(me: &approvals::Reviewer, requests: &mut [Request]) {
    let own = requests.iter_mut().filter(|request| me.is_applicant(request));
    own.for_each(leave_out_votes);
}

/// A page of a list, as this reviewer may see it.
///
/// # Errors
/// As [`store::Store::list`].
pub(crate) async fn list(room: &Room, listing: &store::Listing, me: &approvals::Reviewer) -> Result<Page, StoreError> {
    let mut page = room.parts.desk.store.list(listing).await?;
    conceal(me, &mut page.requests);
    Ok(page)
}

fn is_by_reviewers(entry: &HistoryEntry) -> bool {
    matches!(entry.by, Actor::Reviewer(_) | Actor::Override(_))
}

/// What the policy did, it may have done since somebody applied a rule, who is named.
fn leave_out_reason(entry: &mut HistoryEntry) {
    match &mut entry.event {
        Event::Approved { reason, .. }
        | Event::Denied { reason, .. }
        | Event::Withdrawn { reason }
        | Event::Voted { reason, .. }
        | Event::Passed { reason, .. }
        | Event::Reassigned { reason, .. } => *reason = None,
        Event::Opened
        | Event::Updated
        | Event::Reminded { .. }
        | Event::Escalated { .. }
        | Event::Expired
        | Event::Admitted
        | Event::Provisioned { .. }
        | Event::Forgotten => {}
    }
}

fn leave_out_votes(request: &mut Request) {
    if let State::Pending(review) = &mut request.state {
        review.votes.clear();
    }
}
