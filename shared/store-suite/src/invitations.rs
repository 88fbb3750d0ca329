//! Invitations: no use of one is given twice, and none is lost, whoever races and whatever gets lost on the way.

use std::{sync::Arc, time::Duration};

use claims::Hash;
use store::{
    Bound,
    Committed::{self, Applied, Conflict},
    Invitation, InvitationUse, Rows, Store, Timestamp, Write,
};

use crate::{
    Place,
    races::{all_at_once, answered},
    sample::{answer, applicant, at, call, commit, first, pending},
    settle,
};

/// As many as are invited at once.
const MANY: u64 = 200;

/// With everything that its maker said; and an unknown code is none.
pub async fn an_invitation_comes_back_as_it_was_made(place: &dyn Place) {
    let store = place.open().await;
    let jane = applicant("jane");
    let full = Invitation {
        note: Some("für „Bob“ \u{0}'; --".to_owned()),
        bound: Some(Bound::Domain("contoso.com".to_owned())),
        uses: 1_000_000,
        ..invitation("full", 1)
    };
    let bound = Invitation {
        bound: Some(Bound::Address(Hash::of_address("jane@contoso.com"))),
        revoked_at: Some(at(-1)),
        ..invitation("bound", 3)
    };
    for made in [&full, &bound] {
        assert_eq!(write(&*store, make(made)).await, Applied);
        assert_eq!(
            write(
                &*store,
                make(&Invitation {
                    uses: 7,
                    ..made.clone()
                })
            )
            .await,
            Conflict
        );
        let found = place.open().await.invited(&made.code, &jane).await;
        assert_eq!(found, Ok(Some((made.clone(), None))));
    }
    assert_eq!(store.invited(&code("unknown"), &jane).await, Ok(None));
}

/// Not before, not beyond its uses, not from its end on, and one for each.
pub async fn a_use_is_taken_while_the_invitation_is_open(place: &dyn Place) {
    let store = place.open().await;
    let made = invitation("two", 2);
    let end = made.until;
    let before = Timestamp::from_millis(end.as_millis() - 1);
    assert_eq!(
        write(&*store, take("two", "jane", at(1))).await,
        Conflict,
        "there is none"
    );
    assert_eq!(write(&*store, make(&made)).await, Applied);
    assert_eq!(write(&*store, take("two", "jane", end)).await, Conflict, "it is over");
    assert_eq!(write(&*store, take("two", "jane", before)).await, Applied);
    assert_eq!(
        write(&*store, take("two", "jane", before)).await,
        Conflict,
        "she has one"
    );
    let used = InvitationUse {
        spent_at: Some(at(2)),
        ..usage("two", "john", at(2))
    };
    let used_at_once = Write::TakeInvitation(Box::new(used.clone()));
    assert_eq!(write(&*store, used_at_once).await, Applied);
    assert_eq!(
        write(&*store, take("two", "rita", at(2))).await,
        Conflict,
        "it is used up"
    );
    let taken = Invitation { taken: 2, ..made };
    assert_eq!(
        store.invited(&code("two"), &applicant("jane")).await,
        Ok(Some((taken.clone(), Some(usage("two", "jane", before)))))
    );
    assert_eq!(
        store.invited(&code("two"), &applicant("john")).await,
        Ok(Some((taken.clone(), Some(used))))
    );
    assert_eq!(
        store.invited(&code("two"), &applicant("rita")).await,
        Ok(Some((taken, None)))
    );
}

/// A use happens with the commit that it is part of: neither without it, nor it without the use.
pub async fn a_use_is_taken_with_its_commit_or_not_at_all(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(write(&*store, make(&invitation("one", 1))).await, Applied);
    let john = pending("john");
    assert_eq!(write(&*store, first(&john)).await, Applied);
    let outcome = store.commit(&commit([take("one", "john", at(1)), first(&john)])).await;
    assert_eq!(outcome, Ok(Conflict));
    assert_eq!(taken(&*store, "one").await, 0);
    assert_eq!(write(&*store, take("one", "rita", at(1))).await, Applied);
    let jane = pending("jane");
    let outcome = store.commit(&commit([first(&jane), take("one", "jane", at(1))])).await;
    assert_eq!(outcome, Ok(Conflict));
    assert_eq!(store.request(&jane.id).await, Ok(None));
    let twice = commit([take("one", "jane", at(1)), give_back("one", "rita", at(1))]);
    assert!(store.commit(&twice).await.is_err(), "one invitation twice");
}

/// Once, by the time that it is held since; what is used up is never given back.
pub async fn what_is_held_is_given_back_once(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(write(&*store, make(&invitation("one", 1))).await, Applied);
    assert_eq!(
        write(&*store, give_back("one", "jane", at(1))).await,
        Conflict,
        "nobody holds it"
    );
    assert_eq!(write(&*store, take("one", "jane", at(1))).await, Applied);
    assert_eq!(
        write(&*store, give_back("one", "john", at(1))).await,
        Conflict,
        "it is jane's"
    );
    assert_eq!(
        write(&*store, give_back("one", "jane", at(2))).await,
        Conflict,
        "not since then"
    );
    assert_eq!(taken(&*store, "one").await, 1);
    assert_eq!(write(&*store, give_back("one", "jane", at(1))).await, Applied);
    assert_eq!(write(&*store, give_back("one", "jane", at(1))).await, Conflict);
    assert_eq!(taken(&*store, "one").await, 0);
    assert_eq!(held(&*store, "one", "jane").await, None);

    assert_eq!(write(&*store, take("one", "john", at(3))).await, Applied);
    assert_eq!(
        write(&*store, spend("one", "jane", at(4))).await,
        Conflict,
        "it is john's"
    );
    assert_eq!(write(&*store, spend("one", "john", at(4))).await, Applied);
    assert_eq!(
        write(&*store, spend("one", "john", at(5))).await,
        Conflict,
        "it is used up"
    );
    assert_eq!(write(&*store, give_back("one", "john", at(3))).await, Conflict);
    assert_eq!(write(&*store, hold("one", "john", at(3), at(6))).await, Conflict);
    assert_eq!(taken(&*store, "one").await, 1);
    let spent = InvitationUse {
        spent_at: Some(at(4)),
        ..usage("one", "john", at(3))
    };
    assert_eq!(held(&*store, "one", "john").await, Some(spent));
}

/// What would give it back as it was held before comes too late.
pub async fn who_holds_on_keeps_a_use(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(write(&*store, make(&invitation("one", 1))).await, Applied);
    assert_eq!(
        write(&*store, hold("one", "jane", at(1), at(2))).await,
        Conflict,
        "she has none"
    );
    assert_eq!(write(&*store, take("one", "jane", at(1))).await, Applied);
    assert_eq!(write(&*store, hold("one", "jane", at(0), at(2))).await, Conflict);
    assert_eq!(write(&*store, hold("one", "jane", at(1), at(2))).await, Applied);
    assert_eq!(write(&*store, give_back("one", "jane", at(1))).await, Conflict);
    assert_eq!(held(&*store, "one", "jane").await, Some(usage("one", "jane", at(2))));
    assert_eq!(taken(&*store, "one").await, 1);
    assert_eq!(write(&*store, give_back("one", "jane", at(2))).await, Applied);
}

/// For those who do not hold it; who does keeps it, may use it up or give it back.
pub async fn a_revoked_invitation_lets_nobody_new_in(place: &dyn Place) {
    let store = place.open().await;
    let revoke = |seconds| Write::RevokeInvitation {
        code: code("three"),
        at: at(seconds),
    };
    assert_eq!(write(&*store, revoke(1)).await, Conflict, "there is none");
    assert_eq!(write(&*store, make(&invitation("three", 3))).await, Applied);
    for name in ["jane", "john"] {
        assert_eq!(write(&*store, take("three", name, at(1))).await, Applied);
    }
    assert_eq!(write(&*store, revoke(2)).await, Applied);
    assert_eq!(write(&*store, revoke(3)).await, Conflict);
    assert_eq!(write(&*store, take("three", "rita", at(3))).await, Conflict);
    assert_eq!(write(&*store, spend("three", "jane", at(3))).await, Applied);
    assert_eq!(write(&*store, give_back("three", "john", at(1))).await, Applied);
    let (found, _) = store
        .invited(&code("three"), &applicant("rita"))
        .await
        .unwrap()
        .unwrap();
    let expected = Invitation {
        taken: 1,
        revoked_at: Some(at(2)),
        ..invitation("three", 3)
    };
    assert_eq!(found, expected);
}

/// Two hundred at once, for fifty uses: fifty have one, each of them one.
pub async fn as_many_at_once_are_let_in_as_there_are_uses(place: &dyn Place) {
    const USES: u32 = 50;
    let store = place.open().await;
    assert_eq!(
        settle(&*store, &commit([make(&invitation("many", USES)), record("make")])).await,
        Applied
    );
    let outcomes = all_at_once(place, MANY, |store, n| async move {
        let name = n.to_string();
        settle(&*store, &commit([take("many", &name, at(1)), record(&name)])).await
    })
    .await;
    let won = outcomes.iter().filter(|outcome| **outcome == Applied);
    assert_eq!(won.count(), USES as usize);
    assert_eq!(taken(&*store, "many").await, USES);
    for (n, outcome) in outcomes.iter().enumerate() {
        let used = held(&*store, "many", &n.to_string()).await;
        assert_eq!(used.is_some(), *outcome == Applied, "applicant {n}");
    }
}

/// Two at once, again and again: one of them has it.
pub async fn the_last_use_goes_to_one_of_two(place: &dyn Place) {
    let stores = [place.open().await, place.open().await];
    for round in 0..20 {
        let name = format!("round {round}");
        let made = commit([make(&invitation(&name, 1)), record(&name)]);
        assert_eq!(settle(&*stores[0], &made).await, Applied);
        let race = |store: &Arc<dyn Rows>, who: &'static str| {
            let (store, name) = (Arc::clone(store), name.clone());
            async move {
                let call = record(&format!("{name} {who}"));
                settle(&*store, &commit([take(&name, who, at(1)), call])).await
            }
        };
        let (jane, john) = tokio::join!(race(&stores[0], "jane"), race(&stores[1], "john"));
        assert_ne!(jane, john, "round {round}");
        assert_eq!(taken(&*stores[0], &name).await, 1);
        assert_eq!(held(&*stores[1], &name, "jane").await.is_some(), jane == Applied);
        assert_eq!(held(&*stores[0], &name, "john").await.is_some(), john == Applied);
    }
}

/// Somebody gives a use back while it is used up: one of the two happens, and the uses add up.
pub async fn a_use_is_given_back_or_used_up(place: &dyn Place) {
    const ROUNDS: u32 = 20;
    let stores = [place.open().await, place.open().await];
    let made = commit([make(&invitation("many", ROUNDS)), record("make")]);
    assert_eq!(settle(&*stores[0], &made).await, Applied);
    let mut returned = 0;
    for round in 0..ROUNDS {
        let name = format!("applicant {round}");
        let taking = commit([take("many", &name, at(1)), record(&name)]);
        assert_eq!(settle(&*stores[0], &taking).await, Applied);
        let end = |store: &Arc<dyn Rows>, write: Write, what: &str| {
            let (store, call) = (Arc::clone(store), record(&format!("{name} {what}")));
            async move { settle(&*store, &commit([write, call])).await }
        };
        let (back, spent) = tokio::join!(
            end(&stores[0], give_back("many", &name, at(1)), "back"),
            end(&stores[1], spend("many", &name, at(2)), "spent")
        );
        assert_ne!(back, spent, "round {round}");
        returned += u32::from(back == Applied);
        let used = held(&*stores[0], "many", &name).await;
        assert_eq!(used.is_none(), back == Applied, "round {round}");
        assert!(used.is_none_or(|used| used.spent_at == Some(at(2))));
    }
    assert_eq!(taken(&*stores[0], "many").await, ROUNDS - returned);
}

/// Whole, in the order of their hashes, from any of them on; and those who use one likewise.
pub async fn invitations_and_their_uses_are_listed_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let mut made: Vec<_> = (0..60).map(|n| invitation(&n.to_string(), 40)).collect();
    for part in made.chunks(20) {
        let writes: Vec<_> = part.iter().map(make).collect();
        assert_eq!(store.commit(&commit(writes)).await, Ok(Applied));
    }
    let mut used = Vec::new();
    for n in 0..40 {
        let name = n.to_string();
        assert_eq!(write(&*store, take("7", &name, at(n))).await, Applied);
        used.push(usage("7", &name, at(n)));
    }
    assert_eq!(write(&*store, take("8", "else", at(1))).await, Applied);
    made[7].taken = 40;
    made[8].taken = 1;
    made.sort_unstable_by_key(|invitation| invitation.code);
    used.sort_unstable_by_key(|usage| usage.applicant);
    for size in [1, 7, 100] {
        let (mut all, mut from) = (Vec::new(), Hash::from_bytes([0; 32]));
        loop {
            let page = store.invitations(&from, size).await.unwrap();
            assert!(page.len() <= size && all.len() <= 60);
            let Some(last) = page.last() else { break };
            from = behind(&last.code);
            all.extend(page);
        }
        assert_eq!(all, made, "pages of {size}");
        let (mut all, mut from) = (Vec::new(), Hash::from_bytes([0; 32]));
        loop {
            let page = store.uses(&code("7"), &from, size).await.unwrap();
            assert!(page.len() <= size && all.len() <= 40);
            let Some(last) = page.last() else { break };
            from = behind(&last.applicant);
            all.extend(page);
        }
        assert_eq!(all, used, "pages of {size}");
    }
    assert_eq!(store.invitations(&made[33].code, 2).await.as_deref(), Ok(&made[33..35]));
    assert_eq!(
        store.uses(&code("9"), &Hash::from_bytes([0; 32]), 9).await,
        Ok(Vec::new())
    );
}

fn behind(hash: &Hash) -> Hash {
    let mut bytes = *hash.as_bytes();
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte > 0 {
            break;
        }
    }
    Hash::from_bytes(bytes)
}

fn code(name: &str) -> Hash {
    Hash::of(&["invitation", name])
}

fn invitation(name: &str, uses: u32) -> Invitation {
    Invitation {
        code: code(name),
        note: None,
        made_at: at(0),
        until: at(0).plus(Duration::from_secs(86_400)),
        uses,
        taken: 0,
        bound: None,
        revoked_at: None,
    }
}

fn usage(name: &str, who: &str, since: Timestamp) -> InvitationUse {
    InvitationUse {
        code: code(name),
        applicant: applicant(who),
        at: since,
        spent_at: None,
    }
}

fn make(invitation: &Invitation) -> Write {
    Write::Invitation(Box::new(invitation.clone()))
}

fn take(name: &str, who: &str, since: Timestamp) -> Write {
    Write::TakeInvitation(Box::new(usage(name, who, since)))
}

fn hold(name: &str, who: &str, since: Timestamp, at: Timestamp) -> Write {
    let InvitationUse { code, applicant, .. } = usage(name, who, since);
    Write::HoldInvitation {
        code,
        applicant,
        since,
        at,
    }
}

fn spend(name: &str, who: &str, at: Timestamp) -> Write {
    let InvitationUse { code, applicant, .. } = usage(name, who, at);
    Write::SpendInvitation { code, applicant, at }
}

fn give_back(name: &str, who: &str, since: Timestamp) -> Write {
    let InvitationUse { code, applicant, .. } = usage(name, who, since);
    Write::ReturnInvitation { code, applicant, since }
}

/// The answer to a call, by which somebody knows whether their commit in doubt happened.
fn record(name: &str) -> Write {
    answer(&call(name, &pending("jane")))
}

async fn write(store: &dyn Store, write: Write) -> Committed {
    store.commit(&commit([write])).await.unwrap()
}

async fn taken(store: &dyn Rows, name: &str) -> u32 {
    let (code, nobody) = (code(name), applicant("nobody"));
    let found = answered(|| store.invited(&code, &nobody)).await;
    found.expect("it was made").0.taken
}

async fn held(store: &dyn Rows, name: &str, who: &str) -> Option<InvitationUse> {
    let (code, who) = (code(name), applicant(who));
    let found = answered(|| store.invited(&code, &who)).await;
    found.expect("it was made").1
}
