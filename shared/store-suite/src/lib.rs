//! One suite of tests for every store: what the trait promises, asked of whatever implements it.
//!
//! A store crate says how to open a fresh place and takes all of them:
//!
//! ```text
//! store_suite::store_tests!(fresh);
//!
//! async fn fresh() -> impl store_suite::Place { … }
//! ```

// All of this runs in tests alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod between;
pub mod conditions;
pub mod controls;
pub mod copies;
pub mod counts;
pub mod decisions;
pub mod invitations;
pub mod ledger;
pub mod listing;
pub mod lists;
pub mod lives;
pub mod narrowed;
pub mod outbox;
pub mod overdue;
pub mod parking;
pub mod presence;
pub mod races;
pub mod reading;
pub mod sample;
mod settle;
pub mod traces;
mod unsteady;
mod walk;

use std::sync::Arc;

use async_trait::async_trait;
use store::{EntryId, RequestId, Rows};

pub use between::{Between, GoesAway, Interpose};
pub use settle::{eventually, settle};
pub use unsteady::Unsteady;

/// Where a store keeps its rows: a file, a table. Empty at first.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens the store that is here, as another process would: it shares nothing with those opened before but the
    /// rows.
    async fn open(&self) -> Arc<dyn Rows>;

    /// Makes the text of an effect's row one that nobody can read.
    async fn damage(&self, id: &EntryId);

    /// Makes the text of an applicant's latest request one that nobody can read.
    async fn damage_request(&self, id: &RequestId);
}

/// Makes a test of each function of the suite, given an async function that makes a fresh [`Place`].
#[macro_export]
macro_rules! store_tests {
    ($fresh:path) => {
        $crate::store_tests! { $fresh:
            conditions:
                a_first_request_needs_that_there_is_none,
                a_request_replaces_only_the_version_it_names,
                an_earlier_request_is_archived_once,
                an_archived_request_replaces_only_the_version_it_names,
                a_version_has_one_history_entry,
                a_call_has_one_answer_until_that_is_replaced,
                an_old_answer_can_be_replaced,
                a_denial_replaces_only_the_one_it_names,
                one_failing_write_leaves_nothing_written,
                no_writes_are_applied,
                as_many_writes_as_allowed_happen_together,
                more_writes_than_allowed_are_refused,
                one_row_twice_is_refused;
            controls:
                what_happens_in_a_window_is_counted,
                two_hundred_at_once_are_counted,
                a_result_replaces_only_the_one_it_names,
                one_of_many_marks_wins,
                an_item_is_what_was_put_last;
            invitations:
                an_invitation_comes_back_as_it_was_made,
                a_use_is_taken_while_the_invitation_is_open,
                a_use_is_taken_with_its_commit_or_not_at_all,
                what_is_held_is_given_back_once,
                who_holds_on_keeps_a_use,
                a_revoked_invitation_lets_nobody_new_in,
                as_many_at_once_are_let_in_as_there_are_uses,
                the_last_use_goes_to_one_of_two,
                a_use_is_given_back_or_used_up,
                invitations_and_their_uses_are_listed_page_by_page;
            decisions:
                what_a_decision_lists_stays_as_it_was_listed_first,
                nothing_is_listed_with_a_decision_that_came_too_late,
                an_entry_of_a_history_loses_its_claims;
            counts:
                what_was_added_is_counted,
                an_effect_counts_once,
                counts_are_what_the_lists_hold;
            ledger:
                the_journal_is_in_order_of_time_page_by_page,
                a_page_of_the_journal_is_bounded,
                the_journal_outlives_claims,
                checkpoints_come_back_in_order,
                a_full_checkpoint_fits,
                a_number_has_one_checkpoint,
                a_roll_names_what_cannot_be_read,
                a_request_is_removed_for_good,
                what_came_in_the_place_of_a_removed_request_stays,
                what_is_undelivered_is_known,
                how_far_removing_has_come_is_changed_by_one_of_many;
            listing:
                a_list_is_complete_and_in_order_page_by_page,
                a_page_asks_for_as_many_as_there_are,
                a_request_that_changes_state_changes_lists,
                a_place_in_a_list_outlives_its_request,
                archived_requests_stay_in_the_list_of_their_state;
            lists:
                an_entry_counts_from_when_it_is_added_until_it_is_removed,
                adding_an_entry_again_changes_nothing,
                every_field_of_an_entry_comes_back,
                an_entry_that_is_too_long_is_refused,
                answers_come_in_the_order_of_the_questions,
                lists_do_not_mix,
                racing_adders_add_an_entry_once,
                a_list_comes_whole_page_by_page,
                a_copy_counts_from_its_publication,
                a_copy_replaces_only_the_one_it_names,
                racing_publishers_publish_one_copy,
                an_answer_comes_from_one_copy,
                a_copy_that_is_not_in_use_is_cleared;
            copies:
                what_is_known_of_copies_comes_back,
                what_is_known_of_copies_is_changed_by_one_of_many,
                a_closed_copy_is_never_put_in_use;
            lives:
                many_lives_end_whole;
            narrowed:
                what_waits_for_somebody_is_one_list,
                what_waits_follows_who_is_asked,
                a_domain_and_an_address_have_their_requests,
                a_list_is_narrowed,
                times_bound_a_list,
                a_page_that_looked_at_enough_says_so,
                an_applicants_earlier_requests_are_found;
            outbox:
                every_effect_comes_back,
                what_is_due_comes_in_order_and_not_early,
                a_change_of_an_entry_needs_the_revision_it_names,
                what_was_delivered_is_gone,
                a_lane_is_led_by_its_first_entry_that_is_not_parked,
                parked_entries_are_listed_and_not_due,
                a_row_that_cannot_be_read_is_named_and_holds_up_nothing,
                an_effect_is_written_with_its_request_or_not_at_all,
                racing_leases_are_taken_once;
            overdue:
                what_time_changes_is_due_in_order_and_not_early,
                what_is_due_moves_when_it_changes,
                a_request_that_cannot_be_read_does_not_stop_the_clock;
            parking:
                a_parked_effect_is_retried_once,
                a_parked_effect_is_dropped_once,
                what_is_not_parked_is_left_alone,
                a_place_among_parked_effects_outlives_its_entry,
                a_parked_row_that_cannot_be_read_is_named_beside_the_others,
                racing_operators_act_once;
            presence:
                who_looks_is_seen_until_their_time_is_over,
                who_keeps_looking_has_looked_since_they_began,
                who_looks_away_is_not_seen_any_more,
                one_person_looks_once;
            races:
                racing_changes_of_a_request_decide_once,
                racing_first_submits_open_one_request,
                every_change_is_made_by_one_of_many,
                two_hundred_applicants_at_once_lose_nothing,
                changes_and_look_ups_at_once_are_consistent;
            reading:
                an_empty_store_knows_nothing,
                a_look_up_answers_everything_asked_for,
                a_look_up_takes_many_addresses,
                every_field_of_a_request_comes_back,
                every_state_comes_back,
                every_answer_of_a_call_comes_back,
                every_event_comes_back,
                large_claims_come_back,
                a_commit_is_seen_by_everybody_at_once,
                a_request_is_found_by_its_id,
                history_is_in_order_and_of_one_request,
                what_was_committed_outlives_the_store;
            traces:
                all_effects_of_an_applicant_are_found;
        }
    };
    ($fresh:path: $($module:ident: $($test:ident),*;)*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::$module::$test(&$fresh().await).await
            }
        )*)*
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_test_is_forgotten() {
        let list = include_str!("lib.rs");
        let sources = [
            include_str!("conditions.rs"),
            include_str!("controls.rs"),
            include_str!("copies.rs"),
            include_str!("counts.rs"),
            include_str!("invitations.rs"),
            include_str!("ledger.rs"),
            include_str!("listing.rs"),
            include_str!("lists.rs"),
            include_str!("narrowed.rs"),
            include_str!("outbox.rs"),
            include_str!("overdue.rs"),
            include_str!("parking.rs"),
            include_str!("presence.rs"),
            include_str!("races.rs"),
            include_str!("reading.rs"),
            include_str!("traces.rs"),
        ];
        let names = sources
            .iter()
            .flat_map(|source| source.split("\npub async fn ").skip(1));
        for name in names.map(|rest| rest.split('(').next().unwrap()) {
            let listed = [",", ";"]
                .iter()
                .any(|end| list.contains(&format!("    {name}{end}\n")));
            assert!(listed, "{name} is missing in the macro's list");
        }
    }
}
