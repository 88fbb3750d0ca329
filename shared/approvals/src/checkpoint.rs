use claims::Hash;
use store::Checkpoint;

use crate::{AuditKey, chain::json};

impl AuditKey {
    /// The checkpoint with its proof.
    pub fn sign(&self, checkpoint: Checkpoint) -> Checkpoint {
        let proof = self.proof_of_checkpoint(&checkpoint);
        Checkpoint { proof, ..checkpoint }
    }

    /// Whether a checkpoint is as this key's owner wrote it. Whether it is the one that was written with this number, only
    /// those who know its proof from elsewhere can tell.
    pub fn has_signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.proof == self.proof_of_checkpoint(checkpoint)
    }

    /// An HMAC over all of it, and so over the proof of the one before. It is made of the row's text: a field that is added
    /// later must not be written where it holds nothing.
    fn proof_of_checkpoint(&self, checkpoint: &Checkpoint) -> Hash {
        let unsigned = Checkpoint {
            proof: Hash::from_bytes([0; 32]),
            ..checkpoint.clone()
        };
        self.mac(&["checkpoint", &json(&unsigned)])
    }
}
