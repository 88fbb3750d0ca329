//! A page of the queue must cost the same however many requests there are.

use super::kept::{self, Kept};
use super::requests::{self, Requests};
use crate::delivery::{ALIKE, ratio, runtime};
use crate::measure::Sample;
use crate::{setting, table};
use std::time::{Duration, Instant};
use store::Listing;

const STORED: &str = "1000,100000,1000000";
const HEADINGS: [&str; 6] = ["store", "page", "stored", "p50", "p95", "to the first"];

pub(crate) fn measure_sqlite() -> String {
    let requests = Requests::new();
    compared("SQLite on disk", &kept::sqlite(&stored(), &requests), &requests)
}

pub(crate) fn measure_dynamodb() -> String {
    let requests = Requests::new();
    let (_emulators, kept) = kept::dynamodb(&stored(), &requests);
    compared("DynamoDB Local", &kept, &requests)
}

fn stored() -> Vec<usize> {
    let stored: String = setting("BENCH_STORED", STORED.to_owned());
    let number = |n: &str| n.parse().expect("numbers with commas between, in BENCH_STORED");
    stored.split(',').map(number).collect()
}

/// A row for each page and length.
fn compared(name: &str, kept: &[Kept], requests: &Requests) -> String {
    let rounds = setting("BENCH_ROUNDS", 200);
    let listings = kept.iter().map(|kept| requests::listings(requests, kept.stored));
    let listings: Vec<_> = listings.collect();
    let rows = (0..requests::PAGES).flat_map(|page| {
        let asked: Vec<_> = kept
            .iter()
            .zip(&listings)
            .map(|(kept, pages)| (kept, &pages[page].1))
            .collect();
        let samples = samples(&asked, rounds);
        let rows = asked.iter().zip(&samples).map(|((kept, _), sample)| {
            let to_first = ratio(sample.median(), samples[0].median());
            let is_last = kept.stored == asked[asked.len() - 1].0.stored;
            [
                name.to_owned(),
                listings[0][page].0.to_owned(),
                kept.stored.to_string(),
                table::milliseconds(sample.median()),
                table::milliseconds(sample.quantile(0.95)),
                match is_last {
                    true => table::at_most(ALIKE, to_first),
                    false => format!("{to_first:.2}"),
                },
            ]
        });
        rows.collect::<Vec<_>>()
    });
    format!(
        "{rounds} rounds, the lengths in turn; every request of the store waits\n\n{}",
        table::aligned(HEADINGS, &rows.collect::<Vec<_>>())
    )
}

/// The lengths in turn, so that whatever slows the machine slows all of them.
fn samples(asked: &[(&Kept, &Listing)], rounds: usize) -> Vec<Sample> {
    let runtime = runtime();
    let mut samples: Vec<_> = asked.iter().map(|_| Sample::default()).collect();
    for round in 0..rounds + WARM_UPS {
        for ((kept, listing), sample) in asked.iter().zip(&mut samples) {
            let took = runtime.block_on(page(kept, listing));
            if round >= WARM_UPS {
                sample.extend([took]);
            }
        }
    }
    samples
}

/// The first pages are read from disk, by code that Java has not compiled yet.
const WARM_UPS: usize = 20;

async fn page(kept: &Kept, listing: &Listing) -> Duration {
    let began = Instant::now();
    let page = kept.store.list(listing).await.expect("a page");
    let took = began.elapsed();
    assert_eq!(
        (page.requests.len(), page.next.is_some()),
        (listing.limit, true),
        "{listing:?}"
    );
    took
}
