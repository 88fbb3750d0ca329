use claims::Value;
use maud::{Markup, html};
use store::Request;

use super::text::shown;

/// The claims as they came, and as the policy left them, side by side.
pub(super) fn claims_table(request: &Request) -> Markup {
    html! {
        table.claims role="table" {
            caption.for-ears { "Claims as received, and as the policy left them" }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { "Claim" }
                    th scope="col" role="columnheader" { "As received" }
                    th scope="col" role="columnheader" { "As the policy left it" }
                }
            }
            tbody role="rowgroup" {
                @for key in keys(request) { (row(key, request.received.at_key(key), request.reviewed.at_key(key))) }
            }
        }
    }
}

/// The keys as they came, then those that the policy added.
fn keys(request: &Request) -> Vec<&str> {
    let received = request.received.iter().map(|(key, _)| key);
    let added = request.reviewed.iter().map(|(key, _)| key);
    let added = added.filter(|key| request.received.at_key(key).is_none());
    received.chain(added).collect()
}

fn row(key: &str, received: Option<&Value>, reviewed: Option<&Value>) -> Markup {
    let change = match (received, reviewed) {
        (None, Some(_)) => Some("added"),
        (Some(_), None) => Some("taken away"),
        (received, reviewed) if received != reviewed => Some("changed"),
        _ => None,
    };
    html! {
        tr.changed[change.is_some()] role="row" {
            th scope="row" role="rowheader" { (shown(key)) }
            td role="cell" data-label="As received" { (value(received)) }
            td role="cell" data-label="As the policy left it" {
                (value(reviewed))
                @if let Some(change) = change { " " span.tag { (change) } }
            }
        }
    }
}

fn value(value: Option<&Value>) -> Markup {
    html! {
        @match value {
            None => { span.muted { "—" } }
            Some(Value::Text(text)) => { span.value { (shown(text)) } }
            Some(Value::Texts(texts)) => { ul { @for text in texts { li { span.value { (shown(text)) } } } } }
            Some(other) => { code { (shown(&other.to_json())) } " " span.muted { (kind(other)) } }
        }
    }
}

/// The type, where the text alone does not tell.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Boolean(_) => "yes or no",
        Value::Number(_) => "number",
        Value::Other(_) => "JSON",
        Value::Text(_) | Value::Texts(_) => "text",
    }
}
