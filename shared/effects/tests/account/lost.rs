//! What is lost on the way, happens twice or at the same time: one account comes of it.

use std::sync::Arc;

use crate::tenant::{Person, Tenant, done, later};
use graph_stand_in::Fault;

#[tokio::test]
async fn a_lost_reply_to_a_new_user_makes_no_second_one_however_look_ups_lag() {
    for lag in [0, 1, 5] {
        let tenant = Tenant::new();
        tenant.graph.lag(lag);
        tenant.graph.fault("POST /users", Fault::LoseReply);
        let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
        let why = later(accounts.create(&jane.wanted()).await).0;
        assert!(why.starts_with("Graph did not answer: sent perhaps"), "{why}");
        let created = jane.created(&accounts).await;
        assert_eq!(tenant.only_user()["id"], created.object_id.as_str());
        assert_eq!(created.left_out, Vec::<String>::new(), "it is this request's own");
    }
}

#[tokio::test]
async fn a_lost_reply_to_the_name_with_the_hash_makes_no_second_one() {
    let tenant = Tenant::new();
    let name = "jane.roe_fabrikam.example#EXT#@contoso.onmicrosoft.com";
    tenant.graph.add_user(&serde_json::json!({
        "userPrincipalName": name,
        "identities": [{"signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": name}],
    }));
    tenant.graph.lag(4);
    tenant.graph.fault("POST /users", Fault::Refuse(503, None));
    let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    later(accounts.create(&jane.wanted()).await);
    tenant.graph.fault("GET /users", Fault::LoseReply);
    later(accounts.create(&jane.wanted()).await);
    jane.created(&accounts).await;
    jane.created(&accounts).await;
    assert_eq!(tenant.graph.users().len(), 2);
}

#[tokio::test]
async fn a_lost_reply_to_an_invitation_makes_no_second_guest_however_look_ups_lag() {
    for lag in [0, 1, 5] {
        let tenant = Tenant::new();
        tenant.graph.lag(lag);
        tenant.graph.fault("POST /invitations", Fault::LoseReply);
        let (accounts, mut john) = (tenant.accounts(), Person::john(&tenant));
        later(accounts.create(&john.wanted()).await);
        let created = john.created(&accounts).await;
        let user = tenant.only_user();
        assert_eq!(
            (&user["id"], &user["city"]),
            (&created.object_id.as_str().into(), &"Ghent".into())
        );
        assert!(created.redeem_url.is_some());
    }
}

/// Each call, in both ways, for both kinds of account.
#[tokio::test]
async fn whatever_is_lost_one_account_comes_of_it() {
    for call in [
        "POST /token",
        "POST /users",
        "GET /users",
        "GET /users/{id}",
        "POST /invitations",
        "PATCH /users/{id}",
        "GET /groups/{id}",
        "POST /groups/{id}/members",
    ] {
        for fault in [Fault::LoseReply, Fault::LoseRequest] {
            for jane in [true, false] {
                let tenant = Tenant::new();
                let group = tenant.graph.add_group(None);
                let mut settings = tenant.settings();
                settings.groups = vec![group.parse().unwrap()];
                let accounts = tenant.accounts_with(settings);
                let jane = if jane {
                    Person::jane("mail", "j@a.example", &tenant)
                } else {
                    Person::john(&tenant)
                };
                tenant.graph.fault(call, fault);
                let created = jane.clone().created(&accounts).await;
                assert_eq!(tenant.only_user()["id"], created.object_id.as_str(), "{call} {fault:?}");
                assert_eq!(tenant.graph.members(&group), [created.object_id.as_str()]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_creators_at_once_make_one_account() {
    for (lag, hidden) in [(0, 0), (3, 2)] {
        for jane in [true, false] {
            let tenant = Tenant::new();
            tenant.graph.lag(lag);
            tenant.graph.hide(hidden);
            let jane = if jane {
                Person::jane("google.com", "1", &tenant)
            } else {
                Person::john(&tenant)
            };
            let creators = (0..8).map(|_| {
                let (accounts, mut jane) = (Arc::new(tenant.accounts()), jane.clone());
                tokio::spawn(async move { done(jane.create(&accounts).await.0).object_id })
            });
            for creator in creators.collect::<Vec<_>>() {
                assert_eq!(creator.await.unwrap().as_str(), tenant.only_user()["id"]);
            }
        }
    }
}
