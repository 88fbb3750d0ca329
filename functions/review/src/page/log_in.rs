use maud::{Markup, html};
use store::RequestId;

use super::layout;
use crate::Room;

/// The form that takes a token, and which request to show then.
pub(super) fn form(room: &Room, problem: Option<&str>, then: Option<RequestId>) -> Markup {
    let main = html! {
        h1 { "Log in" }
        @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
        form.log-in method="post" action={ (room.root) "/login" } {
            @if let Some(id) = then { input type="hidden" name="request" value=(id); }
            label for="token" { "Your reviewer token" }
            input #token type="password" name="token" required autocomplete="off" autocapitalize="off" spellcheck="false";
            button.main type="submit" { "Log in" }
        }
        p.muted { "The session ends after eight hours." }
    };
    layout::page(room, "Log in", None, main)
}
