//! What a policy may say and its administrator should know about.

use std::ops::Range;

use super::{Node, Reader, cautions::known_of, quoted_list, rules::Entry};
use crate::mistakes::{Collector, Mistake, suggestion};

/// A warning that a rule can accept, so that it is told no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Warning {
    UnprovenAddress,
    RevealsAddress,
    FirstStepOnly,
    LiteralBraces,
    Unpublished,
    EverySignUp,
    PassesOnFailure,
    LongWait,
}

impl Warning {
    const ALL: [Warning; 8] = [
        Warning::UnprovenAddress,
        Warning::RevealsAddress,
        Warning::FirstStepOnly,
        Warning::LiteralBraces,
        Warning::Unpublished,
        Warning::EverySignUp,
        Warning::PassesOnFailure,
        Warning::LongWait,
    ];

    fn name(self) -> &'static str {
        match self {
            Warning::UnprovenAddress => "unproven-address",
            Warning::RevealsAddress => "reveals-address",
            Warning::FirstStepOnly => "first-step-only",
            Warning::LiteralBraces => "literal-braces",
            Warning::Unpublished => "unpublished",
            Warning::EverySignUp => "every-sign-up",
            Warning::PassesOnFailure => "passes-on-failure",
            Warning::LongWait => "long-wait",
        }
    }
}

/// A warning that came up.
#[derive(Clone)]
pub(super) struct Warned {
    /// None for one that no rule can accept.
    warning: Option<Warning>,
    span: Range<usize>,
    what: String,
}

impl Warned {
    /// One that a rule can accept.
    pub(super) fn of(warning: Warning, span: Range<usize>, what: String) -> Warned {
        let warning = Some(warning);
        Warned { warning, span, what }
    }
}

/// A warning that a rule accepts, and where it says so.
pub(super) struct Accepted {
    warning: Warning,
    span: Range<usize>,
}

/// Every warning with its place, in the order of the file.
pub(super) fn located(text: &str, warned: Vec<Warned>) -> Vec<Mistake> {
    let mut found = Collector::new(text);
    for Warned { warning, span, what } in warned {
        let name = warning.map(|warning| format!(" [{}]", warning.name()));
        found.add(span, what + &name.unwrap_or_default());
    }
    found.located()
}

impl Reader<'_> {
    pub(super) fn warn(&mut self, warning: Option<Warning>, span: Range<usize>, what: impl Into<String>) {
        let what = what.into();
        self.warnings.push(Warned { warning, span, what });
    }

    /// `accept_warnings` of a rule.
    pub(super) fn accepted(&mut self, node: &Node<'_>) -> Vec<Accepted> {
        let known = Warning::ALL.map(Warning::name);
        let mut accepted = Vec::new();
        for (name, span) in self.some_texts(node) {
            match Warning::ALL.into_iter().find(|warning| warning.name() == name) {
                Some(warning) => accepted.push(Accepted { warning, span }),
                None => {
                    let what = format!(
                        "`{name}` is no warning that a rule can accept; there are {}",
                        quoted_list(&known)
                    );
                    self.mistakes.add(span, what + &suggestion(&name, known));
                }
            }
        }
        accepted
    }

    /// Warns about rules, each with the place where it stands, and of what they accept and need not.
    pub(super) fn warn_about(&mut self, rules: &[Entry]) {
        for entry in rules {
            self.warn_about_rule(entry, rules);
        }
    }

    fn warn_about_rule(&mut self, entry: &Entry, rules: &[Entry]) {
        let about = |(warning, what)| Warned {
            warning: Some(warning),
            span: entry.span.clone(),
            what,
        };
        let warned = entry
            .warned
            .iter()
            .cloned()
            .chain(known_of(&entry.rule, rules).map(about));
        let (accepted, told): (Vec<_>, Vec<_>) =
            warned.partition(|warned| entry.accepts.iter().any(|a| Some(a.warning) == warned.warning));
        self.warnings.extend(told);
        for Accepted { warning, span } in &entry.accepts {
            if !accepted.iter().any(|warned| warned.warning == Some(*warning)) {
                let what = format!("this rule gives no cause for `{}`; leave it out", warning.name());
                self.warn(None, span.clone(), what);
            }
        }
    }

    pub(super) fn warn_about_text(&mut self, text: &str, span: Range<usize>) {
        const REVEALING: [&str; 8] = [
            "already exist",
            "already registered",
            "already have an account",
            "account exists",
            "bereits registriert",
            "existiert bereits",
            "bereits ein konto",
            "schon ein konto",
        ];
        let folded = text.to_lowercase();
        if REVEALING.iter().any(|phrase| folded.contains(phrase)) {
            let what = "this text may reveal that an account with an address exists, to whoever writes that address into the form";
            self.warn(None, span, what);
        }
    }
}
