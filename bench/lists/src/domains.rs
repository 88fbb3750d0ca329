//! Domains as people have them: words of a few syllables, two labels or three.

use std::collections::BTreeSet;

use fastrand::Rng;

const SYLLABLES: [&str; 24] = [
    "ba", "con", "de", "el", "fa", "gra", "hi", "in", "jo", "ka", "lo", "mar", "ne", "or", "pri", "qua", "ri", "so",
    "ta", "ur", "vi", "web", "xi", "zen",
];
const ENDINGS: [&str; 12] = [
    "com", "net", "org", "de", "co.uk", "com.br", "info", "io", "xyz", "shop", "edu", "fr",
];

/// Different domains, in no order.
pub(crate) fn listed(size: usize, seed: u64) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let mut seen = BTreeSet::new();
    while seen.len() < size {
        seen.insert(domain(&mut rng));
    }
    let mut domains: Vec<_> = seen.into_iter().collect();
    rng.shuffle(&mut domains);
    domains
}

/// Domains of the same make, none of which is listed: no ending of a list has this one.
pub(crate) fn unlisted(count: usize, seed: u64) -> Vec<String> {
    let mut rng = Rng::with_seed(!seed);
    (0..count).map(|_| format!("{}.example", word(&mut rng))).collect()
}

fn domain(rng: &mut Rng) -> String {
    let ending = ENDINGS[rng.usize(..ENDINGS.len())];
    match rng.u8(..5) {
        0 => format!("{}.{}.{ending}", word(rng), word(rng)),
        _ => format!("{}{}.{ending}", word(rng), word(rng)),
    }
}

fn word(rng: &mut Rng) -> String {
    let syllable = |_| SYLLABLES[rng.usize(..SYLLABLES.len())];
    (0..3).map(syllable).collect()
}
