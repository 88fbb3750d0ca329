//! Codes that let people sign up.

use std::time::Duration;

use claims::{ApplicantKey, Hash, SettableName};
use store::{Bound, Invitation, InvitationUse, Tally, invitation_code};

use crate::{
    limit::counted,
    outside::{Answer, Question},
    scene::{Failure, Scene},
};

/// So long somebody who was let in with a code may come again with it, as with an admission: the flow may have broken off
/// before there was an account.
const AGAIN: Duration = Duration::from_secs(60 * 60);

/// Asks for a code.
#[derive(Debug)]
pub(crate) struct Invited {
    /// The claim with the code.
    pub(crate) claim: SettableName,
    pub(crate) attempts: Attempts,
}

/// How many wrong codes are looked at in each window; then none is, right or wrong. Nobody guesses one of 100 random bits: the
/// number of all together is against noise, and keeps nobody out who brings a code of their own address or domain.
#[derive(Debug)]
pub(crate) struct Attempts {
    pub(crate) per_applicant: u64,
    pub(crate) overall: u64,
    pub(crate) within: Duration,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts {
            per_applicant: 5,
            overall: 10_000,
            within: Duration::from_secs(60 * 60),
        }
    }
}

/// What a code is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// It lets the applicant in; the code by its hash.
    Good(Hash),
    /// It does not, for this reason, and this is counted.
    Bad(&'static str, Vec<Tally>),
}

/// Whose attempts are spent.
#[derive(Clone, Copy, Debug)]
struct Spent {
    one: bool,
    all: bool,
}

impl Invited {
    /// What the applicant's code is good for, under the rule's name.
    pub(crate) fn presented(&self, rule: &str, scene: &Scene<'_>) -> Result<Presented, Failure> {
        let given = scene.claims.get(self.claim.name()).filter(|value| !value.is_blank());
        // Without somebody who could hold it no code is good.
        let Some(given) = given else {
            return Ok(Presented::Bad("no code of an invitation", Vec::new()));
        };
        let Some(applicant) = applicant(scene) else {
            return Ok(Presented::Bad(
                "the call has neither an identity nor an e-mail address",
                Vec::new(),
            ));
        };
        let [one, all] = self.attempts.tallies(rule, applicant, scene);
        let code = given.scalar().and_then(invitation_code);
        // All are asked at once.
        let known = code.map(|code| scene.facts.answer(Question::Invitation { code, applicant }));
        let spent = self.attempts.spent(&one, &all, scene);
        let known = match known.transpose()? {
            None | Some(Answer::Invitation(None)) => None,
            Some(Answer::Invitation(Some(known))) => Some(known),
            Some(_) => return Err(Failure::Broken("an invitation has an answer that is none".to_owned())),
        };
        // Whoever holds it guessed nothing.
        if let Some((invitation, Some(usage))) = known
            && fits(invitation, scene)
            && holds(usage, scene)
        {
            return Ok(Presented::Good(invitation.code));
        }
        let spent = spent?;
        let wrong = match known {
            None => "there is no invitation with this code",
            Some((invitation, _)) if !fits(invitation, scene) => "the invitation is for somebody else",
            Some((_, Some(_))) => "the applicant used the invitation up",
            Some((invitation, None)) if invitation.is_open(scene.now) => {
                if !spent.one && (!spent.all || invitation.bound.is_some()) {
                    return Ok(Presented::Good(invitation.code));
                }
                "too many codes were wrong lately, so that none is looked at"
            }
            Some((invitation, None)) => why_closed(invitation, scene),
        };
        Ok(match spent {
            Spent { one: true, .. } => Presented::Bad("too many codes of the applicant were wrong lately", Vec::new()),
            Spent { all: true, .. } => Presented::Bad(wrong, vec![one]),
            Spent { all: false, .. } => Presented::Bad(wrong, vec![one, all]),
        })
    }
}

impl Attempts {
    fn tallies(&self, rule: &str, applicant: Hash, scene: &Scene<'_>) -> [Tally; 2] {
        let one = Hash::of(&["attempts", rule, "applicant", &applicant.to_string()]);
        let all = Hash::of(&["attempts", rule, "all", ""]);
        [one, all].map(|what| Tally::at(what, scene.now, self.within))
    }

    fn spent(&self, one: &Tally, all: &Tally, scene: &Scene<'_>) -> Result<Spent, Failure> {
        let asked = |tally: &Tally| counted(scene.facts.answer(Question::Tally(tally.clone())));
        let (one, all) = (asked(one), asked(all));
        Ok(Spent {
            one: one? >= self.per_applicant,
            all: all? >= self.overall,
        })
    }
}

/// Who signs up, by hash: nobody else may have their results and codes.
pub(crate) fn applicant(scene: &Scene<'_>) -> Option<Hash> {
    ApplicantKey::of(scene.sign_up).map(|key| key.hash())
}

/// Why nobody new may use it.
fn why_closed(invitation: &Invitation, scene: &Scene<'_>) -> &'static str {
    match invitation.revoked_at {
        Some(_) => "the invitation was revoked",
        None if invitation.until <= scene.now => "the invitation is over",
        None => "the invitation is used up",
    }
}

/// Whether it is for this applicant: every address that the call gives is the right one, and there is one.
fn fits(invitation: &Invitation, scene: &Scene<'_>) -> bool {
    let addresses = &scene.caller.addresses;
    let each = |fits: &dyn Fn(&claims::Address) -> bool| {
        let fits = |mailbox: &Option<crate::lists::Mailbox>| mailbox.as_ref().is_some_and(|m| fits(m.address()));
        !addresses.is_empty() && addresses.iter().all(fits)
    };
    match &invitation.bound {
        None => true,
        Some(Bound::Address(hash)) => each(&|address| Hash::of_address(address.as_str()) == *hash),
        Some(Bound::Domain(domain)) => each(&|address| address.domain().as_str() == domain),
    }
}

fn holds(usage: &InvitationUse, scene: &Scene<'_>) -> bool {
    usage.spent_at.is_none_or(|at| scene.now < at.plus(AGAIN))
}
