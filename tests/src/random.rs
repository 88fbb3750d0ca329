//! Names that no other test has.

use std::hash::{BuildHasher, RandomState};

/// 64 random bits. Good enough for names; not for secrets.
pub fn bits() -> u64 {
    // The standard library seeds every `RandomState` differently, from the operating system.
    RandomState::new().hash_one(0)
}

/// 16 hex digits.
pub fn name() -> String {
    format!("{:016x}", bits())
}

/// A random UUID (version 4).
pub fn uuid() -> String {
    let (high, low) = (bits(), bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_shape_and_is_new_each_time() {
        let uuid = uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert_ne!(uuid, super::uuid());
    }
}
