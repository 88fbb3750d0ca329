//! `make capacity`: what each thing that happens takes of a table's capacity, and in how many round trips. The real code
//! does it, on DynamoDB Local; the units come from the items that went over the wire, by AWS's rule. The emulator's own
//! figures are wrong for transactions.

mod meter;
mod rule;
mod story;

use self::meter::Seen;
use self::rule::Units;
use crate::delivery::runtime;
use crate::table;
use end_to_end::dynamodb_local::DynamoDb;
use store_dynamodb::testing;

/// The most that a submit may have.
const MOST_ROUND_TRIPS: usize = 2;
const HEADINGS: [&str; 10] = [
    "what",
    "round trips",
    "read units",
    "write units",
    "of them: table",
    "`queue`",
    "`waiting`",
    "`domain`",
    "`address`",
    "`due`",
];

/// One thing that happens, and what it asked of the store.
struct Row {
    what: &'static str,
    seen: Vec<Seen>,
}

/// What everything takes.
pub(crate) fn measure(dynamodb: &DynamoDb) -> String {
    let rows = rows(dynamodb);
    let verdict = |what: &str| {
        let row = rows.iter().find(|row| row.what == what);
        let trips = row.expect("a row of the story").seen.len();
        let verdict = if trips <= MOST_ROUND_TRIPS { "reached" } else { "MISSED" };
        format!("{what}: {trips} round trips (at most {MOST_ROUND_TRIPS}: {verdict})\n")
    };
    format!("{}{}\n{}", verdict(story::ADMITTED), verdict(story::HELD), text(&rows))
}

fn rows(dynamodb: &DynamoDb) -> Vec<Row> {
    let table = dynamodb.create_table();
    runtime().block_on(story::told(dynamodb.endpoint(), &table))
}

/// The table of docs/scale.md.
fn text(rows: &[Row]) -> String {
    table::aligned(HEADINGS, &rows.iter().map(line).collect::<Vec<_>>())
}

fn line(row: &Row) -> [String; HEADINGS.len()] {
    let units: Units = row.seen.iter().map(|seen| seen.units.clone()).sum();
    let by_index = testing::indexes().map(|(index, ..)| units.indexes.get(index).copied().unwrap_or_default());
    let shown = [
        row.what.to_owned(),
        row.seen.len().to_string(),
        units.reads().to_string(),
        units.writes().to_string(),
        units.table.to_string(),
    ];
    let all: Vec<_> = shown
        .into_iter()
        .chain(by_index.map(|units| units.to_string()))
        .collect();
    all.try_into().expect("a column for each index")
}

#[cfg(test)]
mod tests {
    use super::*;
    use end_to_end::binaries;
    use std::fs;

    #[test]
    fn the_table_in_the_docs_is_what_comes_out() {
        let computed = text(&rows(DynamoDb::shared()));
        let docs = fs::read_to_string(binaries::in_repository("docs/scale.md")).expect("docs/scale.md");
        assert!(
            docs.contains(&computed),
            "docs/scale.md says otherwise; put this table there and mend what it says from it:\n\n{computed}"
        );
    }

    #[test]
    fn a_submit_needs_two_round_trips_and_a_check_one() {
        let rows = rows(DynamoDb::shared());
        let trips = |what| {
            let row = rows.iter().find(|row| row.what == what);
            row.expect("a row of the story").seen.len()
        };
        assert_eq!([story::CHECK, story::ADMITTED, story::HELD].map(trips), [1, 2, 2]);
    }
}
