use std::collections::BTreeMap;

/// The values of placeholders by name.
pub(super) type Values = BTreeMap<&'static str, String>;

/// Text with placeholders. Nothing but `{{ name }}`: whoever writes a template can neither leave escaping out nor loop.
#[derive(Clone)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone)]
enum Part {
    Text(String),
    Placeholder(&'static str),
}

/// What a text is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Html,
}

/// The line, counted from the template's first as 0, and what is wrong there.
pub(super) type Wrong = (usize, String);

impl Template {
    /// Reads a template that may use these placeholders.
    pub(super) fn parse(text: &str, known: &[&'static str], form: Form) -> Result<Template, Vec<Wrong>> {
        let (mut parts, mut wrong) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let line = text[..text.len() - after.len()].matches('\n').count();
            parts.push(Part::Text(before.to_owned()));
            match placeholder(after, known) {
                Ok((name, after)) => {
                    let position = text.len() - rest.len() + before.len();
                    if form == Form::Html && name != "link" && is_inside_tag(&text[..position]) {
                        wrong.push((line, inside_tag(name)));
                    }
                    parts.push(Part::Placeholder(name));
                    rest = after;
                }
                Err(what) => {
                    wrong.push((line, what));
                    rest = after;
                }
            }
        }
        parts.push(Part::Text(rest.to_owned()));
        if wrong.is_empty() {
            Ok(Template(parts))
        } else {
            Err(wrong)
        }
    }

    /// The text with its values; in HTML they are escaped.
    pub(super) fn fill(&self, values: &Values, form: Form) -> String {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Placeholder(name) => {
                    let value = values.get(name).map(String::as_str).unwrap_or_default();
                    match form {
                        Form::Text => filled.push_str(value),
                        Form::Html => filled.push_str(&escape(value)),
                    }
                }
            }
        }
        filled
    }

    /// A page that says the same: a paragraph for each block of lines, and links that can be followed.
    pub(super) fn to_html(&self, language: &str) -> Template {
        let mut parts = vec![Part::Text(format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n<p>"
        ))];
        for part in &self.0 {
            match part {
                Part::Text(text) => parts.push(Part::Text(paragraphs(text))),
                Part::Placeholder("link") => parts.extend([
                    Part::Text("<a href=\"".to_owned()),
                    Part::Placeholder("link"),
                    Part::Text("\">".to_owned()),
                    Part::Placeholder("link"),
                    Part::Text("</a>".to_owned()),
                ]),
                Part::Placeholder(name) => parts.push(Part::Placeholder(name)),
            }
        }
        parts.push(Part::Text("</p>\n</body>\n</html>\n".to_owned()));
        Template(parts)
    }
}

/// A placeholder's name and what follows its braces.
fn placeholder<'t>(after: &'t str, known: &[&'static str]) -> Result<(&'static str, &'t str), String> {
    let line = after.lines().next().unwrap_or_default();
    let Some((name, _)) = line.split_once("}}") else {
        return Err(format!("`{{{{` is not closed on its line; wanted: {}", list(known)));
    };
    let after = &after[name.len() + "}}".len()..];
    match known.iter().find(|known| **known == name.trim()) {
        Some(name) => Ok((name, after)),
        None => Err(format!(
            "`{{{{{name}}}}}` is no placeholder here; wanted: {}",
            list(known)
        )),
    }
}

fn list(known: &[&str]) -> String {
    known
        .iter()
        .map(|name| format!("`{{{{ {name} }}}}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn inside_tag(name: &str) -> String {
    format!(
        "`{{{{ {name} }}}}` stands inside a tag, where text that somebody typed could become a link or a script; wanted: \
         only `{{{{ link }}}}` there, and the others between tags"
    )
}

/// Whether the text so far ends in a tag, a comment, a style sheet or a script.
fn is_inside_tag(before: &str) -> bool {
    let lower = before.to_ascii_lowercase();
    let is_open = |start: &str, end: &str| match lower.rfind(start) {
        Some(position) => !lower[position..].contains(end),
        None => false,
    };
    is_open("<", ">") || is_open("<!--", "-->") || is_open("<style", "</style") || is_open("<script", "</script")
}

fn paragraphs(text: &str) -> String {
    escape(text)
        .replace("\n\n", "</p>\n<p>")
        .replace('\n', "<br>\n")
        .replace("</p><br>\n", "</p>\n")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
