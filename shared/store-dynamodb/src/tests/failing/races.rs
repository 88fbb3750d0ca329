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
