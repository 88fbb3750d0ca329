use maud::{Markup, html};
use store::{Order, Page, Request, Review, StateName, Which};

use super::{
    layout,
    text::{about, asked, shown, time},
};
use crate::{Room, listing::Wanted, session::Session};

/// A list of requests: at the top those that wait longest, or those that were opened last.
pub(super) struct Queue<'q> {
    pub(super) room: &'q Room,
    pub(super) session: &'q Session<'q>,
    pub(super) me: &'q approvals::Reviewer,
    pub(super) wanted: &'q Wanted,
    /// The query that asked for it.
    pub(super) query: &'q str,
    pub(super) page: &'q Page,
}

impl Queue<'_> {
    pub(super) fn page(&self) -> Markup {
        let title = match self.is_mine() {
            true => "Requests that wait for you".to_owned(),
            false => format!("{} requests", capital(self.state())),
        };
        let main = html! {
            h1 { (title) }
            (self.lists())
            @if self.page.requests.is_empty() { p.empty { (self.nothing()) } } @else { (self.table(&title)) }
            (self.pager())
        };
        layout::page(self.room, &title, Some(self.session), main)
    }

    fn is_mine(&self) -> bool {
        self.wanted.awaits.is_some()
    }

    /// What waits for somebody is pending.
    fn state(&self) -> StateName {
        match self.wanted.listing.which {
            Which::State(state) => state,
            Which::Waiting(_) | Which::Domain(_) | Which::Address(_) => StateName::Pending,
        }
    }

    /// The ways to other lists: what waits for the reviewer, and all of a state.
    fn lists(&self) -> Markup {
        let mine = self.is_mine();
        let root = &self.room.root;
        html! {
            nav.states aria-label="Lists of requests" {
                ul {
                    li { a href={ (root) "?waits=me" } aria-current=[mine.then_some("page")] { "Waits for me" } }
                    @for state in StateName::ALL {
                        li {
                            a href={ (root) "?state=" (state) }
                                aria-current=[(!mine && state == self.state()).then_some("page")] { (capital(state)) }
                        }
                    }
                }
            }
        }
    }

    fn nothing(&self) -> &'static str {
        match (&self.wanted.listing.after, self.state()) {
            _ if self.page.next.is_some() => "There are none on this page. There may be more on the next.",
            (Some(_), _) => "There are no more.",
            (None, StateName::Pending) if self.is_mine() => "Nobody is waiting for you.",
            (None, StateName::Pending) => "Nobody is waiting.",
            (None, _) => "There are none.",
        }
    }

    fn table(&self, title: &str) -> Markup {
        let first = match self.wanted.listing.order {
            Order::OldestFirst => "oldest",
            Order::NewestFirst => "newest",
        };
        html! {
            table.queue role="table" {
                caption.for-ears { (title) ", the " (first) " first" }
                thead role="rowgroup" {
                    tr role="row" {
                        th scope="col" role="columnheader" { "Applicant" }
                        th scope="col" role="columnheader" { "E-mail" }
                        th scope="col" role="columnheader" { "Rule" }
                        @if self.state() == StateName::Pending { th scope="col" role="columnheader" { "Asked" } }
                        th scope="col" role="columnheader" { "Opened" }
                    }
                }
                tbody role="rowgroup" { @for request in &self.page.requests { (self.row(request)) } }
            }
        }
    }

    fn row(&self, request: &Request) -> Markup {
        let now = self.room.parts.desk.clock.now();
        html! {
            tr role="row" {
                th scope="row" role="rowheader" {
                    a href=(layout::request_path(self.room, &request.id)) { (shown(name(request))) }
                }
                td role="cell" data-label="E-mail" {
                    @if let Some(email) = request.email() { (shown(email)) } @else { "—" }
                    @if !request.proven { " " span.tag { "not proven" } }
                }
                td role="cell" data-label="Rule" {
                    (shown(&request.rule))
                    @if let Some(route) = &request.route { br; span.muted { "route " (shown(route.as_str())) } }
                }
                @if self.state() == StateName::Pending {
                    td role="cell" data-label="Asked" { @if let Some(review) = request.review() { (self.progress(request, review)) } }
                }
                td role="cell" data-label="Opened" {
                    (about(now.since(request.opened_at))) " ago" br;
                    span.muted { (time(request.opened_at)) }
                }
            }
        }
    }

    /// Who is asked, and how many of them have approved; not about oneself.
    fn progress(&self, request: &Request, review: &Review) -> Markup {
        let stage = review.stage();
        let votes = review.votes.iter().filter(|vote| vote.stage == review.stage);
        let approvals = votes.filter(|vote| vote.approves).count();
        let is_own = self.me.is_applicant(request);
        html! {
            (shown(&asked(&stage.asked)))
            @if stage.approve > 1 && !is_own { br; span.muted { (approvals) " of " (stage.approve) " approve" } }
        }
    }

    /// The same list from elsewhere on.
    fn pager(&self) -> Markup {
        let next = self.wanted.next(self.room, self.page);
        html! {
            @if self.wanted.listing.after.is_some() || next.is_some() {
                nav.pager aria-label="Pages" {
                    @if self.wanted.listing.after.is_some() { a href=(self.path(None)) { "First page" } }
                    @if let Some(next) = next { a rel="next" href=(self.path(Some(&next))) { "Next page" } }
                }
            }
        }
    }

    fn path(&self, cursor: Option<&str>) -> String {
        let said = form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name != "cursor");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(said);
        query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        format!("{}?{}", self.room.root, query.finish())
    }
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
