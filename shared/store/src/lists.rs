//! Lists that change while the gate runs: those that people edit, and copies of what an address serves.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use claims::Hash;
use serde::{Deserialize, Serialize};

use crate::{ListCopies, StoreError, Timestamp, request::is_word};

/// Asks lists in the store.
#[async_trait]
pub trait Lists: Send + Sync {
    /// Which of these are listed, in the order of the questions.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer, or answers what cannot be read.
    async fn listed(&self, questions: &[ListQuestion]) -> Result<Vec<Listed>, StoreError>;
}

/// Whether a list has an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListQuestion {
    /// The list.
    pub list: ListName,
    /// Whether it is a copy of what an address serves, or edited here.
    pub origin: Origin,
    /// The entry, by its hash.
    pub entry: Hash,
}

/// How a list gets its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// People add and remove them. A list that nobody wrote is empty.
    Edited,
    /// They are fetched, all at once. A list that was never fetched has no answer.
    Fetched,
}

/// A store's answer about a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// The entry is there.
    Yes,
    /// It is not.
    No,
    /// There is no copy of the list yet.
    NoCopy,
}

/// Changes lists. Everything can be repeated.
#[async_trait]
pub trait ListEditor: Lists {
    /// Adds entries to a list, or to a copy that is not published yet. Says how many are new in an edited list, where
    /// those that are there stay as they are; of a copy, which one writer alone fills, how many were written.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been added. [`StoreError::Broken`], and none is, if an entry is too long.
    async fn add(&self, place: &ListPlace, entries: &[ListEntry]) -> Result<usize, StoreError>;

    /// Removes entries from an edited list; how many were there.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been removed.
    async fn remove(&self, list: &ListName, entries: &[Hash]) -> Result<usize, StoreError>;

    /// A page of a list, in the order of the entries' hashes, after one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn page(&self, place: &ListPlace, after: Option<&Hash>, limit: usize) -> Result<Vec<ListEntry>, StoreError>;

    /// Which copy of a fetched list is in use.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn copy(&self, list: &ListName) -> Result<Option<ListCopy>, StoreError>;

    /// Puts a copy in use, in the place of the one with this version or of none; false if another is in use by now, or
    /// the new one is [closed](ListCopies::closed). With the version that is in use, it changes what is known of that copy.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Broken`] for a version below the one it replaces.
    async fn publish(&self, list: &ListName, copy: &ListCopy, replaces: Option<u64>) -> Result<bool, StoreError>;

    /// Deletes up to so many entries of a copy; how many there were. Whoever looked up which copy is in use before it was
    /// replaced still asks that one: clear it when all those calls are over.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Broken`], and nothing is deleted, if the copy is in use.
    async fn clear(&self, list: &ListName, version: u64, limit: usize) -> Result<usize, StoreError>;

    /// What is known of the copies of a fetched list; nothing, with revision 0, where nobody ever said.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn copies(&self, list: &ListName) -> Result<ListCopies, StoreError>;

    /// Puts this in the place of the revision before; false if somebody else was first.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Broken`] for revision 0, which is what nobody wrote.
    async fn set_copies(&self, list: &ListName, copies: &ListCopies) -> Result<bool, StoreError>;
}

/// A list, or one copy of a fetched list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListPlace {
    /// The list.
    pub list: ListName,
    /// Which copy; none for an edited list.
    pub version: Option<u64>,
}

/// The copy of a fetched list that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCopy {
    /// Which one. Versions only go up.
    pub version: u64,
    /// How many entries it has.
    pub entries: u64,
    /// When it was last known to be what the address serves.
    pub fetched_at: Timestamp,
    /// What the address said of it (its `ETag`), to be asked whether there is a newer one.
    pub tag: Option<String>,
}

impl ListCopy {
    /// Checks what every store refuses alike.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a version below the one that it is to replace.
    pub fn check(&self, replaces: Option<u64>) -> Result<(), StoreError> {
        match replaces {
            Some(version) if self.version < version => Err(StoreError::Broken(format!(
                "a copy of a list with version {} cannot replace version {version}",
                self.version
            ))),
            _ => Ok(()),
        }
    }

    /// Whether this is another copy than the one it replaces, and not news of the same.
    pub fn is_new(&self, replaces: Option<u64>) -> bool {
        replaces != Some(self.version)
    }
}

/// One entry of a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// Its text in normal form. It may be somebody's address.
    pub text: String,
    /// Who added it; none for fetched ones.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// When it was added.
    pub at: Timestamp,
}

/// The most bytes that an entry's text may have: more than any domain, address or attribute of a directory. A store
/// writes a hundred at once.
pub const MAX_ENTRY: usize = 2048;

impl ListEntry {
    /// The key of an entry, by its normal form: the same whoever asks.
    pub fn key(text: &str) -> Hash {
        Hash::of(&["list", text])
    }

    /// The entries by their keys, each once and the first of several. Checks what every store refuses alike.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if one has more than [`MAX_ENTRY`] bytes.
    pub fn by_key(entries: &[ListEntry]) -> Result<BTreeMap<Hash, &ListEntry>, StoreError> {
        let mut keyed = BTreeMap::new();
        for entry in entries {
            let length = entry.text.len();
            if length > MAX_ENTRY {
                let what = format!("an entry of a list has {length} bytes, at most {MAX_ENTRY} are possible");
                return Err(StoreError::Broken(what));
            }
            keyed.entry(ListEntry::key(&entry.text)).or_insert(entry);
        }
        Ok(keyed)
    }
}

/// Shows neither the text, which may be somebody's address, nor who added it.
impl fmt::Debug for ListEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListEntry")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// The name of a list in the policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListName(String);

impl ListName {
    /// 1 to 64 ASCII letters, digits, `-` and `_`; nothing for any other text.
    pub fn parse(text: &str) -> Option<ListName> {
        is_word(text).then(|| ListName(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
