//! A directory that is down must not delay letters.

use super::service::{Directory, Kept, Service};
use super::{ALIKE, ratio};
use crate::measure::Sample;
use crate::table;
use std::ptr;
use std::time::Duration;

/// In a batch, before the next service has its turn.
const BATCH: usize = 20;
const BATCHES: usize = 10;
const HEADINGS: [&str; 5] = ["directory", "letters p50", "ratio", "letters p99", "ratio"];

pub(crate) fn measure() -> String {
    let sides = [
        ("answers", Directory::Answers),
        // The error of the measurement: whatever differs here is noise.
        ("answers, again (noise)", Directory::Answers),
        ("takes connections and never answers", Directory::IsSilent),
        ("refuses connections", Directory::RefusesConnections),
    ];
    let mut sides = sides.map(|(name, directory)| Side {
        name,
        service: Service::start(directory, Kept::Sqlite),
        letters: Sample::default(),
    });
    for side in &sides {
        side.batch();
    }
    for _ in 0..BATCHES {
        for side in &mut sides {
            side.letters.extend(side.batch());
        }
    }
    let rows: Vec<_> = sides.iter().map(|side| side.row(&sides[0])).collect();
    format!(
        "{} denials each, in turn, each 20 ms after an approval; SQLite file in memory\n\n{}",
        BATCH * BATCHES,
        table::aligned(HEADINGS, &rows)
    )
}

struct Side {
    name: &'static str,
    service: Service,
    letters: Sample,
}

impl Side {
    fn batch(&self) -> Vec<Duration> {
        let requests = self.service.sign_up(2 * BATCH);
        let one = |two: &[String]| {
            let [approved, denied] = two else {
                panic!("an odd number of requests");
            };
            self.service.approve(approved);
            self.service.letter_delay(denied)
        };
        requests.chunks(2).map(one).collect()
    }

    fn row(&self, alive: &Self) -> [String; HEADINGS.len()] {
        let at = |share| {
            let (own, alive) = (self.letters.quantile(share), alive.letters.quantile(share));
            (table::milliseconds(own), ratio(own, alive))
        };
        let (p50, p99) = (at(0.5), at(0.99));
        let held = |text: String| if ptr::eq(self, alive) { "-".to_owned() } else { text };
        [
            self.name.to_owned(),
            p50.0,
            held(format!("{:.2}", p50.1)),
            p99.0,
            held(table::at_most(ALIKE, p99.1)),
        ]
    }
}
