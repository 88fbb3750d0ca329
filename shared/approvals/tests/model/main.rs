//! The life cycle, checked as a model: the real functions on real rows and a store with conditional commits, in every
//! order in which applicants, reviewers, the clock and the deliverer can act, with crashes and lost replies between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a model of tests")]

mod broken;
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
mod uses;
mod world;

use std::{
    collections::BTreeSet,
    io::{Write, stderr},
    time::Instant,
};

use stateright::{Checker, HasDiscoveries, Model};
use store::AccountBy;

use crate::{
    broken::Wrong,
    cast::Cast,
    life::Life,
    promises::Promise,
    rules::{Real, Rules},
    world::Budget,
};

/// How many things people want done in one run, of all that each of them may want: enough for a request to be approved by
/// three reviewers, or to be decided, changed and decided again. With one more, the check does not end within a minute.
const TOGETHER: u8 = 4;

/// Fewer states than this say that the model has lost something.
const FEWEST: usize = 1_000_000;

const THREADS: usize = 2;

fn life<R: Rules>(rules: R, account: AccountBy) -> Life<R> {
    let budget = Budget {
        submits: [2; 2],
        commands: [2; 3],
        together: TOGETHER,
        faults: 1,
    };
    Life::new(rules, Cast::new(account), budget)
}

/// The same where everybody needs an invitation, and there is one of each for two.
fn invited_life<R: Rules>(rules: R, account: AccountBy) -> Life<R> {
    let Life { rules, budget, .. } = life(rules, account);
    Life::new(rules, Cast::new(account).with_invitations(), budget)
}

#[test]
fn whatever_happens_in_whatever_order_the_promises_are_kept() {
    let mut states = 0;
    for account in [AccountBy::Flow, AccountBy::Graph] {
        let begun = Instant::now();
        let checker = life(Real, account).checker().threads(THREADS).spawn_dfs().join();
        let visited = checker.unique_state_count();
        let seconds = begun.elapsed().as_secs_f32();
        // Not by a macro, whose text only a test that fails shows.
        writeln!(stderr(), "accounts by {account:?}: {visited} states in {seconds:.1} s").unwrap();
        checker.assert_properties();
        states += visited;
    }
    assert!(states >= FEWEST, "only {states} states, at least {FEWEST} are wanted");
}

#[test]
fn whatever_happens_a_use_of_an_invitation_ends_once_and_none_is_lost() {
    for account in [AccountBy::Flow, AccountBy::Graph] {
        let begun = Instant::now();
        let checker = invited_life(Real, account)
            .checker()
            .threads(THREADS)
            .spawn_dfs()
            .join();
        let (visited, seconds) = (checker.unique_state_count(), begun.elapsed().as_secs_f32());
        writeln!(
            stderr(),
            "invitations, accounts by {account:?}: {visited} states in {seconds:.1} s"
        )
        .unwrap();
        checker.assert_properties();
    }
}

#[test]
fn what_breaks_a_promise_is_found() {
    for (wrong, promise) in Wrong::ALL {
        let account = match promise {
            Promise::OneAccount => AccountBy::Graph,
            _ => AccountBy::Flow,
        };
        let life = match promise {
            Promise::UsesStay | Promise::UsesComeBack => invited_life,
            _ => life,
        };
        let found = HasDiscoveries::AllOf(BTreeSet::from([promise.name()]));
        let checker = life(wrong, account)
            .checker()
            .threads(THREADS)
            .finish_when(found)
            .spawn_dfs()
            .join();
        let path = checker.discovery(promise.name());
        assert!(path.is_some(), "{wrong:?} is not found to break: {}", promise.name());
    }
}
