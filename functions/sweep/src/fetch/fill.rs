//! From a text to the copy in use.

use store::{ListCopy, ListEntry, ListPlace, Timestamp};
use tokio::task::spawn_blocking;

use super::{
    Bounds, Fetched, NotFetched, Size, Source, Wish,
    download::Text,
    register::{Register, Turn},
    tag,
    text::{Contents, Entries, NoList, judge},
};

/// How many entries are stored at once.
const BATCH: usize = 5000;

/// Makes the copy of one turn.
pub(super) struct Filler<'f> {
    pub(super) source: &'f Source,
    pub(super) register: Register<'f>,
    pub(super) bounds: Bounds,
    /// The copy in use.
    pub(super) before: Option<ListCopy>,
}

impl Filler<'_> {
    pub(super) async fn fill(self, turn: &mut Turn, text: Text, wish: Wish<'_>) -> Result<Fetched, NotFetched> {
        let Text { mut file, mark } = text;
        let (list, most) = (self.source.list.clone(), self.bounds.entries);
        let (file, contents) =
            off_the_runtime(move || judge(&list, &mut file, most).map(|contents| (file, contents))).await?;
        if wish.size == Size::AtLeastHalf {
            self.refuse_too_few(contents.entries)?;
        }
        let begun = self.register.clock.now();
        self.store_all(turn, Entries::new(self.source.list.clone(), file), contents, wish)
            .await?;
        let copy = ListCopy {
            version: turn.version,
            entries: contents.entries,
            fetched_at: begun,
            tag: Some(tag::write(&self.source.list, &self.source.fetch, &mark)),
        };
        let replaces = self.before.as_ref().map(|before| before.version);
        let name = &self.source.list.name;
        match self.register.store.publish(name, &copy, replaces).await? {
            true => Ok(Fetched::New {
                copy,
                left_out: contents.bad,
            }),
            false => Err(NotFetched::Overtaken),
        }
    }

    fn refuse_too_few(&self, now: u64) -> Result<(), NotFetched> {
        match self.before.as_ref().map(|copy| copy.entries) {
            // An empty list turns nobody away: that is worse than none, with which rules fail.
            None if now == 0 => Err(NotFetched::Empty),
            Some(before) if now * 2 < before => Err(NotFetched::Shrunk { before, now }),
            _ => Ok(()),
        }
    }

    async fn store_all(
        &self,
        turn: &mut Turn,
        mut entries: Entries,
        contents: Contents,
        wish: Wish<'_>,
    ) -> Result<(), NotFetched> {
        let begun = self.register.clock.now();
        let place = ListPlace {
            list: self.source.list.name.clone(),
            version: Some(turn.version),
        };
        let mut done = 0;
        loop {
            let (rest, batch) = next_batch(entries, begun).await?;
            entries = rest;
            if batch.is_empty() {
                return Ok(());
            }
            if !self.register.is_still(turn).await? {
                return Err(NotFetched::Overtaken);
            }
            if self.register.clock.now().since(begun) >= self.bounds.fill {
                return Err(NotFetched::TooSlow(self.bounds.fill));
            }
            self.register.store.add(&place, &batch).await?;
            done += batch.len() as u64;
            (wish.watch)(done, contents.good);
        }
    }
}

async fn next_batch(mut entries: Entries, at: Timestamp) -> Result<(Entries, Vec<ListEntry>), NoList> {
    let entry = move |text| ListEntry { text, by: None, at };
    off_the_runtime(move || {
        let batch = entries.batch(BATCH)?;
        Ok((entries, batch.into_iter().map(entry).collect()))
    })
    .await
}

/// A list of millions takes seconds to read, in which others want to be answered.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NoList> + Send + 'static,
) -> Result<T, NoList> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(NoList::Unreadable(error.to_string())))
}
