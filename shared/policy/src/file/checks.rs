//! The `[checks]`, and the rules that make them.

use std::{sync::Arc, time::Duration};

use claims::{Step, fold};

use super::{Node, Reader, Section, endings::HOLD_ELSEWHERE, rules::Beside};
use crate::{
    check::{CheckTemplate, Means},
    messages::MessageName,
    mistakes::suggestion,
    rule::{Action, Ending},
};

/// How long a result is good that says nothing of it.
const USUAL_KEEP: Duration = Duration::from_secs(24 * 60 * 60);

impl Reader<'_> {
    pub(super) fn read_checks(&mut self, node: Option<&Node<'_>>) {
        let Some(section) = self.section(node) else { return };
        for (key, node) in section.table.iter() {
            let name: &str = key.get_ref();
            self.refuse_odd_name(name, key.span());
            let section = self.section(Some(node));
            let check = section.and_then(|section| match section.table.contains_key("captcha") {
                true => self.captcha(name, section),
                false => self.check(name, section),
            });
            self.checks.insert(name.to_owned(), check.map(Arc::new));
        }
    }

    pub(super) fn verify(&mut self, node: &Node<'_>, beside: Beside<'_, '_>, steps: &[Step]) -> Option<Action> {
        let check = self.check_named(node)?;
        let second_only = steps.iter().all(|step| *step == Step::PostAttributeCollection);
        if steps.contains(&Step::PreTokenIssuance) {
            let what = "people are verified before they have an account, at the steps of the sign-up";
            self.mistakes.add(node.span(), what);
            return None;
        }
        if check.token.is_some() && !second_only {
            let what = "only `post-attribute-collection` has a token: before it the form is not filled in";
            self.mistakes.add(node.span(), what);
        }
        if check.means.refers() && !second_only {
            self.mistakes.add(node.span(), HOLD_ELSEWHERE);
        }
        if let Some(refer) = beside.refer.filter(|_| !check.means.refers()) {
            let what =
                "this check refers nobody to reviewers: write in it which texts mean that, `refer = [\"review\"]`";
            self.mistakes.add(refer.span(), what);
        }
        let default = match check.token {
            Some(_) => Ending::AskAgain(MessageName::NOT_A_ROBOT),
            None => Ending::Block(MessageName::NOT_VERIFIED),
        };
        let otherwise = self.own_ending(beside.otherwise, node, steps, default);
        let refer = match check.means.refers() {
            true => Some(match beside.refer {
                Some(node) if node.get_ref().as_bool() != Some(true) => Some(self.route_named(node)?),
                _ => None,
            }),
            false => None,
        };
        Some(Action::Verify {
            check,
            otherwise: otherwise?,
            refer,
        })
    }

    fn check_named(&mut self, node: &Node<'_>) -> Option<Arc<CheckTemplate>> {
        let name = self.text(node)?;
        let Some(check) = self.checks.get(&name).cloned() else {
            let near = suggestion(&name, self.checks.keys().map(String::as_str));
            let what = format!("no check is called `{name}`; write `[checks.{name}]`{near}");
            self.mistakes.add(node.span(), what);
            return None;
        };
        self.asked.insert(("checks", name));
        check
    }

    /// A check by a service that the policy describes.
    fn check(&mut self, name: &str, mut section: Section<'_, '_>) -> Option<CheckTemplate> {
        section.known.push("captcha");
        let outcome = section.take("outcome").map(|node| self.pointer(node));
        let statuses = ["pass", "refer", "fail"].map(|key| section.take(key).map(|node| self.statuses(node)));
        let keep = section.take("keep").map(|node| self.kept(node));
        let span = section.span.clone();
        if outcome.is_none() {
            let what = "`outcome` is missing: where in the answer its result stands, `outcome = \"/result/status\"`";
            section.lacks(["outcome"], span.clone(), what);
        }
        if !section.table.contains_key("url") {
            let what = "a check says the `url` of a service, or which `captcha` it is";
            section.lacks(["url", "captcha"], span.clone(), what);
        }
        let [pass, refer, fail] = statuses;
        if pass.is_none() || fail.is_none() {
            let what = "a check says which texts `pass` and which `fail`; any other is a failure of the rule";
            section.lacks(["pass", "fail"], span.clone(), what);
        }
        let pointers = vec![outcome.flatten().unwrap_or_default()];
        let call = self.call(name, &mut section, pointers);
        self.end(section);
        let (pass, fail) = (pass?, fail?);
        let refer = refer.unwrap_or_default();
        let twice = |text: &&String| fail.contains(text) || refer.contains(text);
        if let Some(text) = pass
            .iter()
            .find(twice)
            .or(refer.iter().find(|text| fail.contains(text)))
        {
            let what = format!("`{text}` means two things; write it once, under `pass`, `refer` or `fail`");
            self.mistakes.add(span, what);
        }
        Some(CheckTemplate {
            call: call?,
            keep: keep.unwrap_or(Some(USUAL_KEEP))?,
            means: Arc::new(Means::Status { pass, refer, fail }),
            token: None,
        })
    }

    pub(super) fn statuses(&mut self, node: &Node<'_>) -> Vec<String> {
        let texts = self.one_or_some(node);
        texts.iter().map(|(text, _)| fold(text)).collect()
    }

    pub(super) fn kept(&mut self, node: &Node<'_>) -> Option<Duration> {
        let time = self.duration(node)?;
        if time.is_zero() {
            let what = "a result that is not kept would be paid twice; write at least `\"1 minute\"`";
            self.mistakes.add(node.span(), what);
        }
        Some(time)
    }
}
