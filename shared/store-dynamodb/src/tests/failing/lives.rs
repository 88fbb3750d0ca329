//! Whole lives, while every second request to DynamoDB fails somehow.

use store_suite::lives;

use super::*;

/// Below the store as well as in it: transactions are cancelled and tried again, replies to a part of a page are lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_under_faults_end_whole() {
    let seed = fastrand::u64(..);
    println!("seed {seed}: the order in which requests meet their faults still depends on the threads");
    let faulty = Faulty::new(seed).await;
    lives::lives_on_end_whole(&faulty, &faulty.table).await;
}
