//! What had better be known of rules, one by one.

use claims::{ClaimName, Step};

use super::{rules::Entry, warnings::Warning};
use crate::{
    condition::Condition,
    limit::By,
    messages::MessageName,
    rule::{Action, Ending, OnFailure, Rule},
};

/// What had better be known of a rule.
pub(super) fn known_of<'r>(rule: &'r Rule, rules: &'r [Entry]) -> impl Iterator<Item = (Warning, String)> + 'r {
    let unproven = rests_on_unproven_address(rule).then(|| {
        let what = format!(
            "`{}` lets people in by an address that nobody proved: anybody can write it into the form. Add the condition \
             `{{ issuer = \"mail\" }}`, or another issuer that you trust",
            rule.name
        );
        (Warning::UnprovenAddress, what)
    });
    let reveals = reveals_an_address(rule).map(|message| {
        let what = format!(
            "`{}` says `{message}` to people with certain addresses and to nobody else: whoever tries addresses learns \
             which are listed. Use `blocked`, as other rules do",
            rule.name
        );
        (Warning::RevealsAddress, what)
    });
    let suggests = set_at_first_step_only(rule, rules).map(|claim| {
        let what = format!(
            "`{claim}` is set at the first step only: that prefills the form, hidden fields too, and the applicant can \
             change it. A value that must hold is set at `post-attribute-collection`"
        );
        (Warning::FirstStepOnly, what)
    });
    let counts = counts_unproven_address(rule).then(|| {
        let what = format!(
            "`{}` counts by an address that nobody proved: whoever writes another one into the form is another one, and whoever \
             writes somebody else's uses up theirs. Add the condition `{{ issuer = \"mail\" }}`",
            rule.name
        );
        (Warning::UnprovenAddress, what)
    });
    let costs = costs_every_time(rule).then(|| {
        let what = format!(
            "the check of `{}` is made at every sign-up that comes so far, and most services are paid for each; say for whom \
             with `when`",
            rule.name
        );
        (Warning::EverySignUp, what)
    });
    let shows = asks_about_unproven_address(rule).then(|| {
        let what = format!(
            "`{}` looks up what belongs to an address that nobody proved: whoever writes somebody else's into the form gets it. Add \
             the condition `{{ issuer = \"mail\" }}`, or another issuer that you trust",
            rule.name
        );
        (Warning::UnprovenAddress, what)
    });
    let passes = passes_on_failure(rule).then(|| {
        let what = format!(
            "`{}` lets people go on when it fails: whoever makes it fail gets past it. Leave `on_failure` out, or let it block or hold",
            rule.name
        );
        (Warning::PassesOnFailure, what)
    });
    [unproven, reveals, suggests, counts, costs, shows, passes]
        .into_iter()
        .flatten()
}

/// Whether a failure is as good as a check that passes, or as a code.
fn passes_on_failure(rule: &Rule) -> bool {
    let guards = matches!(rule.action, Action::Verify { .. } | Action::Invite { .. });
    guards && matches!(rule.on_failure, Some(OnFailure::Continue))
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

fn counts_unproven_address(rule: &Rule) -> bool {
    let proven = rule.when.as_ref().is_some_and(Condition::rests_on_issuer);
    matches!(&rule.action, Action::Limit { limit, .. } if limit.by == By::Address) && !proven
}

fn asks_about_unproven_address(rule: &Rule) -> bool {
    let proven = rule.when.as_ref().is_some_and(Condition::rests_on_issuer);
    let by_address = match &rule.action {
        Action::LookUp(look_up) => look_up.reads().into_iter().any(|claim| claim.as_str() == "email"),
        _ => false,
    };
    by_address && !proven && !rule.observes && rule.steps.iter().any(|step| step.is_sign_up())
}

/// Whether it makes a check that may cost money, of everybody.
fn costs_every_time(rule: &Rule) -> bool {
    let checks = matches!(&rule.action, Action::Verify { check, .. } if check.token.is_none());
    checks && rule.when.is_none() && !rule.observes
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

fn set_at_first_step_only<'r>(rule: &'r Rule, rules: &[Entry]) -> Option<&'r str> {
    let sets = matches!(rule.action, Action::Set { .. } | Action::LookUp(_));
    if !sets || !rule.steps.contains(&Step::PostFederationSignup) {
        return None;
    }
    let second = rules.iter().map(|entry| &entry.rule).filter(|other| {
        let makes = !matches!(other.action, Action::Normalise { .. });
        makes && other.steps.contains(&Step::PostAttributeCollection)
    });
    let again: Vec<_> = second.flat_map(Rule::may_change).collect();
    let once = rule.may_change().into_iter().find(|claim| !again.contains(claim));
    once.map(ClaimName::as_str)
}
