//! Many at once, while every second request fails somehow.

use super::*;

/// The races of the suite, while every second request fails somehow: one outcome, and nothing lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn races_under_faults_have_one_outcome() {
    let seed = fastrand::u64(..);
    println!("seed {seed}: the order in which requests meet their faults still depends on the threads");
    store_suite::races::racing_changes_of_a_request_decide_once(&Faulty::new(seed).await).await;
    store_suite::races::racing_first_submits_open_one_request(&Faulty::new(seed + 1).await).await;
    store_suite::races::every_change_is_made_by_one_of_many(&Faulty::new(seed + 2).await).await;
    store_suite::races::changes_and_look_ups_at_once_are_consistent(&Faulty::new(seed + 3).await).await;
    store_suite::races::two_hundred_applicants_at_once_lose_nothing(&Faulty::new(seed + 4).await).await;
}

/// And those for the uses of an invitation, for a check that is made once, and of what is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn races_for_invitations_and_counts_under_faults_are_exact() {
    let seed = fastrand::u64(..);
    println!("seed {seed}: the order in which requests meet their faults still depends on the threads");
    store_suite::invitations::as_many_at_once_are_let_in_as_there_are_uses(&Faulty::new(seed).await).await;
    store_suite::invitations::the_last_use_goes_to_one_of_two(&Faulty::new(seed + 1).await).await;
    store_suite::invitations::a_use_is_given_back_or_used_up(&Faulty::new(seed + 2).await).await;
    store_suite::controls::two_hundred_at_once_are_counted(&Faulty::new(seed + 3).await).await;
    store_suite::controls::one_of_many_marks_wins(&Faulty::new(seed + 4).await).await;
}
