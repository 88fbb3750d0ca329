//! The `[checks]`, and the rules that make them.

use std::{sync::Arc, time::Duration};

use claims::{Step, fold};
use toml::de::DeValue;

use super::{Node, Reader, Section, endings::HOLD_ELSEWHERE, places::Spot, rules::Beside};
use crate::{
    call::{BodyTemplate, CallTemplate},
    check::{Captcha, CheckTemplate, Means},
    messages::MessageName,
    mistakes::suggestion,
    outside::Method,
    place::Place,
    rule::{Action, Ending},
    template::Part,
};

/// How long a result is good that says nothing of it.
const USUAL_KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the result of a token is good: the token itself is so for minutes, and whoever corrects the form may send it again.
const CAPTCHA_KEEP: Duration = Duration::from_secs(60 * 60);

/// The longest token, in bytes: those of Turnstile have up to 2 KiB, those of the others are not bounded and have been seen
/// beyond that.
const LONGEST_TOKEN: usize = 8 * 1024;

/// The services that tell people from robots, and where they are asked: the pages at [`Means::CAPTCHA`].
const CAPTCHAS: [(&str, &str); 3] = [
    ("recaptcha", "https://www.google.com/recaptcha/api/siteverify"),
    ("hcaptcha", "https://api.hcaptcha.com/siteverify"),
    ("turnstile", "https://challenges.cloudflare.com/turnstile/v0/siteverify"),
];

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

    fn statuses(&mut self, node: &Node<'_>) -> Vec<String> {
        let texts = self.one_or_some(node);
        texts.iter().map(|(text, _)| fold(text)).collect()
    }

    fn kept(&mut self, node: &Node<'_>) -> Option<Duration> {
        let time = self.duration(node)?;
        if time.is_zero() {
            let what = "a result that is not kept would be paid twice; write at least `\"1 minute\"`";
            self.mistakes.add(node.span(), what);
        }
        Some(time)
    }

    /// A check by one of the services that tell people from robots.
    fn captcha(&mut self, name: &str, mut section: Section<'_, '_>) -> Option<CheckTemplate> {
        let service = section.take("captcha").and_then(|node| self.captcha_service(node));
        let token = section.take("token").map(|node| self.spent_claim(node));
        if token.is_none() {
            let what = "`token` is missing: the claim in which the form sends it, `token = \"extension_CaptchaToken\"`";
            section.lacks(["token"], section.span.clone(), what);
        }
        let mut secrets = self.secrets(section.take("secrets"));
        let secret = self.parts_of("{secret.captcha}", section.span.clone(), &mut secrets, Spot::Private);
        self.refuse_unused(&secrets);
        let url = match (section.take("url"), service) {
            (Some(node), _) => self.call_url(node, &mut secrets),
            (None, Some((_, url))) => self.fixed_url(url, section.span.clone()),
            (None, None) => None,
        };
        let means = self.captcha_means(&mut section, service.map(|(name, _)| name));
        let deadline = self.call_deadline(section.take("deadline_ms"));
        let most_bytes = self.most_bytes(section.take("max_bytes"));
        let keep = section.take("keep").map(|node| self.kept(node));
        self.end(section);
        let token = token.flatten()?;
        let response = vec![Part::Place(Place::Claim(token.name().clone()))];
        let form = vec![("secret".to_owned(), secret?), ("response".to_owned(), response)];
        Some(CheckTemplate {
            call: CallTemplate {
                name: name.into(),
                method: Method::Post,
                url: url?,
                headers: Vec::new(),
                body: Some(BodyTemplate::Form(form)),
                pointers: Means::CAPTCHA.map(str::to_owned).into(),
                deadline,
                retries: false,
                most_bytes,
                cache: None,
                longest: LONGEST_TOKEN,
            },
            keep: keep.unwrap_or(Some(CAPTCHA_KEEP))?,
            means: Arc::new(means?),
            token: Some(token),
        })
    }

    fn captcha_service(&mut self, node: &Node<'_>) -> Option<(&'static str, &'static str)> {
        let text = self.text(node)?;
        let service = CAPTCHAS.into_iter().find(|(name, _)| *name == text);
        if service.is_none() {
            let known = CAPTCHAS.map(|(name, _)| name);
            let what = format!("`{text}` is no `captcha`; write {}", super::either(&known));
            self.mistakes.add(node.span(), what + &suggestion(&text, known));
        }
        service
    }

    fn captcha_means(&mut self, section: &mut Section<'_, '_>, service: Option<&str>) -> Option<Means> {
        let (score, hostname, action) = (section.take("score"), section.take("hostname"), section.take("action"));
        if let (Some(node), Some("hcaptcha" | "turnstile")) = (score, service) {
            let what = "only `recaptcha` has a `score` that is greater the less somebody is a robot";
            self.mistakes.add(node.span(), what);
        }
        if let (Some(node), Some("hcaptcha")) = (action, service) {
            self.mistakes.add(node.span(), "`hcaptcha` says no `action`");
        }
        let score = match score {
            Some(node) => Some(self.score(node)?),
            None => None,
        };
        let action = match action {
            Some(node) => Some(fold(&self.text(node)?)),
            None => None,
        };
        Some(Means::Captcha(Captcha {
            score,
            hostnames: hostname.map(|node| self.statuses(node)).unwrap_or_default(),
            action,
        }))
    }

    fn score(&mut self, node: &Node<'_>) -> Option<f64> {
        let score = |value: &DeValue<'_>| {
            let text = match value {
                DeValue::Float(number) => number.as_str(),
                DeValue::Integer(number) => number.as_str(),
                _ => return None,
            };
            text.parse().ok().filter(|score: &f64| *score > 0.0 && *score <= 1.0)
        };
        self.expect(node, "a number above 0 and up to 1", score)
    }
}
