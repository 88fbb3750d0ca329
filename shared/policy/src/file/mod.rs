//! From the text of a policy file to a [`Policy`]. Reading goes on after a mistake, so that all of them are reported.

mod actions;
mod addresses;
mod approvals;
mod calls;
mod captchas;
mod cautions;
mod checks;
mod conditions;
mod deadlines;
mod demands;
mod endings;
mod groups;
mod invitations;
mod json;
mod letters;
mod limits;
mod lists;
mod look_ups;
mod named_lists;
mod normalise;
mod places;
mod quorum;
mod routes;
mod rules;
mod section;
mod stages;
mod values;
mod warnings;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use ::approvals::Group;
use claims::{Locale, Step, UserMessage};
use store::ListName;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use self::{letters::Letters, named_lists::NamedList, section::Section, warnings::Warned};
use crate::{
    Otherwise, Policy,
    check::CheckTemplate,
    lists::OpenList,
    look_up::LookUp,
    messages::{BUILT_IN, MessageName, Messages, OF_RULES, Text},
    mistakes::{Collector, Mistakes, suggestion},
    route::Route,
};

pub(crate) fn parse(text: &str, open: &dyn OpenList) -> Result<Policy, Mistakes> {
    let mut mistakes = Collector::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let place = |error: &toml::de::Error| error.span().unwrap_or(0..0);
    if let Some(first) = errors.iter().min_by_key(|error| place(error).start) {
        // What follows a broken line would only be reported as broken or missing too.
        let twice = text.get(place(first)) == Some("rules");
        let hint = if twice { RULES_AS_TABLES } else { "" };
        mistakes.add(place(first), first.message().to_owned() + hint);
        return mistakes.finish(None);
    }
    let mut reader = Reader {
        mistakes,
        warnings: Vec::new(),
        open,
        lists: BTreeMap::new(),
        groups: BTreeMap::new(),
        routes: BTreeMap::new(),
        used: BTreeSet::new(),
        look_ups: BTreeMap::new(),
        checks: BTreeMap::new(),
        untranslated: Vec::new(),
        asked: BTreeSet::new(),
        edited: Vec::new(),
        letters: Letters::default(),
        messages: Vec::new(),
        shown: BTreeSet::new(),
        steps_unreadable: false,
    };
    let policy = reader.policy(Section::new(document.get_ref(), document.span()));
    let warnings = warnings::located(text, reader.warnings);
    reader
        .mistakes
        .finish(policy.map(|policy| Policy { warnings, ..policy }))
}

type Node<'t> = Spanned<DeValue<'t>>;

struct Reader<'t> {
    mistakes: Collector<'t>,
    /// What is no mistake, and had better be known.
    warnings: Vec<Warned>,
    open: &'t dyn OpenList,
    lists: BTreeMap<String, NamedList>,
    /// Who belongs to which group of reviewers.
    groups: BTreeMap<String, Group>,
    /// The routes by name; nothing for one that could not be read, which is a mistake already.
    routes: BTreeMap<String, Option<Arc<Route>>>,
    /// The names of routes to which rules hand people.
    used: BTreeSet<String>,
    /// The look-ups by name; nothing for one that could not be read, which is a mistake already.
    look_ups: BTreeMap<String, Option<Arc<LookUp>>>,
    /// The checks by name, the same way.
    checks: BTreeMap<String, Option<Arc<CheckTemplate>>>,
    /// The built-in texts of which a language of the file is missing, and what to say of it should a rule show one.
    untranslated: Vec<(MessageName, Range<usize>, String)>,
    /// The table and the name of each look-up and check that a rule uses.
    asked: BTreeSet<(&'static str, String)>,
    /// The lists to which reviewers can add people, and where the file says so.
    edited: Vec<(ListName, Range<usize>)>,
    letters: Letters,
    /// The names of all texts: the built-in ones and the file's own.
    messages: Vec<String>,
    /// The names of texts that rules show, and every text in what could not be read and might show one.
    shown: BTreeSet<String>,
    /// A step's table could not be read, so that nothing can be said of steps that have none.
    steps_unreadable: bool,
}

impl Reader<'_> {
    fn policy(&mut self, mut file: Section<'_, '_>) -> Option<Policy> {
        let languages = self.languages(file.take("languages"), &file.span);
        if let Some(lists) = self.section(file.take("lists")) {
            self.read_lists(&lists);
        }
        let own_messages = file.take("messages");
        let messages = self.messages(own_messages, &languages);
        self.read_groups(file.take("groups"));
        let mut terms = self.terms(file.take("approvals"));
        let mail = self.mail(file.take("mail"), &mut terms);
        let accounts = self.accounts(file.take("accounts"), &terms);
        let routes = file.take("routes");
        self.read_routes(routes);
        let look_ups = file.take("look_ups");
        self.read_look_ups(look_ups);
        let checks = file.take("checks");
        self.read_checks(checks);
        let steps = match file.take("steps") {
            Some(node) => self.steps(node),
            None => {
                self.steps_unreadable = true;
                file.lacks(["steps"], 0..0, NO_STEPS);
                Vec::new()
            }
        };
        let rules = self.rules(file.take("rules"), &steps, &terms);
        self.warn_about_unused_routes(routes);
        self.warn_about_unasked("look_ups", "look_up", look_ups);
        self.warn_about_unasked("checks", "verify", checks);
        self.refuse_untranslated();
        self.warn_about_letters(terms.tell_reviewers);
        let unknown: Vec<_> = file.unknown().map(|(_, node)| node).collect();
        unknown.into_iter().for_each(|node| self.may_be_shown(node));
        self.misnamed_messages(own_messages);
        self.end(file);
        Some(Policy {
            steps,
            rules: rules?,
            routes: self.usable_routes(),
            messages,
            languages,
            terms,
            mail,
            accounts,
            stored_lists: self.stored_lists(),
            warnings: Vec::new(),
        })
    }

    fn languages(&mut self, node: Option<&Node<'_>>, file: &Range<usize>) -> Vec<Locale> {
        let Some(node) = node else {
            return Locale::parse("en").into_iter().collect();
        };
        let mut languages = Vec::new();
        for (tag, span) in self.texts(node) {
            match Locale::parse(&tag) {
                Some(locale) if languages.contains(&locale) => {
                    self.mistakes.add(span, "this stands in the list twice");
                }
                Some(locale) => languages.push(locale),
                None => self.mistakes.add(
                    span,
                    format!("`{tag}` is no language tag; write one like `en` or `pt-BR`"),
                ),
            }
        }
        if languages.is_empty() {
            self.mistakes
                .add(file.start..file.start, "`languages` names at least one language");
        }
        languages
    }

    fn messages(&mut self, node: Option<&Node<'_>>, languages: &[Locale]) -> Messages {
        let mut texts = BTreeMap::new();
        let section = self.section(node);
        let own: Vec<_> = section.iter().flat_map(|section| section.table.iter()).collect();
        for (name, _) in &BUILT_IN {
            self.messages.push(name.to_string());
        }
        for (name, node) in own {
            let name = name.get_ref().to_string();
            texts.insert(MessageName::new(&name), self.message(&name, node, languages));
            self.messages.push(name);
        }
        for (name, built_in) in &BUILT_IN {
            if !texts.contains_key(name) {
                let text = |locale: &Locale| built_in.iter().find(|(tag, _)| *tag == locale.as_str());
                let known =
                    |locale: &Locale| Some((locale.clone(), Text::Plain(UserMessage::parse(text(locale)?.1).ok()?)));
                let missing: Vec<_> = languages
                    .iter()
                    .filter(|l| known(l).is_none())
                    .map(Locale::as_str)
                    .collect();
                if !missing.is_empty() {
                    let span = node.map_or(0..0, Spanned::span);
                    let what = format!(
                        "`[messages.{name}]` has to be written: it is built in for `en` and `de` only, and this file also speaks {}",
                        quoted_list(&missing)
                    );
                    self.untranslated.push((name.clone(), span, what));
                }
                texts.insert(name.clone(), languages.iter().filter_map(known).collect());
            }
        }
        Messages { texts }
    }

    /// Built-in texts in other languages than they have: all that any policy can come to show, and those of rules that are
    /// in this one.
    fn refuse_untranslated(&mut self) {
        for (name, span, what) in std::mem::take(&mut self.untranslated) {
            if !OF_RULES.contains(&name) || self.shown.contains(&name.to_string()) {
                self.mistakes.add(span, what);
            }
        }
    }

    /// A text that no rule shows, and whose name is near that of a built-in one, was meant to replace that one.
    fn misnamed_messages(&mut self, node: Option<&Node<'_>>) {
        let built_in = BUILT_IN.map(|(name, _)| name.to_string());
        let own = node.and_then(|node| node.get_ref().as_table());
        for name in own.into_iter().flat_map(|table| table.keys()) {
            let text = name.get_ref().to_string();
            let near = suggestion(&text, built_in.iter().map(String::as_str));
            let known = self.shown.contains(&text) || built_in.contains(&text);
            if !known && !near.is_empty() {
                self.mistakes
                    .add(name.span(), format!("no rule shows the message `{text}`{near}"));
            }
        }
    }

    /// Takes note of every text in what could not be read: any may be a message's name.
    fn may_be_shown(&mut self, node: &Node<'_>) {
        match node.get_ref() {
            DeValue::String(text) => drop(self.shown.insert(text.to_string())),
            DeValue::Array(nodes) => nodes.iter().for_each(|node| self.may_be_shown(node)),
            DeValue::Table(table) => table.values().for_each(|node| self.may_be_shown(node)),
            _ => {}
        }
    }

    fn message(&mut self, name: &str, node: &Node<'_>, languages: &[Locale]) -> Vec<(Locale, Text)> {
        let Some(section) = self.section(Some(node)) else {
            return Vec::new();
        };
        let mut texts = BTreeMap::new();
        for (tag, text) in section.table.iter() {
            let locale = Locale::parse(tag.get_ref()).filter(|locale| languages.contains(locale));
            let Some(locale) = locale else {
                let what = format!("`{}` is not among the `languages` of this file", tag.get_ref());
                self.mistakes.add(tag.span(), what);
                continue;
            };
            let Some(text_value) = self.text(text) else { continue };
            self.warn_about_text(&text_value, text.span());
            let parsed = Text::parse(&text_value).unwrap_or_else(|error| {
                self.mistakes.add(text.span(), error);
                Text::Plain(MessageName::without_policy())
            });
            texts.insert(locale.as_str().to_owned(), parsed);
        }
        for locale in languages.iter().filter(|locale| !texts.contains_key(locale.as_str())) {
            self.mistakes
                .add(node.span(), format!("the message `{name}` has no text in `{locale}`"));
        }
        languages
            .iter()
            .filter_map(|locale| Some((locale.clone(), texts.get(locale.as_str())?.clone())))
            .collect()
    }

    fn steps(&mut self, node: &Node<'_>) -> Vec<(Step, Otherwise)> {
        let Some(section) = self.section(Some(node)) else {
            self.steps_unreadable = true;
            return Vec::new();
        };
        if section.table.is_empty() {
            self.mistakes.add(node.span(), NO_STEPS);
            self.steps_unreadable = true;
        }
        let mut steps = Vec::new();
        for (name, node) in section.table.iter() {
            match self.step(name, node) {
                Some(step) => steps.push(step),
                None => self.steps_unreadable = true,
            }
        }
        steps
    }

    fn step(&mut self, name: &Spanned<DeString<'_>>, node: &Node<'_>) -> Option<(Step, Otherwise)> {
        let step = self.step_name(name.get_ref(), name.span())?;
        let mut section = self.section(Some(node))?;
        let otherwise = section.take("otherwise");
        if otherwise.is_none() {
            let what = format!("`{step}` does not say `otherwise`: what happens to people on whom no rule decides");
            section.lacks(["otherwise"], name.span(), what);
        }
        self.end(section);
        Some((step, self.step_otherwise(step, otherwise?)?))
    }

    fn step_otherwise(&mut self, step: Step, node: &Node<'_>) -> Option<Otherwise> {
        let text = self.text(node)?;
        match (text.as_str(), step) {
            ("continue", _) => Some(Otherwise::Continue),
            ("block", Step::PreTokenIssuance) => {
                self.mistakes.add(node.span(), BLOCK_AT_TOKEN);
                None
            }
            ("block", _) => Some(Otherwise::Block),
            ("error", Step::PreTokenIssuance) => Some(Otherwise::Error),
            (other, _) => {
                let known: &[&str] = if step.is_sign_up() {
                    &["continue", "block"]
                } else {
                    &["continue", "error"]
                };
                let what = format!("`{other}` is no `otherwise` of this step; write {}", either(known));
                self.mistakes
                    .add(node.span(), what + &suggestion(other, known.iter().copied()));
                None
            }
        }
    }
}

/// Whoever writes `[rules]` twice reads this behind what is wrong with that in any file.
const RULES_AS_TABLES: &str = "; every rule begins with `[[rules]]`, in two brackets";

const NO_STEPS: &str = "no `[steps]`: write `[steps.post-attribute-collection]` with `otherwise = \"continue\"` or `\"block\"` for \
    each step that is served";

const BLOCK_AT_TOKEN: &str = "the token step cannot block: the service ignores it and lets the user in; write `error` if the \
    call shall fail, and do not rely on this step alone";

fn quoted_list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn either(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`\"{name}\"`"))
        .collect::<Vec<_>>()
        .join(" or ")
}
