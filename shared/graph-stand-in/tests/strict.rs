//! The stand-in is as strict as it says: whatever a test could get wrong is refused, and what is right is taken.

#![allow(clippy::unwrap_used)] // Test support: a set-up that fails must end the test.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use graph_stand_in::{CLIENT_ID, DOMAIN, Fault, GraphStandIn, SECRET};
use serde_json::{Value, json};

struct Caller {
    graph: GraphStandIn,
    token: String,
}

impl Caller {
    fn new() -> Caller {
        let mut caller = Caller {
            graph: GraphStandIn::start(),
            token: String::new(),
        };
        let (status, body) = caller.token(CLIENT_ID, SECRET);
        assert_eq!(status, 200);
        caller.token = body["access_token"].as_str().unwrap().to_owned();
        caller
    }

    fn token(&self, id: &str, secret: &str) -> (u16, Value) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", id);
        form.append_pair("scope", "https://graph.microsoft.com/.default")
            .append_pair("client_secret", secret);
        self.send("POST", "/tenant/oauth2/v2.0/token", &form.finish()).unwrap()
    }

    /// Nothing where the connection ends without an answer.
    fn send(&self, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
        let address = self.graph.url().replace("http://", "");
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).unwrap_or_default()))
    }

    fn create(&self, change: Value) -> (u16, Value) {
        let mut user = jane();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => drop(user.as_object_mut().unwrap().remove(name)),
                value => user[name] = value.clone(),
            }
        }
        self.send("POST", "/v1.0/users", &user.to_string()).unwrap()
    }
}

fn jane() -> Value {
    json!({
        "accountEnabled": true, "displayName": "Jane Roe", "mail": "jane@a.example", "userType": "Guest",
        "userPrincipalName": format!("jane_a.example#EXT#@{DOMAIN}"), "identities": identity("1"),
    })
}

fn identity(id: &str) -> Value {
    json!([{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": id}])
}

#[test]
fn a_user_must_be_right_in_everything() {
    let caller = Caller::new();
    caller
        .graph
        .add_attribute("extension_0123456789abcdef0123456789abcdef_Flag", "boolean");
    let name = |before: &str| json!({"userPrincipalName": format!("{before}@{DOMAIN}")});
    for wrong in [
        json!({"nickname": "J"}),
        json!({"email": "jane@a.example"}),
        json!({"creationType": "Invitation"}),
        json!({"createdDateTime": "2026-11-22T00:00:00Z"}),
        json!({"id": "5a5a5a5a-0000-4000-8000-000000000001"}),
        json!({"accountEnabled": "true"}),
        json!({"city": 1}),
        json!({"city": ""}),
        json!({"city": "x".repeat(129)}),
        json!({"businessPhones": "1"}),
        json!({"displayName": "<b>"}),
        json!({"userType": "Visitor"}),
        json!({"extension_0123456789abcdef0123456789abcdef_Flag": "true"}),
        json!({"extension_Flag": true}),
        json!({"identities": [{"issuer": "google.com", "issuerAssignedId": "1"}]}),
        json!({"identities": [{"signInType": "federated", "issuer": "google", "issuerAssignedId": "1"}]}),
        json!({"accountEnabled": null}),
        json!({"displayName": null}),
        json!({"identities": null}),
        json!({"mail": null}),
        json!({"userPrincipalName": null}),
        json!({"userPrincipalName": "jane@a.example"}),
        name("jane+tag"),
        name("josé"),
        name(".jane"),
        name(""),
        name(&"x".repeat(65)),
    ] {
        let (status, body) = caller.create(wrong.clone());
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!("Request_BadRequest")),
            "{wrong}"
        );
    }
    assert!(caller.graph.users().is_empty());
    let right = json!({"extension_0123456789abcdef0123456789abcdef_Flag": true, "city": "Ghent"});
    assert_eq!(caller.create(right).0, 201);
}

#[test]
fn names_identities_and_addresses_are_unique_at_once_however_look_ups_lag() {
    let caller = Caller::new();
    caller.graph.lag(2);
    assert_eq!(caller.create(json!({})).0, 201);
    let (name, mail) = (format!("other#EXT#@{DOMAIN}"), "other@a.example");
    for (change, target) in [
        (json!({"identities": identity("2"), "mail": mail}), "userPrincipalName"),
        (json!({"userPrincipalName": name, "mail": mail}), "identities"),
        (
            json!({"userPrincipalName": name, "identities": identity("2")}),
            "proxyAddresses",
        ),
    ] {
        let (status, body) = caller.create(change);
        let detail = &body["error"]["details"][0];
        assert_eq!(
            (status, &detail["code"], &detail["target"]),
            (400, &json!("ObjectConflict"), &json!(target))
        );
    }
    let filter = "/v1.0/users?$filter=identities%2Fany%28i%3Ai%2FissuerAssignedId%20eq%20%271%27%20and%20i%2Fissuer%20eq%20%27google.com%27%29";
    let found = || {
        caller.send("GET", filter, "").unwrap().1["value"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!([found(), found(), found()], [0, 0, 1]);
}

#[test]
fn an_invitation_must_be_right_and_an_address_has_one_guest() {
    let caller = Caller::new();
    let invite = |body: Value| caller.send("POST", "/v1.0/invitations", &body.to_string()).unwrap();
    let (address, url) = ("john@a.example", "https://app.example/");
    for wrong in [
        json!({"invitedUserEmailAddress": address}),
        json!({"inviteRedirectUrl": url}),
        json!({"invitedUserEmailAddress": "john", "inviteRedirectUrl": url}),
        json!({"invitedUserEmailAddress": address, "inviteRedirectUrl": "app"}),
        json!({"invitedUserEmailAddress": address, "inviteRedirectUrl": url, "mail": address}),
        json!({"invitedUserEmailAddress": address, "inviteRedirectUrl": url, "sendInvitationMessage": "false"}),
    ] {
        assert_eq!(invite(wrong.clone()).0, 400, "{wrong}");
    }
    let right = json!({"invitedUserEmailAddress": address, "inviteRedirectUrl": url, "sendInvitationMessage": false});
    let (first, second) = (invite(right.clone()).1, invite(right).1);
    assert_eq!(first["invitedUser"]["id"], second["invitedUser"]["id"]);
    assert_ne!(first["inviteRedeemUrl"], second["inviteRedeemUrl"]);
    assert_eq!(caller.graph.users().len(), 1);
}

#[test]
fn tokens_are_checked_and_given_only_for_a_proof() {
    let mut caller = Caller::new();
    assert_eq!(caller.token(CLIENT_ID, "wrong").0, 401);
    assert_eq!(caller.token("other", SECRET).0, 400);
    caller.graph.revoke("User.ReadWrite.All");
    assert_eq!(caller.create(json!({})).0, 403);
    caller.token = "wrong".to_owned();
    assert_eq!(caller.create(json!({})).0, 401);
}

#[test]
fn faults_happen_once_and_in_order() {
    let caller = Caller::new();
    caller.graph.fault("POST /users", Fault::Refuse(429, Some(3)));
    caller.graph.fault("POST /users", Fault::LoseRequest);
    caller.graph.fault("POST /users", Fault::LoseReply);
    assert_eq!(caller.create(json!({})).0, 429);
    let body = jane().to_string();
    assert_eq!(caller.send("POST", "/v1.0/users", &body), None);
    assert!(caller.graph.users().is_empty());
    assert_eq!(caller.send("POST", "/v1.0/users", &body), None);
    assert_eq!(caller.graph.users().len(), 1);
    assert_eq!(
        (caller.create(json!({})).0, caller.graph.count("POST /users")),
        (400, 4)
    );
}
