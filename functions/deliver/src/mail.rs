//! Mail to applicants and reviewers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use claims::{Address, Hash, Locales, Value};
use effects::{
    Attempt,
    mail::{Applicant, Letter, LetterKind, Link, Mailer, TIME_LIMIT, Waiting},
    seal::Sealer,
};
use store::{Effect, News, Occasion, OutboxEntry, Receiver, Request};

use crate::{
    Delivered, Receive,
    account::{later, never, owner},
    asked::Reviewers,
};

/// How much longer than the mail itself an attempt may take: the time to read secrets.
const MARGIN: Duration = Duration::from_secs(15);

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Tells applicants what became of their requests.
pub(crate) struct ApplicantMail {
    pub(crate) mailer: Arc<Mailer>,
    pub(crate) sealer: Option<Arc<Sealer>>,
}

/// Tells reviewers that somebody waits.
pub(crate) struct ReviewerMail {
    pub(crate) mailer: Arc<Mailer>,
    pub(crate) reviewers: Reviewers,
    /// The review room, as browsers reach it.
    pub(crate) room: Link,
}

#[async_trait]
impl Receive for ApplicantMail {
    fn receiver(&self) -> Receiver {
        Receiver::Mail
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT + MARGIN
    }

    async fn deliver(&self, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered> {
        let Effect::TellApplicant { news, redeem_url } = &entry.effect else {
            return never("this effect is no mail to an applicant");
        };
        // Whether an address that nobody proved may be written to was decided when the effect was.
        let Some(applicant) = applicant(request) else {
            return never("the applicant gave no e-mail address that a mail can be sent to");
        };
        let kind = match (news, redeem_url) {
            (News::Received, _) => LetterKind::Received(applicant.clone()),
            (News::Denied, _) => LetterKind::Denied(applicant.clone()),
            (News::Expired, _) => LetterKind::Expired(applicant.clone()),
            (News::Approved, None) => LetterKind::Approved(applicant.clone()),
            (News::Approved, Some(sealed)) => match self.redeem_link(sealed, entry).await {
                Ok(link) => LetterKind::ApprovedRedeem(applicant.clone(), link),
                Err(attempt) => return attempt,
            },
        };
        send(&self.mailer, entry, applicant.address, request.locales.clone(), kind).await
    }
}

impl ApplicantMail {
    async fn redeem_link(&self, sealed: &str, entry: &OutboxEntry) -> Result<Link, Attempt<Delivered>> {
        let Some(sealer) = &self.sealer else {
            return Err(later("there is no VESTIBULE_SEAL_KEY to open the invitation with"));
        };
        let url = sealer.open(sealed, &owner(entry)).await.map_err(later)?;
        Link::parse(&url).map_err(|_| never("the invitation's link is none that a mail can hold"))
    }
}

#[async_trait]
impl Receive for ReviewerMail {
    fn receiver(&self) -> Receiver {
        Receiver::Reviewers
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT + MARGIN
    }

    async fn deliver(&self, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered> {
        match &entry.effect {
            Effect::TellReviewers { why } => Attempt::Done(Delivered::Further(self.each(*why, request))),
            Effect::TellReviewer { address, why } => self.tell(address, *why, entry, request).await,
            Effect::CreateAccount
            | Effect::TellApplicant { .. }
            | Effect::Publish { .. }
            | Effect::Count { .. }
            | Effect::Invitation { .. } => never("this effect is no mail to reviewers"),
        }
    }
}

impl ReviewerMail {
    fn each(&self, why: Occasion, request: &Request) -> Vec<Effect> {
        let tell = |address: &Address| Effect::TellReviewer {
            address: Hash::of_address(address.as_str()),
            why,
        };
        self.reviewers.awaited(request).iter().map(tell).collect()
    }

    async fn tell(&self, address: &Hash, why: Occasion, entry: &OutboxEntry, request: &Request) -> Attempt<Delivered> {
        let known = |reviewer: &&Address| Hash::of_address(reviewer.as_str()) == *address;
        let awaited = self.reviewers.awaited(request);
        let Some(reviewer) = awaited.iter().find(known) else {
            // They have answered meanwhile, others are asked, or the policy does not name them any more.
            return Attempt::Done(Delivered::Done);
        };
        let waiting = Waiting {
            name: name_of(request),
            address: address_of(request),
            days: u32::try_from(entry.written_at.since(request.opened_at).as_secs() / DAY).unwrap_or(u32::MAX),
            link: self.room.clone(),
        };
        let kind = match why {
            Occasion::Asked => LetterKind::ReviewNew(waiting),
            Occasion::Reminded => LetterKind::ReviewReminder(waiting),
            Occasion::Escalated => LetterKind::ReviewEscalated(waiting),
        };
        send(&self.mailer, entry, reviewer.clone(), Locales::default(), kind).await
    }
}

async fn send(
    mailer: &Mailer,
    entry: &OutboxEntry,
    to: Address,
    locales: Locales,
    kind: LetterKind,
) -> Attempt<Delivered> {
    let letter = Letter {
        // Where an applicant's requests were removed, ids begin anew; mailboxes drop a letter whose id they have seen.
        id: format!("{}-{}", entry.id, entry.written_at.as_millis()),
        to,
        locales,
        kind,
    };
    match mailer.send(&letter).await {
        Attempt::Done(()) => Attempt::Done(Delivered::Done),
        Attempt::Later { why, after } => Attempt::Later { why, after },
        Attempt::Never { why } => Attempt::Never { why },
    }
}

fn applicant(request: &Request) -> Option<Applicant> {
    Some(Applicant {
        name: name_of(request),
        address: address_of(request)?,
    })
}

fn name_of(request: &Request) -> String {
    let name = request.reviewed.at_key("displayName").and_then(Value::text);
    name.unwrap_or_default().to_owned()
}

/// The address that a one-time passcode proved, and else the one that the applicant gave.
fn address_of(request: &Request) -> Option<Address> {
    let address = request.proven_address().or_else(|| request.email())?;
    Address::parse(address).ok()
}
