//! What a policy may say and its administrator should know about.

use std::ops::Range;

use claims::Step;

use super::Reader;
use crate::{
    condition::Condition,
    messages::MessageName,
    rule::{Action, Ending, Rule},
};

impl Reader<'_> {
    /// Warns about rules, each with the place where it stands.
    pub(super) fn warn_about(&mut self, rules: &[(Rule, Range<usize>)]) {
        for (rule, span) in rules {
            if rests_on_unproven_address(rule) {
                let what = format!(
                    "`{}` lets people in by an address that nobody proved: anybody can write it into the form. Add the \
                     condition `{{ issuer = \"mail\" }}`, or another issuer that you trust",
                    rule.name
                );
                self.warnings.add(span.clone(), what);
            }
            if let Some(message) = reveals_an_address(rule) {
                let what = format!(
                    "`{}` says `{message}` to people with certain addresses and to nobody else: whoever tries addresses \
                     learns which are listed. Use `blocked`, as other rules do",
                    rule.name
                );
                self.warnings.add(span.clone(), what);
            }
            if let Some(claim) = set_at_first_step_only(rule, rules) {
                let what = format!(
                    "`{claim}` is set at the first step only: that prefills the form, hidden fields too, and the applicant \
                     can change it. A value that must hold is set at `post-attribute-collection`"
                );
                self.warnings.add(span.clone(), what);
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
            self.warnings.add(span, what);
        }
    }
}

/// Whether it lets people in by an address alone. The `when` and the list count together.
fn rests_on_unproven_address(rule: &Rule) -> bool {
    let proven = rule.when.as_ref().is_some_and(Condition::rests_on_issuer);
    let by_address = match &rule.action {
        Action::Allow { listed, .. } => {
            let by_claim = listed
                .values
                .as_ref()
                .is_some_and(|(claim, _)| claim.as_str() == "email");
            listed.is_about_addresses() || by_claim
        }
        Action::Hold {
            approve_when: Some(condition),
            ..
        } => condition.reads_addresses() && !condition.rests_on_issuer(),
        _ => false,
    };
    by_address && !proven && rule.steps.iter().any(|step| step.is_sign_up())
}

/// The message that only people with certain addresses read.
fn reveals_an_address(rule: &Rule) -> Option<&MessageName> {
    let by_address = |condition: &Condition| condition.leaves().any(|leaf| matches!(leaf, Condition::Address(_)));
    let message = match &rule.action {
        Action::Deny {
            listed,
            otherwise: Ending::Block(message) | Ending::AskAgain(message),
        } if listed.addresses.is_some() => message,
        Action::End(Ending::Block(message)) if rule.when.as_ref().is_some_and(by_address) => message,
        _ => return None,
    };
    (*message != MessageName::BLOCKED).then_some(message)
}

fn set_at_first_step_only<'r>(rule: &'r Rule, rules: &[(Rule, Range<usize>)]) -> Option<&'r str> {
    let claim = |rule: &'r Rule, step: Step| match &rule.action {
        Action::Set { claim, .. } if rule.steps.contains(&step) => Some(claim.name()),
        _ => None,
    };
    let set = claim(rule, Step::PostFederationSignup)?;
    let again = rules.iter().any(|(other, _)| match &other.action {
        Action::Set { claim, .. } => claim.name() == set && other.steps.contains(&Step::PostAttributeCollection),
        Action::Drop(claims) => {
            claims.iter().any(|claim| claim.name() == set) && other.steps.contains(&Step::PostAttributeCollection)
        }
        _ => false,
    });
    (!again).then_some(set.as_str())
}
