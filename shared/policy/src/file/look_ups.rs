//! The `[look_ups]`.

use std::{ops::Range, sync::Arc, time::Duration};

use claims::{SettableName, Step};
use store::ListName;

use super::{
    Node, Reader, Section,
    places::{Secrets, Spot},
};
use crate::{
    look_up::{LookUp, Source},
    mistakes::suggestion,
    outside::Method,
    rule::Action,
};

impl Reader<'_> {
    pub(super) fn read_look_ups(&mut self, node: Option<&Node<'_>>) {
        let Some(section) = self.section(node) else { return };
        for (key, node) in section.table.iter() {
            let name: &str = key.get_ref();
            self.refuse_odd_name(name, key.span());
            let section = self.section(Some(node));
            let look_up = section.and_then(|section| self.look_up(name, section));
            self.look_ups.insert(name.to_owned(), look_up.map(Arc::new));
        }
    }

    /// The look-up that a rule names.
    pub(super) fn look_up_named(&mut self, node: &Node<'_>) -> Option<Arc<LookUp>> {
        let name = self.text(node)?;
        let Some(look_up) = self.look_ups.get(&name).cloned() else {
            let near = suggestion(&name, self.look_ups.keys().map(String::as_str));
            let what = format!("no look-up is called `{name}`; write `[look_ups.{name}]`{near}");
            self.mistakes.add(node.span(), what);
            return None;
        };
        self.asked.insert(("look_ups", name));
        look_up
    }

    pub(super) fn look_up_rule(&mut self, node: &Node<'_>, steps: &[Step]) -> Option<Action> {
        let look_up = self.look_up_named(node)?;
        let by_account = look_up.reads().into_iter().any(|claim| claim.as_str() == "objectId");
        if by_account && steps.iter().any(|step| step.is_sign_up()) {
            let what =
                "this look-up asks for `{objectId}`, and before `pre-token-issuance` there is no account that has one";
            self.mistakes.add(node.span(), what);
        }
        Some(Action::LookUp(look_up))
    }

    /// Warns about look-ups or checks that no rule uses.
    pub(super) fn warn_about_unasked(&mut self, table: &'static str, key: &str, node: Option<&Node<'_>>) {
        let entries = node.and_then(|node| node.get_ref().as_table());
        for name in entries.into_iter().flat_map(|table| table.keys()) {
            let text: &str = name.get_ref();
            if !self.asked.contains(&(table, text.to_owned())) {
                let what = format!("no rule uses `{text}`; write `{key} = \"{text}\"` in one");
                self.warn(None, name.span(), what);
            }
        }
    }

    /// The log shows names.
    pub(super) fn refuse_odd_name(&mut self, name: &str, span: Range<usize>) {
        if ListName::parse(name).is_none() {
            let what = "a name here has 1 to 64 letters, digits, `-` and `_`";
            self.mistakes.add(span, what);
        }
    }

    fn look_up(&mut self, name: &str, mut section: Section<'_, '_>) -> Option<LookUp> {
        let claims = section.take("claims").map(|node| self.pointed_claims(node));
        if claims.is_none() {
            let what = "which `claims` does it set? Write `claims = { extension_Tier = \"/tier\" }`";
            section.lacks(["claims"], section.span.clone(), what);
        }
        let (claims, pointers) = claims.flatten().unwrap_or_default().into_iter().unzip();
        let source = match (section.take("item"), section.table.contains_key("url")) {
            (Some(item), false) => self.item(item, &mut section, pointers),
            (None, true) => self.called(name, &mut section, pointers),
            (item, _) => {
                let what = "a look-up says the `url` of another system, or the `item` of the store and its `key`";
                let place = item.map_or(section.span.clone(), |item| item.span());
                section.known.extend(["url", "key"]);
                section.lacks(["url", "item"], place, what);
                None
            }
        };
        self.end(section);
        Some(LookUp {
            name: name.into(),
            source: source?,
            claims,
        })
    }

    fn called(&mut self, name: &str, section: &mut Section<'_, '_>, pointers: Vec<String>) -> Option<Source> {
        let call = self.call(name, section, pointers);
        let retry = section.take("retry").and_then(|node| self.boolean(node));
        let cache = section.take("cache").and_then(|node| self.cache(node));
        let mut call = call?;
        // What is sent twice may count twice.
        call.retries = retry.unwrap_or(call.method != Method::Post);
        call.cache = cache;
        Some(Source::Call(call))
    }

    fn cache(&mut self, node: &Node<'_>) -> Option<Duration> {
        let time = self.duration(node)?;
        if time.is_zero() {
            let what = "to keep an answer for no time is not to keep it; leave `cache` out";
            self.mistakes.add(node.span(), what);
        }
        Some(time)
    }

    fn item(&mut self, item: &Node<'_>, section: &mut Section<'_, '_>, pointers: Vec<String>) -> Option<Source> {
        let table = self.text(item).and_then(|name| {
            let table = ListName::parse(&name);
            if table.is_none() {
                let what = "the name of items in the store has 1 to 64 letters, digits, `-` and `_`";
                self.mistakes.add(item.span(), what);
            }
            table
        });
        let Some(key) = section.take("key") else {
            let what = "the `key` of the item is missing: write `key = \"{email}\"`";
            section.lacks(["key"], section.span.clone(), what);
            return None;
        };
        let parts = self.parts(key, &mut Secrets::default(), Spot::Open)?;
        Some(Source::Item {
            table: table?,
            key: parts,
            pointers,
        })
    }

    /// The claims that are set, each with where in the answer its value stands.
    fn pointed_claims(&mut self, node: &Node<'_>) -> Option<Vec<(SettableName, String)>> {
        let section = self.section(Some(node))?;
        if section.table.is_empty() {
            self.mistakes.add(node.span(), "a look-up sets at least one claim");
        }
        let pointed = section.table.iter().map(|(name, node)| {
            let claim = self.settable(name.get_ref(), name.span());
            let pointer = self.pointer(node);
            Some((claim?, pointer?))
        });
        let pointed: Vec<_> = pointed.collect();
        pointed.into_iter().collect()
    }

    /// A JSON pointer.
    pub(super) fn pointer(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node)?;
        let is_one = claims::is_pointer(&text);
        if !is_one {
            let what = format!(
                "`{text}` is no JSON pointer; it begins with `/`, such as `/customer/tier`, with `~1` for a `/` in a name and \
                 `~0` for `~`"
            );
            self.mistakes.add(node.span(), what);
        }
        is_one.then_some(text)
    }
}
