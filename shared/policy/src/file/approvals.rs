//! The `[approvals]`, `[mail]` and `[accounts]` tables.

use approvals::{AccountBy, Blocks, Group, Terms};
use claims::Address;
use lists::Kind;
use store::{ListName, MOST_FURTHER, News};

use super::{Node, Reader, Section, either, letters::has_address, named_lists::NamedList, quoted_list, rules::Entry};
use crate::{
    Accounts, Mail,
    lists::List,
    mistakes::suggestion,
    rule::{Action, Rule},
};

impl Reader<'_> {
    pub(super) fn terms(&mut self, node: Option<&Node<'_>>) -> Terms {
        let groups = self.groups.clone().into_iter().collect();
        let mut terms = Terms {
            groups,
            ..Terms::default()
        };
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
        terms.keep = section.take("keep").and_then(|node| self.retention(node));
        terms.block = self.blocks(&mut section);
        self.end(section);
        terms
    }

    /// The lists to which reviewers can add whom they turn away.
    fn blocks(&mut self, section: &mut Section<'_, '_>) -> Blocks {
        let (addresses, domains) = (section.take("block_addresses"), section.take("block_domains"));
        let mut list = |node: Option<&Node<'_>>, kind| node.and_then(|node| self.list_to_edit(node, kind));
        Blocks {
            addresses: list(addresses, Kind::Addresses),
            domains: list(domains, Kind::Domains),
        }
    }

    fn list_to_edit(&mut self, node: &Node<'_>, kind: Kind) -> Option<ListName> {
        let name = self.text(node)?;
        let what = match self.named_list(&name) {
            Some(NamedList::Stored(list)) if list.kind == kind && list.fetch.is_none() => {
                self.edited.push((list.name.clone(), node.span()));
                return Some(list.name);
            }
            Some(NamedList::Unreadable) => return None,
            Some(NamedList::Stored(list)) if list.kind != kind => {
                format!("the list `{name}` holds {}, and {kind} are added here", list.kind)
            }
            Some(_) => format!(
                "reviewers can add nothing to the list `{name}`: write `{name} = {{ stored = \"{kind}\" }}` under `[lists]`"
            ),
            None => {
                let near = suggestion(&name, self.lists.keys().map(String::as_str));
                format!("no list is called `{name}`; write `{name} = {{ stored = \"{kind}\" }}` under `[lists]`{near}")
            }
        };
        self.mistakes.add(node.span(), what);
        None
    }

    /// Warns about lists to which reviewers add people, and that turn away nobody.
    pub(super) fn warn_about_blocks(&mut self, rules: &[Entry]) {
        let is = |list: &List, name: &ListName| matches!(list, List::Stored(stored, _) if stored == name);
        let turns_away = |rule: &Rule| matches!(rule.action, Action::Deny { .. } | Action::End(_)) && !rule.observes;
        for (name, span) in std::mem::take(&mut self.edited) {
            let mut denying = rules.iter().filter(|entry| turns_away(&entry.rule));
            if !denying.any(|entry| entry.rule.lists().any(|list| is(list, &name))) {
                let what =
                    format!("whoever is added to `{name}` can come again: no rule turns away who is in this list");
                self.warn(None, span, what);
            }
        }
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
            mail.reviewers = self.told_reviewers(node);
            self.refuse_large_groups(node, mail.reviewers.len());
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

    /// Addresses for those whom nothing else names, or nobody but those who are asked.
    fn told_reviewers(&mut self, node: &Node<'_>) -> Vec<Address> {
        const ASKED: &str = "asked";
        match node.get_ref().as_str() {
            Some(ASKED) => {
                self.tell_only_asked(node);
                Vec::new()
            }
            Some(other) => {
                let what = format!(
                    "`{other}` are not told; write `\"{ASKED}\"` for those who are asked, or addresses in brackets{}",
                    suggestion(other, [ASKED])
                );
                self.mistakes.add(node.span(), what);
                Vec::new()
            }
            None => self.mailboxes(node),
        }
    }

    /// Of a group by claim, the usual ones are told too.
    fn refuse_large_groups(&mut self, reviewers: &Node<'_>, usual: usize) {
        for (group, Group { people, claims }) in &self.groups {
            let with_it = if claims.is_empty() { 0 } else { usual };
            let told = people.iter().filter(|person| has_address(person)).count();
            if told > 0 && told + with_it > MOST_FURTHER {
                let these = match with_it {
                    0 => String::new(),
                    _ => format!(", and these {with_it} are told with it"),
                };
                let what = format!(
                    "the group `{group}` has {told} addresses{these}; at most {MOST_FURTHER} can be told by mail"
                );
                self.mistakes.add(reviewers.span(), what);
            }
        }
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
