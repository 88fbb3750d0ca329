//! The life cycle, checked as a model: the real functions, real rows and a store with conditional commits, through every
//! order in which applicants, reviewers, the clock and the deliverer can do things, with crashes and lost replies between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a model of tests")]

mod cast;
mod chronicle;
mod errand;
mod flight;
mod kept;
mod life;
mod observe;
mod promises;
mod rules;
mod table;
mod world;

use std::time::Instant;

use stateright::{Checker, Model};
use store::AccountBy;

use crate::{life::Life, rules::Real, world::Budget};

#[test]
fn try_it() {
    let n = |key: &str, default: u8| std::env::var(key).map_or(default, |text| text.parse().unwrap());
    for account in [AccountBy::Flow, AccountBy::Graph] {
        let begun = Instant::now();
        let model = Life::new(Real, account, Budget {
                submits: [n("S0", 2), n("S1", 2)],
                commands: [n("C0", 2), n("C1", 2), n("C2", 2)],
                together: n("N", 6),
                faults: n("F", 1),
            });
        let checker = model.checker().threads(2).timeout(std::time::Duration::from_secs(u64::from(n("T", 60)))).spawn_dfs().join();
        println!("{account:?}: {} states, {} unique, depth {}, {:?}", checker.state_count(), checker.unique_state_count(), checker.max_depth(), begun.elapsed());
        for (name, path) in checker.discoveries() {
            let last = path.last_state().broken;
            println!("   {name} {last:?}");
            if last != Default::default() { println!("      {:?}", path.into_actions()); }
        }
    }
}
