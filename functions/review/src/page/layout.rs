use maud::{DOCTYPE, Markup, html};
use store::RequestId;

use super::{form::SECRET, text::shown};
use crate::{Room, refusal::Refusal, session::Session};

/// A whole page.
pub(super) fn page(room: &Room, title: &str, session: Option<&Session<'_>>, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Vestibule" }
                link rel="stylesheet" href={ (room.root) "/style.css" };
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header.top {
                    a.home href=(room.root) { "Vestibule" span.muted { " review" } }
                    @if let Some(session) = session { (log_out(room, session)) }
                }
                main #main { (main) }
            }
        }
    }
}

/// A page that says why there is no other.
pub(super) fn refusal(room: &Room, refusal: &Refusal) -> Markup {
    let title = refusal.status().canonical_reason().unwrap_or("Error");
    let main = html! {
        h1 { (title) }
        p { (refusal.message()) }
        p { a href=(room.root) { "To the requests" } }
    };
    page(room, title, None, main)
}

/// A request's path in a browser.
pub(super) fn request_path(room: &Room, id: &RequestId) -> String {
    format!("{}/requests/{id}", room.root)
}

/// The field that every form of a session carries.
pub(super) fn secret_field(session: &Session<'_>) -> Markup {
    html! { input type="hidden" name=(SECRET) value=(session.form_secret()); }
}

fn log_out(room: &Room, session: &Session<'_>) -> Markup {
    html! {
        form.log-out method="post" action={ (room.root) "/logout" } {
            (secret_field(session))
            span { "Logged in as " strong { (shown(&session.reviewer.name)) } }
            button.quiet type="submit" { "Log out" }
        }
    }
}
