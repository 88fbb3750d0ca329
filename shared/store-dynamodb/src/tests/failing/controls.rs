//! Invitations, counts in a window and results of checks, while replies are lost and transactions cancelled.

use std::time::Duration;

use store::{CheckProgress, Controls, Invitation, InvitationUse, KeptResult, Tally, Write};

use super::*;

/// Asked for again with the same token, a use is taken once; and once where nobody learns of it.
#[tokio::test]
async fn a_lost_reply_takes_one_use() {
    let case = invited([Fault::LoseReply]).await;
    assert_eq!(case.store.commit(&commit([take("jane")])).await, Ok(Applied));
    assert_eq!(found(&case, "jane").await, (1, true));

    let case = invited([Fault::LoseReply, Fault::LoseReply]).await;
    let outcome = case.store.commit(&commit([take("jane")])).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(case.store.commit(&commit([take("jane")])).await, Ok(Conflict));
    assert_eq!(found(&case, "jane").await, (1, true));
}

/// A transaction that was cancelled took nothing; tried again as another one, it takes one use.
#[tokio::test]
async fn a_cancelled_transaction_takes_one_use() {
    for code in PASSING {
        let case = invited(vec![Fault::cancelled(&["None", code]); 2]).await;
        assert_eq!(case.store.commit(&commit([take("jane")])).await, Ok(Applied), "{code}");
        assert_eq!(found(&case, "jane").await, (1, true), "{code}");
    }
    let case = invited(vec![Fault::cancelled(&["TransactionConflict", "None"]); 9]).await;
    let outcome = case.store.commit(&commit([take("jane")])).await;
    assert!(matches!(outcome, Err(StoreError::Busy(_))), "{outcome:?}");
    case.faults.next([]);
    assert_eq!(found(&case, "jane").await, (0, false));
}

/// Likewise what is given back, and what is used up.
#[tokio::test]
async fn a_lost_reply_ends_a_use_once() {
    let (code, applicant) = (code(), applicant("jane"));
    let give_back = Write::ReturnInvitation {
        code,
        applicant,
        since: at(1),
    };
    let spend = Write::SpendInvitation {
        code,
        applicant,
        at: at(2),
    };
    for (end, taken) in [(give_back, 0), (spend, 1)] {
        let case = invited([]).await;
        assert_eq!(case.store.commit(&commit([take("jane")])).await, Ok(Applied));
        case.faults.next([Fault::LoseReply]);
        assert_eq!(case.store.commit(&commit([end.clone()])).await, Ok(Applied));
        case.faults.next([Fault::LoseReply]);
        assert_eq!(case.store.commit(&commit([end])).await, Ok(Conflict));
        assert_eq!(found(&case, "jane").await.0, taken);
    }
}

/// The rows are read one after the other: whoever's own commit used the invitation up in between is found to use it.
#[tokio::test]
async fn who_used_an_invitation_up_while_it_was_read_is_known() {
    let case = invited([]).await;
    assert_eq!(case.store.commit(&commit([take("jane")])).await, Ok(Applied));
    let (invitation, _) = case.store.invited(&code(), &applicant("jane")).await.unwrap().unwrap();
    let torn = serde_json::json!({ "Responses": { &case.table.0: [{
        "pk": { "S": format!("I#{}", &code().to_string()[..1]) },
        "sk": { "S": format!("INVITATION#{}", code()) },
        "taken": { "N": "1" },
        "document": { "S": serde_json::to_string(&invitation).unwrap() },
    }] } });
    case.faults.next([Fault::Answer(200, torn.to_string())]);
    assert_eq!(found(&case, "jane").await, (1, true));
}

/// What happened is counted once, however many replies were lost.
#[tokio::test]
async fn a_lost_reply_tallies_once() {
    let tally = Tally::at(Hash::of(&["limit"]), at(0), Duration::from_secs(60));
    for faults in [
        vec![Fault::LoseReply],
        vec![Fault::LoseReply, Fault::cancelled(&["TransactionConflict"])],
        vec![Fault::cancelled(&["ThrottlingError"]); 2],
    ] {
        let case = Case::new(faults).await;
        let counted = case.store.commit(&commit([Write::Tally(tally.clone())])).await;
        assert_eq!(counted, Ok(Applied));
        assert_eq!(case.store.tallied(std::slice::from_ref(&tally)).await, Ok(vec![1]));
    }
}

/// Twelve counts are one round trip, and no number is made of those that stay unread.
#[tokio::test]
async fn counts_are_read_together() {
    let tallies: Vec<_> = (0..12)
        .map(|n| Tally::at(Hash::of(&[&n.to_string()]), at(0), Duration::from_secs(60)))
        .collect();
    let case = Case::new([]).await;
    assert_eq!(case.store.tallied(&tallies).await, Ok(vec![0; 12]));
    let keys: Vec<_> = case.faults.seen().iter().map(|seen| seen.keys).collect();
    assert_eq!(keys, [96]);
    case.faults.next(vec![Fault::LeaveAllUnprocessed; 9]);
    let outcome = case.store.tallied(&tallies).await;
    assert!(matches!(outcome, Err(StoreError::Busy(_))), "{outcome:?}");
}

/// Whoever does not know whether their mark was written finds it, and nobody else's.
#[tokio::test]
async fn a_lost_reply_leaves_one_mark() {
    let mark = |by| KeptResult {
        round: 0,
        key: Hash::of(&["check"]),
        revision: 1,
        progress: CheckProgress::UnderWay { lease: at(2), by },
        until: at(600),
    };
    let keep = |by| Write::Keep {
        result: mark(by),
        replaces: None,
    };
    let case = Case::new([Fault::LoseReply, Fault::LoseReply]).await;
    let outcome = case.store.commit(&commit([keep(1)])).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(case.store.commit(&commit([keep(2)])).await, Ok(Conflict));
    assert_eq!(case.store.kept(&mark(1).key).await, Ok(Some(mark(1))));
}

/// A table that removes what is over removes these too, though not before they count for nothing.
#[tokio::test]
async fn what_is_over_is_removed_by_the_table() {
    let case = invited([]).await;
    let tally = Tally::at(Hash::of(&["limit"]), at(0), Duration::from_secs(60));
    let result = KeptResult {
        round: 0,
        key: Hash::of(&["check"]),
        revision: 1,
        progress: CheckProgress::Lost,
        until: at(600),
    };
    let keep = Write::Keep {
        result: result.clone(),
        replaces: None,
    };
    let writes = [take("jane"), Write::Tally(tally.clone()), keep];
    assert_eq!(case.store.commit(&commit(writes)).await, Ok(Applied));
    let scan = case.store.client.scan().table_name(&case.table.0).send().await.unwrap();
    let expires = |kind: &str| {
        let of_kind = |item: &&crate::items::Item| crate::items::text(item, "sk").unwrap().starts_with(kind);
        let item = scan.items().iter().find(of_kind).unwrap();
        item["expires"].as_n().unwrap().parse::<i64>().unwrap()
    };
    assert_eq!(expires("INVITATION"), invitation().forgotten().as_secs());
    assert_eq!(expires("USE"), usage("jane").forgotten().as_secs());
    assert_eq!(expires("TALLY"), tally.ends.as_secs());
    assert_eq!(expires("KEPT"), result.until.as_secs());
    assert!(usage("jane").forgotten() > invitation().forgotten());
}

/// A place with an invitation for one, and these faults from now on.
async fn invited(faults: impl Into<std::collections::VecDeque<Fault>>) -> Case {
    let case = Case::new([]).await;
    let made = Write::Invitation(Box::new(invitation()));
    assert_eq!(case.store.commit(&commit([made])).await, Ok(Applied));
    case.faults.next(faults);
    case
}

/// How many uses are taken, and whether somebody has one.
async fn found(case: &Case, who: &str) -> (u32, bool) {
    let found = case.store.invited(&code(), &applicant(who)).await.unwrap();
    let (invitation, usage) = found.unwrap();
    (invitation.taken, usage.is_some())
}

fn code() -> Hash {
    Hash::of(&["code"])
}

fn invitation() -> Invitation {
    Invitation {
        code: code(),
        note: None,
        made_at: at(0),
        until: at(86_400),
        uses: 1,
        taken: 0,
        bound: None,
        revoked_at: None,
    }
}

fn usage(who: &str) -> InvitationUse {
    InvitationUse {
        code: code(),
        applicant: applicant(who),
        at: at(1),
        spent_at: None,
    }
}

fn take(who: &str) -> Write {
    Write::TakeInvitation(Box::new(usage(who)))
}
