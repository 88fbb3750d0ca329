use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

use crate::{SignUp, normal_form};

/// A SHA-256 digest of something personal: what keys in stores, logs and addresses are made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The digest of several parts, each with its length before it, so that no two lists of parts collide.
    pub fn of(parts: &[&str]) -> Hash {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        Hash(hasher.finalize().into())
    }

    /// The hash of an address in whatever spelling.
    pub fn of_address(address: &str) -> Hash {
        Hash::of(&["mail", &normal_form(address)])
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Hash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Hash(bytes))
    }

    /// A digest that was made elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hash::from_hex(&text).ok_or_else(|| D::Error::custom("expected 64 hex digits"))
    }
}

/// Who an applicant is: by an identity provider's id where the call has one, else by the e-mail address, which is a
/// claim and no proof.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum ApplicantKey {
    /// The first identity that has an issuer and an id.
    Identity {
        /// The issuer in one spelling.
        issuer: String,
        /// The id as sent.
        id: String,
    },
    /// The address in normal form.
    Mail(String),
}

impl ApplicantKey {
    /// Who signs up; `None` if the call says nothing that could tell.
    pub fn of(sign_up: &SignUp) -> Option<ApplicantKey> {
        let identity = sign_up.identities.iter().find_map(|identity| {
            let id = identity.issuer_assigned_id.clone().filter(|id| !id.is_empty())?;
            Some(ApplicantKey::Identity {
                issuer: identity.issuer()?,
                id,
            })
        });
        identity.or_else(|| {
            let address = normal_form(sign_up.email()?);
            (!address.is_empty()).then_some(ApplicantKey::Mail(address))
        })
    }

    /// The key in stores and addresses.
    pub fn hash(&self) -> Hash {
        match self {
            ApplicantKey::Identity { issuer, id } => Hash::of(&["id", issuer, id]),
            ApplicantKey::Mail(address) => Hash::of(&["mail", address]),
        }
    }

    /// Whether the applicant's mailbox or identity provider vouches for who they are. Only an identity does: a
    /// foreign tenant can write any address into Entra.
    pub fn is_proven(&self) -> bool {
        matches!(self, ApplicantKey::Identity { .. })
    }
}

/// Prints the kind only: a key is personal data.
impl fmt::Debug for ApplicantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ApplicantKey::Identity { .. } => "id:..",
            ApplicantKey::Mail(_) => "mail:..",
        })
    }
}

/// What makes two calls the same call: the step, the applicant and the canonical claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallKey(pub Hash);

impl CallKey {
    /// The key of a call.
    pub fn of(sign_up: &SignUp) -> CallKey {
        let applicant = ApplicantKey::of(sign_up)
            .map(|key| key.hash().to_string())
            .unwrap_or_default();
        CallKey(Hash::of(&["call", sign_up.step.name(), &applicant, &sign_up.canonical]))
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Step, parse};

    fn key(body: &str) -> Option<ApplicantKey> {
        ApplicantKey::of(&parse(Step::PostAttributeCollection, body.as_bytes()).unwrap())
    }

    #[test]
    fn the_first_whole_identity_wins_over_the_address() {
        let body = r#"{"email":"a@b.example","identities":[{"issuer":" ","issuerAssignedId":"1"},{"issuer":"mail"},{"issuer":"Google",
            "issuerAssignedId":"Ab1"},{"issuer":"facebook.com","issuerAssignedId":"2"}]}"#;
        assert!(
            key(body)
                == Some(ApplicantKey::Identity {
                    issuer: "google.com".into(),
                    id: "Ab1".into()
                })
        );
    }

    #[test]
    fn keys_differ_by_issuer_id_and_kind() {
        let identity = |issuer: &str, id: &str| {
            ApplicantKey::Identity {
                issuer: issuer.into(),
                id: id.into(),
            }
            .hash()
        };
        let hashes = [
            identity("google.com", "1"),
            identity("google.com", "2"),
            identity("facebook.com", "1"),
            identity("google.com1", ""),
            ApplicantKey::Mail("google.com1".into()).hash(),
        ];
        assert!(
            (0..hashes.len()).all(|i| !hashes[..i].contains(&hashes[i])),
            "{hashes:?}"
        );
    }

    #[test]
    fn an_address_is_a_key_in_normal_form() {
        assert!(
            key(r#"{"email":" Jane@BÜCHER.example"}"#) == Some(ApplicantKey::Mail("jane@xn--bcher-kva.example".into()))
        );
        assert!(key(r#"{"email":12,"identities":"x"}"#).is_none());
        assert!(key(r#"{"email":"  "}"#).is_none());
    }

    #[test]
    fn parts_of_a_hash_do_not_run_together() {
        assert_ne!(Hash::of(&["a", "bc"]), Hash::of(&["ab", "c"]));
        assert_eq!(Hash::from_hex(&Hash::of(&["a"]).to_string()), Some(Hash::of(&["a"])));
    }

    #[test]
    fn call_keys_do_not_depend_on_key_order_but_on_step_and_claims() {
        let call = |step, body: &str| CallKey::of(&parse(step, body.as_bytes()).unwrap());
        let one = call(
            Step::PostAttributeCollection,
            r#"{"email":"a@b.example","city":"X","state":null}"#,
        );
        assert_eq!(
            one,
            call(Step::PostAttributeCollection, r#"{"city":"X","email":"a@b.example"}"#)
        );
        assert_ne!(
            one,
            call(Step::PostAttributeCollection, r#"{"city":"Y","email":"a@b.example"}"#)
        );
        assert_ne!(
            one,
            call(Step::PostFederationSignup, r#"{"city":"X","email":"a@b.example"}"#)
        );
    }
}
