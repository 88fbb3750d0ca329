//! How a request is decided, and how far that is: who is asked, who has answered, what time does.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How a request is decided: a route of the policy, worked out for the claims when they came. What was promised then
/// outlives a change of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// In order; at least one.
    pub stages: Vec<Stage>,
    /// When reviewers have to say why.
    pub reasons: Reasons,
    /// How long after a denial an applicant may not ask again, where the route says something else than the policy does.
    #[serde(with = "seconds::maybe", skip_serializing_if = "Option::is_none", default)]
    pub cool_down: Option<Duration>,
}

/// One of the stages that a request has to pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name in histories and lists.
    pub name: String,
    /// Who is asked.
    pub asked: Asked,
    /// So many different people have to approve; at least one.
    pub approve: u32,
    /// So many different people have to deny to turn the applicant away; at least one.
    pub deny: u32,
    /// So many of those who approve have to belong to groups.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub among: Vec<Share>,
    /// When those who are asked are reminded, from the stage's beginning; the earliest first.
    #[serde(with = "seconds::all", skip_serializing_if = "Vec::is_empty", default)]
    pub remind: Vec<Duration>,
    /// Who is asked instead when nobody decided in time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escalate: Option<Escalate>,
    /// When the stage ends by itself, from its beginning.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// What happens then.
    pub then: TimeOut,
}

/// Who is asked to decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// Anybody who may review.
    Anybody,
    /// Those who belong to a group.
    Group(String),
    /// One person.
    Person(Person),
}

/// Somebody who may decide: one person has one, whatever they use to log in. Compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Person(String);

impl Person {
    /// The person that a name or an address stands for.
    pub fn of(name: &str) -> Person {
        Person(name.trim().to_lowercase())
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Person> for String {
    fn from(person: Person) -> String {
        person.0
    }
}

impl From<String> for Person {
    fn from(name: String) -> Person {
        Person::of(&name)
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many of those who approve belong to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The group.
    pub group: String,
    /// At least so many.
    pub at_least: u32,
}

/// The next reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalate {
    /// When, from the stage's beginning.
    #[serde(with = "seconds")]
    pub after: Duration,
    /// Who is asked then.
    pub to: Asked,
}

/// What happens when time runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeOut {
    /// The request counts as if there had been none.
    Expire,
    /// The stage is passed.
    Approve,
    /// The applicant is turned away.
    Deny,
}

/// When reviewers have to say why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reasons {
    /// Never.
    #[default]
    Optional,
    /// When they deny.
    ToDeny,
    /// Always.
    Always,
}

/// How far the review of a pending request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// How it is decided.
    pub plan: Plan,
    /// Which stage it is in, from 0.
    pub stage: usize,
    /// When that began.
    pub since: Timestamp,
    /// Who has voted on the claims as they are, in this stage and in those before.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub votes: Vec<Vote>,
    /// How many of the stage's reminders are over.
    #[serde(skip_serializing_if = "is_default", default)]
    pub reminded: usize,
    /// Whether the next reviewers are asked already.
    #[serde(skip_serializing_if = "is_default", default)]
    pub escalated: bool,
    /// How often others were asked instead.
    #[serde(skip_serializing_if = "is_default", default)]
    pub handed_on: u32,
}

/// What one person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub person: Person,
    /// In which stage, from 0.
    pub stage: usize,
    /// Whether they approve; they deny otherwise.
    pub approves: bool,
    /// When.
    pub at: Timestamp,
    /// The groups that count in this stage and that they belong to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<String>,
    /// What they want blocked, if the applicant is turned away.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub block: Vec<Block>,
}

/// What a denial can block for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// The applicant's address.
    Address,
    /// Its domain.
    Domain,
}

impl Review {
    /// A review that begins.
    pub fn begin(plan: Plan, now: Timestamp) -> Review {
        Review {
            plan,
            stage: 0,
            since: now,
            votes: Vec::new(),
            reminded: 0,
            escalated: false,
            handed_on: 0,
        }
    }

    /// The stage it is in. A plan without it, which nothing makes, asks anybody once.
    pub fn stage(&self) -> &Stage {
        static ANYBODY: Stage = Stage::anybody();
        self.plan.stages.get(self.stage).unwrap_or(&ANYBODY)
    }

    /// When time changes something next.
    pub fn due(&self) -> Timestamp {
        let stage = self.stage();
        let reminder = stage.remind.get(self.reminded).copied();
        let escalation = stage.escalate.as_ref().filter(|_| !self.escalated).map(|e| e.after);
        let first = [reminder, escalation]
            .into_iter()
            .flatten()
            .fold(stage.lasts, Duration::min);
        self.since.plus(first)
    }

    /// Whether somebody who voted on the claims as they are is against the applicant.
    pub fn is_opposed(&self) -> bool {
        self.votes.iter().any(|vote| !vote.approves)
    }

    /// When the stage ends by itself.
    pub fn ends(&self) -> Timestamp {
        self.since.plus(self.stage().lasts)
    }
}

impl Plan {
    /// Anybody who may review decides alone.
    pub fn anybody() -> Plan {
        Plan {
            stages: vec![Stage::anybody()],
            reasons: Reasons::Optional,
            cool_down: None,
        }
    }
}

impl Stage {
    /// How long a stage lasts where nobody says otherwise: every request ends some day.
    pub const USUALLY_LASTS: Duration = Duration::from_secs(90 * 24 * 60 * 60);

    const fn anybody() -> Stage {
        Stage {
            name: String::new(),
            asked: Asked::Anybody,
            approve: 1,
            deny: 1,
            among: Vec::new(),
            remind: Vec::new(),
            escalate: None,
            lasts: Stage::USUALLY_LASTS,
            then: TimeOut::Expire,
        }
    }
}

impl TimeOut {
    /// All there are.
    pub const ALL: [TimeOut; 3] = [TimeOut::Expire, TimeOut::Approve, TimeOut::Deny];

    /// The name in policies.
    pub fn name(self) -> &'static str {
        match self {
            TimeOut::Expire => "expire",
            TimeOut::Approve => "approve",
            TimeOut::Deny => "deny",
        }
    }
}

impl Block {
    /// All there are.
    pub const ALL: [Block; 2] = [Block::Address, Block::Domain];

    /// The name in forms and histories.
    pub fn name(self) -> &'static str {
        match self {
            Block::Address => "address",
            Block::Domain => "domain",
        }
    }
}

impl Asked {
    /// The text under which lists of what waits for them are kept: `anybody`, `group:NAME` or `person:NAME`.
    pub fn key(&self) -> String {
        match self {
            Asked::Anybody => "anybody".to_owned(),
            Asked::Group(group) => format!("group:{group}"),
            Asked::Person(person) => format!("person:{person}"),
        }
    }

    /// Reads what [`key`](Self::key) wrote.
    pub fn from_key(key: &str) -> Option<Asked> {
        let named = |prefix| key.strip_prefix(prefix).filter(|name: &&str| !name.is_empty());
        match key {
            "anybody" => Some(Asked::Anybody),
            _ => named("group:")
                .map(|group| Asked::Group(group.to_owned()))
                .or_else(|| named("person:").map(|name| Asked::Person(Person::of(name)))),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Durations as whole seconds: what policies can say.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        duration.as_secs().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }

    pub(super) mod maybe {
        use super::{Deserialize, Deserializer, Duration, Serialize, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            duration: &Option<Duration>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            duration.map(|duration| duration.as_secs()).serialize(to)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
            Ok(Option::<u64>::deserialize(from)?.map(Duration::from_secs))
        }
    }

    pub(super) mod all {
        use super::{Deserialize, Deserializer, Duration, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(durations: &[Duration], to: S) -> Result<S::Ok, S::Error> {
            to.collect_seq(durations.iter().map(Duration::as_secs))
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
            let seconds = Vec::<u64>::deserialize(from)?;
            Ok(seconds.into_iter().map(Duration::from_secs).collect())
        }
    }
}
