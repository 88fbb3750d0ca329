//! Going through lists page by page.

use std::collections::VecDeque;

use store::{Listing, Request, Rows, StoreError};

/// The requests of several lists, one list after the other.
pub(super) struct Walk<'r> {
    rows: &'r dyn Rows,
    lists: VecDeque<Listing>,
    cut_short: bool,
}

impl<'r> Walk<'r> {
    pub(super) fn through(rows: &'r dyn Rows, lists: Vec<Listing>) -> Walk<'r> {
        Walk {
            rows,
            lists: lists.into(),
            cut_short: false,
        }
    }

    /// The next page, which may be empty; nothing after the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Request>>, StoreError> {
        let Some(list) = self.lists.front_mut() else {
            return Ok(None);
        };
        let page = self.rows.list(list).await?;
        self.cut_short = page.cut_short;
        match page.next {
            Some(place) => list.after = Some(place),
            None => drop(self.lists.pop_front()),
        }
        Ok(Some(page.requests))
    }

    /// Whether the page before ended since it had looked at as many rows as a page may.
    pub(super) fn was_cut_short(&self) -> bool {
        self.cut_short
    }
}
