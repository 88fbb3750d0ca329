//! The table: its keys, its attributes, and rows as items.
//!
//! | row | `pk` | `sk` | beside `document` |
//! |---|---|---|---|
//! | the applicant's latest request | `A#<applicant>` | `REQUEST` | `version`, `queue`, `queued`, `waiting`, `domain`, `address`, `due`, `due_at` |
//! | an earlier one | `A#<applicant>` | `REQUEST#<round>` | `version`, `queue`, `queued`, `domain`, `address` |
//! | its history | `A#<applicant>` | `HISTORY#<round>#<version>` | `queue`, `queued` |
//! | who is looking at it | `A#<applicant>` | `LOOKING#<round>#<hash of the name>` | `until`, `expires` |
//! | a checkpoint of all histories | `K#` | `CHECKPOINT#<number>` | |
//! | how far removing what ended long ago has come | `K#` | `PRUNING` | `version` |
//! | the answer to a call | `C#<call>` | `CALL` | `answered`, `expires` |
//! | an address turned away | `M#<address>` | `DENIAL` | `until`, `expires` |
//! | an effect to deliver | `O#<applicant>#<receiver>` | `EFFECT#<number>` | `version`, `queue`, `queued` |
//! | a part of a counter | `N#<shard>` | `COUNT#<state>#<route>` | `count`, and no `document` |
//! | an entry of an edited list | `L#<list>#<shard>` | `ENTRY#<hash>` | |
//! | an entry of a copy of a fetched list | `L#<list>#<version>#<shard>` | `ENTRY#<hash>` | |
//! | which copy is in use | `L#<list>` | `COPY` | `version` |
//! | what is known of the copies of a fetched list | `L#<list>` | `COPIES` | `version`, `closed` |
//! | the table's settings | `S#` | `SETTINGS` | |
//! | an invitation | `I#<shard>` | `INVITATION#<code>` | `taken`, `uses`, `until`, `revoked`, `expires` |
//! | who uses it | `U#<code>` | `USE#<applicant>` | `since`, `spent`, `expires`, and no `document` |
//! | a part of how often something happened in a window | `W#<what>#<begin>#<end>#<shard>` | `TALLY` | `count`, `expires`, and no `document` |
//! | the result of a check | `V#<hash>` | `KEPT` | `version`, `expires` |
//! | an item that rules look up | `T#<table>#<hash>` | `ITEM` | |
//!
//! Numbers in keys are padded with zeros, so that the order of texts is the order of numbers. Keys hold hashes of what is
//! personal: an index is kept beside the table, and shows in consoles and metrics.
//!
//! The indexes hold keys only. An entry changes, and costs, only when one of its keys does.
//!
//! | index | partition | sorted by | lists |
//! |---|---|---|---|
//! | `queue` | `queue` = `<state>#<shard>` | `queued` = `<opened_at>#<applicant>#<round>` | requests by state |
//! | `queue` | `queue` = `due-<receiver>#<shard>` | `queued` = `<time>#<applicant>#<receiver>#<number>` | effects by the time they are due |
//! | `queue` | `queue` = `parked-effect#<shard>` | the same | effects by the time they were parked |
//! | `queue` | `queue` = `journal#<shard>` | `queued` = `<time>#<applicant>#<round>#<version>#<mac>` | entries of all histories by time |
//! | `waiting` | `waiting` = `<hash of who is asked>#<shard>` | `queued` | pending requests by who is asked |
//! | `domain` | `domain` = `<hash of the domain>#<shard>` | `queued` | requests by the applicant's domain |
//! | `address` | `address` = `<hash of the address>` | `queued` | requests by the applicant's address |
//! | `due` | `due` = `<shard>` | `due_at` = `<due>#<applicant>#<round>` | requests by when time changes something next |
//!
//! A row's shard is made of the applicant's hash; how many there are stands in the table's settings. Addresses need none:
//! each is a partition of its own. A counter is spread by chance, so that it is not written at one place; so is what a window
//! counts, over 8. The shard of an entry of a list, or of an invitation, is the first hex digit of its hash: shards one after
//! the other are in the order of hashes.

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;
use claims::{CallKey, Hash};
use serde::{Serialize, de::DeserializeOwned};
use store::{
    Asked, CallRecord, Checkpoint, Counter, Denial, DuePlace, EntryId, HistoryEntry, JournalPlace, Lane, Leaf,
    ListCopies, ListCopy, ListEntry, ListName, ListPlace, Looking, OutboxEntry, OverduePlace, ParkedPlace, Position,
    Progress, Pruning, Receiver, Request, RequestId, RouteName, StateName, StoreError, Tally, Timestamp,
};

use crate::settings::Shards;

/// An index of the table, which holds keys only.
pub(crate) struct Index {
    pub(crate) name: &'static str,
    pub(crate) partition: &'static str,
    pub(crate) sort: &'static str,
}

impl Index {
    pub(crate) const QUEUE: Index = Index::by_place("queue");
    pub(crate) const WAITING: Index = Index::by_place("waiting");
    pub(crate) const DOMAIN: Index = Index::by_place("domain");
    pub(crate) const ADDRESS: Index = Index::by_place("address");
    pub(crate) const DUE: Index = Index {
        name: "due",
        partition: "due",
        sort: "due_at",
    };
    #[cfg(any(test, feature = "testing"))]
    pub(crate) const ALL: [Index; 5] = [Index::QUEUE, Index::WAITING, Index::DOMAIN, Index::ADDRESS, Index::DUE];

    const fn by_place(name: &'static str) -> Index {
        Index {
            name,
            partition: name,
            sort: QUEUED,
        }
    }
}

pub(crate) const PK: &str = "pk";
pub(crate) const SK: &str = "sk";
pub(crate) const VERSION: &str = "version";
pub(crate) const QUEUED: &str = "queued";
pub(crate) const ANSWERED: &str = "answered";
pub(crate) const UNTIL: &str = "until";
pub(crate) const CLOSED: &str = "closed";
pub(crate) const COUNT: &str = "count";
pub(crate) const TAKEN: &str = "taken";
pub(crate) const USES: &str = "uses";
pub(crate) const REVOKED: &str = "revoked";
pub(crate) const SINCE: &str = "since";
pub(crate) const SPENT: &str = "spent";
/// The table's time to live, in seconds since 1970. It only cleans up: conditions compare the times themselves.
pub(crate) const EXPIRES: &str = "expires";
pub(crate) const DOCUMENT: &str = "document";

pub(crate) const LATEST: &str = "REQUEST";
pub(crate) const CALL: &str = "CALL";
pub(crate) const DENIAL: &str = "DENIAL";
const EFFECT: &str = "EFFECT";
const ENTRY: &str = "ENTRY";
const COPY: &str = "COPY";
const COPIES: &str = "COPIES";
pub(crate) const SETTINGS: &str = "SETTINGS";
const COUNTED: &str = "COUNT";
const CHECKPOINT: &str = "CHECKPOINT";
const PRUNING: &str = "PRUNING";
const INVITATION: &str = "INVITATION";
const USE: &str = "USE";
const TALLY: &str = "TALLY";
const KEPT: &str = "KEPT";
const ITEM: &str = "ITEM";

/// How many partitions a list is spread over: as many as a hex digit has values.
pub(crate) const LIST_SHARDS: u8 = 16;

/// Over how many rows a count in a window is spread. Each is read at every call that asks, and two that write one at the same
/// time meet: enough for some thousand calls a second, and few enough to be read in one round trip with eleven others.
pub(crate) const TALLY_SHARDS: u8 = 8;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The table's name.
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(name: &str) -> Table {
        Table(name.to_owned())
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// Where a row is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pk: String,
    sk: String,
}

impl Key {
    pub(crate) fn latest(applicant: Hash) -> Key {
        Key {
            pk: format!("A#{applicant}"),
            sk: LATEST.to_owned(),
        }
    }

    pub(crate) fn archived(id: &RequestId) -> Key {
        Key {
            pk: format!("A#{}", id.applicant),
            sk: format!("{LATEST}#{:010}", id.round),
        }
    }

    pub(crate) fn call(call: CallKey) -> Key {
        Key {
            pk: format!("C#{call}"),
            sk: CALL.to_owned(),
        }
    }

    pub(crate) fn denial(address: Hash) -> Key {
        Key {
            pk: format!("M#{address}"),
            sk: DENIAL.to_owned(),
        }
    }

    pub(crate) fn effect(id: &EntryId) -> Key {
        let (pk, prefix) = lane(&id.lane);
        Key {
            pk,
            sk: format!("{prefix}{:020}", id.number),
        }
    }

    pub(crate) fn list_entry(list: &ListName, version: Option<u64>, entry: &Hash) -> Key {
        let (pk, prefix) = list_shard(list, version, entry.as_bytes()[0] >> 4);
        Key {
            pk,
            sk: format!("{prefix}{entry}"),
        }
    }

    pub(crate) fn list_copy(list: &ListName) -> Key {
        Key {
            pk: format!("L#{list}"),
            sk: COPY.to_owned(),
        }
    }

    pub(crate) fn list_copies(list: &ListName) -> Key {
        Key {
            sk: COPIES.to_owned(),
            ..Key::list_copy(list)
        }
    }

    /// One of the rows that a counter is spread over.
    pub(crate) fn counter(counter: &Counter, shard: u8) -> Key {
        let (pk, prefix) = counter_shard(shard);
        let route = counter.route.as_ref().map(RouteName::as_str).unwrap_or_default();
        Key {
            pk,
            sk: format!("{prefix}{}#{route}", counter.state),
        }
    }

    pub(crate) fn settings() -> Key {
        Key {
            pk: "S#".to_owned(),
            sk: SETTINGS.to_owned(),
        }
    }

    pub(crate) fn looking(id: &RequestId, name: &str) -> Key {
        let (pk, prefix) = looking_at(id);
        Key {
            pk,
            sk: format!("{prefix}{}", Looking::key(name)),
        }
    }

    pub(crate) fn history(request: &RequestId, version: u64) -> Key {
        let (pk, prefix) = history_of(request);
        Key {
            pk,
            sk: format!("{prefix}{version:020}"),
        }
    }

    pub(crate) fn checkpoint(number: u64) -> Key {
        let (pk, prefix) = checkpoints();
        Key {
            pk,
            sk: format!("{prefix}{number:020}"),
        }
    }

    pub(crate) fn invitation(code: &Hash) -> Key {
        let (pk, prefix) = invitations(code.as_bytes()[0] >> 4);
        Key {
            pk,
            sk: format!("{prefix}{code}"),
        }
    }

    pub(crate) fn invitation_use(code: &Hash, applicant: &Hash) -> Key {
        let (pk, prefix) = uses_of(code);
        Key {
            pk,
            sk: format!("{prefix}{applicant}"),
        }
    }

    /// One of the rows that a count is spread over.
    pub(crate) fn tally(tally: &Tally, shard: u8) -> Key {
        let Tally { what, begins, ends } = tally;
        Key {
            pk: format!("W#{what}#{}#{}#{shard}", sortable(*begins), sortable(*ends)),
            sk: TALLY.to_owned(),
        }
    }

    pub(crate) fn kept(key: &Hash) -> Key {
        Key {
            pk: format!("V#{key}"),
            sk: KEPT.to_owned(),
        }
    }

    pub(crate) fn item(table: &ListName, key: &Hash) -> Key {
        Key {
            pk: format!("T#{table}#{key}"),
            sk: ITEM.to_owned(),
        }
    }

    pub(crate) fn pruning() -> Key {
        let (pk, _) = checkpoints();
        Key {
            pk,
            sk: PRUNING.to_owned(),
        }
    }

    /// Where an item is that the table or its index holds.
    pub(crate) fn of(item: &Item) -> Option<Key> {
        Some(Key {
            pk: text(item, PK)?.to_owned(),
            sk: text(item, SK)?.to_owned(),
        })
    }

    pub(crate) fn into_item(self) -> Item {
        Item::from([
            (PK.to_owned(), AttributeValue::S(self.pk)),
            (SK.to_owned(), AttributeValue::S(self.sk)),
        ])
    }
}

/// For people: what somebody else wrote may hold anything.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {:?} {:?}", self.pk, self.sk)
    }
}

/// The partition of a request's history, and what its sort keys begin with.
pub(crate) fn history_of(id: &RequestId) -> (String, String) {
    (format!("A#{}", id.applicant), format!("HISTORY#{:010}#", id.round))
}

/// The partition of those who look at a request, and what their sort keys begin with.
pub(crate) fn looking_at(id: &RequestId) -> (String, String) {
    (format!("A#{}", id.applicant), format!("LOOKING#{:010}#", id.round))
}

/// The partition of a shard of all invitations, and what its sort keys begin with.
pub(crate) fn invitations(shard: u8) -> (String, String) {
    (format!("I#{shard:x}"), format!("{INVITATION}#"))
}

/// The partition of those who use an invitation, and what its sort keys begin with.
pub(crate) fn uses_of(code: &Hash) -> (String, String) {
    (format!("U#{code}"), format!("{USE}#"))
}

/// The partition of all checkpoints, and what their sort keys begin with.
pub(crate) fn checkpoints() -> (String, String) {
    ("K#".to_owned(), format!("{CHECKPOINT}#"))
}

/// The number of the checkpoint that an item is; nothing if its key is none that [`Key::checkpoint`] makes.
pub(crate) fn checkpoint_number(item: &Item) -> Option<u64> {
    let sort_key = text(item, SK)?;
    let number = sort_key.strip_prefix(&checkpoints().1)?.parse().ok()?;
    (Key::checkpoint(number).sk == sort_key).then_some(number)
}

/// The partition of the earlier requests of an applicant, and the sort keys of the first and of the one before this.
pub(crate) fn earlier_than(id: &RequestId) -> (String, [String; 2]) {
    let sort_key = |round| Key::archived(&RequestId { round, ..*id }).sk;
    let pk = Key::archived(id).pk;
    (pk, [sort_key(0), sort_key(id.round.saturating_sub(1))])
}

/// The partition of a shard of all counters, and what its sort keys begin with.
pub(crate) fn counter_shard(shard: u8) -> (String, String) {
    (format!("N#{shard:02}"), format!("{COUNTED}#"))
}

/// What a row of a counter counts, and its share of the count.
pub(crate) fn counted(item: &Item) -> Option<(Counter, i64)> {
    let mut parts = text(item, SK)?.split('#').skip(1);
    let counter = Counter {
        state: StateName::from_name(parts.next()?)?,
        route: RouteName::parse(parts.next()?),
    };
    Some((counter, item.get(COUNT)?.as_n().ok()?.parse().ok()?))
}

/// The partition of a lane, and what its sort keys begin with.
pub(crate) fn lane(lane: &Lane) -> (String, String) {
    (
        format!("O#{}#{}", lane.applicant, lane.receiver.name()),
        format!("{EFFECT}#"),
    )
}

/// The partition of a shard of a list or of a copy, and what its sort keys begin with.
pub(crate) fn list_shard(list: &ListName, version: Option<u64>, shard: u8) -> (String, String) {
    let pk = match version {
        None => format!("L#{list}#{shard:x}"),
        Some(version) => format!("L#{list}#{version:020}#{shard:x}"),
    };
    (pk, format!("{ENTRY}#"))
}

/// The index partition of a shard of the effects that a receiver is to get.
pub(crate) fn due(receiver: Receiver, shard: u8) -> String {
    format!("due-{}#{shard:02}", receiver.name())
}

/// The index partition of a shard of the effects that nobody tries to deliver any more.
pub(crate) fn parked(shard: u8) -> String {
    format!("parked-effect#{shard:02}")
}

/// A time as the index sorts it.
pub(crate) fn sortable(time: Timestamp) -> String {
    format!("{:020}", time.as_millis().max(0))
}

/// A place among the effects that are due.
pub(crate) fn due_queued(place: &DuePlace) -> String {
    effect_place(place.due, &place.id)
}

/// A place among the effects that nobody tries to deliver any more.
pub(crate) fn parked_queued(place: &ParkedPlace) -> String {
    effect_place(place.parked_at, &place.id)
}

/// Reads what [`due_queued`] and [`parked_queued`] wrote.
pub(crate) fn effect_placed(queued: &str) -> Option<(Timestamp, EntryId)> {
    let mut parts = queued.split('#');
    let (time, applicant) = (parts.next()?, parts.next()?);
    let (receiver, number) = (parts.next()?, parts.next()?);
    let lane = Lane {
        applicant: Hash::from_hex(applicant)?,
        receiver: Receiver::from_name(receiver)?,
    };
    let number = number.parse().ok()?;
    Some((Timestamp::from_millis(time.parse().ok()?), EntryId { lane, number }))
}

fn effect_place(time: Timestamp, id: &EntryId) -> String {
    let EntryId { lane, number } = id;
    let (time, receiver) = (sortable(time), lane.receiver.name());
    format!("{time}#{}#{receiver}#{number:020}", lane.applicant)
}

/// The index partition of a shard of the entries of all histories.
pub(crate) fn journal(shard: u8) -> String {
    format!("journal#{shard:02}")
}

/// A place in the journal; the proof that stands there follows it.
pub(crate) fn journal_place(place: &JournalPlace) -> String {
    let JournalPlace { at, request, version } = place;
    let RequestId { applicant, round } = request;
    format!("{}#{applicant}#{round:010}#{version:020}#", sortable(*at))
}

/// A place in the journal and the proof that stands there.
pub(crate) fn journal_queued(leaf: &Leaf) -> String {
    format!("{}{}", journal_place(&leaf.place), leaf.mac)
}

/// Reads what [`journal_queued`] wrote.
pub(crate) fn journalled(queued: &str) -> Option<Leaf> {
    let Position {
        opened_at: at,
        id: request,
    } = position(queued)?;
    let mut parts = queued.split('#').skip(3);
    let version = parts.next()?.parse().ok()?;
    let mac = Hash::from_hex(parts.next()?)?;
    let place = JournalPlace { at, request, version };
    // What is spelled in another way than ours is no place to go on from.
    (format!("{}{mac}", journal_place(&place)) == queued).then_some(Leaf { place, mac })
}

/// The index partition of a shard of a state's list.
pub(crate) fn queue(state: StateName, shard: u8) -> String {
    format!("{state}#{shard:02}")
}

/// The index partition of a shard of what waits for somebody. Their name is personal.
pub(crate) fn waiting(asked: &Asked, shard: u8) -> String {
    format!("{}#{shard:02}", Hash::of(&["asked", &asked.key()]))
}

/// The index partition of a shard of a domain's list.
pub(crate) fn domain(domain: &Hash, shard: u8) -> String {
    format!("{domain}#{shard:02}")
}

/// The index partition of a shard of the requests that time changes.
pub(crate) fn overdue(shard: u8) -> String {
    format!("{shard:02}")
}

/// A place among the requests that time changes.
pub(crate) fn due_at(place: &OverduePlace) -> String {
    queued(&Position {
        opened_at: place.due,
        id: place.id,
    })
}

/// Reads what [`due_at`] wrote.
pub(crate) fn overdue_place(due_at: &str) -> Option<OverduePlace> {
    let Position { opened_at: due, id } = position(due_at)?;
    Some(OverduePlace { due, id })
}

/// A place in lists as the index sorts them.
pub(crate) fn queued(position: &Position) -> String {
    // Nothing was opened before 1970; a clock that says so must not break the order of the rest.
    let millis = position.opened_at.as_millis().max(0);
    format!("{millis:020}#{}#{:010}", position.id.applicant, position.id.round)
}

/// The greatest text before a place that no place before it exceeds: ranges count their ends.
pub(crate) fn before(position: &Position) -> String {
    let round = position.id.round.saturating_sub(1);
    let id = RequestId { round, ..position.id };
    format!("{}~", queued(&Position { id, ..*position }))
}

/// Reads what [`queued`] wrote.
pub(crate) fn position(queued: &str) -> Option<Position> {
    let mut parts = queued.split('#');
    let (opened_at, applicant, round) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Position {
        opened_at: Timestamp::from_millis(opened_at.parse().ok()?),
        id: RequestId {
            applicant: Hash::from_hex(applicant)?,
            round: round.parse().ok()?,
        },
    })
}

pub(crate) fn latest(request: &Request, shards: Shards) -> Result<Item, StoreError> {
    let mut item = request_item(Key::latest(request.id.applicant), request, shards)?;
    let shard = shards.of(&request.id.applicant);
    if let Some(asked) = request.asked() {
        insert(&mut item, Index::WAITING.partition, waiting(asked, shard));
    }
    if let Some(due) = request.due() {
        let place = OverduePlace { due, id: request.id };
        insert(&mut item, Index::DUE.partition, overdue(shard));
        insert(&mut item, Index::DUE.sort, due_at(&place));
    }
    Ok(item)
}

/// Neither people nor time change an earlier request any more.
pub(crate) fn archived(request: &Request, shards: Shards) -> Result<Item, StoreError> {
    request_item(Key::archived(&request.id), request, shards)
}

pub(crate) fn history(entry: &HistoryEntry, shards: Shards) -> Result<Item, StoreError> {
    let HistoryEntry { request, version, .. } = *entry;
    let mut item = item(Key::history(&request, version), entry)?;
    insert(
        &mut item,
        Index::QUEUE.partition,
        journal(shards.of(&request.applicant)),
    );
    insert(&mut item, QUEUED, journal_queued(&Leaf::of(entry)));
    Ok(item)
}

pub(crate) fn checkpoint(checkpoint: &Checkpoint) -> Result<Item, StoreError> {
    item(Key::checkpoint(checkpoint.number), checkpoint)
}

pub(crate) fn pruning(pruning: &Pruning) -> Result<Item, StoreError> {
    let mut item = item(Key::pruning(), pruning)?;
    item.insert(VERSION.to_owned(), number(pruning.revision));
    Ok(item)
}

pub(crate) fn call(record: &CallRecord) -> Result<Item, StoreError> {
    let mut item = item(Key::call(record.key), record)?;
    item.insert(ANSWERED.to_owned(), number(record.at.as_millis()));
    item.insert(EXPIRES.to_owned(), number(record.until().as_secs()));
    Ok(item)
}

pub(crate) fn denial(denial: &Denial) -> Result<Item, StoreError> {
    let mut item = item(Key::denial(denial.address), denial)?;
    item.insert(UNTIL.to_owned(), number(denial.until.as_millis()));
    item.insert(EXPIRES.to_owned(), number(denial.until.as_secs()));
    Ok(item)
}

pub(crate) fn effect(entry: &OutboxEntry, shards: Shards) -> Result<Item, StoreError> {
    let shard = shards.of(&entry.id.lane.applicant);
    let (queue, time) = match entry.progress {
        Progress::Parked { since } => (parked(shard), since),
        Progress::Waits { until } | Progress::UnderWay { until } => (due(entry.id.lane.receiver, shard), until),
    };
    let mut item = item(Key::effect(&entry.id), entry)?;
    item.insert(VERSION.to_owned(), number(entry.revision));
    insert(&mut item, Index::QUEUE.partition, queue);
    insert(&mut item, QUEUED, effect_place(time, &entry.id));
    Ok(item)
}

pub(crate) fn looking(id: &RequestId, row: &Looking) -> Result<Item, StoreError> {
    let mut item = item(Key::looking(id, &row.name), row)?;
    item.insert(UNTIL.to_owned(), number(row.until.as_millis()));
    item.insert(EXPIRES.to_owned(), number(row.until.as_secs()));
    Ok(item)
}

pub(crate) fn settings(settings: &impl Serialize) -> Result<Item, StoreError> {
    item(Key::settings(), settings)
}

pub(crate) fn list_entry(place: &ListPlace, key: &Hash, entry: &ListEntry) -> Result<Item, StoreError> {
    item(Key::list_entry(&place.list, place.version, key), entry)
}

pub(crate) fn list_copy(list: &ListName, copy: &ListCopy) -> Result<Item, StoreError> {
    let mut item = item(Key::list_copy(list), copy)?;
    item.insert(VERSION.to_owned(), number(copy.version));
    Ok(item)
}

pub(crate) fn list_copies(list: &ListName, copies: &ListCopies) -> Result<Item, StoreError> {
    let mut item = item(Key::list_copies(list), copies)?;
    item.insert(VERSION.to_owned(), number(copies.revision));
    item.insert(CLOSED.to_owned(), number(copies.closed));
    Ok(item)
}

/// The version of the row that an item holds.
pub(crate) fn version(item: &Item) -> Result<u64, StoreError> {
    let text = item.get(VERSION).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| StoreError::Broken("an item has no number `version`".to_owned()))
}

/// The row that an item holds. Its text may hold claims, so an error does not show it.
pub(crate) fn row<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let kind = text(item, SK).and_then(|sk| sk.split('#').next()).unwrap_or("unknown");
    let document = text(item, DOCUMENT)
        .ok_or_else(|| StoreError::Broken(format!("an item of kind {kind} has no text `{DOCUMENT}`")))?;
    serde_json::from_str(document).map_err(|error| {
        StoreError::Broken(format!(
            "an item of kind {kind} cannot be read as JSON, at line {} column {}",
            error.line(),
            error.column()
        ))
    })
}

pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(crate) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn request_item(key: Key, request: &Request, shards: Shards) -> Result<Item, StoreError> {
    let shard = shards.of(&request.id.applicant);
    let mut item = item(key, request)?;
    item.insert(VERSION.to_owned(), number(request.version));
    insert(&mut item, Index::QUEUE.partition, queue(request.state.name(), shard));
    insert(&mut item, QUEUED, queued(&Position::of(request)));
    if let Some(hash) = request.domain() {
        insert(&mut item, Index::DOMAIN.partition, domain(&hash, shard));
    }
    if let Some(hash) = request.address() {
        insert(&mut item, Index::ADDRESS.partition, hash.to_string());
    }
    Ok(item)
}

fn insert(item: &mut Item, attribute: &str, text: String) {
    item.insert(attribute.to_owned(), AttributeValue::S(text));
}

pub(crate) fn item(key: Key, row: &impl Serialize) -> Result<Item, StoreError> {
    let mut item = key.into_item();
    item.insert(DOCUMENT.to_owned(), AttributeValue::S(document(row)?));
    Ok(item)
}

/// A row as the text of [`DOCUMENT`].
pub(crate) fn document(row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row)
        .map_err(|_| StoreError::Broken("a row holds something that JSON cannot express".to_owned()))
}

#[cfg(test)]
mod tests {
    use store_suite::sample;

    use super::*;

    #[test]
    fn places_in_a_list_sort_as_texts() {
        let place = |millis, name, round| Position {
            opened_at: Timestamp::from_millis(millis),
            id: RequestId {
                applicant: Hash::of(&[name]),
                round,
            },
        };
        let mut places = [
            place(4_102_444_800_007, "a", 2),
            place(4_102_444_800_007, "a", 10),
            place(4_102_444_800_007, "b", 1),
            place(999, "b", u32::MAX),
            place(i64::MAX, "a", 1),
            place(0, "a", 1),
        ];
        places.sort_unstable();
        let texts: Vec<_> = places.iter().map(queued).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (place, text) in places.iter().zip(&texts) {
            assert_eq!(position(text).as_ref(), Some(place));
        }
        assert!(" " < texts[0].as_str() && !queued(&place(-1, "a", 1)).contains('-'));
        for text in ["", "1", "1#2", "x#y#z"] {
            assert_eq!(position(text), None, "{text}");
        }
    }

    #[test]
    fn an_item_is_where_and_what_the_template_and_its_readers_expect() {
        let request = Request {
            id: RequestId {
                applicant: sample::applicant("jane"),
                round: 12,
            },
            version: 7,
            received: sample::email("Jane@B.example"),
            ..sample::pending("jane")
        };
        let hash = request.id.applicant.to_string();
        let shard = u8::from_str_radix(&hash[..2], 16).unwrap() % 16;
        let item = latest(&request, Shards::USUAL).unwrap();
        assert_eq!(text(&item, "pk"), Some(format!("A#{hash}").as_str()));
        assert_eq!(text(&item, "sk"), Some("REQUEST"));
        assert_eq!(item["version"].as_n().unwrap(), "7");
        assert_eq!(text(&item, "queue"), Some(format!("pending#{shard:02}").as_str()));
        assert_eq!(
            text(&item, "queued"),
            Some(format!("00000004102444800007#{hash}#0000000012").as_str())
        );
        let [asked, domain, address] = [
            &["asked", "anybody"][..],
            &["domain", "b.example"],
            &["mail", "jane@b.example"],
        ];
        let [asked, domain, address] = [asked, domain, address].map(Hash::of);
        assert_eq!(text(&item, "waiting"), Some(format!("{asked}#{shard:02}").as_str()));
        assert_eq!(text(&item, "domain"), Some(format!("{domain}#{shard:02}").as_str()));
        assert_eq!(text(&item, "address"), Some(address.to_string().as_str()));
        assert_eq!(text(&item, "due"), Some(format!("{shard:02}").as_str()));
        assert_eq!(
            text(&item, "due_at"),
            Some(format!("00000004110220800007#{hash}#0000000012").as_str())
        );
        assert_eq!(row::<Request>(&item), Ok(request.clone()));
        let earlier = archived(&request, Shards::USUAL).unwrap();
        assert_eq!(text(&earlier, "sk"), Some("REQUEST#0000000012"));
        assert_eq!(text(&earlier, "queue"), text(&item, "queue"));
        assert!(!earlier.contains_key("waiting") && !earlier.contains_key("due") && !earlier.contains_key("due_at"));
        let entry = history(&sample::entry(&request), Shards::USUAL).unwrap();
        assert_eq!(text(&entry, "sk"), Some("HISTORY#0000000012#00000000000000000007"));
        assert_eq!(text(&entry, "queue"), Some(format!("journal#{shard:02}").as_str()));
        let mac = sample::entry(&request).mac;
        let queued = format!("00000004102444800007#{hash}#0000000012#00000000000000000007#{mac}");
        assert_eq!(text(&entry, "queued"), Some(queued.as_str()));

        let record = sample::call("jane", &request);
        let item = call(&record).unwrap();
        assert_eq!(text(&item, "pk"), Some(format!("C#{}", record.key).as_str()));
        assert_eq!(item["answered"].as_n().unwrap(), "4102444800007");
        assert_eq!(
            item["expires"].as_n().unwrap(),
            "4102445400",
            "in seconds, ten minutes later"
        );
        let denied = sample::denial("jane", &request);
        let item = denial(&denied).unwrap();
        assert_eq!(text(&item, "pk"), Some(format!("M#{}", denied.address).as_str()));
        assert_eq!(item["until"].as_n().unwrap(), "4102448400007");
        assert_eq!(item["expires"].as_n().unwrap(), "4102448400");
    }

    #[test]
    fn an_item_that_cannot_be_read_is_not_shown() {
        let mut item = latest(&sample::full("jane"), Shards::USUAL).unwrap();
        for document in [AttributeValue::S(r#"{"id":"Jane Roe"}"#.to_owned()), number(1)] {
            item.insert(DOCUMENT.to_owned(), document);
            let Err(StoreError::Broken(why)) = row::<Request>(&item) else {
                panic!("it was read")
            };
            assert!(why.contains("kind REQUEST") && !why.contains("Jane"), "{why}");
        }
    }
}
