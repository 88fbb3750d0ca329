//! The targets over their seeds and a few thousand mutations of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests"
)]

use std::panic;

use fastrand::Rng;
use fuzzing::seeds;
use policy::Policy;

#[test]
fn every_seed_is_fit_to_begin_with() {
    let policies = seeds::policies();
    // Where a rule alone leaves a message unused, its name may pass for a slip.
    let fit = policies.iter().filter(|text| Policy::parse(text).is_ok()).count();
    assert!(fit >= 30, "only {fit} of {} can be read", policies.len());
    policies.iter().for_each(|text| fuzzing::policy_file(text.as_bytes()));
    let bodies = seeds::bodies();
    assert!(bodies.len() >= 25, "the cases of the project's policy have bodies");
    bodies.iter().for_each(|text| fuzzing::body(text.as_bytes()));
}

#[test]
fn nothing_that_a_policy_file_can_hold_breaks_it() {
    mutate(&seeds::policies(), 4000, fuzzing::policy_file);
}

#[test]
fn nothing_that_a_body_can_hold_breaks_an_answer() {
    mutate(&seeds::bodies(), 1500, fuzzing::body);
}

/// Hands so many mutated seeds to a target. `FUZZ_SEED` repeats a run.
fn mutate(seeds: &[String], rounds: usize, target: fn(&[u8])) {
    let seed = std::env::var("FUZZ_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("FUZZ_SEED={seed}");
    let (mut rng, words) = (Rng::with_seed(seed), seeds::words());
    for _ in 0..rounds {
        let mut bytes = rng.choice(seeds).unwrap().clone().into_bytes();
        for _ in 0..rng.usize(1..4) {
            change(&mut bytes, &mut rng, seeds, &words);
        }
        if let Err(panicked) = panic::catch_unwind(|| target(&bytes)) {
            println!(
                "---- FUZZ_SEED={seed}, this input\n{}\n----",
                String::from_utf8_lossy(&bytes)
            );
            panic::resume_unwind(panicked);
        }
    }
}

/// One small change: a bit, a stretch left out, doubled or taken from another seed, a word put in the place of another,
/// an odd text in the place of what stands in quotes.
fn change(bytes: &mut Vec<u8>, rng: &mut Rng, seeds: &[String], words: &[String]) {
    let at = stretch(bytes, rng);
    match rng.u8(0..8) {
        0 => drop(bytes.drain(at)),
        1 => {
            let again = bytes[at.clone()].to_vec();
            drop(bytes.splice(at.end..at.end, again));
        }
        2 => {
            let other = rng.choice(seeds).unwrap().as_bytes();
            let taken = other[stretch(other, rng)].to_vec();
            drop(bytes.splice(at, taken));
        }
        3 => {
            let bit = 1 << rng.u8(0..8);
            bytes.get_mut(at.start).into_iter().for_each(|byte| *byte ^= bit);
        }
        4 | 5 => {
            let word = around(bytes, at.start, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
            });
            drop(bytes.splice(word, rng.choice(words).unwrap().bytes()));
        }
        _ => {
            let quoted = around(bytes, at.start, |byte| !matches!(byte, b'"' | b'\n'));
            drop(bytes.splice(quoted, rng.choice(ODD).unwrap().bytes()));
        }
    }
}

/// What programs stumble over.
const ODD: [&str; 14] = [
    "",
    " ",
    "é",
    "\u{3164}",
    "-1",
    "1e999",
    "99999999999999999999",
    "0000-00-00",
    "+1",
    "@",
    "a@b@c.test",
    "{",
    "}}",
    "*.",
];

/// Somewhere in it, up to 32 bytes.
fn stretch(bytes: &[u8], rng: &mut Rng) -> std::ops::Range<usize> {
    let start = rng.usize(0..=bytes.len());
    start..rng.usize(start..=bytes.len().min(start + 32))
}

/// The stretch around a place that is made of such bytes.
fn around(bytes: &[u8], at: usize, is_part: impl Fn(u8) -> bool) -> std::ops::Range<usize> {
    let before = bytes[..at].iter().rev().take_while(|byte| is_part(**byte)).count();
    let after = bytes[at..].iter().take_while(|byte| is_part(**byte)).count();
    at - before..at + after
}
