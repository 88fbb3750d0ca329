use std::time::Duration;

/// How much of everything one fetch of a list may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The longest text, in bytes. It waits in a file for temporary files, of which AWS Lambda has 512 MB for the four
    /// that may be fetched at once.
    pub bytes: usize,
    /// The most entries. DynamoDB writes so many in about eight minutes, at the 4,000 a second with which a table on
    /// demand begins (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>).
    pub entries: usize,
    /// How long a connection may take to be made.
    pub connect: Duration,
    /// How long the whole text may take to come.
    pub download: Duration,
    /// How long after that batches of entries may begin to be stored. Together with the download it fits into the 15
    /// minutes that a Lambda function has at the most.
    pub fill: Duration,
}

impl Default for Bounds {
    /// 64 MB, 2,000,000 entries, 10 s, 2 and 10 minutes.
    fn default() -> Bounds {
        Bounds {
            bytes: 64_000_000,
            entries: 2_000_000,
            connect: Duration::from_secs(10),
            download: Duration::from_secs(2 * 60),
            fill: Duration::from_secs(10 * 60),
        }
    }
}
