//! The `[checks]` that tell people from robots.

use std::{sync::Arc, time::Duration};

use claims::fold;
use toml::de::DeValue;

use super::{Node, Reader, Section, either, places::Spot};
use crate::{
    call::{BodyTemplate, CallTemplate},
    check::{Captcha, CheckTemplate, Means},
    mistakes::suggestion,
    outside::Method,
    place::Place,
    template::Part,
};

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
    /// A check by one of the services that tell people from robots.
    pub(super) fn captcha(&mut self, name: &str, mut section: Section<'_, '_>) -> Option<CheckTemplate> {
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
            let what = format!("`{text}` is no `captcha`; write {}", either(&known));
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
