//! The second step's answer where it holds and writes, with effects and without: the applicant never waits for them.

use super::{ALIKE, ratio};
use crate::measure::{Counts, Pair, Side};
use crate::rows;
use crate::store::{self, Store};
use crate::table;

const FUNCTION: &str = "post-attribute-collection";
const HEADINGS: [&str; 5] = ["percentile", "with effects", "without", "ratio", "store"];

pub(crate) fn measure(counts: Counts, store: &Store) -> String {
    let side = |policy| Side {
        name: FUNCTION,
        program: store::program(FUNCTION, Some(policy), Some(store)),
        answer: "\"ShowBlockPage\"",
    };
    let pair = Pair {
        function: side("with-effects.toml"),
        baseline: side("with-approval.toml"),
        request: rows::submit,
    };
    let (with, without) = pair.measure_warm(counts.calls);
    let row = |name: &str, share: f64| {
        let (with, without) = (with.warm.quantile(share), without.warm.quantile(share));
        let ratio = ratio(with, without);
        [
            name.to_owned(),
            table::milliseconds(with),
            table::milliseconds(without),
            match name {
                "p50" => table::at_most(ALIKE, ratio),
                _ => format!("{ratio:.2}"),
            },
            "DynamoDB Local".to_owned(),
        ]
    };
    format!(
        "{} warm calls each, in turn\n\n{}",
        counts.calls,
        table::aligned(HEADINGS, &[row("p50", 0.5), row("p99", 0.99)])
    )
}
