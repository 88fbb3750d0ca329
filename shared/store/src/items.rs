//! Items: JSON documents that operators keep beside the policy, for rules to look up.

use async_trait::async_trait;
use claims::{Hash, MAX_DEPTH, fold};
use serde_json::value::RawValue;

use crate::{Controls, ListName, StoreError};

/// The longest item, in bytes of JSON.
pub const MAX_ITEM: usize = 64 * 1024;

/// Changes items. Everything can be repeated.
#[async_trait]
pub trait ItemEditor: Controls {
    /// Puts items in the place of those with the same keys, or adds them.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been put. [`StoreError::Broken`], and none is, if one is too long.
    async fn put_items(&self, table: &ListName, items: &[Item]) -> Result<(), StoreError>;

    /// Removes an item; whether it was there.
    ///
    /// # Errors
    /// [`StoreError`]; it may have been removed.
    async fn remove_item(&self, table: &ListName, key: &Hash) -> Result<bool, StoreError>;
}

/// The key of an item, of what stands for it in a look-up: without regard to case and to spaces around it.
pub fn item_key(text: &str) -> Hash {
    Hash::of(&["item", &fold(text)])
}

/// An item.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key, by hash.
    pub key: Hash,
    json: String,
}

impl Item {
    /// An item of a JSON object, as it is written.
    ///
    /// # Errors
    /// [`NotAnItem`] for what is too long, no JSON, no object, or nests deeper than look-ups read. It does not hold the text.
    pub fn parse(key: Hash, json: &str) -> Result<Item, NotAnItem> {
        let json = json.trim();
        if json.len() > MAX_ITEM {
            return Err(NotAnItem::TooLong);
        }
        let raw: &RawValue = serde_json::from_str(json).map_err(|error| NotAnItem::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
        if !raw.get().starts_with('{') {
            return Err(NotAnItem::NotAnObject);
        }
        // What nobody could look up would make every rule fail that tries.
        if claims::at_pointers(json, &[]).is_none() {
            return Err(NotAnItem::TooDeep);
        }
        Ok(Item {
            key,
            json: json.to_owned(),
        })
    }

    /// The JSON object.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Prints no values.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why a text is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnItem {
    /// It has more than [`MAX_ITEM`] bytes.
    TooLong,
    /// It is no JSON from here on.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON, and no object.
    NotAnObject,
    /// It nests deeper than [`MAX_DEPTH`].
    TooDeep,
}

impl std::fmt::Display for NotAnItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAnItem::TooLong => write!(f, "an item has at most {} KiB of JSON", MAX_ITEM / 1024),
            NotAnItem::NotJson { line, column } => {
                write!(
                    f,
                    "an item is a JSON object, and this is no JSON at line {line} column {column}"
                )
            }
            NotAnItem::TooDeep => write!(f, "an item nests at most {MAX_DEPTH} levels deep"),
            NotAnItem::NotAnObject => f.write_str("an item is a JSON object, like `{\"tier\": \"gold\"}`"),
        }
    }
}

impl std::error::Error for NotAnItem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_a_json_object_that_is_not_too_long() {
        let parse = |json: &str| Item::parse(item_key("a"), json).map(|item| item.json().to_owned());
        assert_eq!(parse(" {\"a\": 1.10}\n").as_deref(), Ok("{\"a\": 1.10}"));
        assert_eq!(parse("[1]"), Err(NotAnItem::NotAnObject));
        assert_eq!(parse("\"{\""), Err(NotAnItem::NotAnObject));
        assert_eq!(parse("{\n\"a\" 1}"), Err(NotAnItem::NotJson { line: 2, column: 5 }));
        assert_eq!(parse("{} {}").map_err(|_| ()), Err(()));
        let long = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(parse(&long(MAX_ITEM)).is_ok());
        assert_eq!(parse(&long(MAX_ITEM + 1)), Err(NotAnItem::TooLong));
    }

    #[test]
    fn every_item_can_be_looked_up() {
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let item = Item::parse(item_key("a"), &deep(MAX_DEPTH)).unwrap();
        assert!(claims::at_pointers(item.json(), &["/a".to_owned()]).is_some());
        let refused = Item::parse(item_key("a"), &deep(MAX_DEPTH + 1));
        assert_eq!(refused, Err(NotAnItem::TooDeep));
        assert!(NotAnItem::TooDeep.to_string().contains("32 levels"));
    }

    #[test]
    fn a_key_is_the_same_in_whatever_letters() {
        assert_eq!(item_key(" Jane@Contoso.com "), item_key("jane@contoso.COM"));
        assert_ne!(item_key("a"), item_key("b"));
    }
}
