//! Calls of other systems: what `[look_ups]` and `[checks]` have in common.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use super::{Node, Reader, Section, either, quoted_list};
use crate::{
    call::{BodyTemplate, CallTemplate, LONGEST},
    mistakes::suggestion,
    outside::Method,
    place::{BadPlace, Parts, Place},
    template::{BadTemplate, Part, parts},
};

/// The longest deadline of a call, in milliseconds: the gate answers within 1500 unless it is told otherwise.
const MOST_MS: usize = 1400;

/// The deadline of a call that says none, in milliseconds.
const USUAL_MS: usize = 600;

/// The longest reply, in bytes.
const MOST_BYTES: usize = 256 * 1024;

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
    /// A call, of which the section has the keys that describe it. `retry` and `cache` are those of a look-up.
    pub(super) fn call(
        &mut self,
        name: &str,
        section: &mut Section<'_, '_>,
        pointers: Vec<String>,
    ) -> Option<CallTemplate> {
        let mut secrets = self.secrets(section.take("secrets"));
        let url = section.take("url").map(|node| self.call_url(node, &mut secrets));
        let method = section.take("method").map(|node| self.method(node));
        let headers = section.take("headers").map(|node| self.headers(node, &mut secrets));
        let body = self.call_body(section, &mut secrets);
        let deadline = self.call_deadline(section.take("deadline_ms"));
        let most_bytes = self.most_bytes(section.take("max_bytes"));
        self.refuse_unused(&secrets);
        let method = method.unwrap_or(Some(Method::Get))?;
        if let (Method::Get, Some((_, span))) = (method, &body) {
            let what = "GET sends no body; write `method = \"POST\"` or `\"PUT\"`";
            self.mistakes.add(span.clone(), what);
        }
        Some(CallTemplate {
            name: name.into(),
            method,
            url: url??,
            headers: headers.unwrap_or(Some(Vec::new()))?,
            body: body.and_then(|(body, _)| body),
            pointers,
            deadline,
            retries: false,
            most_bytes,
            cache: None,
            longest: LONGEST,
        })
    }

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

    fn method(&mut self, node: &Node<'_>) -> Option<Method> {
        let text = self.text(node)?;
        let method = match text.as_str() {
            "GET" => Some(Method::Get),
            "POST" => Some(Method::Post),
            "PUT" => Some(Method::Put),
            _ => None,
        };
        if method.is_none() {
            let known = ["GET", "POST", "PUT"];
            let what = format!("`{text}` is no `method`; write {}", either(&known));
            self.mistakes
                .add(node.span(), what + &suggestion(&text.to_uppercase(), known));
        }
        method
    }

    fn headers(&mut self, node: &Node<'_>, secrets: &mut Secrets) -> Option<Vec<(String, Parts)>> {
        let section = self.section(Some(node))?;
        let mut headers: Vec<(String, Parts)> = Vec::new();
        for (key, node) in section.table.iter() {
            let name: &str = key.get_ref();
            let twice = headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if let Some(what) = bad_header(name, twice) {
                self.mistakes.add(key.span(), what);
            }
            let Some(parts) = self.parts(node, secrets, Spot::Private) else {
                continue;
            };
            let is_bad = |part: &Part<Place>| matches!(part, Part::Text(text) if text.chars().any(char::is_control));
            if parts.iter().any(is_bad) {
                let what = "a header has no control characters, such as the end of a line";
                self.mistakes.add(node.span(), what);
            }
            headers.push((name.to_owned(), parts));
        }
        Some(headers)
    }

    /// What is sent, and where that is said; nothing inside if it could not be read.
    fn call_body(
        &mut self,
        section: &mut Section<'_, '_>,
        secrets: &mut Secrets,
    ) -> Option<(Option<BodyTemplate>, Range<usize>)> {
        let (body, form) = (section.take("body"), section.take("form"));
        match (body, form) {
            (Some(_), Some(form)) => {
                let what = "a call sends a `body`, which is JSON, or a `form`, not both";
                self.mistakes.add(form.span(), what);
                None
            }
            (Some(node), None) => {
                let json = self.json(node, secrets);
                Some((json.map(BodyTemplate::Json), node.span()))
            }
            (None, Some(node)) => {
                let fields = self.form(node, secrets);
                Some((fields.map(BodyTemplate::Form), node.span()))
            }
            (None, None) => None,
        }
    }

    fn form(&mut self, node: &Node<'_>, secrets: &mut Secrets) -> Option<Vec<(String, Parts)>> {
        let section = self.section(Some(node))?;
        let mut fields = Vec::new();
        for (name, node) in section.table.iter() {
            let parts = self.parts(node, secrets, Spot::Private)?;
            fields.push((name.get_ref().to_string(), parts));
        }
        Some(fields)
    }

    pub(super) fn call_deadline(&mut self, node: Option<&Node<'_>>) -> Duration {
        let millis =
            node.and_then(|node| self.up_to(node, MOST_MS, "milliseconds, since the gate has to answer in time"));
        Duration::from_millis(u64::try_from(millis.unwrap_or(USUAL_MS)).unwrap_or_default())
    }

    pub(super) fn most_bytes(&mut self, node: Option<&Node<'_>>) -> usize {
        let bytes = node.and_then(|node| self.up_to(node, MOST_BYTES, "bytes"));
        bytes.unwrap_or(MOST_BYTES)
    }

    fn up_to(&mut self, node: &Node<'_>, most: usize, unit: &str) -> Option<usize> {
        let number = self.count(node)?;
        if number > most {
            let what = format!("at most {most} {unit}; {number} came");
            self.mistakes.add(node.span(), what);
        }
        Some(number)
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

/// Why a header cannot be sent.
fn bad_header(name: &str, twice: bool) -> Option<String> {
    // Those of the connection (RFC 9110, 7.6.1), of the body and of the answer's encoding are not the policy's to say.
    const OURS: [&str; 15] = [
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Some(format!("`{name}` is no name of a header"));
    }
    if twice {
        return Some(format!("the header `{name}` stands here twice"));
    }
    let ours = OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
    ours.then(|| format!("the header `{name}` is written by the program; leave it out"))
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
