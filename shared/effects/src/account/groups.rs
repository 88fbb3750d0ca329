//! The groups that every new account joins.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Map;
use store::{Clock, Timestamp};

use super::{
    created::ObjectId,
    graph::{Graph, Right},
    stop::Stop,
};

/// How long what the directory said about the groups counts.
const AGE: Duration = Duration::from_secs(600);

pub(super) struct Groups {
    ids: Vec<ObjectId>,
    /// When all of them were last seen to be no roles.
    checked: Mutex<Option<Timestamp>>,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Group {
    /// Null, too, where it cannot.
    #[serde(rename = "isAssignableToRole")]
    is_assignable_to_role: Option<bool>,
}

impl Groups {
    pub(super) fn new(ids: Vec<ObjectId>, clock: Arc<dyn Clock>) -> Groups {
        Groups {
            ids,
            checked: Mutex::default(),
            clock,
        }
    }

    /// Refuses groups that hold roles: who joins one may become an administrator.
    pub(super) async fn check(&self, graph: &Graph) -> Result<(), Stop> {
        if self.ids.is_empty() || self.is_fresh() {
            return Ok(());
        }
        for id in &self.ids {
            check(graph, id).await?;
        }
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
        Ok(())
    }

    pub(super) async fn join(&self, graph: &Graph, account: &ObjectId) -> Result<(), Stop> {
        for id in &self.ids {
            join(graph, id, account).await?;
        }
        Ok(())
    }

    fn is_fresh(&self) -> bool {
        let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.is_some_and(|at| self.clock.now().since(at) < AGE)
    }
}

async fn check(graph: &Graph, id: &ObjectId) -> Result<(), Stop> {
    let path = format!("/groups/{id}?$select=id,isAssignableToRole");
    let answer = graph.get(&path, Right::WriteMembers).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Err(Stop::never(format!(
            "there is no group {id}: correct `groups` in the policy"
        )));
    }
    let group: Group = answer.read()?;
    match group.is_assignable_to_role {
        Some(true) => Err(Stop::never(format!(
            "group {id} can hold roles, so that who joins may become an administrator: name another"
        ))),
        _ => Ok(()),
    }
}

/// Who is a member already is one.
async fn join(graph: &Graph, id: &ObjectId, account: &ObjectId) -> Result<(), Stop> {
    let reference = graph.url_of(&format!("/directoryObjects/{account}"));
    let body = Map::from_iter([("@odata.id".to_owned(), reference.into())]);
    let path = format!("/groups/{id}/members/$ref");
    let answer = graph.send(Method::POST, &path, &body, Right::WriteMembers).await?;
    match answer.status {
        status if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST if answer.is_conflict() => Ok(()),
        StatusCode::BAD_REQUEST => Err(answer.refusal("Graph refused a member of a group", &Map::new())),
        status => Err(Stop::later(format!(
            "the account cannot join a group yet ({})",
            status.as_u16()
        ))),
    }
}
