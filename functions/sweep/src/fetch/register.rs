//! Who fills a copy of a list, and which copies wait to be cleared: changes of what the store knows of a list's copies.
//!
//! 1. Whoever begins enters a new version, and is left alone as long as they say every minute that they are at work.
//! 2. Whoever takes over from one who fell silent closes that one's copy first, which then can never be put in use.
//! 3. What is found to be neither in use nor being filled gets a time, and is cleared from then on.

use std::time::Duration;

use store::{Clock, Filling, KeptCopy, ListCopies, ListEditor, ListName, StoreError, Timestamp};

/// For how long whoever fills a copy is left alone after they last said so: far longer than storing a batch takes.
pub(crate) const TURN: Duration = Duration::from_secs(5 * 60);

/// After how long they say so again.
const SAY_SO: Duration = Duration::from_secs(60);

/// For how long calls may still ask a copy that was in use: three times what the longest may take.
pub(crate) const GRACE: Duration = Duration::from_secs(60);

/// How long portions of entries may begin to be cleared in one run, which has lists to fetch as well.
pub(crate) const CLEARING: Duration = Duration::from_secs(60);

/// How often a change is tried while others change the same row.
const ATTEMPTS: usize = 10;

/// How many entries are deleted at once.
const PORTION: usize = 5000;

/// What the store knows of one list's copies.
#[derive(Clone, Copy)]
pub(crate) struct Register<'r> {
    pub(crate) store: &'r dyn ListEditor,
    pub(crate) clock: &'r dyn Clock,
    pub(crate) list: &'r ListName,
}

/// The right to fill a copy, until it ends or somebody takes it over.
pub(crate) struct Turn {
    pub(crate) version: u64,
    until: Timestamp,
}

impl Register<'_> {
    /// Takes the turn, with a version above every other; nothing if somebody else has it.
    pub(crate) async fn begin(&self, in_use: Option<u64>) -> Result<Option<Turn>, StoreError> {
        self.change(|copies| {
            let now = self.clock.now();
            let gone = copies.filling.take();
            if gone.is_some_and(|filling| now < filling.until) {
                return None;
            }
            copies.closed = copies.closed.max(gone.map_or(0, |gone| gone.version));
            let turn = Turn {
                version: next_version(copies, in_use, now),
                until: now.plus(TURN),
            };
            copies.filling = Some(turn.filling());
            copies.kept.push(KeptCopy {
                version: turn.version,
                clear_from: None,
            });
            Some(turn)
        })
        .await
    }

    /// Says that whoever has the turn is at work, now and then; false if somebody took it over.
    pub(crate) async fn is_still(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if now.plus(TURN) < turn.until.plus(SAY_SO) {
            return Ok(true);
        }
        let until = now.plus(TURN);
        let renewed = self
            .change(|copies| {
                let filling = copies.filling.as_mut()?;
                (filling.version == turn.version).then(|| filling.until = until)
            })
            .await?;
        turn.until = until;
        Ok(renewed.is_some())
    }

    /// Gives the turn back, with a copy that is in use: the others are not any more.
    pub(crate) async fn end_in_use(&self, turn: &Turn) -> Result<(), StoreError> {
        let from = self.clock.now().plus(GRACE);
        let ended = self.change(|copies| {
            copies.filling = copies.filling.filter(|filling| filling.version != turn.version);
            for kept in copies.kept.iter_mut().filter(|kept| kept.version != turn.version) {
                kept.clear_from.get_or_insert(from);
            }
            Some(())
        });
        ended.await.map(drop)
    }

    /// Gives the turn back. Its copy never comes into use, and can be cleared at once.
    pub(crate) async fn end_unused(&self, turn: &Turn) -> Result<(), StoreError> {
        let ended = self.change(|copies| {
            copies.filling = copies.filling.filter(|filling| filling.version != turn.version);
            copies.closed = copies.closed.max(turn.version);
            copies.kept.retain(|kept| kept.version != turn.version);
            copies.kept.push(KeptCopy {
                version: turn.version,
                clear_from: Some(self.clock.now()),
            });
            Some(())
        });
        ended.await.map(drop)
    }

    /// Clears what nobody asks any more, for some time.
    pub(crate) async fn tidy(&self) -> Result<(), StoreError> {
        let until = self.clock.now().plus(CLEARING);
        for version in self.past_their_time().await? {
            while self.clock.now() < until {
                if self.store.clear(self.list, version, PORTION).await? == 0 {
                    self.forget(version).await?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The copies whose time has come. Those that are newly found to be out of use get theirs.
    async fn past_their_time(&self) -> Result<Vec<u64>, StoreError> {
        let mut copies = self.store.copies(self.list).await?;
        // Read afterwards: what is neither in use nor being filled then never will be.
        let in_use = self.store.copy(self.list).await?.map(|copy| copy.version);
        let (now, before) = (self.clock.now(), copies.clone());
        let filled = copies.filling.map(|filling| filling.version);
        for kept in &mut copies.kept {
            let is_needed = [in_use, filled].contains(&Some(kept.version));
            let from = kept.clear_from.unwrap_or_else(|| now.plus(GRACE));
            kept.clear_from = (!is_needed).then_some(from);
        }
        let has_come = |kept: &&KeptCopy| kept.clear_from.is_some_and(|from| from <= now);
        let due = copies.kept.iter().filter(has_come).map(|kept| kept.version).collect();
        if copies != before {
            copies.revision += 1;
            // Whoever was first does the same, or leaves it to the next run.
            self.store.set_copies(self.list, &copies).await?;
        }
        Ok(due)
    }

    async fn forget(&self, version: u64) -> Result<(), StoreError> {
        let forgotten = self.change(|copies| {
            let position = copies.kept.iter().position(|kept| kept.version == version)?;
            Some(copies.kept.remove(position))
        });
        forgotten.await.map(drop)
    }

    /// Changes what is known, whoever else does; nothing is written where there is nothing to change.
    async fn change<T>(&self, change: impl Fn(&mut ListCopies) -> Option<T>) -> Result<Option<T>, StoreError> {
        for _ in 0..ATTEMPTS {
            let mut copies = self.store.copies(self.list).await?;
            copies.revision += 1;
            let Some(done) = change(&mut copies) else {
                return Ok(None);
            };
            if self.store.set_copies(self.list, &copies).await? {
                return Ok(Some(done));
            }
        }
        Err(StoreError::Busy(
            "others change what is known of the list's copies".to_owned(),
        ))
    }
}

impl Turn {
    fn filling(&self) -> Filling {
        Filling {
            version: self.version,
            until: self.until,
        }
    }
}

/// The time, so that versions tell when they were made, or the next number after all others.
fn next_version(copies: &ListCopies, in_use: Option<u64>, now: Timestamp) -> u64 {
    let others = copies.kept.iter().map(|kept| kept.version);
    let highest = others.chain(in_use).chain([copies.closed]).max().unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default().max(highest + 1)
}
