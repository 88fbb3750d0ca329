use serde_json::json;

use crate::tenant::{APP, Person, Tenant, done, never};
use graph_stand_in::Fault;

#[tokio::test]
async fn each_identity_provider_makes_a_guest_with_its_identity_and_attributes() {
    for (issuer, spelling, id) in [
        ("google.com", "google.com", "109876543210"),
        ("google.com", "Google", "o'neill / ünï+%27&$filter=x"),
        ("facebook.com", "facebook", "f-1"),
        ("mail", "mail", "Jane.Roe@fabrikam.example"),
    ] {
        let tenant = Tenant::new();
        let created = Person::jane(spelling, id, &tenant).created(&tenant.accounts()).await;
        assert_eq!((created.redeem_url, created.left_out), (None, vec![]));
        assert_eq!(
            tenant.only_user(),
            json!({
                "id": created.object_id.as_str(), "createdDateTime": "2026-11-22T20:53:01Z",
                "accountEnabled": true, "displayName": "Jane Roe", "givenName": "Jane", "surname": "Roe",
                "mail": "Jane.Roe@fabrikam.example", "userType": "Guest",
                "userPrincipalName": "jane.roe_fabrikam.example#EXT#@contoso.onmicrosoft.com",
                "identities": [{"signInType": "federated", "issuer": issuer, "issuerAssignedId": id}],
            })
        );
        assert_eq!(
            tenant.graph.count("GET /users/{id}"),
            1,
            "it was seen before it counted"
        );
        assert_eq!(tenant.graph.count("PATCH /users/{id}"), 0);
    }
}

#[tokio::test]
async fn a_second_run_finds_the_account_of_the_first() {
    let tenant = Tenant::new();
    for id in ["1", "o'neill / ünï+%27&$filter=x"] {
        let tenant = Tenant::new();
        let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", id, &tenant));
        let first = jane.created(&accounts).await;
        let second = jane.created(&accounts).await;
        assert_eq!((first.object_id, vec![]), (second.object_id, second.left_out));
        assert_eq!(tenant.only_user()["surname"], "Roe");
        assert_eq!(tenant.graph.count("GET /users"), 1);
    }
    assert!(tenant.graph.users().is_empty());
}

#[tokio::test]
async fn an_older_account_of_the_same_person_is_theirs_and_stays_as_it_is() {
    let tenant = Tenant::new();
    let id = tenant.graph.add_user(&json!({
        "userPrincipalName": "jane.roe_fabrikam.example#EXT#@contoso.onmicrosoft.com", "displayName": "Old",
        "userType": "Guest", "createdDateTime": "2025-01-01T00:00:00Z",
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}],
    }));
    let before = tenant.only_user();
    let created = Person::jane("google.com", "1", &tenant)
        .created(&tenant.accounts())
        .await;
    assert_eq!(created.object_id.as_str(), id);
    assert_eq!(created.left_out, ["displayName", "givenName", "surname"]);
    assert_eq!(tenant.only_user(), before);
}

#[tokio::test]
async fn somebody_else_with_the_name_makes_it_the_one_with_the_hash() {
    let tenant = Tenant::new();
    let name = "jane.roe_fabrikam.example#EXT#@contoso.onmicrosoft.com";
    tenant.graph.add_user(&json!({
        "userPrincipalName": name, "userType": "Member",
        "identities": [{"signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": name}],
    }));
    let mut jane = Person::jane("google.com", "1", &tenant);
    let created = jane.created(&tenant.accounts()).await;
    let users = tenant.graph.users();
    assert_eq!(users.len(), 2);
    assert_eq!(users[1]["id"], created.object_id.as_str());
    let hash = jane.hash();
    let with_hash = format!("jane.roe_fabrikam.example_{hash}#EXT#@contoso.onmicrosoft.com");
    assert_eq!(users[1]["userPrincipalName"], with_hash);
    // The same again: not a third one.
    assert_eq!(jane.created(&tenant.accounts()).await.object_id, created.object_id);
    assert_eq!(tenant.graph.users().len(), 2);
}

#[tokio::test]
async fn others_with_both_names_are_for_a_person_to_look_at() {
    let tenant = Tenant::new();
    let jane = Person::jane("google.com", "1", &tenant);
    for middle in [String::new(), format!("_{}", jane.hash())] {
        let name = format!("jane.roe_fabrikam.example{middle}#EXT#@contoso.onmicrosoft.com");
        let other =
            json!({"signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": name});
        tenant
            .graph
            .add_user(&json!({"userPrincipalName": name, "identities": [other]}));
    }
    let why = never(tenant.accounts().create(&jane.wanted()).await);
    assert!(why.contains("both principal names"), "{why}");
    assert_eq!(tenant.graph.users().len(), 2);
}

/// Graph's filter ignores the issuer of user names.
#[tokio::test]
async fn the_same_id_of_another_issuer_is_somebody_else() {
    let tenant = Tenant::new();
    let decoy = tenant.graph.add_user(&json!({
        "userPrincipalName": "decoy@contoso.onmicrosoft.com",
        "identities": [{"signInType": "userName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "1"}],
    }));
    let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    let first = jane.created(&accounts).await;
    let second = jane.created(&accounts).await;
    assert_eq!(first.object_id, second.object_id);
    assert_ne!(first.object_id.as_str(), decoy);
}

#[tokio::test]
async fn an_address_that_another_account_has_is_for_a_person_to_look_at() {
    let tenant = Tenant::new();
    tenant.graph.add_user(&json!({
        "userPrincipalName": "other@contoso.onmicrosoft.com", "mail": "Jane.Roe@fabrikam.example",
        "identities": [{"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "1"}],
    }));
    let why = never(
        tenant
            .accounts()
            .create(&Person::jane("google.com", "1", &tenant).wanted())
            .await,
    );
    assert!(
        why.contains("another account in the directory has the address"),
        "{why}"
    );
    assert_eq!(tenant.graph.users().len(), 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_read_is_not_there() {
    let tenant = Tenant::new();
    tenant.graph.hide(2);
    let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    let (attempt, times) = jane.create(&accounts).await;
    assert_eq!(done(attempt).object_id.as_str(), tenant.only_user()["id"]);
    assert_eq!(times, 2);
}

#[tokio::test]
async fn a_success_without_a_user_is_none() {
    let tenant = Tenant::new();
    tenant.graph.fault("POST /users", Fault::Pretend);
    let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    let (attempt, times) = jane.create(&accounts).await;
    assert_eq!(done(attempt).object_id.as_str(), tenant.only_user()["id"]);
    assert_eq!((times, tenant.graph.count("POST /users")), (1, 2));
}

#[tokio::test]
async fn custom_attributes_get_the_types_that_the_directory_says() {
    let tenant = Tenant::new();
    for (name, kind) in [
        ("Flag", "boolean"),
        ("Count", "int64"),
        ("Many", "stringCollection"),
        ("Text", "string"),
    ] {
        tenant.graph.add_attribute(&format!("{APP}_{name}"), kind);
    }
    let (flag, count, many) = (format!("{APP}_Flag"), format!("{APP}_Count"), format!("{APP}_Many"));
    let body = json!({
        "email": "jane@fabrikam.example", "identities": [{"issuer": "google.com", "issuerAssignedId": "1"}],
        flag.as_str(): "true", count.as_str(): "17", many.as_str(): ["a", "b"], "extension_Text": "x",
        "extension_Unknown": "x", "phoneNumber": "1", "accountEnabled": false, "creationType": "x", "city": "",
    });
    let accounts = tenant.accounts();
    let created = Person::of(&body, &tenant).created(&accounts).await;
    let user = tenant.only_user();
    let custom = json!([user[&flag], user[&count], user[&many], user[format!("{APP}_Text")]]);
    assert_eq!(custom, json!([true, 17, ["a", "b"], "x"]));
    assert_eq!(user["displayName"], "jane@fabrikam.example");
    assert_eq!(user["accountEnabled"], true);
    assert_eq!(
        created.left_out,
        ["accountEnabled", "creationType", "extension_Unknown", "phoneNumber"]
    );
    let pages = tenant.graph.count("GET /identity/userFlowAttributes");
    assert_eq!(pages, 3);
    Person::of(&body, &tenant).created(&accounts).await;
    assert_eq!(tenant.graph.count("GET /identity/userFlowAttributes"), pages, "kept");
    tenant.clock.advance(std::time::Duration::from_secs(600));
    Person::of(&body, &tenant).created(&accounts).await;
    assert_eq!(
        tenant.graph.count("GET /identity/userFlowAttributes"),
        2 * pages,
        "asked again"
    );
}

#[tokio::test]
async fn configured_types_spare_the_question() {
    let tenant = Tenant::new();
    tenant.graph.add_attribute(&format!("{APP}_Flag"), "boolean");
    let mut variables = tenant.variables();
    variables.insert("VESTIBULE_GRAPH_EXTENSIONS", format!("{APP}_Flag=boolean\n\n"));
    tenant.graph.revoke("IdentityUserFlow.Read.All");
    let accounts = tenant.accounts_with(crate::tenant::read(&variables).unwrap());
    let body = json!({"email": "jane@fabrikam.example", "identities": [{"issuer": "mail", "issuerAssignedId": "jane@fabrikam.example"}],
        "extension_Flag": "false"});
    Person::of(&body, &tenant).created(&accounts).await;
    assert_eq!(tenant.only_user()[format!("{APP}_Flag")], false);
    assert_eq!(tenant.graph.count("GET /identity/userFlowAttributes"), 0);
}

#[tokio::test]
async fn the_proven_address_goes_before_the_typed_one() {
    let tenant = Tenant::new();
    Person::jane("mail", "proven@fabrikam.example", &tenant)
        .created(&tenant.accounts())
        .await;
    assert_eq!(tenant.only_user()["mail"], "proven@fabrikam.example");
}

#[tokio::test]
async fn what_graph_refuses_is_named_without_a_value() {
    let tenant = Tenant::new();
    let mut variables = tenant.variables();
    // The directory does not have it.
    variables.insert("VESTIBULE_GRAPH_EXTENSIONS", format!("{APP}_Gone=string"));
    let accounts = tenant.accounts_with(crate::tenant::read(&variables).unwrap());
    let body = json!({"email": "jane@fabrikam.example", "identities": [{"issuer": "google.com", "issuerAssignedId": "1"}],
        "extension_Gone": "secret value"});
    let why = never(accounts.create(&Person::of(&body, &tenant).wanted()).await);
    assert_eq!(
        why,
        format!("Graph refused the user: 400 Request_BadRequest, about {APP}_Gone")
    );
    assert!(tenant.graph.users().is_empty());
}

#[tokio::test]
async fn who_cannot_be_provided_for_is_for_a_person_to_look_at() {
    let tenant = Tenant::new();
    let identity = json!([{"issuer": "google.com", "issuerAssignedId": "1"}]);
    for (body, wanted) in [
        (
            json!({"email": "a@b.example", "identities": [{"issuer": "login.other.example", "issuerAssignedId": "1"}]}),
            "identity provider",
        ),
        (json!({"identities": identity}), "no e-mail address"),
        (
            json!({"email": "a@allowed.example@evil.example", "identities": identity}),
            "e-mail address is none",
        ),
        (json!({"displayName": "Nobody"}), "no e-mail address"),
    ] {
        let why = never(tenant.accounts().create(&Person::of(&body, &tenant).wanted()).await);
        assert!(why.contains(wanted), "{why}");
    }
    assert_eq!(tenant.graph.count("POST /token"), 0, "nobody was asked");
}
