use std::time::Duration;

use crate::tenant::{Person, Tenant, done, never};

#[tokio::test]
async fn accounts_of_both_kinds_join_the_groups_and_may_be_members_already() {
    let tenant = Tenant::new();
    let groups = [tenant.graph.add_group(None), tenant.graph.add_group(Some(false))];
    let mut settings = tenant.settings();
    settings.groups = groups.iter().map(|id| id.parse().unwrap()).collect();
    let accounts = tenant.accounts_with(settings);
    let (mut jane, mut john) = (Person::jane("google.com", "1", &tenant), Person::john(&tenant));
    let mut members = Vec::new();
    for person in [&mut jane, &mut john] {
        let id = person.created(&accounts).await.object_id;
        assert_eq!(person.created(&accounts).await.object_id, id, "again");
        members.push(id.to_string());
    }
    for group in &groups {
        assert_eq!(tenant.graph.members(group), members);
    }
    assert_eq!(tenant.graph.count("GET /groups/{id}"), 2, "kept");
    tenant.clock.advance(Duration::from_secs(600));
    done(accounts.create(&jane.wanted()).await);
    assert_eq!(tenant.graph.count("GET /groups/{id}"), 4, "asked again");
}

#[tokio::test]
async fn a_group_that_holds_roles_or_is_none_refuses_before_anything_is_created() {
    for (assignable, wanted) in [(Some(true), "can hold roles"), (None, "`groups` in the policy")] {
        let tenant = Tenant::new();
        let group = match assignable {
            None => "00000000-0000-4000-8000-000000000000".to_owned(),
            _ => tenant.graph.add_group(assignable),
        };
        let mut settings = tenant.settings();
        settings.groups = vec![group.parse().unwrap()];
        let why = never(
            tenant
                .accounts_with(settings)
                .create(&Person::john(&tenant).wanted())
                .await,
        );
        assert!(why.contains(wanted) && why.contains(&group), "{why}");
        assert!(tenant.graph.users().is_empty() && tenant.graph.invitations().is_empty());
    }
}
