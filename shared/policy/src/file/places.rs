//! Texts with places in them, and the secrets that some of them hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use super::{Node, Reader, quoted_list};
use crate::{
    mistakes::suggestion,
    place::{BadPlace, Parts, Place},
    template::{BadTemplate, Part, parts},
};

/// The secrets of one call, by their names there.
#[derive(Default)]
pub(super) struct Secrets {
    known: BTreeMap<String, (Arc<str>, Range<usize>)>,
    used: BTreeSet<String>,
}

/// Where a text with places goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// Where secrets may stand.
    Private,
    /// Where they would be read by others: logs hold addresses, and what is sent is kept by its hash.
    Open,
}

impl Reader<'_> {
    /// `secrets = { token = "env:CRM_TOKEN" }`.
    pub(super) fn secrets(&mut self, node: Option<&Node<'_>>) -> Secrets {
        let mut secrets = Secrets::default();
        let section = self.section(node);
        for (name, node) in section.iter().flat_map(|section| section.table.iter()) {
            let Some(text) = self.text(node) else { continue };
            if !is_reference(&text) {
                // Does not repeat the text: it may be the secret.
                let what = "a secret stands elsewhere: write `env:NAME`, `secretsmanager:ID`, `secretsmanager:ID#json-key` or \
                    `ssm:NAME`";
                self.mistakes.add(node.span(), what);
            }
            let known = (text.into(), name.span());
            secrets.known.insert(name.get_ref().to_string(), known);
        }
        secrets
    }

    pub(super) fn refuse_unused(&mut self, secrets: &Secrets) {
        for (name, (_, span)) in &secrets.known {
            if !secrets.used.contains(name) {
                let what =
                    format!("nothing uses this secret; write `{{secret.{name}}}` where it goes, or leave it out");
                self.mistakes.add(span.clone(), what);
            }
        }
    }

    /// A text with places in it.
    pub(super) fn parts(&mut self, node: &Node<'_>, secrets: &mut Secrets, spot: Spot) -> Option<Parts> {
        let text = self.text(node)?;
        self.parts_of(&text, node.span(), secrets, spot)
    }

    pub(super) fn parts_of(
        &mut self,
        text: &str,
        span: Range<usize>,
        secrets: &mut Secrets,
        spot: Spot,
    ) -> Option<Parts> {
        let place = |name: &str| {
            let known = |secret: &str| secrets.known.get(secret).map(|(reference, _)| Arc::clone(reference));
            Place::parse(name, known).map(|place| (name.to_owned(), place))
        };
        let parsed = match parts(text, place) {
            Ok(parsed) => parsed,
            Err(bad) => {
                self.mistakes.add(span, bad_template(bad, secrets));
                return None;
            }
        };
        let mut parts = Parts::new();
        for part in parsed {
            match part {
                Part::Text(text) => parts.push(Part::Text(text)),
                Part::Place((name, place)) => {
                    if let (Place::Secret(_), Some(secret)) = (&place, name.strip_prefix("secret.")) {
                        secrets.used.insert(secret.to_owned());
                        if spot == Spot::Open {
                            self.mistakes.add(span.clone(), SECRET_IN_THE_OPEN);
                        }
                    }
                    parts.push(Part::Place(place));
                }
            }
        }
        Some(parts)
    }
}

const SECRET_IN_THE_OPEN: &str =
    "a secret has no place in an address or in JSON; put it into `headers`, or into a `form`";

fn bad_template(bad: BadTemplate<BadPlace>, secrets: &Secrets) -> String {
    match bad {
        BadTemplate::Brace => {
            "a `{` or `}` stands alone; what goes into its place is written in braces, such as `{email}`, and a brace twice"
                .to_owned()
        }
        BadTemplate::Name(name, BadPlace::Claim(error)) => {
            let others = ["identity.issuer", "identity.id", "client_id", "ui_locales"];
            let near = suggestion(&name, others);
            match near.is_empty() {
                true => format!("`{{{name}}}`: {error}"),
                false => format!("`{{{name}}}` is nothing that a call says{near}"),
            }
        }
        BadTemplate::Name(name, BadPlace::Secret) => {
            let known: Vec<_> = secrets.known.keys().map(String::as_str).collect();
            let secret = name.strip_prefix("secret.").unwrap_or(&name);
            let near = suggestion(secret, known.iter().copied());
            match known.is_empty() {
                true => format!("`{{{name}}}` is no secret of this call; write `secrets = {{ {secret} = \"env:NAME\" }}`"),
                false => format!("`{{{name}}}` is no secret of this call; there are {}{near}", quoted_list(&known)),
            }
        }
    }
}

/// Whether a text says where a secret is.
fn is_reference(text: &str) -> bool {
    let named = |name: &str| !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.split_once(':') {
        Some(("env" | "ssm", name)) => named(name),
        Some(("secretsmanager", id)) => id.split('#').all(named) && id.matches('#').count() <= 1,
        _ => false,
    }
}
