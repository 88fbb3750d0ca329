//! The `[approvals]`, `[mail]` and `[accounts]` tables.

use approvals::{AccountBy, Terms};
use claims::Address;
use store::News;

use super::{Node, Reader, either, quoted_list};
use crate::{Accounts, Mail, mistakes::suggestion};

impl Reader<'_> {
    pub(super) fn terms(&mut self, node: Option<&Node<'_>>) -> Terms {
        let mut terms = Terms::default();
        let Some(mut section) = self.section(node) else {
            return terms;
        };
        if let Some(duration) = section.take("cool_down").and_then(|node| self.duration(node)) {
            terms.cool_down = duration;
        }
        if let Some(duration) = section.take("unused").and_then(|node| self.some_duration(node)) {
            terms.unused = duration;
        }
        if let Some(trust) = section.take("trust_email").and_then(|node| self.boolean(node)) {
            terms.trust_email = trust;
        }
        if let Some(account) = section.take("account").and_then(|node| self.account(node)) {
            terms.account = account;
        }
        self.end(section);
        terms
    }

    fn account(&mut self, node: &Node<'_>) -> Option<AccountBy> {
        const KNOWN: [&str; 2] = ["flow", "graph"];
        let text = self.text(node)?;
        match text.as_str() {
            "flow" => Some(AccountBy::Flow),
            "graph" => Some(AccountBy::Graph),
            other => {
                let what = format!("`{other}` creates no accounts; write {}", either(&KNOWN));
                self.mistakes.add(node.span(), what + &suggestion(other, KNOWN));
                None
            }
        }
    }

    /// Who is told what. What follows a decision is among the terms of approvals; where it goes is not.
    pub(super) fn mail(&mut self, node: Option<&Node<'_>>, terms: &mut Terms) -> Mail {
        let mut mail = Mail::default();
        let Some(mut section) = self.section(node) else {
            return mail;
        };
        if let Some(node) = section.take("applicants") {
            terms.tell_applicants = self.news(node);
        }
        if let Some(unproven) = section.take("unproven").and_then(|node| self.boolean(node)) {
            terms.tell_unproven = unproven;
        }
        if let Some(node) = section.take("reviewers") {
            mail.reviewers = self.mailboxes(node);
            terms.tell_reviewers = true;
        }
        self.end(section);
        mail
    }

    pub(super) fn accounts(&mut self, node: Option<&Node<'_>>, terms: &Terms) -> Accounts {
        let mut accounts = Accounts::default();
        let Some(mut section) = self.section(node) else {
            return accounts;
        };
        if terms.account != AccountBy::Graph {
            self.mistakes.add(
                section.span.clone(),
                "`[accounts]` is for accounts that we create; write `account = \"graph\"` under `[approvals]`",
            );
        }
        if let Some(node) = section.take("groups") {
            accounts.groups = self.groups(node);
        }
        if let Some(invite) = section.take("invite_others").and_then(|node| self.boolean(node)) {
            accounts.invite_others = invite;
        }
        self.end(section);
        accounts
    }

    fn groups(&mut self, node: &Node<'_>) -> Vec<String> {
        let mut groups = Vec::new();
        for (text, span) in self.texts(node) {
            if is_guid(&text) {
                groups.push(text.to_ascii_lowercase());
            } else {
                let what = "a group is named by its object id, such as `2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11`";
                self.mistakes.add(span, what);
            }
        }
        groups
    }

    fn news(&mut self, node: &Node<'_>) -> Vec<News> {
        let known = News::ALL.map(News::name);
        let mut all = Vec::new();
        for (name, span) in self.texts(node) {
            match News::ALL.into_iter().find(|news| news.name() == name) {
                Some(news) => all.push(news),
                None => {
                    let what = format!("applicants are never told `{name}`; there are {}", quoted_list(&known));
                    self.mistakes.add(span, what + &suggestion(&name, known));
                }
            }
        }
        all
    }

    fn mailboxes(&mut self, node: &Node<'_>) -> Vec<Address> {
        let mut mailboxes = Vec::new();
        for (text, span) in self.texts(node) {
            match Address::parse(&text) {
                Ok(address) => mailboxes.push(address),
                Err(_) => self
                    .mistakes
                    .add(span, "this is no e-mail address with exactly one `@`"),
            }
        }
        if mailboxes.is_empty() {
            self.mistakes.add(
                node.span(),
                "`reviewers` names at least one address; leave it out to tell nobody",
            );
        }
        mailboxes
    }
}

/// Whether it is an id as directories give them to apps and groups.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
