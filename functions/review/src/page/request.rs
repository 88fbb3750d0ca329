use approvals::{AccountBy, Ruling, Standing};
use desk::{Decision, File};
use maud::{Markup, html};
use store::{Block, Reasons, Request, Review, Share, State};

use super::{
    claims_table::claims_table,
    facts::{facts, progress},
    history::happened,
    layout,
    notice::{Notice, has_voted},
    queue,
    text::{about, lines, shown, time},
};
use crate::{Room, decide::name_of, reason::MAX_REASON_CHARS, refusal::Refusal, session::Session};

/// One request, as one reviewer sees it.
pub(super) struct View<'v> {
    pub(super) room: &'v Room,
    pub(super) session: &'v Session<'v>,
    pub(super) file: &'v File,
    /// The same person's earlier requests, the newest first.
    pub(super) earlier: &'v [Request],
    /// A form that came back.
    pub(super) typed: Option<Typed<'v>>,
    pub(super) notice: Option<Notice>,
}

/// What a reviewer typed that was not taken, and why.
pub(super) struct Typed<'v> {
    pub(super) reason: &'v str,
    pub(super) block: &'v [Block],
    pub(super) problem: &'v str,
}

impl View<'_> {
    pub(super) fn page(&self) -> Markup {
        let request = &self.file.request;
        let main = html! {
            p.back { a href=(self.room.root) { "Pending requests" } }
            h1 { (shown(queue::name(request))) }
            @if let Some(text) = self.notice.and_then(|notice| notice.text(self.file, self.session)) {
                p.notice role="status" { (text) }
            }
            @if let Some(typed) = &self.typed { p.problem role="alert" { (typed.problem) } }
            @if self.file.as_written != Some(true) {
                p.problem role="alert" { (Refusal::NotAsWritten.message()) }
            }
            @if !request.proven { (self.warning()) }
            (facts(request))
            // What waits is read first, and decided then; of what is decided, the decision comes first.
            @if self.file.is_pending() { (self.claims()) (self.decision()) } @else { (self.decision()) (self.claims()) }
            section aria-labelledby="history" {
                h2 #history { "History" }
                ol.history { @for entry in &self.file.history { li { (happened(entry)) } } }
            }
            @if !self.earlier.is_empty() { (self.before()) }
        };
        layout::page(self.room, "Request", Some(self.session), main)
    }

    /// What became of the same person's earlier requests.
    fn before(&self) -> Markup {
        html! {
            section aria-labelledby="earlier" {
                h2 #earlier { "Earlier requests of the same person" }
                ul.history {
                    @for request in self.earlier {
                        li {
                            a href=(layout::request_path(self.room, &request.id)) { "Opened " (time(request.opened_at)) }
                            ", " (request.state.name())
                        }
                    }
                }
            }
        }
    }

    fn claims(&self) -> Markup {
        html! {
            section aria-labelledby="claims" {
                h2 #claims { "Claims" }
                (claims_table(&self.file.request))
            }
        }
    }

    fn decision(&self) -> Markup {
        html! {
            section aria-labelledby="decision" {
                h2 #decision { "Decision" }
                (self.outcome())
                @if self.file.is_pending() { (self.form_or_why_none()) }
            }
        }
    }

    /// What an approval and a denial mean for somebody who is not proven.
    fn warning(&self) -> Markup {
        html! {
            p.warning role="note" {
                strong { "This applicant is not proven. " }
                "Only an e-mail address says who it is, and anybody can write somebody else's. "
                @if self.account_by() == AccountBy::Graph {
                    "An approval invites that address: whoever reads its mail comes in."
                } @else if self.room.parts.desk.terms.trust_email {
                    "The policy trusts it all the same (" code { "trust_email = true" } "): an approval lets in whoever comes "
                    "with this address."
                } @else {
                    "The policy does not trust it (" code { "trust_email = false" } "): an approval will not let this "
                    "person in."
                }
                " A denial turns the address away, whoever it belongs to; withdraw is the safe choice."
            }
        }
    }

    /// Where the request stands, and who brought it there.
    fn outcome(&self) -> Markup {
        html! {
            @if self.is_own() { p { "This is your own request: what reviewers say about it is not shown to you." } }
            @if let Some(decision) = self.file.decision() { (self.decided(&decision)) }
            @match &self.file.request.state {
                State::Pending(review) if !self.is_own() => { (progress(review)) }
                State::Provisioned { at, .. } => { p { "The account was created " (time(*at)) "." } }
                State::Expired { at } => { p { "Nobody decided, or the approval was not used, in time: it ended " (time(*at)) "." } }
                State::Admitted { at } => { p { "The applicant was told to go on, " (time(*at)) "." } }
                State::Approved { .. } | State::Denied { .. } if self.is_over() => { p { "That time is over." } }
                _ => {}
            }
        }
    }

    fn is_own(&self) -> bool {
        let reviewer = self.session.reviewer.as_decider(&self.room.parts.desk.terms);
        reviewer.is_applicant(&self.file.request)
    }

    fn is_over(&self) -> bool {
        approvals::standing(Some(&self.file.request), self.room.parts.desk.clock.now()) == Standing::None
    }

    /// The form, for somebody who is asked and has not answered.
    fn form_or_why_none(&self) -> Markup {
        let reviewer = self.session.reviewer.as_decider(&self.room.parts.desk.terms);
        html! {
            @if reviewer.is_awaited(&self.file.request) { (self.form()) }
            @else if has_voted(self.file, self.session) { p { "You have voted on these claims." } }
            @else if reviewer.is_applicant(&self.file.request) { p { "Nobody decides on their own request." } }
            @else { p { "Other reviewers are asked at this stage." } }
        }
    }

    /// What a denial can block for good.
    fn blocks(&self) -> Markup {
        let lists = &self.room.parts.desk.terms.block;
        let has_address = self.file.request.email().is_some();
        html! {
            @for (block, list, what) in [
                (Block::Address, &lists.addresses, "the address"),
                (Block::Domain, &lists.domains, "everybody at its domain"),
            ] {
                @if let Some(list) = list.as_ref().filter(|_| has_address) {
                    label.block {
                        input type="checkbox" name="block" value=(block.name()) checked[self.ticked(block)];
                        " When denying, block " (what) " for good (list " code { (list.as_str()) } ")"
                    }
                }
            }
        }
    }

    /// Whether a form that came back had this ticked.
    fn ticked(&self, block: Block) -> bool {
        self.typed.as_ref().is_some_and(|typed| typed.block.contains(&block))
    }

    /// What an approval of this reviewer is: the last one that the last stage needs, or one on the way there.
    fn approve_label(&self) -> &'static str {
        let reviewer = self.session.reviewer.as_decider(&self.room.parts.desk.terms);
        let ends = |review: &Review| {
            let stage = review.stage();
            let here = || {
                review
                    .votes
                    .iter()
                    .filter(|vote| vote.stage == review.stage && vote.approves)
            };
            let enough = |have: usize, wanted: u32| have >= usize::try_from(wanted).unwrap_or(usize::MAX);
            let share = |share: &Share| {
                let own = usize::from(reviewer.groups.contains(&share.group));
                enough(
                    here().filter(|vote| vote.groups.contains(&share.group)).count() + own,
                    share.at_least,
                )
            };
            review.stage + 1 >= review.plan.stages.len()
                && enough(here().count() + 1, stage.approve)
                && stage.among.iter().all(share)
        };
        match self.file.request.review().is_none_or(ends) {
            true => "Approve",
            false => "Vote to approve",
        }
    }

    fn form(&self) -> Markup {
        let request = &self.file.request;
        let usual = self.room.parts.desk.terms.cool_down;
        let cool_down = request
            .review()
            .and_then(|review| review.plan.cool_down)
            .unwrap_or(usual);
        let typed = self.typed.as_ref().map_or("", |typed| typed.reason);
        html! {
            form.decide method="post" action={ (layout::request_path(self.room, &request.id)) "/decide" } {
                (layout::secret_field(self.session))
                input type="hidden" name="version" value=(request.version);
                label for="reason" { (reason_label(request)) }
                p.muted #reason-help { "For reviewers; the applicant never sees it. At most " (MAX_REASON_CHARS) " characters." }
                textarea #reason name="reason" rows="3" maxlength=(MAX_REASON_CHARS) aria-describedby="reason-help" { (typed) }
                (self.blocks())
                div.choices {
                    (choice(Ruling::Approve, self.approve_label(), &self.approval()))
                    (choice(Ruling::Deny, "Deny", &format!(
                        "They are turned away for {}, under this address with other accounts too.", about(cool_down))))
                    (choice(Ruling::Withdraw, "Withdraw", "For somebody who gave up; they may ask again at once."))
                }
            }
        }
    }

    /// What an approval does.
    fn approval(&self) -> String {
        let unused = about(self.room.parts.desk.terms.unused);
        match self.account_by() {
            AccountBy::Flow if self.lets_in() => format!("They come again within {unused} and go on."),
            AccountBy::Flow => "They stay blocked all the same: they are not proven.".to_owned(),
            AccountBy::Graph if self.file.request.proven => "Their account is created; then they sign in.".to_owned(),
            AccountBy::Graph => "Their account is created; a link in a mail to their address lets them in.".to_owned(),
        }
    }

    /// Who creates the account: as it was when somebody approved, or as it would be now.
    fn account_by(&self) -> AccountBy {
        match self.file.request.state {
            State::Approved { account, .. } => account,
            State::Admitted { .. } => AccountBy::Flow,
            State::Provisioned { .. } => AccountBy::Graph,
            State::Pending(_) | State::Denied { .. } | State::Withdrawn { .. } | State::Expired { .. } => {
                self.room.parts.desk.terms.account
            }
        }
    }

    /// Whether an approval can let this applicant in who comes again.
    fn lets_in(&self) -> bool {
        self.file.request.proven || self.room.parts.desk.terms.trust_email
    }

    fn decided(&self, decision: &Decision<'_>) -> Markup {
        let (done, until) = match decision.ruling {
            Ruling::Approve if self.account_by() == AccountBy::Graph => {
                ("Approved", "Their account can be created until ")
            }
            Ruling::Approve if self.lets_in() => ("Approved", "The approval can be used until "),
            Ruling::Approve => (
                "Approved",
                "The applicant is not proven and stays blocked; they may ask again after ",
            ),
            Ruling::Deny => ("Denied", "The applicant is turned away until "),
            Ruling::Withdraw => ("Withdrawn", ""),
        };
        html! {
            p {
                strong { (done) } " by " (shown(&decision.who())) ", " (time(decision.at)) "."
                @if let Some(at) = decision.until { " " (until) (time(at)) "." }
            }
            @if let Some(reason) = decision.reason { blockquote { (lines(reason)) } }
        }
    }
}

fn reason_label(request: &Request) -> &'static str {
    match request.review().map(|review| review.plan.reasons).unwrap_or_default() {
        Reasons::Optional => "Reason, if you like",
        Reasons::ToDeny => "Reason; a denial needs one",
        Reasons::Always => "Reason; every decision needs one",
    }
}

fn choice(ruling: Ruling, label: &str, means: &str) -> Markup {
    let name = name_of(ruling);
    let means_id = format!("{name}-means");
    html! {
        div {
            button class=(name) type="submit" name="ruling" value=(name) aria-describedby=(means_id) { (label) }
            p.muted id=(means_id) { (means) }
        }
    }
}
