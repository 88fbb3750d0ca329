//! Fetches the lists of the policy that have an address, and puts what they serve in use, each list whole or not at all.
//!
//! The text is put into a file first and read to its end: what is no list costs no write, and a copy that is good is
//! never replaced by one that is not. However a run ends, the next one sets right what it left.

mod bounds;
mod download;
mod fill;
mod outcome;
mod register;
mod tag;
mod text;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use host::{Ran, StartError};
use outgoing::{Limits, Outgoing, Reach, Url};
use policy::{Fetch, StoredList};
use store::{Clock, ListCopy, ListEditor, ListName, StoreError, Timestamp};

pub use bounds::Bounds;
pub use outcome::{Fetched, NotFetched};
pub use text::NoList;

use crate::{
    all_of,
    fetch::{
        download::{Served, download},
        fill::Filler,
        register::{Register, Turn},
    },
};

/// How many lists are fetched at once.
const AT_ONCE: usize = 4;

/// What a fetch may take beyond its bounds: storing the last batch, and saying that the copy is there.
const MARGIN: Duration = Duration::from_secs(45);

/// Fetches lists.
#[derive(Clone)]
pub struct ListFetcher(Arc<Parts>);

struct Parts {
    lists: Vec<Source>,
    store: Arc<dyn ListEditor>,
    outgoing: Outgoing,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
}

/// A list with its address.
struct Source {
    list: StoredList,
    fetch: Fetch,
    url: Url,
}

/// Which texts may replace the copy in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Those with at least half as many entries. A list that shrinks further has more likely been broken than cleaned.
    AtLeastHalf,
    /// A person has said that any may.
    Any,
}

/// Who is told how far a fetch is: how many entries are stored, of how many.
pub type Watch<'w> = &'w (dyn Fn(u64, u64) + Sync);

/// When to leave a list alone, and which text to take.
#[derive(Clone, Copy)]
struct Wish<'w> {
    even_if_not_due: bool,
    size: Size,
    watch: Watch<'w>,
}

impl ListFetcher {
    /// What fetches those of a policy's lists that have an address.
    ///
    /// # Errors
    /// [`StartError`] for an address that no request can go to, and when there is no certificate to trust.
    pub fn new(
        lists: impl IntoIterator<Item = StoredList>,
        store: Arc<dyn ListEditor>,
        reach: Reach,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> Result<ListFetcher, StartError> {
        let limits = Limits {
            connect: bounds.connect,
            total: bounds.download,
            reply_bytes: bounds.bytes,
            ..Limits::default()
        };
        let outgoing = Outgoing::new(reach, limits, clock.clone())
            .map_err(|error| StartError::new(format!("cannot prepare outgoing calls: {error}")))?;
        Ok(ListFetcher(Arc::new(Parts {
            lists: lists.into_iter().filter_map(source).collect::<Result<_, _>>()?,
            store,
            outgoing,
            bounds,
            clock,
        })))
    }

    /// The lists that it fetches.
    pub fn lists(&self) -> impl Iterator<Item = &ListName> {
        self.0.lists.iter().map(|source| &source.list.name)
    }

    /// Fetches a list now, whether it is due or not, and clears copies that nobody asks any more.
    ///
    /// # Errors
    /// [`NotFetched`]; the copy in use is the one that was, unless the store did not answer when another was put in its
    /// place.
    pub async fn fetch(&self, list: &ListName, size: Size, watch: Watch<'_>) -> Result<Fetched, NotFetched> {
        let source = self.0.lists.iter().find(|source| source.list.name == *list);
        let source = source.ok_or(NotFetched::NoAddress)?;
        let wish = Wish {
            even_if_not_due: true,
            size,
            watch,
        };
        self.0.register(source).tidy().await?;
        self.0.fetch(source, wish).await
    }

    /// The longest time that one list takes.
    pub fn longest_piece(&self) -> Duration {
        register::CLEARING + self.0.bounds.download + self.0.bounds.fill + MARGIN
    }

    /// Fetches every list that is due, and clears what nobody asks any more. Begins no list after `until`.
    pub async fn run(&self, until: Timestamp) -> Ran {
        let work: Vec<_> = self
            .0
            .lists
            .iter()
            .map(|source| self.0.look_after(source, until))
            .collect();
        let ran = stream::iter(work).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
        all_of(ran)
    }
}

impl Parts {
    /// One list in one run. What failed is in the log, and the next run tries again.
    async fn look_after(&self, source: &Source, until: Timestamp) -> Ran {
        let mut ran = Ran::default();
        if self.clock.now() >= until {
            return ran;
        }
        // First, so that no list that is fetched often keeps its old copies for ever.
        if let Err(error) = self.register(source).tidy().await {
            let list = source.list.name.as_str();
            tracing::warn!(target: "vestibule", list, reason = %error, "list {list}: old copies are not cleared yet");
            ran.failed += 1;
        }
        let wish = Wish {
            even_if_not_due: false,
            size: Size::AtLeastHalf,
            watch: &|_, _| {},
        };
        match self.fetch(source, wish).await {
            Ok(Fetched::NotDue) | Err(NotFetched::UnderWay) => {}
            Ok(fetched) => {
                outcome::log_fetched(&source.list.name, &fetched);
                ran.done += 1;
            }
            Err(why) => {
                self.log_failed(source, &why).await;
                ran.failed += 1;
            }
        }
        ran
    }

    async fn fetch(&self, source: &Source, wish: Wish<'_>) -> Result<Fetched, NotFetched> {
        let before = self.store.copy(&source.list.name).await?;
        if !wish.even_if_not_due && !self.is_due(source, before.as_ref()) {
            return Ok(Fetched::NotDue);
        }
        let register = self.register(source);
        let in_use = before.map(|copy| copy.version);
        let mut turn = register.begin(in_use).await?.ok_or(NotFetched::UnderWay)?;
        let fetched = self.fetch_in(&mut turn, source, wish).await;
        let ended = match fetched {
            Ok(Fetched::New { .. }) => register.end_in_use(&turn).await,
            _ => register.end_unused(&turn).await,
        };
        // Why nothing was fetched says more than that the store does not answer any more; the turn ends by itself.
        let fetched = fetched?;
        ended?;
        Ok(fetched)
    }

    async fn fetch_in(&self, turn: &mut Turn, source: &Source, wish: Wish<'_>) -> Result<Fetched, NotFetched> {
        let Source { list, fetch, url } = source;
        // Only now: until the turn began, somebody else may have put a copy in use.
        let before = self.store.copy(&list.name).await?;
        if !wish.even_if_not_due && !self.is_due(source, before.as_ref()) {
            return Ok(Fetched::NotDue);
        }
        let known = before.as_ref().and_then(|copy| copy.tag.as_deref());
        let known = tag::read(list, fetch, known);
        let text = match download(&self.outgoing, url, known).await? {
            Served::Text(text) if known != Some(&*text.mark) => text,
            Served::Text(_) | Served::Same => return self.confirm(list, before).await,
        };
        let filler = Filler {
            source,
            register: self.register(source),
            bounds: self.bounds,
            before,
        };
        filler.fill(turn, text, wish).await
    }

    /// The copy in use is still what the address serves.
    async fn confirm(&self, list: &StoredList, before: Option<ListCopy>) -> Result<Fetched, NotFetched> {
        // Only a copy that is there has a mark to compare with.
        let before = before.ok_or(NotFetched::Overtaken)?;
        let copy = ListCopy {
            fetched_at: self.clock.now(),
            ..before
        };
        match self.store.publish(&list.name, &copy, Some(copy.version)).await? {
            true => Ok(Fetched::Same { copy }),
            false => Err(NotFetched::Overtaken),
        }
    }

    /// One that was made of another address, or of other entries, is due at once.
    fn is_due(&self, source: &Source, copy: Option<&ListCopy>) -> bool {
        let Source { list, fetch, .. } = source;
        copy.is_none_or(|copy| {
            tag::read(list, fetch, copy.tag.as_deref()).is_none()
                || copy.fetched_at.plus(fetch.every) <= self.clock.now()
        })
    }

    fn register<'r>(&'r self, source: &'r Source) -> Register<'r> {
        Register {
            store: &*self.store,
            clock: &*self.clock,
            list: &source.list.name,
        }
    }

    async fn log_failed(&self, source: &Source, why: &NotFetched) {
        let name = &source.list.name;
        match self.store.copy(name).await {
            Ok(copy) => outcome::log_failed(name, why, copy.as_ref(), self.clock.now()),
            Err(error) => outcome::log_unknown(name, why, &error),
        }
    }
}

fn source(list: StoredList) -> Option<Result<Source, StartError>> {
    let fetch = list.fetch.clone()?;
    let parsed = fetch.url.parse();
    let name = &list.name;
    Some(match parsed {
        Ok(url) => Ok(Source { list, fetch, url }),
        // The address may hold a secret.
        Err(error) => Err(StartError::new(format!("the address of the list `{name}`: {error}"))),
    })
}

impl From<StoreError> for NotFetched {
    fn from(error: StoreError) -> NotFetched {
        NotFetched::Store(error)
    }
}
