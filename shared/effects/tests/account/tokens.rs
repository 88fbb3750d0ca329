use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use effects::account::AccountSettings;
use graph_stand_in::{Expect, Fault, IDENTITY_HEADER};
use outgoing::Reach;
use ring::{
    digest,
    signature::{KeyPair, RsaKeyPair},
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};

use crate::tenant::{Person, Tenant, done, later, never, read};

/// A certificate and its key, for tests only.
const CERTIFICATE: &str = include_str!("certificate.pem");

fn settings_with(tenant: &Tenant, credential: &str) -> AccountSettings {
    let mut variables = tenant.variables();
    variables.insert("VESTIBULE_GRAPH_CREDENTIAL", credential.to_owned());
    variables.insert("IDENTITY_ENDPOINT", format!("{}/msi/token", tenant.graph.url()));
    variables.insert("IDENTITY_HEADER", IDENTITY_HEADER.to_owned());
    if credential == "managed-identity" {
        variables.remove("VESTIBULE_GRAPH_CLIENT_ID");
    }
    read(&variables).unwrap()
}

#[tokio::test]
async fn one_token_serves_until_shortly_before_its_end() {
    let tenant = Tenant::new();
    let (accounts, jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    done(accounts.create(&jane.wanted()).await);
    tenant.clock.advance(Duration::from_secs(3599 - 301));
    done(accounts.create(&jane.wanted()).await);
    assert_eq!(tenant.graph.count("POST /token"), 1);
    tenant.clock.advance(Duration::from_secs(2));
    done(accounts.create(&jane.wanted()).await);
    assert_eq!(tenant.graph.count("POST /token"), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let tenant = Tenant::new();
    let (accounts, jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
    done(accounts.create(&jane.wanted()).await);
    tenant.graph.forget_tokens();
    done(accounts.create(&jane.wanted()).await);
    assert_eq!(tenant.graph.count("POST /token"), 2);
    tenant.graph.fault("POST /users", Fault::Refuse(401, None));
    tenant.graph.fault("POST /users", Fault::Refuse(401, None));
    let why = later(accounts.create(&jane.wanted()).await).0;
    assert!(why.contains("fresh token"), "{why}");
    assert_eq!(tenant.graph.count("POST /token"), 3);
}

#[tokio::test]
async fn many_at_once_fetch_one_token() {
    let tenant = Tenant::new();
    let accounts = tenant.accounts();
    let people: Vec<_> = (0..8)
        .map(|id| Person::of(&serde_json::json!({"email": format!("p{id}@a.example")}), &tenant))
        .collect();
    let wanted: Vec<_> = people.iter().map(Person::wanted).collect();
    let (a, b, c, d) = tokio::join!(
        accounts.create(&wanted[0]),
        accounts.create(&wanted[1]),
        accounts.create(&wanted[2]),
        accounts.create(&wanted[3])
    );
    [a, b, c, d].into_iter().for_each(|attempt| drop(done(attempt)));
    assert_eq!(tenant.graph.count("POST /token"), 1);
}

#[tokio::test]
async fn a_certificate_signs_for_the_app() {
    let tenant = Tenant::new();
    let key = PrivatePkcs8KeyDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    tenant.graph.expect(Expect::Certificate {
        public_key: key.public_key().as_ref().to_vec(),
        thumbprint: BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &certificate)),
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, CERTIFICATE).unwrap();
    for credential in [
        format!("certificate:{}", file.path().display()),
        format!("certificate:{CERTIFICATE}"),
    ] {
        let accounts = tenant.accounts_with(settings_with(&tenant, &credential));
        Person::john(&tenant).created(&accounts).await;
    }
    let other = settings_with(&tenant, "secret:wrong");
    let why = later(
        tenant
            .accounts_with(other)
            .create(&Person::john(&tenant).wanted())
            .await,
    )
    .0;
    assert_eq!(why, "no token: 401 invalid_client AADSTS7000215");
}

#[tokio::test]
async fn a_federated_credential_is_read_anew_each_time() {
    let tenant = Tenant::new();
    let mut john = Person::john(&tenant);
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = settings_with(&tenant, &format!("federated:{}", file.path().display()));
    let accounts = tenant.accounts_with(settings);
    for assertion in ["first", "second"] {
        std::fs::write(&file, format!("{assertion}\n")).unwrap();
        tenant.graph.expect(Expect::Federated(assertion.to_owned()));
        john.created(&accounts).await;
        tenant.clock.advance(Duration::from_secs(3600));
    }
    std::fs::remove_file(file.path()).unwrap();
    let why = later(accounts.create(&john.wanted()).await).0;
    assert!(why.contains("cannot be read"), "{why}");
}

#[tokio::test]
async fn a_managed_identity_opens_graph_or_vouches_for_the_app() {
    let tenant = Tenant::new();
    let mut john = Person::john(&tenant);
    let accounts = tenant.accounts_with(settings_with(&tenant, "managed-identity"));
    john.created(&accounts).await;
    assert_eq!(
        (tenant.graph.count("GET /msi/token"), tenant.graph.count("POST /token")),
        (1, 0)
    );
    tenant.clock.advance(Duration::from_secs(3599 - 301));
    john.created(&accounts).await;
    assert_eq!(tenant.graph.count("GET /msi/token"), 1);
    tenant.clock.advance(Duration::from_secs(2));
    john.created(&accounts).await;
    assert_eq!(tenant.graph.count("GET /msi/token"), 2);

    tenant.graph.expect(Expect::Federated(String::new()));
    let accounts = tenant.accounts_with(settings_with(&tenant, "federated:managed-identity"));
    john.created(&accounts).await;
    assert_eq!(
        (tenant.graph.count("GET /msi/token"), tenant.graph.count("POST /token")),
        (3, 1)
    );
}

#[tokio::test]
async fn throttling_is_obeyed_at_each_call() {
    for status in [429, 503] {
        for call in ["POST /token", "POST /users", "GET /users/{id}"] {
            let tenant = Tenant::new();
            tenant.graph.fault(call, Fault::Refuse(status, Some(17)));
            let (accounts, mut jane) = (tenant.accounts(), Person::jane("google.com", "1", &tenant));
            let (why, after) = later(accounts.create(&jane.wanted()).await);
            assert_eq!(after, Some(Duration::from_secs(17)), "{call} {status}: {why}");
            jane.created(&accounts).await;
            tenant.only_user();
        }
    }
}

#[tokio::test]
async fn a_missing_right_is_named() {
    for right in [
        "User.ReadWrite.All",
        "User.Invite.All",
        "GroupMember.ReadWrite.All",
        "IdentityUserFlow.Read.All",
    ] {
        let tenant = Tenant::new();
        tenant.graph.revoke(right);
        let mut settings = tenant.settings();
        settings.groups = vec![tenant.graph.add_group(None).parse().unwrap()];
        let body = serde_json::json!({"email": "john@fabrikam.example", "extension_X": "x"});
        let why = never(
            tenant
                .accounts_with(settings)
                .create(&Person::of(&body, &tenant).wanted())
                .await,
        );
        assert!(why.contains("(403)") && why.contains(right), "{why}");
    }
}

#[tokio::test]
async fn a_stand_in_is_refused_where_loopback_is_not_reached() {
    let tenant = Tenant::new();
    let outgoing = tenant.outgoing(Reach::Internet);
    let refused = effects::account::Accounts::new(tenant.settings(), outgoing, tenant.secrets(), tenant.clock.clone());
    assert_eq!(refused.err().unwrap().name, "VESTIBULE_GRAPH_URL");
}
