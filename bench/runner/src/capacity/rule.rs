//! AWS's rule for capacity, as its developer guide has it ("DynamoDB throughput capacity", "Secondary indexes: provisioned
//! throughput considerations", "DynamoDB transactions: capacity management"; read 2026). Pure.
//!
//! - A write takes a unit for each kilobyte of the item, the larger of what was there and what is there then; in a
//!   transaction twice that.
//! - An index takes a unit for each kilobyte of an entry that comes or goes: nothing where its attributes stay as they are,
//!   and two entries where one of its keys changes. Transactions do not count double there.
//! - A read takes a unit for each 4 KB of an item, half of that where it need not be consistent; a query adds its items up
//!   first. What is not there counts as the least.

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// An item as it goes over the wire: attributes by name, each `{"S": …}` or `{"N": …}`.
pub(crate) type Item = Map<String, Json>;

/// What something takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Units {
    /// Write units of the table itself.
    pub(crate) table: u64,
    /// Write units of each index.
    pub(crate) indexes: BTreeMap<&'static str, u64>,
    /// Halves of read units.
    pub(crate) half_reads: u64,
}

/// An index that holds keys only: its name, its partition key and its sort key.
pub(crate) type Index = (&'static str, &'static str, &'static str);

const KILOBYTE: usize = 1024;

impl Units {
    /// A write in a transaction: from what was there to what is there then.
    pub(crate) fn of_write(before: Option<&Item>, after: Option<&Item>, indexes: &[Index]) -> Self {
        let largest = [before, after]
            .into_iter()
            .flatten()
            .map(size)
            .max()
            .unwrap_or_default();
        let entries = indexes.iter().map(|index| (index.0, entries(before, after, *index)));
        Self {
            table: 2 * blocks(largest, KILOBYTE),
            indexes: entries.filter(|(_, units)| *units > 0).collect(),
            half_reads: 0,
        }
    }

    /// Consistent reads of single items, those that are not there included.
    pub(crate) fn of_reads<'i>(found: impl IntoIterator<Item = &'i Item>, missing: usize) -> Self {
        let found: u64 = found.into_iter().map(|item| blocks(size(item), 4 * KILOBYTE)).sum();
        Self {
            half_reads: 2 * (found + missing as u64),
            ..Self::default()
        }
    }

    /// A query that found these items.
    pub(crate) fn of_query<'i>(found: impl IntoIterator<Item = &'i Item>, consistent: bool) -> Self {
        let all = blocks(found.into_iter().map(size).sum(), 4 * KILOBYTE);
        Self {
            half_reads: if consistent { 2 * all } else { all },
            ..Self::default()
        }
    }

    /// Write units, indexes included.
    pub(crate) fn writes(&self) -> u64 {
        self.table + self.indexes.values().sum::<u64>()
    }

    /// Read units.
    pub(crate) fn reads(&self) -> f64 {
        self.half_reads as f64 / 2.0
    }
}

impl std::iter::Sum for Units {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum.table += one.table;
            sum.half_reads += one.half_reads;
            for (index, units) in one.indexes {
                *sum.indexes.entry(index).or_default() += units;
            }
            sum
        })
    }
}

/// What an item weighs, in bytes: names and values.
pub(crate) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Json) -> usize {
    if let Some(text) = value["S"].as_str() {
        return text.len();
    }
    let number = value["N"].as_str().expect("the store writes texts and numbers alone");
    // Zeros at the ends weigh nothing; counted, times weigh the same at every time.
    let digits = number.trim_start_matches('-').len();
    let sign = usize::from(number.starts_with('-'));
    digits.div_ceil(2) + 1 + sign
}

fn blocks(size: usize, block: usize) -> u64 {
    size.div_ceil(block).max(1) as u64
}

fn entries(before: Option<&Item>, after: Option<&Item>, index: Index) -> u64 {
    let [before, after] = [before, after].map(|item| item.and_then(|item| entry(item, index)));
    if before == after {
        return 0;
    }
    let units = |entry: &Item| blocks(size(entry), KILOBYTE);
    [before, after].iter().flatten().map(units).sum()
}

/// What an index holds of an item; nothing if the item lacks one of its keys.
fn entry(item: &Item, (_, partition, sort): Index) -> Option<Item> {
    let attribute = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    ["pk", "sk", partition, sort].into_iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const INDEXES: [Index; 2] = [("queue", "queue", "queued"), ("due", "due", "due_at")];

    fn item(value: Json) -> Item {
        value.as_object().expect("an object").clone()
    }

    /// With keys, and so many bytes in all.
    fn of_size(bytes: usize) -> Item {
        let mut item = item(json!({ "pk": { "S": "a" }, "sk": { "S": "b" }, "document": { "S": "" } }));
        let rest = bytes - size(&item);
        item.insert("document".to_owned(), json!({ "S": "x".repeat(rest) }));
        item
    }

    fn with(mut item: Item, name: &str, text: &str) -> Item {
        item.insert(name.to_owned(), json!({ "S": text }));
        item
    }

    #[test]
    fn names_and_values_weigh() {
        assert_eq!(size(&item(json!({ "pk": { "S": "aß" } }))), 2 + 3);
        for (number, bytes) in [
            ("0", 2),
            ("7", 2),
            ("12", 2),
            ("123", 3),
            ("100", 3),
            ("-12", 3),
            ("1790000000001", 8),
        ] {
            assert_eq!(size(&item(json!({ "n": { "N": number } }))), 1 + bytes, "{number}");
        }
    }

    #[test]
    fn a_write_counts_kilobytes_twice_and_the_larger_item() {
        let units = |before, after| Units::of_write(before, after, &INDEXES).writes();
        let [small, full, more] = [20, 1024, 1025].map(of_size);
        assert_eq!([&small, &full, &more].map(|item| units(None, Some(item))), [2, 2, 4]);
        assert_eq!((units(Some(&more), Some(&small)), units(Some(&more), None)), (4, 4));
    }

    #[test]
    fn an_index_counts_what_comes_and_goes() {
        let listed = |place| with(with(of_size(2000), "queue", "pending#01"), "queued", place);
        let units = |before: Option<&Item>, after: Option<&Item>| {
            let units = Units::of_write(before, after, &INDEXES);
            (units.table, units.indexes)
        };
        let [one, other] = ["1", "2"].map(listed);
        let queue = |units| BTreeMap::from([("queue", units)]);
        assert_eq!(units(None, Some(&one)), (4, queue(1)));
        assert_eq!(units(Some(&one), None), (4, queue(1)));
        assert_eq!(units(Some(&one), Some(&other)), (4, queue(2)));
        assert_eq!(
            units(Some(&one), Some(&with(one.clone(), "document", "new"))),
            (4, BTreeMap::new())
        );
        let half = with(of_size(100), "queue", "pending#01");
        assert_eq!(units(None, Some(&half)), (2, BTreeMap::new()), "no place, no entry");
        let long = listed(&"1".repeat(1024));
        assert_eq!(units(None, Some(&long)), (6, queue(2)));
    }

    #[test]
    fn a_read_counts_four_kilobytes_and_a_query_adds_up() {
        let [small, full, more] = [20, 4096, 4097].map(of_size);
        assert_eq!(Units::of_reads([&small, &full, &more], 1).reads(), 5.0);
        assert_eq!(Units::of_query([&small; 40], true).reads(), 1.0);
        assert_eq!(Units::of_query([&full, &small], false).reads(), 1.0);
        assert_eq!(
            (Units::of_query([], true).reads(), Units::of_query([], false).reads()),
            (1.0, 0.5)
        );
    }

    #[test]
    fn units_add_up() {
        let one = Units::of_write(
            None,
            Some(&with(with(of_size(20), "queue", "q"), "queued", "1")),
            &INDEXES,
        );
        let sum: Units = [one.clone(), one, Units::of_reads([], 1)].into_iter().sum();
        assert_eq!(
            (sum.table, sum.indexes["queue"], sum.writes(), sum.reads()),
            (4, 2, 6, 1.0)
        );
    }
}
