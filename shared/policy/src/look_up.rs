//! What rules look up elsewhere, and the claims that they make of it.

use std::sync::Arc;

use claims::{ClaimName, SettableName, Value};
use store::{ListName, item_key};

use crate::{
    call::CallTemplate,
    outside::{Answer, Found, ItemQuestion, Question},
    place::{Parts, Place, filled, places_of},
    scene::{Failure, Scene},
    template::length,
};

/// One of the `[look_ups]`.
#[derive(Debug)]
pub(crate) struct LookUp {
    pub(crate) name: Arc<str>,
    pub(crate) source: Source,
    /// What is set, in the order of the pointers.
    pub(crate) claims: Vec<SettableName>,
}

/// Where it is looked up.
#[derive(Debug)]
pub(crate) enum Source {
    /// In another system.
    Call(CallTemplate),
    /// In an item of the store's table.
    Item {
        table: ListName,
        key: Parts,
        pointers: Vec<String>,
    },
}

impl LookUp {
    /// What its claims become. What is not there takes them away, as does what no rule could read.
    pub(crate) fn changes(&self, scene: &Scene<'_>) -> Result<Vec<(&ClaimName, Value)>, Failure> {
        let Some(question) = self.question(scene) else {
            return Ok(self.nothing());
        };
        match scene.facts.answer(question)? {
            Answer::Found(Found::Values(values)) => {
                let values = values.iter().map(Some).chain(std::iter::repeat(None));
                let values = values.map(|value| value.and_then(Option::as_ref).map_or_else(Value::blank, readable));
                Ok(self.claims.iter().map(SettableName::name).zip(values).collect())
            }
            Answer::Found(Found::Nothing) => Ok(self.nothing()),
            _ => Err(Failure::Broken("a look-up has an answer that is none".to_owned())),
        }
    }

    /// Its claims, each taken away.
    pub(crate) fn nothing(&self) -> Vec<(&ClaimName, Value)> {
        self.claims.iter().map(|claim| (claim.name(), Value::blank())).collect()
    }

    /// The claims that it reads.
    pub(crate) fn reads(&self) -> Vec<&ClaimName> {
        match &self.source {
            Source::Call(call) => call.claims(),
            Source::Item { key, .. } => places_of(key).filter_map(Place::claim).collect(),
        }
    }

    /// Nothing where what it asks about is absent, or is nothing that can be asked about.
    fn question(&self, scene: &Scene<'_>) -> Option<Question> {
        match &self.source {
            Source::Call(call) => Some(Question::LookUp(Arc::new(call.fill(scene)?))),
            Source::Item { table, key, pointers } => Some(Question::Item(ItemQuestion {
                name: Arc::clone(&self.name),
                table: table.clone(),
                key: item_key(&filled(key, scene)?),
                pointers: pointers.clone(),
            })),
        }
    }
}

/// The longest text that counts, in bytes: a request keeps every claim, and a row of the store has its limit.
const LONGEST: usize = 8 * 1024;

fn readable(value: &Value) -> Value {
    match value {
        Value::Other(_) => Value::blank(),
        value if length(value) > LONGEST => Value::blank(),
        value => value.clone(),
    }
}
