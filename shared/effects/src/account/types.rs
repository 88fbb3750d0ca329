//! The types of custom attributes: as configured, or as the directory says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use claims::Claims;
use serde::Deserialize;
use store::{Clock, Timestamp};

use super::{
    graph::{Graph, Right},
    stop::Stop,
};

/// How long what the directory said counts.
const AGE: Duration = Duration::from_secs(600);
/// More pages of attributes than any directory has.
const MOST_PAGES: usize = 20;

/// The type of a custom attribute:
/// <https://learn.microsoft.com/graph/api/resources/identityuserflowattribute>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum DataType {
    /// A string.
    #[serde(rename = "string")]
    Text,
    /// True or false.
    #[serde(rename = "boolean")]
    Boolean,
    /// A whole number of 64 bits.
    #[serde(rename = "int64")]
    Integer,
    /// Several strings.
    #[serde(rename = "stringCollection")]
    Texts,
    /// A point in time, RFC 3339.
    #[serde(rename = "dateTime")]
    DateTime,
}

/// Types by the attributes' full names.
pub(super) type ByName = BTreeMap<String, DataType>;

/// What is known of the types of custom attributes.
pub(super) struct Types {
    /// Instead of asking the directory.
    configured: Option<Arc<ByName>>,
    known: Mutex<Option<(Timestamp, Arc<ByName>)>>,
    clock: Arc<dyn Clock>,
}

impl Types {
    pub(super) fn new(configured: Option<ByName>, clock: Arc<dyn Clock>) -> Types {
        Types {
            configured: configured.map(Arc::new),
            known: Mutex::default(),
            clock,
        }
    }

    /// The types, if claims need any.
    pub(super) async fn needed(&self, claims: &Claims, graph: &Graph) -> Result<Arc<ByName>, Stop> {
        if let Some(configured) = &self.configured {
            return Ok(Arc::clone(configured));
        }
        if !claims.iter().any(|(key, _)| key.starts_with("extension_")) {
            return Ok(Arc::default());
        }
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let types = Arc::new(ask(graph).await?);
        let known = (self.clock.now(), Arc::clone(&types));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(types)
    }

    /// The attribute that a claim means: by its full name, or as `extension_Name` if just one app has that name.
    pub(super) fn resolve<'t>(types: &'t ByName, key: &str) -> Option<(&'t str, DataType)> {
        if let Some((id, data_type)) = types.get_key_value(key) {
            return Some((id, *data_type));
        }
        let name = key.strip_prefix("extension_")?;
        let mut meant = types.iter().filter(|(id, _)| short_name(id) == Some(name));
        match (meant.next(), meant.next()) {
            (Some((id, data_type)), None) => Some((id, *data_type)),
            _ => None,
        }
    }

    fn fresh(&self) -> Option<Arc<ByName>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, types) = known.as_ref()?;
        (self.clock.now().since(*at) < AGE).then(|| Arc::clone(types))
    }
}

/// `Name` of `extension_<32 hex digits>_Name`.
fn short_name(id: &str) -> Option<&str> {
    let (app, name) = id.strip_prefix("extension_")?.split_once('_')?;
    (app.len() == 32 && app.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(name)
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Entry>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    /// Kinds that are not known yet must not hide the others.
    #[serde(rename = "dataType")]
    data_type: serde_json::Value,
}

async fn ask(graph: &Graph) -> Result<ByName, Stop> {
    let mut types = ByName::new();
    let mut next = Some("/identity/userFlowAttributes".to_owned());
    for _ in 0..MOST_PAGES {
        let Some(path) = next else { return Ok(types) };
        let page: Page = graph.get(&path, Right::ReadAttributes).await?.read()?;
        types.extend(page.value.into_iter().filter_map(typed));
        next = page.next.map(|url| graph.path_of(&url)).transpose()?;
    }
    Err(Stop::later("Graph's list of attributes has no end"))
}

fn typed(entry: Entry) -> Option<(String, DataType)> {
    let data_type = serde_json::from_value(entry.data_type).ok()?;
    entry.id.starts_with("extension_").then_some((entry.id, data_type))
}
