//! A stand-in for Microsoft Graph v1.0 and Entra's token endpoint on loopback, stricter than they are where their
//! documentation leaves room: whatever it takes, they take. It has one tenant, [`DOMAIN`].
//!
//! A test scripts what goes wrong, call by call ([`Fault`]), makes look-ups lag, and reads back what is in the
//! directory. The program `graph-stand-in` runs it for people to try things out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Test support: a set-up that fails must end the test.

mod api;
mod directory;
mod error;
mod filter;
mod resources;
mod schema;
mod server;
mod tokens;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value as Json, json};
use store::{Clock, SystemClock};

pub use directory::DOMAIN;
use directory::{Directory, Group, User};
pub use tokens::{CLIENT_ID, Expect, IDENTITY_HEADER, SECRET};

/// A running stand-in; it ends when this is dropped.
pub struct GraphStandIn {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _server: server::Server,
}

/// Something that goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out, and the connection closed instead of an answer.
    LoseReply,
    /// The connection is closed before anything happened.
    LoseRequest,
    /// It is answered with this status, and `Retry-After` with so many seconds, and not carried out.
    Refuse(u16, Option<u64>),
    /// The answer is that of a success, and nothing is carried out. For `POST /users`.
    Pretend,
}

/// Everything behind the door.
struct State {
    directory: Directory,
    tokens: tokens::Tokens,
    /// What goes wrong with the next calls, by their names.
    faults: BTreeMap<String, VecDeque<Fault>>,
    /// The names of all calls, in order.
    calls: Vec<String>,
    clock: Arc<dyn Clock>,
}

impl GraphStandIn {
    /// Starts one with an empty directory, in which the app [`CLIENT_ID`] has every right it needs and the secret
    /// [`SECRET`].
    pub fn start() -> GraphStandIn {
        GraphStandIn::start_at(0, Arc::new(SystemClock))
    }

    /// Starts one on a port, 0 for any, with a clock for the times that it writes.
    pub fn start_at(port: u16, clock: Arc<dyn Clock>) -> GraphStandIn {
        let state = Arc::new(Mutex::new(State {
            directory: Directory::default(),
            tokens: tokens::Tokens::new(),
            faults: BTreeMap::new(),
            calls: Vec::new(),
            clock,
        }));
        let (server, address) = server::Server::start(port, Arc::clone(&state));
        GraphStandIn {
            address,
            state,
            _server: server,
        }
    }

    /// What stands before `/v1.0` and `/{tenant}/oauth2`: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets the next call of a name go wrong, after those that were told before. A call's name is its method and its
    /// path, ids as `{id}`: `POST /users`, `GET /users/{id}`, `PATCH /users/{id}`, `POST /invitations`,
    /// `POST /groups/{id}/members`, `POST /token`.
    pub fn fault(&self, call: &str, fault: Fault) {
        self.state().faults.entry(call.to_owned()).or_default().push_back(fault);
    }

    /// From now on, a new user is not found by so many look-ups, by filter or principal name.
    pub fn lag(&self, look_ups: u32) {
        self.state().directory.lag = look_ups;
    }

    /// From now on, so many reads and writes by id meet no new user.
    pub fn hide(&self, calls: u32) {
        self.state().directory.hidden = calls;
    }

    /// What the app has to prove itself with from now on.
    pub fn expect(&self, proof: Expect) {
        self.state().tokens.expect = proof;
    }

    /// Takes a right away.
    pub fn revoke(&self, right: &str) {
        self.state().tokens.rights.remove(right);
    }

    /// Makes every token given so far a wrong one.
    pub fn forget_tokens(&self) {
        self.state().tokens.given.clear();
    }

    /// Says how long tokens count from now on.
    pub fn token_life(&self, life: Duration) {
        self.state().tokens.life = life;
    }

    /// Puts a user with any properties into the directory; the id.
    pub fn add_user(&self, properties: &Json) -> String {
        let mut state = self.state();
        let id = state.directory.next_id();
        let mut properties = properties.as_object().cloned().unwrap_or_default();
        properties.insert("id".into(), id.clone().into());
        let now = state.clock.now().to_string();
        properties.entry("createdDateTime").or_insert(now.into());
        let user = User {
            properties,
            hidden: 0,
            lag: 0,
        };
        state.directory.users.insert(id.clone(), user);
        id
    }

    /// Changes a property of a user.
    pub fn set(&self, id: &str, name: &str, value: Json) {
        let mut state = self.state();
        let user = state.directory.users.get_mut(id).expect("a user that is there");
        user.properties.insert(name.to_owned(), value);
    }

    /// Puts a group into the directory; the id.
    pub fn add_group(&self, is_assignable_to_role: Option<bool>) -> String {
        let mut state = self.state();
        let id = state.directory.next_id();
        let group = Group {
            is_assignable_to_role,
            members: Default::default(),
        };
        state.directory.groups.insert(id.clone(), group);
        id
    }

    /// Gives the tenant a custom attribute, by its full name and its `dataType`.
    pub fn add_attribute(&self, name: &str, data_type: &str) {
        let mut state = self.state();
        state.directory.attributes.insert(name.to_owned(), data_type.to_owned());
    }

    /// All users, those included that no look-up finds yet.
    pub fn users(&self) -> Vec<Json> {
        let state = self.state();
        let users = state.directory.users.values();
        users.map(|user| Json::Object(user.properties.clone())).collect()
    }

    /// All invitations, in order.
    pub fn invitations(&self) -> Vec<Json> {
        self.state().directory.invitations.clone()
    }

    /// The ids of a group's members.
    pub fn members(&self, group: &str) -> Vec<String> {
        let state = self.state();
        state.directory.groups[group].members.iter().cloned().collect()
    }

    /// How often a call was made, whatever became of it.
    pub fn count(&self, call: &str) -> usize {
        self.state().calls.iter().filter(|name| *name == call).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// What people who try things out can read back.
    fn overview(&self) -> Json {
        let users: Vec<_> = self.directory.users.values().map(|user| &user.properties).collect();
        json!({"users": users, "invitations": self.directory.invitations, "calls": self.calls})
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
