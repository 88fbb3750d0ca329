//! Applicants, who get into the store as they do at the gate.

use std::time::Duration;

use approvals::{Held, Submission, Wish, submit};
use claims::{ApplicantKey, Changes, Claims, SignUp, Step};
use store::{Commit, Committed, Effect, EntryId, Keys, News, OutboxEntry, Progress, Receiver, RequestId, Write};

use crate::room::{Room, audit_key, terms};

/// The body of somebody with an account at Google.
pub(crate) fn google(name: &str) -> String {
    body(
        name,
        &format!(
            "{}@example.com",
            name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), ".")
        ),
    )
}

/// The same with an address and a display name that need no relation.
pub(crate) fn body(name: &str, email: &str) -> String {
    let member = |text: &str| serde_json::to_string(text).unwrap();
    let (id, name, email) = (member(&format!("id of {name}")), member(name), member(email));
    format!(
        r#"{{"email":{email},"displayName":{name},"extension_Age":1.10,"extension_Agreed":true,
            "identities":[{{"signInType":"federated","issuer":"google.com","issuerAssignedId":{id}}}]}}"#
    )
}

/// Somebody signs up, and waits.
pub(crate) async fn submit_body(room: &Room, body: &str) -> RequestId {
    handed_to(room, body, Held::by_anybody()).await
}

/// Somebody signs up, and waits for certain reviewers.
pub(crate) async fn handed_to(room: &Room, body: &str, held: Held) -> RequestId {
    let (id, commit) = submitting(room, body, held).await;
    assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    id
}

/// What the gate commits when somebody signs up, or changes what they said.
pub(crate) async fn submitting(room: &Room, body: &str, held: Held) -> (RequestId, Commit) {
    let sign_up = claims::parse(Step::PostAttributeCollection, body.as_bytes()).unwrap();
    let applicant = ApplicantKey::of(&sign_up).unwrap();
    let keys = Keys {
        applicant: Some(applicant.hash()),
        addresses: sign_up.addresses().map(claims::Hash::of_address).collect(),
        call: None,
    };
    let snapshot = room.store.look_up(&keys).await.unwrap();
    let submission = Submission {
        wish: Wish::Hold(held),
        ..submission(&applicant, &sign_up)
    };
    let now = store::Clock::now(&*room.clock);
    let (_, transition) = submit(snapshot.request.as_ref(), &snapshot.denials, &submission, now, &terms());
    let transition = transition.unwrap();
    let id = transition.request.id;
    (id, transition.commit(None, &[], &audit_key().seal().unwrap()))
}

/// Somebody with an account at Google signs up, and waits.
pub(crate) async fn pending(room: &Room, name: &str) -> RequestId {
    submit_body(room, &google(name)).await
}

/// An effect for somebody that was given up so many seconds after the room opened.
pub(crate) async fn parked(room: &Room, name: &str, seconds: u64) -> OutboxEntry {
    let request = RequestId {
        applicant: claims::Hash::of(&[name]),
        round: 1,
    };
    let opened = store::Clock::now(&*room.clock);
    let entry = OutboxEntry {
        id: EntryId::of(&request, 2, Receiver::Mail, 1),
        request,
        effect: Effect::TellApplicant {
            news: News::Approved,
            redeem_url: Some("c2VhbGVk-secret".to_owned()),
        },
        written_at: opened,
        progress: Progress::Parked {
            since: opened.plus(Duration::from_secs(seconds)),
        },
        attempts: 8,
        failures: 8,
        revision: 17,
        failure: Some("the receiver said no".to_owned()),
    };
    let write = Write::Effect {
        entry: Box::new(entry.clone()),
        replaces: None,
    };
    let commit = Commit { writes: vec![write] };
    assert_eq!(room.store.commit(&commit).await, Ok(Committed::Applied));
    entry
}

/// The policy trims names, adds a tier and takes `city` away.
fn submission(applicant: &ApplicantKey, sign_up: &SignUp) -> Submission {
    let reviewed: Claims = sign_up
        .claims
        .iter()
        .filter(|(key, _)| *key != "city")
        .map(|(key, value)| (key.to_owned(), value.map_text(|text| text.trim().to_owned())))
        .chain([("extension_Tier".to_owned(), claims::Value::Text("basic".to_owned()))])
        .collect();
    Submission {
        applicant: applicant.hash(),
        proven: applicant.is_proven(),
        kept: sign_up.claims.clone(),
        received: sign_up.claims.clone(),
        reviewed,
        changes: Changes::none(),
        identities: sign_up.identities.clone(),
        app: Some("portal".to_owned()),
        locales: sign_up.locales.clone(),
        addresses: sign_up.addresses().map(claims::Hash::of_address).collect(),
        invitation: None,
        wish: Wish::Hold(Held::by_anybody()),
        rule: "everybody waits".to_owned(),
    }
}
