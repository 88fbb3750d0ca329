use serde_json::json;

use crate::tenant::{Person, Tenant, done, later, never};
use graph_stand_in::Fault;

#[tokio::test]
async fn who_has_no_identity_is_invited_and_gets_the_attributes() {
    let tenant = Tenant::new();
    let created = Person::john(&tenant).created(&tenant.accounts()).await;
    let user = tenant.only_user();
    assert_eq!(user["id"], created.object_id.as_str());
    assert_eq!(
        (&user["city"], &user["displayName"]),
        (&json!("Ghent"), &json!("John Doe"))
    );
    assert_eq!(
        (&user["mail"], &user["userType"]),
        (&json!("john@fabrikam.example"), &json!("Guest"))
    );
    let invitation = &tenant.graph.invitations()[0];
    assert_eq!(invitation["sendInvitationMessage"], false);
    assert_eq!(invitation["inviteRedirectUrl"], "https://app.contoso.example/");
    let link = created.redeem_url.unwrap();
    assert_eq!(invitation["inviteRedeemUrl"], link.expose());
    assert_eq!(format!("{link:?}"), "RedeemUrl(..)");
    assert_eq!(created.left_out, Vec::<String>::new());
    assert_eq!(tenant.graph.count("POST /users"), 0);
}

#[tokio::test]
async fn another_issuer_is_invited_only_if_allowed() {
    let tenant = Tenant::new();
    let body =
        json!({"email": "a@b.example", "identities": [{"issuer": "login.other.example", "issuerAssignedId": "1"}]});
    let mut settings = tenant.settings();
    settings.invite_other_issuers = true;
    Person::of(&body, &tenant)
        .created(&tenant.accounts_with(settings))
        .await;
    assert_eq!(tenant.graph.invitations().len(), 1);
}

#[tokio::test]
async fn a_guest_that_is_not_everywhere_yet_is_written_later() {
    let tenant = Tenant::new();
    tenant.graph.hide(1);
    let (accounts, mut john) = (tenant.accounts(), Person::john(&tenant));
    let why = later(accounts.create(&john.wanted()).await).0;
    assert!(why.contains("not to be seen yet"), "{why}");
    tenant.graph.fault("PATCH /users/{id}", Fault::Refuse(404, None));
    let why = later(accounts.create(&john.wanted()).await).0;
    assert!(why.contains("cannot be written yet"), "{why}");
    let created = john.created(&accounts).await;
    assert_eq!(tenant.only_user()["city"], "Ghent");
    let invitations = tenant.graph.invitations();
    assert_eq!(
        invitations[2]["inviteRedeemUrl"],
        created.redeem_url.unwrap().expose(),
        "the latest link"
    );
}

#[tokio::test]
async fn a_guest_that_this_request_did_not_create_is_not_touched() {
    let guest = |created: &str, kind: &str, state: &str| {
        json!({"mail": "john@fabrikam.example", "userPrincipalName": "john_fabrikam.example#EXT#@contoso.onmicrosoft.com",
            "createdDateTime": created, "userType": kind, "externalUserState": state, "city": "Bruges"})
    };
    let (before, after) = ("2026-11-22T20:47:00Z", "2026-11-22T20:53:01Z");
    for other in [
        guest(before, "Guest", "PendingAcceptance"),
        guest(after, "Guest", "Accepted"),
        guest(after, "Member", "PendingAcceptance"),
    ] {
        let tenant = Tenant::new();
        tenant.graph.add_user(&other);
        let unchanged = tenant.only_user();
        let why = never(tenant.accounts().create(&Person::john(&tenant).wanted()).await);
        assert!(why.contains("a person has to look"), "{why}");
        assert_eq!(tenant.only_user(), unchanged);
        assert_eq!(tenant.graph.count("PATCH /users/{id}"), 0);
    }
}

#[tokio::test]
async fn a_user_of_the_directory_is_for_a_person_to_look_at() {
    let tenant = Tenant::new();
    tenant
        .graph
        .add_user(&json!({"mail": "john@fabrikam.example", "userType": "Member"}));
    let why = never(tenant.accounts().create(&Person::john(&tenant).wanted()).await);
    assert!(why.contains("an account that the directory already has"), "{why}");
}

#[tokio::test]
async fn where_graph_mails_the_invitation_it_does_so_once() {
    let tenant = Tenant::new();
    let mut settings = tenant.settings();
    settings.invitation_mail_by_graph = true;
    let (accounts, mut john) = (tenant.accounts_with(settings), Person::john(&tenant));
    tenant.graph.fault("PATCH /users/{id}", Fault::Refuse(404, None));
    later(accounts.create(&john.wanted()).await);
    let id = tenant.only_user()["id"].clone();
    // The mail arrived and was followed meanwhile.
    tenant
        .graph
        .set(id.as_str().unwrap(), "externalUserState", "Accepted".into());
    john.attempts_before = 1;
    let created = done(accounts.create(&john.wanted()).await);
    assert_eq!((created.object_id.as_str().into(), created.redeem_url), (id, None));
    let invitations = tenant.graph.invitations();
    assert_eq!(
        (invitations.len(), &invitations[0]["sendInvitationMessage"]),
        (1, &json!(true))
    );
    assert_eq!(tenant.only_user()["city"], "Ghent");
}
