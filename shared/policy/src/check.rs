//! Checks that are made once for an applicant and an input.

use std::{sync::Arc, time::Duration};

use claims::{ClaimName, Hash, SettableName, Value, fold};
use store::CheckOutcome;

use crate::{
    call::CallTemplate,
    invitation::applicant,
    outside::{Answer, Body, Call, Check, Meaning, Method, Piece, Question},
    scene::{Failure, Scene},
};

/// One of the `[checks]`.
#[derive(Debug)]
pub(crate) struct CheckTemplate {
    pub(crate) call: CallTemplate,
    pub(crate) keep: Duration,
    pub(crate) means: Arc<Means>,
    /// The claim with a token that is good for one check.
    pub(crate) token: Option<SettableName>,
}

/// What a reply means.
#[derive(Debug)]
pub(crate) enum Means {
    /// By the text at one pointer.
    Status {
        pass: Vec<String>,
        refer: Vec<String>,
        fail: Vec<String>,
    },
    /// As the three services that tell people from robots say it, at [`Means::CAPTCHA`].
    Captcha(Captcha),
}

/// What a token must be good for.
#[derive(Debug)]
pub(crate) struct Captcha {
    /// The least score, from 0 for a robot to 1.
    pub(crate) score: Option<f64>,
    /// Where it was solved; anywhere if empty.
    pub(crate) hostnames: Vec<String>,
    pub(crate) action: Option<String>,
}

impl Means {
    /// What is read of the reply about a token:
    /// <https://developers.google.com/recaptcha/docs/verify>, <https://docs.hcaptcha.com/#verify-the-user-response-server-side>,
    /// <https://developers.cloudflare.com/turnstile/get-started/server-side-validation/>.
    pub(crate) const CAPTCHA: [&str; 5] = ["/success", "/error-codes", "/score", "/hostname", "/action"];

    /// Whether it can say that somebody has to look.
    pub(crate) fn refers(&self) -> bool {
        matches!(self, Means::Status { refer, .. } if !refer.is_empty())
    }
}

impl CheckTemplate {
    /// What it says of an applicant.
    pub(crate) fn outcome(&self, scene: &Scene<'_>) -> Result<CheckOutcome, Failure> {
        if scene.facts.was_decided() {
            return Ok(CheckOutcome::Pass);
        }
        let solved = |token: &SettableName| scene.claims.get(token.name()).is_some_and(|value| !value.is_blank());
        if !self.token.iter().all(solved) {
            return Ok(CheckOutcome::Fail);
        }
        // It costs money: whoever is turned away before is not checked.
        if !scene.settled {
            return Err(Failure::Unasked);
        }
        // Nobody gets past by what they send, or leave out.
        let Some(check) = self.check(scene) else {
            return Ok(CheckOutcome::Fail);
        };
        match scene.facts.answer(Question::Check(Arc::new(check)))? {
            Answer::Checked(outcome) => Ok(*outcome),
            _ => Err(Failure::Broken("a check has an answer that is none".to_owned())),
        }
    }

    /// The claims that it reads.
    pub(crate) fn reads(&self) -> Vec<&ClaimName> {
        self.call.claims()
    }

    /// Nothing where there is nobody, or nothing that can be asked about.
    fn check(&self, scene: &Scene<'_>) -> Option<Check> {
        let applicant = applicant(scene)?;
        let mut call = self.call.fill(scene)?;
        let sent = Hash::of(&["check", &call.name, &applicant.to_string(), &input(&call).to_string()]);
        // A service that is told the same again need not be paid again.
        call.idempotency_key = Some(sent);
        let key = Hash::of(&["check", &sent.to_string(), &self.reading().to_string()]);
        let whose = Hash::of(&["checks of", &call.name, &applicant.to_string()]);
        Some(Check {
            call,
            key,
            whose,
            keep: self.keep,
            meaning: Arc::clone(&self.means) as Arc<dyn Meaning>,
        })
    }

    /// What is read of a reply and what that means, by hash: what is kept under one policy is no result under another.
    fn reading(&self) -> Hash {
        let [kind, a, b, c] = match &*self.means {
            Means::Status { pass, refer, fail } => ["status".to_owned(), hashed(pass), hashed(refer), hashed(fail)],
            Means::Captcha(captcha) => {
                let score = captcha.score.map(|score| score.to_string());
                let (score, hostnames) = (hashed(score.as_slice()), hashed(&captcha.hostnames));
                [
                    "captcha".to_owned(),
                    score,
                    hostnames,
                    hashed(captcha.action.as_slice()),
                ]
            }
        };
        Hash::of(&[&kind, &a, &b, &c, &hashed(&self.call.pointers)])
    }
}

impl Meaning for Means {
    fn of(&self, values: &[Option<Value>]) -> Option<CheckOutcome> {
        let value = |at: usize| values.get(at).and_then(Option::as_ref);
        match self {
            Means::Status { pass, refer, fail } => {
                let status = fold(value(0)?.scalar()?);
                let outcomes = [
                    (pass, CheckOutcome::Pass),
                    (refer, CheckOutcome::Refer),
                    (fail, CheckOutcome::Fail),
                ];
                let means = outcomes.into_iter().find(|(texts, _)| texts.contains(&status));
                means.map(|(_, outcome)| outcome)
            }
            Means::Captcha(captcha) => match value(0)? {
                Value::Boolean(true) => Some(captcha.of_solved(value(2), value(3), value(4))),
                Value::Boolean(false) if is_our_fault(value(1)) => None,
                Value::Boolean(false) => Some(CheckOutcome::Fail),
                _ => None,
            },
        }
    }
}

impl Captcha {
    fn of_solved(&self, score: Option<&Value>, hostname: Option<&Value>, action: Option<&Value>) -> CheckOutcome {
        let text = |value: Option<&Value>| value.and_then(Value::scalar).map(fold);
        let number = score
            .and_then(Value::scalar)
            .and_then(|score| score.parse::<f64>().ok());
        let scored = self
            .score
            .is_none_or(|least| number.is_some_and(|score| score >= least));
        let here = self.hostnames.is_empty() || text(hostname).is_some_and(|host| self.hostnames.contains(&host));
        let meant = self.action.is_none() || text(action) == self.action;
        match scored && here && meant {
            true => CheckOutcome::Pass,
            false => CheckOutcome::Fail,
        }
    }
}

/// Whether the service refuses us, or fails, and says nothing of the token.
fn is_our_fault(codes: Option<&Value>) -> bool {
    // No code is among them that somebody causes by what they send, such as the token of another site
    // (`sitekey-secret-mismatch`): a rule that goes on when it fails would let them past.
    const OURS: [&str; 3] = ["missing-input-secret", "invalid-input-secret", "internal-error"];
    codes.is_some_and(|codes| codes.scalars().any(|code| OURS.contains(&code)))
}

/// A list, by hash, so that none passes for two.
fn hashed(texts: &[String]) -> String {
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    Hash::of(&texts).to_string()
}

/// What is sent, by hash: everything but secrets.
fn input(call: &Call) -> Hash {
    let mut parts = vec![method(call.method), &call.url];
    for (name, filled) in &call.headers {
        parts.push(name);
        parts.extend(filled.0.iter().map(shown));
    }
    match &call.body {
        Some(Body::Json(text)) => parts.extend(["json", text]),
        Some(Body::Form(fields)) => {
            for (name, filled) in fields {
                parts.push(name);
                parts.extend(filled.0.iter().map(shown));
            }
        }
        None => {}
    }
    Hash::of(&parts)
}

fn shown(piece: &Piece) -> &str {
    match piece {
        Piece::Text(text) => text,
        Piece::Secret(_) => "",
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
    }
}
