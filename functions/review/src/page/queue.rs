use maud::{Markup, html};
use store::{Listing, Order, Page, Request, StateName};

use super::{
    layout,
    text::{about, shown, time},
};
use crate::{Room, cursor, session::Session};

/// The requests in one state: at the top those that wait longest, or those that were opened last.
pub(super) fn page(room: &Room, session: &Session<'_>, state: StateName, listing: &Listing, page: &Page) -> Markup {
    let title = format!("{} requests", capital(state));
    let main = html! {
        h1 { (title) }
        (states(room, state))
        @if page.requests.is_empty() {
            p.empty { (nothing(state, listing)) }
        } @else {
            (table(room, state, listing.order, &page.requests))
        }
        (pager(room, state, listing, page))
    };
    layout::page(room, &title, Some(session), main)
}

/// Who signs up: what the policy made of their name, else the address, in that order.
pub(super) fn name(request: &Request) -> &str {
    let claim = |key| request.reviewed.at_key(key).and_then(|value| value.text());
    claim("displayName")
        .or_else(|| request.email())
        .unwrap_or("Nameless applicant")
}

pub(super) fn capital(state: StateName) -> &'static str {
    match state {
        StateName::Pending => "Pending",
        StateName::Approved => "Approved",
        StateName::Denied => "Denied",
        StateName::Withdrawn => "Withdrawn",
        StateName::Expired => "Expired",
        StateName::Admitted => "Admitted",
        StateName::Provisioned => "Provisioned",
    }
}

fn states(room: &Room, current: StateName) -> Markup {
    html! {
        nav.states aria-label="Requests by state" {
            ul {
                @for state in StateName::ALL {
                    li {
                        a href=(list_path(room, state)) aria-current=[(state == current).then_some("page")] {
                            (capital(state))
                        }
                    }
                }
            }
        }
    }
}

fn nothing(state: StateName, listing: &Listing) -> &'static str {
    match (&listing.after, state) {
        (Some(_), _) => "There are no more.",
        (None, StateName::Pending) => "Nobody is waiting.",
        (None, _) => "There are none.",
    }
}

fn table(room: &Room, state: StateName, order: Order, requests: &[Request]) -> Markup {
    let now = room.parts.desk.clock.now();
    let first = match order {
        Order::OldestFirst => "oldest",
        Order::NewestFirst => "newest",
    };
    html! {
        table.queue role="table" {
            caption.for-ears { (capital(state)) " requests, the " (first) " first" }
            thead role="rowgroup" {
                tr role="row" {
                    th scope="col" role="columnheader" { "Applicant" }
                    th scope="col" role="columnheader" { "E-mail" }
                    th scope="col" role="columnheader" { "Rule" }
                    th scope="col" role="columnheader" { "Opened" }
                }
            }
            tbody role="rowgroup" {
                @for request in requests {
                    tr role="row" {
                        th scope="row" role="rowheader" {
                            a href=(layout::request_path(room, &request.id)) { (shown(name(request))) }
                        }
                        td role="cell" data-label="E-mail" {
                            @if let Some(email) = request.email() { (shown(email)) } @else { "—" }
                            @if !request.proven { " " span.tag { "not proven" } }
                        }
                        td role="cell" data-label="Rule" { (shown(&request.rule)) }
                        td role="cell" data-label="Opened" {
                            (about(now.since(request.opened_at))) " ago" br;
                            span.muted { (time(request.opened_at)) }
                        }
                    }
                }
            }
        }
    }
}

fn pager(room: &Room, state: StateName, listing: &Listing, page: &Page) -> Markup {
    let first = list_path(room, state);
    let next = page
        .next
        .as_ref()
        .map(|next| format!("{first}&limit={}&cursor={}", listing.limit, cursor::write(next)));
    html! {
        @if listing.after.is_some() || next.is_some() {
            nav.pager aria-label="Pages" {
                @if listing.after.is_some() { a href=(first) { "First page" } }
                @if let Some(next) = next { a rel="next" href=(next) { "Next page" } }
            }
        }
    }
}

fn list_path(room: &Room, state: StateName) -> String {
    format!("{}?state={state}", room.root)
}
