//! Trying again after a refusal that passes, where the SDK does not.

use std::time::Duration;

/// How often something is tried that DynamoDB refuses for now by an answer: a transaction cancelled because of others,
/// keys left unread.
pub(crate) const MOST_REFUSED: u32 = 4;

/// The same for an edit of a list, which may be a million entries long: a table on demand doubles what it takes, and needs
/// some time to.
pub(crate) const MOST_REFUSED_EDITS: u32 = 11;

/// The longest pause after the first attempt; it doubles with every further one.
const PAUSE: Duration = Duration::from_millis(25);

/// Counts attempts, with a pause of random length after each, so that those who collided do not collide again.
pub(crate) struct Attempts(u32);

impl Attempts {
    pub(crate) fn new() -> Attempts {
        Attempts(1)
    }

    /// Waits for the next attempt; false, at once, if there were so many already.
    pub(crate) async fn another(&mut self, most: u32) -> bool {
        if self.0 >= most {
            return false;
        }
        let longest = PAUSE * 2_u32.pow(self.0 - 1);
        self.0 += 1;
        tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
        true
    }
}
