//! `vestibule invitations create`

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
    time::Duration,
};

use claims::{Address, Domain, Hash};
use clap::Args;
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use store::{
    Bound, Commit, Committed, Invitation, InvitationCode, LONGEST_INVITATION, MAX_WRITES, MOST_USES, Store, StoreError,
    Timestamp, Write as Row,
};
use time::{Date, OffsetDateTime, Time, format_description::well_known::Iso8601};

use super::shape;
use crate::{existing::Place, failure::Failure, progress::Progress, requests::when, text};

/// The most that one command makes.
const MOST: u32 = 100_000;

/// The longest note, in characters.
const LONGEST_NOTE: usize = 200;

/// How many commits are under way at once.
const AT_ONCE: usize = 8;

/// How often a commit is tried that the store refused for now.
const MOST_ATTEMPTS: u32 = 5;

#[derive(Args)]
pub(crate) struct Create {
    /// How many people each of them lets in
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_USES)))]
    uses: u32,
    /// Only for whoever has this address, or an address at exactly this domain
    #[arg(long = "for", value_name = "ADDRESS|DOMAIN", value_parser = bound)]
    bound: Option<Bound>,
    /// How long it can be used, such as 12h, 30d or 8w, or to the end of which day, such as 2026-12-31, in UTC
    #[arg(long, value_name = "DURATION|DATE", default_value = "30d", value_parser = until)]
    expires: Timestamp,
    /// How many to make
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    count: u32,
    /// What it is for, to tell it from others: nothing personal
    #[arg(long, value_name = "TEXT", value_parser = note)]
    note: Option<String>,
    /// A line of JSON for each
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Create {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let store: Arc<dyn Store> = self.place.open().await?;
        let mut progress = Progress::of(usize::try_from(self.count).ok().filter(|count| *count > MAX_WRITES));
        let mut left = self.count;
        let parts = std::iter::from_fn(|| {
            let part = left.min(u32::try_from(MAX_WRITES).unwrap_or(u32::MAX));
            left -= part;
            (part > 0).then(|| self.some(part))
        });
        let mut parts = stream::iter(parts)
            .map(|part| make(&*store, part))
            .buffer_unordered(AT_ONCE);
        let (mut out, mut made) = (BufWriter::new(io::stdout().lock()), 0);
        while let Some(part) = parts.next().await {
            let part = part.map_err(|why| Failure::Refused(format!("{why}; invitations that were made: {made}")))?;
            for (code, invitation) in &part {
                self.print(&mut out, code, invitation)?;
            }
            // What is made and not seen is of no use to anybody.
            out.flush()?;
            made += part.len();
            if self.count > 1 {
                progress.advance(part.len())?;
            }
        }
        if self.count > 1 {
            progress.end()?;
        }
        Ok(())
    }

    fn some(&self, count: u32) -> Result<Vec<(InvitationCode, Invitation)>, String> {
        let made_at = assembly::clock().now();
        let one = |_| {
            let code = random_code()?;
            let invitation = Invitation {
                code: code.hash(),
                note: self.note.clone(),
                made_at,
                until: self.expires,
                uses: self.uses,
                taken: 0,
                bound: self.bound.clone(),
                revoked_at: None,
            };
            Ok((code, invitation))
        };
        (0..count).map(one).collect()
    }

    fn print(&self, out: &mut impl Write, code: &InvitationCode, invitation: &Invitation) -> io::Result<()> {
        let id = shape::id(&invitation.code);
        let until = invitation.until.to_string();
        match self.json {
            true => {
                let line = json!({"code": code.to_string(), "id": id, "uses": invitation.uses, "until": until});
                writeln!(out, "{}", text::json(&line))
            }
            false => writeln!(out, "{code}  {id}  until {until}"),
        }
    }
}

type Part = Result<Vec<(InvitationCode, Invitation)>, String>;

/// Nobody else makes the same codes: where a reply was lost, a conflict says that these were made.
async fn make(store: &dyn Store, part: Part) -> Part {
    let part = part?;
    let row = |(_, invitation): &(InvitationCode, Invitation)| Row::Invitation(Box::new(invitation.clone()));
    let commit = Commit {
        writes: part.iter().map(row).collect(),
    };
    let (mut in_doubt, mut attempts) = (false, 0);
    loop {
        attempts += 1;
        match store.commit(&commit).await {
            Ok(Committed::Applied) => return Ok(part),
            Ok(Committed::Conflict) if in_doubt => return Ok(part),
            Ok(Committed::Conflict) => return Err("there is a code already that was to be made: try again".to_owned()),
            Err(error @ StoreError::Broken(_)) => return Err(error.to_string()),
            Err(error) if attempts == MOST_ATTEMPTS => return Err(error.to_string()),
            Err(error) => in_doubt |= matches!(error, StoreError::Unavailable(_)),
        }
    }
}

fn random_code() -> Result<InvitationCode, String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|_| "the system has no random numbers".to_owned())?;
    Ok(InvitationCode::of_bits(u128::from_ne_bytes(bits)))
}

fn bound(text: &str) -> Result<Bound, &'static str> {
    const WANTS: &str = "an invitation is for an address like jane@contoso.com, or a domain like contoso.com";
    if text.contains('@') {
        let address = Address::parse(text).map_err(|_| WANTS)?;
        return Ok(Bound::Address(Hash::of_address(address.as_str())));
    }
    let domain = Domain::parse(text.trim()).map_err(|_| WANTS)?;
    match domain.as_str().contains('.') {
        true => Ok(Bound::Domain(domain.as_str().to_owned())),
        false => Err(WANTS),
    }
}

fn note(text: &str) -> Result<String, String> {
    match text.chars().count() > LONGEST_NOTE {
        true => Err(format!("a note has at most {LONGEST_NOTE} characters")),
        false => Ok(text.to_owned()),
    }
}

fn until(text: &str) -> Result<Timestamp, String> {
    let now = assembly::clock().now();
    let wants = || "it is a duration such as 90m, 12h, 30d or 8w, or a day such as 2026-12-31".to_owned();
    let until = match when::age(text) {
        Some(duration) => now.plus(duration),
        None => end_of_day(text).ok_or_else(wants)?,
    };
    if until <= now {
        return Err("an invitation ends in the future".to_owned());
    }
    if until > now.plus(LONGEST_INVITATION) {
        return Err("an invitation ends within two years".to_owned());
    }
    Ok(until)
}

fn end_of_day(text: &str) -> Option<Timestamp> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    // The format takes more than days.
    let text = Some(text).filter(|text| text.len() == "2026-12-31".len())?;
    let day = Date::parse(text, &Iso8601::DATE).ok()?;
    let begin = OffsetDateTime::new_utc(day, Time::MIDNIGHT).unix_timestamp();
    Some(Timestamp::from_millis(begin.checked_mul(1000)?).plus(DAY))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use store::Controls;
    use store_sqlite::SqliteStore;
    use store_suite::{Between, Interpose};

    use super::*;

    /// A store that does what it is told, and whose first replies are lost.
    struct LosesReplies {
        store: SqliteStore,
        left: AtomicUsize,
    }

    #[async_trait]
    impl Interpose for LosesReplies {
        fn store(&self) -> &dyn Store {
            &self.store
        }

        async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
            let committed = self.store.commit(commit).await?;
            let one_less = |left: usize| left.checked_sub(1);
            match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
                Ok(_) => Err(StoreError::Unavailable("the reply is lost".to_owned())),
                Err(_) => Ok(committed),
            }
        }
    }

    #[tokio::test]
    async fn a_lost_reply_loses_no_code_and_makes_none_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = Between(LosesReplies {
            store: SqliteStore::open(folder.path().join("store.db")).unwrap(),
            left: AtomicUsize::new(2),
        });
        let code = InvitationCode::of_bits(7);
        let invitation = Invitation {
            code: code.hash(),
            note: None,
            made_at: Timestamp::from_millis(0),
            until: Timestamp::from_millis(1),
            uses: 1,
            taken: 0,
            bound: None,
            revoked_at: None,
        };
        let part = || Ok(vec![(code.clone(), invitation.clone())]);
        assert_eq!(make(&store, part()).await, part());
        let found = store.0.store.invited(&code.hash(), &code.hash()).await;
        assert_eq!(found, Ok(Some((invitation.clone(), None))));
        assert!(
            make(&store, part()).await.is_err(),
            "somebody else's code is not handed out"
        );
    }

    #[test]
    fn a_day_lasts_to_its_end() {
        assert_eq!(
            end_of_day("2026-12-31"),
            Some(Timestamp::from_millis(1_798_761_600_000))
        );
        for text in ["", "2026", "2026-13-01", "tomorrow", "2026-12-31T00:00:00Z"] {
            assert_eq!(end_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn an_invitation_ends_in_the_next_two_years() {
        for text in ["90m", "12h", "30d", "8w", "700d"] {
            assert!(until(text).is_ok(), "{text}");
        }
        for text in ["0d", "2020-01-01", "3000d", "soon", "-3d", ""] {
            assert!(until(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_invitation_is_for_an_address_or_a_domain() {
        assert_eq!(
            bound(" Jane@Contoso.com "),
            Ok(Bound::Address(Hash::of_address("jane@contoso.com")))
        );
        assert_eq!(
            bound("B\u{fc}cher.example"),
            Ok(Bound::Domain("xn--bcher-kva.example".to_owned()))
        );
        for text in ["", "*.contoso.com", "contoso", "a@b@c.example", "jane@"] {
            assert!(bound(text).is_err(), "{text}");
        }
    }
}
