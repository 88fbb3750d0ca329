//! Rows to store.

use std::time::Duration;

use claims::{CallKey, Changes, Claims, Decision, Hash, Identity, Locales, UserMessage, Value};
use store::{
    AccountBy, Actor, Asked, Block, CallRecord, Commit, Denial, Effect, EntryId, Escalate, Event, HeldInvitation,
    HistoryEntry, Kept, Left, OutboxEntry, Person, Plan, Progress, Reasons, Request, RequestId, Review, RouteName,
    Seen, Share, Stage, State, TimeOut, Timestamp, Vote, Write,
};

/// Claims of every type and of every text that is hard to store.
pub const HARD_CLAIMS: &str = r#"{
    "email": "Jane.Roe@B\u00dcCHER.example", "displayName": "Jane \"J\" Roe\\ \u0000\u0001\u001f\u007f\r\n\t 'x' ; --",
    "one": 1.10, "exponent": -1E+400, "long": 123456789012345678901234567890.123456789012345678901234567890,
    "zero": -0, "true": true, "false": false, "text": "true", "texts": ["a", "", "\u0000"], "mixed": ["a", 1.10, null, {"b": []}],
    "object": {"z": 1.0, "a" : {"\u0000": "\u0000"}, "z": 2 }, "nothings": [null], "lone": "a\ud800b",
    "edges": "\ud7ff\ue000\ufffd\ufffe\uffff\ud83d\udc69\u200d\ud83d\udcbb\udbff\udfff\u202e\u0301\ufeff\u2028",
    "": "no key", "\u0000": "a key of one NUL", "a\"b\\c\n": "a key to escape", "Ключ": "ключ", "$": 1, "@": 2, ":": 3
}"#;

/// The hash of an applicant's key.
pub fn applicant(name: &str) -> Hash {
    Hash::of(&["id", "issuer.example", name])
}

/// A point in time, in seconds from one that is like any other, but late: nothing may expire while a test runs.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(4_102_444_800_007 + 1000 * seconds)
}

/// An applicant's first request, not yet decided.
pub fn pending(name: &str) -> Request {
    let claims = Claims::from_iter([("displayName".to_owned(), Value::Text(name.to_owned()))]);
    Request {
        id: RequestId {
            applicant: applicant(name),
            round: 1,
        },
        version: 1,
        state: waits(),
        opened_at: at(0),
        changed_at: at(0),
        rule: "everybody-waits".to_owned(),
        route: None,
        proven: true,
        received: claims.clone(),
        dropped: Vec::new(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        invitation: None,
        updates: 0,
        head: None,
        proof: None,
        recent: Vec::new(),
    }
}

/// A request that waits for somebody.
pub fn asking(name: &str, asked: &Asked) -> Request {
    let mut review = Review::begin(Plan::anybody(), at(0));
    review.plan.stages[0].asked = asked.clone();
    Request {
        state: State::Pending(Box::new(review)),
        ..pending(name)
    }
}

/// Claims with an address, and nothing else.
pub fn email(address: &str) -> Claims {
    Claims::from_iter([("email".to_owned(), Value::Text(address.to_owned()))])
}

/// Waiting for anybody who reviews.
pub fn waits() -> State {
    State::Pending(Box::new(Review::begin(Plan::anybody(), at(0))))
}

/// A review with something in every field.
pub fn reviewed() -> Review {
    let stage = Stage {
        name: "Stufe „ß“ #1".to_owned(),
        asked: Asked::Group("hr#\u{0}".to_owned()),
        approve: 2,
        deny: 3,
        among: vec![Share {
            group: "security".to_owned(),
            at_least: 1,
        }],
        remind: vec![Duration::from_secs(60), Duration::from_secs(120)],
        escalate: Some(Escalate {
            after: Duration::from_secs(90),
            to: Asked::Person(Person::of("Rémy")),
        }),
        lasts: Duration::from_secs(3600),
        then: TimeOut::Approve,
    };
    Review {
        plan: Plan {
            stages: vec![stage],
            reasons: Reasons::Always,
            cool_down: Some(Duration::from_secs(7)),
        },
        stage: 0,
        since: at(5),
        votes: vec![Vote {
            person: Person::of("Rita"),
            stage: 0,
            approves: true,
            at: at(6),
            groups: vec!["security".to_owned()],
            block: vec![Block::Address, Block::Domain],
        }],
        reminded: 1,
        escalated: true,
        handed_on: 3,
    }
}

/// A request with something in every field.
pub fn full(name: &str) -> Request {
    let mut changes = Changes::none();
    changes.set("city", Value::blank());
    changes.set("extension_Tier", Value::Number("1.10".to_owned()));
    changes.set("roles", Value::Texts(vec!["a".to_owned(), String::new()]));
    changes.set("vip", Value::Boolean(false));
    let identity = |sign_in_type: Option<&str>, issuer: Option<&str>, id: Option<&str>| Identity {
        sign_in_type: sign_in_type.map(str::to_owned),
        issuer: issuer.map(str::to_owned),
        issuer_assigned_id: id.map(str::to_owned),
    };
    Request {
        state: State::Pending(Box::new(reviewed())),
        rule: "Regel „ß“ #1".to_owned(),
        route: RouteName::parse("germany"),
        proven: false,
        received: serde_json::from_str(HARD_CLAIMS).unwrap(),
        dropped: vec!["extension_token".to_owned(), "\u{0}ß".to_owned()],
        reviewed: Claims::from_iter([
            ("k".repeat(256), Value::Text("ß".repeat(256))),
            ("displayName".to_owned(), Value::Text("\u{0}".to_owned())),
        ]),
        changes,
        identities: vec![
            identity(Some("federated"), Some("Google"), Some("Ab\u{0}1")),
            identity(None, Some(""), None),
            identity(None, None, None),
        ],
        app: Some("app \u{10FFFF}".to_owned()),
        locales: Locales::parse("de-AT en"),
        addresses: vec![applicant("mail 1"), applicant("mail 2")],
        invitation: Some(HeldInvitation {
            code: applicant("code"),
            since: at(-1),
        }),
        updates: u32::MAX,
        head: Some(applicant("head")),
        proof: Some(applicant("proof")),
        recent: vec![
            Seen {
                claims: applicant("a"),
                at: at(-60),
            },
            Seen {
                claims: applicant("b"),
                at: at(0),
            },
        ],
        ..pending(name)
    }
}

/// The same request after somebody changed its state.
pub fn changed(request: &Request, state: State) -> Request {
    Request {
        version: request.version + 1,
        changed_at: request.changed_at.plus(Duration::from_secs(1)),
        state,
        ..request.clone()
    }
}

/// The same request after a reviewer let the applicant in.
pub fn approved(request: &Request) -> Request {
    let state = State::Approved {
        at: at(1),
        by: Actor::Reviewer("rita".to_owned()),
        reason: None,
        until: at(3600),
        account: AccountBy::Flow,
    };
    changed(request, state)
}

/// The same request after a reviewer turned the applicant away.
pub fn denied(request: &Request) -> Request {
    let state = State::Denied {
        at: at(1),
        by: Actor::Reviewer("Rémy \u{0}".to_owned()),
        reason: Some("no \"reason\"\n".to_owned()),
        until: at(3600),
    };
    changed(request, state)
}

/// The applicant's next request.
pub fn next_round(request: &Request) -> Request {
    Request {
        id: RequestId {
            applicant: request.id.applicant,
            round: request.id.round + 1,
        },
        version: request.version + 1,
        ..request.clone()
    }
}

/// What the history says of a request's latest version.
pub fn entry(request: &Request) -> HistoryEntry {
    let kept = Kept {
        salt: applicant("salt"),
        received: request.received.clone(),
        reviewed: request.reviewed.clone(),
    };
    HistoryEntry {
        request: request.id,
        version: request.version,
        at: request.changed_at,
        by: Actor::Applicant,
        from: None,
        event: Event::Opened,
        commitment: Some(kept.commitment()),
        kept: Some(kept),
        mac: applicant("mac"),
    }
}

/// The key of a call.
pub fn call_key(name: &str) -> CallKey {
    CallKey(Hash::of(&["call", name]))
}

/// The answer to a call that left a request as it is.
pub fn call(name: &str, left: &Request) -> CallRecord {
    CallRecord {
        key: call_key(name),
        at: at(0),
        answer: Decision::Block(UserMessage::parse("Your request waits for a reviewer.").unwrap()),
        left: Some(Left {
            request: left.id,
            version: left.version,
        }),
        once: store::Once::default(),
    }
}

/// An address that is turned away.
pub fn denial(address: &str, of: &Request) -> Denial {
    Denial {
        address: Hash::of_address(address),
        request: of.id,
        at: at(1),
        until: at(3600),
    }
}

/// A write that opens an applicant's first request.
pub fn first(request: &Request) -> Write {
    Write::Request {
        request: Box::new(request.clone()),
        replaces: None,
    }
}

/// A write that puts a request in the place of the version before.
pub fn next(request: &Request) -> Write {
    Write::Request {
        request: Box::new(request.clone()),
        replaces: Some(request.version - 1),
    }
}

/// A write that adds what happened to a request.
pub fn history(request: &Request) -> Write {
    Write::History(Box::new(entry(request)))
}

/// A write that keeps an earlier request.
pub fn archive(request: &Request) -> Write {
    Write::Archive {
        request: Box::new(request.clone()),
        replaces: None,
    }
}

/// A write that stores an answer where there is none.
pub fn answer(record: &CallRecord) -> Write {
    Write::Call {
        record: record.clone(),
        replaces: None,
    }
}

/// A write that turns an address away that is not yet.
pub fn turn_away(denial: &Denial) -> Write {
    Write::Denial {
        denial: denial.clone(),
        replaces: None,
    }
}

/// A commit of these writes.
pub fn commit(writes: impl Into<Vec<Write>>) -> Commit {
    Commit { writes: writes.into() }
}

/// The first effect that a request has for a receiver, due at once.
pub fn effect(of: &Request, effect: Effect) -> OutboxEntry {
    OutboxEntry {
        id: EntryId::of(&of.id, of.version, effect.receiver(), 0),
        request: of.id,
        effect,
        written_at: at(0),
        progress: Progress::Waits { until: at(0) },
        attempts: 0,
        failures: 0,
        revision: 1,
        failure: None,
    }
}

/// A write that puts an effect into the outbox.
pub fn put(entry: &OutboxEntry) -> Write {
    Write::Effect {
        entry: Box::new(entry.clone()),
        replaces: None,
    }
}

/// A write that changes an effect of the revision before.
pub fn change(entry: &OutboxEntry) -> Write {
    Write::Effect {
        entry: Box::new(entry.clone()),
        replaces: Some(entry.revision - 1),
    }
}
