//! What has to wait in the store and must not be read there: the address at which an invitation is redeemed lets
//! whoever has it take the account.

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

use secrets::{NoSecret, SecretRef, Secrets};

/// Encrypts and decrypts with a key that is read when it is needed: AES-256-GCM, a random nonce before each text.
pub struct Sealer {
    secrets: Arc<Secrets>,
    key: SecretRef,
}

impl Sealer {
    /// Prepares; the key is 64 hex digits, such as `openssl rand -hex 32` makes.
    pub fn new(secrets: Arc<Secrets>, key: SecretRef) -> Sealer {
        Sealer { secrets, key }
    }

    /// Encrypts a text, to be decrypted for the same owner alone.
    ///
    /// # Errors
    /// [`CannotSeal`] where the key cannot be read, or is none.
    pub async fn seal(&self, text: &str, owner: &str) -> Result<String, CannotSeal> {
        let key = self.key().await?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| CannotSeal::Random)?;
        let mut sealed = text.as_bytes().to_vec();
        let aad = Aad::from(owner.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| CannotSeal::Foreign)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// Decrypts a text.
    ///
    /// # Errors
    /// [`CannotSeal`] as [`seal`](Self::seal), and for a text that was not encrypted with this key for this owner.
    pub async fn open(&self, sealed: &str, owner: &str) -> Result<String, CannotSeal> {
        let key = self.key().await?;
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| CannotSeal::Foreign)?;
        let (nonce, rest) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(CannotSeal::Foreign)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotSeal::Foreign)?;
        let text = key.open_in_place(nonce, Aad::from(owner.as_bytes()), rest);
        let text = text.map_err(|_| CannotSeal::Foreign)?;
        String::from_utf8(text.to_vec()).map_err(|_| CannotSeal::Foreign)
    }

    async fn key(&self) -> Result<LessSafeKey, CannotSeal> {
        let secret = self.secrets.read(&self.key).await.map_err(CannotSeal::NoKey)?;
        let bytes = hex::decode(secret.expose().trim()).map_err(|_| CannotSeal::BadKey)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| CannotSeal::BadKey)?;
        Ok(LessSafeKey::new(key))
    }
}

/// Why a text cannot be encrypted or decrypted. Holds nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannotSeal {
    /// The key cannot be read.
    NoKey(NoSecret),
    /// The key is not 64 hex digits.
    BadKey,
    /// The text was encrypted with another key or for another owner, or is damaged.
    Foreign,
    /// The system has no random numbers.
    Random,
}

impl fmt::Display for CannotSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotSeal::NoKey(no) => no.fmt(f),
            CannotSeal::BadKey => {
                f.write_str("VESTIBULE_SEAL_KEY is no key; wanted: 64 hex digits, as of `openssl rand -hex 32`")
            }
            CannotSeal::Foreign => f.write_str("the text was encrypted with another VESTIBULE_SEAL_KEY, or is damaged"),
            CannotSeal::Random => f.write_str("the system has no random numbers"),
        }
    }
}

impl std::error::Error for CannotSeal {}

#[cfg(test)]
mod tests {
    use secrets::PlainText;
    use store::SystemClock;

    use super::*;

    fn sealer(key: &str) -> Sealer {
        let secrets = Arc::new(Secrets::new(Arc::new(|_| None), Arc::new(SystemClock)));
        Sealer::new(secrets, SecretRef::parse(key, PlainText::Allow).unwrap())
    }

    #[tokio::test]
    async fn what_is_sealed_opens_with_the_same_key_for_the_same_owner_alone() {
        let (one, other) = (sealer(&"1f".repeat(32)), sealer(&"2f".repeat(32)));
        let sealed = one.seal("https://redeem.example/?t=1", "jane").await.unwrap();
        assert!(!sealed.contains("redeem"));
        assert_ne!(
            one.seal("https://redeem.example/?t=1", "jane").await.unwrap(),
            sealed,
            "a nonce each"
        );
        assert_eq!(
            one.open(&sealed, "jane").await.as_deref(),
            Ok("https://redeem.example/?t=1")
        );
        assert_eq!(one.open(&sealed, "jim").await, Err(CannotSeal::Foreign));
        assert_eq!(other.open(&sealed, "jane").await, Err(CannotSeal::Foreign));
        for damaged in ["", "A", "!", &sealed[1..], &format!("{sealed}A")] {
            assert_eq!(one.open(damaged, "jane").await, Err(CannotSeal::Foreign), "{damaged}");
        }
    }

    #[tokio::test]
    async fn a_key_is_64_hex_digits() {
        for key in ["secret", &"1f".repeat(31), &"zz".repeat(32)] {
            assert_eq!(sealer(key).seal("x", "jane").await, Err(CannotSeal::BadKey), "{key}");
        }
    }
}
