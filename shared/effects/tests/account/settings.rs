use effects::account::{Cloud, Endpoints};
use graph_stand_in::SECRET;

use crate::tenant::{Tenant, read};

#[test]
fn what_is_wrong_is_named_and_no_secret_shown() {
    let tenant = Tenant::new();
    for (name, value) in [
        ("VESTIBULE_GRAPH_TENANT", ""),
        ("VESTIBULE_GRAPH_DOMAIN", ""),
        ("VESTIBULE_GRAPH_DOMAIN", "contoso"),
        (
            "VESTIBULE_GRAPH_DOMAIN",
            "a-domain-that-is-so-long-that-no-name-fits.onmicrosoft.com",
        ),
        ("VESTIBULE_GRAPH_CLIENT_ID", ""),
        ("VESTIBULE_GRAPH_URL", "graph"),
        ("VESTIBULE_INVITE_REDIRECT_URL", ""),
        ("VESTIBULE_INVITE_REDIRECT_URL", "app"),
        ("VESTIBULE_INVITE_MAIL", "us"),
        ("VESTIBULE_GRAPH_EXTENSIONS", "extension_x=Boolean"),
        ("VESTIBULE_GRAPH_EXTENSIONS", "city=string"),
        ("VESTIBULE_GRAPH_CREDENTIAL", ""),
        ("VESTIBULE_GRAPH_CREDENTIAL", "hidden"),
        ("VESTIBULE_GRAPH_CREDENTIAL", "secret:"),
        ("VESTIBULE_GRAPH_CREDENTIAL", "certificate:/nowhere/hidden"),
        ("VESTIBULE_GRAPH_CREDENTIAL", "certificate:-----BEGIN hidden"),
        ("VESTIBULE_GRAPH_CREDENTIAL", "federated:"),
    ] {
        let mut variables = tenant.variables();
        match value {
            "" => drop(variables.remove(name)),
            value => drop(variables.insert(name, value.to_owned())),
        }
        let refused = read(&variables).unwrap_err();
        assert_eq!(refused.name, name, "{value}");
        let text = refused.to_string();
        assert!(
            text.starts_with(&format!("{name} is ")) && text.contains("; wanted: "),
            "{text}"
        );
        assert!(!text.contains("hidden"), "{text}");
    }
    let mut variables = tenant.variables();
    variables.insert("VESTIBULE_GRAPH_CREDENTIAL", "managed-identity".to_owned());
    assert_eq!(read(&variables).unwrap_err().name, "IDENTITY_ENDPOINT");
    assert!(!format!("{:?}", tenant.settings()).contains(SECRET));
}

#[test]
fn each_cloud_has_a_name() {
    let tenant = Tenant::new();
    for (name, cloud) in [
        ("", Cloud::Global),
        ("global", Cloud::Global),
        ("us-government", Cloud::UsGovernment),
        ("dod", Cloud::Dod),
        ("china", Cloud::China),
    ] {
        let mut variables = tenant.variables();
        variables.remove("VESTIBULE_GRAPH_URL");
        if !name.is_empty() {
            variables.insert("VESTIBULE_GRAPH_CLOUD", name.to_owned());
        }
        assert_eq!(read(&variables).unwrap().endpoints, Endpoints::of(cloud));
    }
    let mut variables = tenant.variables();
    variables.remove("VESTIBULE_GRAPH_URL");
    variables.insert("VESTIBULE_GRAPH_CLOUD", "Global".to_owned());
    assert_eq!(read(&variables).unwrap_err().name, "VESTIBULE_GRAPH_CLOUD");
}
