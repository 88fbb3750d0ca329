//! Calls of other systems: what `[look_ups]` and `[checks]` have in common.

use std::{ops::Range, time::Duration};

use super::{
    Node, Reader, Section, either,
    places::{Secrets, Spot},
};
use crate::{
    call::{BodyTemplate, CallTemplate, LONGEST},
    mistakes::suggestion,
    outside::Method,
    place::{Parts, Place},
    template::Part,
};

/// The longest deadline of a call, in milliseconds: the gate answers within 1500 unless it is told otherwise.
const MOST_MS: usize = 1400;

/// The deadline of a call that says none, in milliseconds.
const USUAL_MS: usize = 600;

/// The longest reply, in bytes.
const MOST_BYTES: usize = 256 * 1024;

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
