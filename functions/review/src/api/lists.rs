//! Lists in the store: which there are, what is in them, and changes.

use std::borrow::Cow;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use policy::StoredList;
use serde::{Deserialize, Serialize};
use store::{ListEntry, ListPlace, Origin};

use super::{JSON, json, shape::Time};
use crate::{Room, http_io::Call, listing, refusal::Refusal, reviewers::Reviewer};

/// The most entries that one call changes.
const MOST: usize = 100;

/// What a reviewer wants done with entries.
#[derive(Clone, Copy)]
pub(super) enum Edit {
    Add,
    Remove,
}

impl Edit {
    fn name(self) -> &'static str {
        match self {
            Edit::Add => "add",
            Edit::Remove => "remove",
        }
    }
}

pub(super) fn all(room: &Room, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    listing::parse_none(query)?;
    let lists = room.parts.lists.iter().map(ListShape::of).collect();
    Ok(json(StatusCode::OK, &ListsShape { lists }))
}

pub(super) async fn show(room: &Room, name: &str, query: &str) -> Result<Response<Full<Bytes>>, Refusal> {
    let (list, asked) = (find(room, name)?, listing::parse_entries(query)?);
    let Some(place) = place(room, list).await? else {
        return Err(Refusal::NeverFetched);
    };
    // One more than wanted tells whether there are more.
    let editor = &room.parts.list_editor;
    let mut entries = editor.page(&place, asked.after.as_ref(), asked.limit + 1).await?;
    let more = entries.len() > asked.limit;
    entries.truncate(asked.limit);
    let last = entries.last().filter(|_| more);
    let page = EntriesShape {
        entries: entries.iter().map(EntryShape::of).collect(),
        next: last.map(|entry| ListEntry::key(&entry.text).to_string()),
    };
    Ok(json(StatusCode::OK, &page))
}

/// Answers with how many entries were named, and how many of them that changed.
pub(super) async fn carry_out(
    room: &Room,
    name: &str,
    edit: Edit,
    reviewer: &Reviewer,
    call: Call,
) -> Result<Response<Full<Bytes>>, Refusal> {
    listing::parse_none(&call.query)?;
    let list = find(room, name)?;
    if list.origin() == Origin::Fetched {
        return Err(Refusal::Fetched);
    }
    let texts = parse(list, &call.body(JSON).await?)?;
    let entries = texts.len();
    let done = apply(room, list, edit, reviewer, texts).await;
    let (reviewer, changed) = (reviewer.tag(), done.as_ref().ok());
    tracing::info!(target: "vestibule", list = name, reviewer, entries, changed, "review: {} entries", edit.name());
    let changed = done?;
    Ok(json(StatusCode::OK, &EditedShape { entries, changed }))
}

async fn apply(
    room: &Room,
    list: &StoredList,
    edit: Edit,
    reviewer: &Reviewer,
    texts: Vec<String>,
) -> Result<usize, Refusal> {
    let editor = &room.parts.list_editor;
    Ok(match edit {
        Edit::Add => {
            let at = room.parts.desk.clock.now();
            let by = || Some(reviewer.name.clone());
            let entries = texts.into_iter().map(|text| ListEntry { text, by: by(), at });
            let place = ListPlace {
                list: list.name.clone(),
                version: None,
            };
            editor.add(&place, &entries.collect::<Vec<_>>()).await?
        }
        Edit::Remove => {
            let keys: Vec<_> = texts.iter().map(|text| ListEntry::key(text)).collect();
            editor.remove(&list.name, &keys).await?
        }
    })
}

fn find<'r>(room: &'r Room, name: &str) -> Result<&'r StoredList, Refusal> {
    let found = room.parts.lists.iter().find(|list| list.name.as_str() == name);
    found.ok_or(Refusal::List)
}

/// Where the entries are that count now; nothing for a list that was never fetched.
async fn place(room: &Room, list: &StoredList) -> Result<Option<ListPlace>, Refusal> {
    let version = match list.origin() {
        Origin::Edited => None,
        Origin::Fetched => match room.parts.list_editor.copy(&list.name).await? {
            Some(copy) => Some(copy.version),
            None => return Ok(None),
        },
    };
    let list = list.name.clone();
    Ok(Some(ListPlace { list, version }))
}

/// The entries in normal form, or everything that is wrong with them, by number.
fn parse(list: &StoredList, body: &[u8]) -> Result<Vec<String>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Said {
        entries: Vec<String>,
    }
    let wants = "The body is a JSON object with `entries`, an array of 1 to 100 strings.";
    let said: Said = serde_json::from_slice(body).map_err(|_| Refusal::input(wants))?;
    if !(1..=MOST).contains(&said.entries.len()) {
        return Err(Refusal::input(wants));
    }
    let (mut texts, mut wrong) = (Vec::new(), Vec::new());
    for (number, entry) in (1..).zip(&said.entries) {
        match list.parse_entry(entry) {
            Ok(text) => texts.push(text),
            Err(why) => wrong.push(format!("entry {number}: {why}")),
        }
    }
    match wrong.is_empty() {
        true => Ok(texts),
        false => Err(Refusal::Input(Cow::Owned(format!(
            "Nothing was changed; {}.",
            wrong.join("; ")
        )))),
    }
}

#[derive(Serialize)]
struct ListsShape<'l> {
    lists: Vec<ListShape<'l>>,
}

#[derive(Serialize)]
struct ListShape<'l> {
    name: &'l str,
    holds: &'static str,
    origin: Origin,
}

impl ListShape<'_> {
    fn of(list: &StoredList) -> ListShape<'_> {
        ListShape {
            name: list.name.as_str(),
            holds: list.kind.name(),
            origin: list.origin(),
        }
    }
}

#[derive(Serialize)]
struct EntriesShape<'e> {
    entries: Vec<EntryShape<'e>>,
    next: Option<String>,
}

#[derive(Serialize)]
struct EntryShape<'e> {
    entry: &'e str,
    by: Option<&'e str>,
    at: Time,
}

impl EntryShape<'_> {
    fn of(entry: &ListEntry) -> EntryShape<'_> {
        EntryShape {
            entry: &entry.text,
            by: entry.by.as_deref(),
            at: Time(entry.at),
        }
    }
}

#[derive(Serialize)]
struct EditedShape {
    entries: usize,
    changed: usize,
}
