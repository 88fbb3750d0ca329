//! The directory: users, invitations, groups, custom attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::{
    error::Refusal,
    schema::{self, Type},
};

/// The tenant's first domain.
pub const DOMAIN: &str = "contoso.onmicrosoft.com";

/// A user and how far it has spread.
pub(crate) struct User {
    pub(crate) properties: Map<String, Json>,
    /// How many reads and writes by id meet nothing yet.
    pub(crate) hidden: u32,
    /// How many look-ups, by filter or principal name, find nothing yet.
    pub(crate) lag: u32,
}

impl User {
    fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    fn identities(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let all = self
            .properties
            .get("identities")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        all.map(|one| {
            let text = |name| one.get(name).and_then(Json::as_str).unwrap_or_default();
            (text("signInType"), text("issuer"), text("issuerAssignedId"))
        })
    }

    /// As Graph filters: for `emailAddress` and `userName` it ignores the issuer.
    pub(crate) fn is_found_by(&self, issuer: &str, id: &str) -> bool {
        let local = |kind| ["emailAddress", "userName"].contains(&kind);
        let matches = |(kind, by, its)| its == id && (by == issuer || local(kind));
        self.identities().any(matches)
    }
}

pub(crate) struct Group {
    pub(crate) is_assignable_to_role: Option<bool>,
    pub(crate) members: BTreeSet<String>,
}

#[derive(Default)]
pub(crate) struct Directory {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) invitations: Vec<Json>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// Custom attributes and their types, by full name.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Set for users to come.
    pub(crate) hidden: u32,
    pub(crate) lag: u32,
    made: u64,
}

impl Directory {
    /// `POST /users`; the id.
    pub(crate) fn create(&mut self, body: Map<String, Json>, now: &str) -> Result<Json, Refusal> {
        self.check(&body)?;
        let needed = [
            "accountEnabled",
            "displayName",
            "identities",
            "mail",
            "userPrincipalName",
        ];
        schema::required(&body, &needed)?;
        let mut new = User {
            properties: body,
            hidden: self.hidden,
            lag: self.lag,
        };
        schema::check_principal_name(new.text("userPrincipalName"), DOMAIN)?;
        self.check_unique(&new)?;
        let id = self.next_id();
        new.properties.insert("id".into(), id.clone().into());
        new.properties.insert("createdDateTime".into(), now.into());
        let created = Json::Object(new.properties.clone());
        self.users.insert(id, new);
        Ok(created)
    }

    /// `POST /invitations`. An address has one guest: its principal name is made of it.
    pub(crate) fn invite(&mut self, body: &Map<String, Json>, now: &str) -> Result<Json, Refusal> {
        schema::check_invitation(body)?;
        let address = body["invitedUserEmailAddress"].as_str().unwrap_or_default();
        let known = self
            .users
            .iter()
            .find(|(_, user)| user.text("mail").eq_ignore_ascii_case(address));
        let id = match known {
            // Who was invited once stays so, even where an administrator made a member of them.
            Some((id, user)) if user.text("userType") != "Guest" && user.text("externalUserState").is_empty() => {
                return Err(Refusal::bad(&format!(
                    "The user already exists in the directory as objectID: {id}. They can use that account to sign in to \
                     shared apps and resources."
                )));
            }
            Some((id, _)) => id.clone(),
            None => self.new_guest(address, now),
        };
        let state = self.users[&id].text("externalUserState").to_owned();
        let mut invitation = body.clone();
        let number = self.invitations.len() + 1;
        let link = format!("https://login.microsoftonline.com/redeem?ticket=ticket-{number}&user={id}");
        for (name, value) in [
            ("id", Json::from(format!("invitation-{number}"))),
            ("inviteRedeemUrl", link.into()),
            ("status", state.into()),
            ("invitedUser", json!({"id": id})),
        ] {
            invitation.insert(name.into(), value);
        }
        self.invitations.push(Json::Object(invitation.clone()));
        Ok(Json::Object(invitation))
    }

    /// `PATCH /users/{id}`.
    pub(crate) fn write(&mut self, id: &str, body: Map<String, Json>) -> Result<(), Refusal> {
        self.check(&body)?;
        let user = self.seen(id)?;
        user.properties.extend(body);
        Ok(())
    }

    /// A user by id, if it has spread so far.
    pub(crate) fn seen(&mut self, id: &str) -> Result<&mut User, Refusal> {
        let user = self.users.get_mut(id).ok_or_else(|| Refusal::missing(id))?;
        if user.hidden > 0 {
            user.hidden -= 1;
            return Err(Refusal::missing(id));
        }
        Ok(user)
    }

    /// The users that a look-up finds.
    pub(crate) fn found(&mut self, matches: impl Fn(&User) -> bool) -> Vec<&User> {
        let mut found = Vec::new();
        for user in self.users.values_mut().filter(|user| matches(user)) {
            if user.lag == 0 {
                found.push(&*user);
            } else {
                user.lag -= 1;
            }
        }
        found
    }

    pub(crate) fn next_id(&mut self) -> String {
        self.made += 1;
        format!("5a5a5a5a-0000-4000-8000-{:012x}", self.made)
    }

    fn new_guest(&mut self, address: &str, now: &str) -> String {
        let id = self.next_id();
        let name = format!("{}#EXT#@{DOMAIN}", address.replacen('@', "_", 1));
        let properties = json!({
            "id": id, "userPrincipalName": name, "mail": address, "displayName": address, "accountEnabled": true,
            "userType": "Guest", "creationType": "Invitation", "externalUserState": "PendingAcceptance",
            "createdDateTime": now,
            "identities": [{"signInType": "userPrincipalName", "issuer": DOMAIN, "issuerAssignedId": name}],
        });
        let user = User {
            properties: properties.as_object().cloned().unwrap_or_default(),
            hidden: self.hidden,
            lag: self.lag,
        };
        self.users.insert(id.clone(), user);
        id
    }

    fn check(&self, body: &Map<String, Json>) -> Result<(), Refusal> {
        let custom = |name: &str| self.attributes.get(name).and_then(|kind| Type::of_attribute(kind));
        schema::check_user(body, custom)
    }

    /// Unique is unique at once, whatever a look-up sees.
    fn check_unique(&self, new: &User) -> Result<(), Refusal> {
        let same = |name: &str, user: &User| user.text(name).eq_ignore_ascii_case(new.text(name));
        let shared = |user: &User| {
            new.identities()
                .any(|(_, issuer, id)| user.identities().any(|(_, by, its)| (by, its) == (issuer, id)))
        };
        if self.users.values().any(|user| same("userPrincipalName", user)) {
            return Err(Refusal::conflict("userPrincipalName"));
        }
        if self.users.values().any(shared) {
            return Err(Refusal::conflict("identities"));
        }
        if self.users.values().any(|user| same("mail", user)) {
            return Err(Refusal::conflict("proxyAddresses"));
        }
        Ok(())
    }
}
