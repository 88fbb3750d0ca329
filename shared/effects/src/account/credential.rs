use std::{fs, path::PathBuf};

use secrets::{PlainText, SecretRef};

use super::{assertion::Certificate, settings::BadSetting, token::Token};

const NAME: &str = "VESTIBULE_GRAPH_CREDENTIAL";
const CLIENT_ID: &str = "VESTIBULE_GRAPH_CLIENT_ID";
const WANTED: &str = "`secret:` and a reference to the secret (`secret:ssm:NAME`), `certificate:PATH` (or the PEM text itself), `managed-identity`, `federated:PATH` or \
    `federated:managed-identity`";

/// Who creates accounts, and the proof of it. Shows nothing of the proof.
#[derive(Clone, Debug)]
pub struct Credential(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// An app.
    App { client_id: String, proof: Proof },
    /// An identity that Azure manages, which has the rights itself.
    ManagedIdentity(ManagedIdentity),
}

/// How an app proves that it is itself.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    Secret(SecretRef),
    Certificate(Certificate),
    /// What another issuer vouches for, whom the app was told to trust: a file that somebody keeps fresh, …
    FederatedFile(PathBuf),
    /// … or an identity that Azure manages.
    FederatedIdentity(ManagedIdentity),
}

/// An identity that Azure gives to a function app.
#[derive(Clone, Debug)]
pub(super) struct ManagedIdentity {
    pub(super) endpoint: String,
    pub(super) header: Token,
    /// Which one, where the app has several.
    pub(super) client_id: Option<String>,
}

impl Credential {
    /// Reads `VESTIBULE_GRAPH_CREDENTIAL`: `secret:` and a reference to the secret or, where plain text is allowed, the
    /// secret itself, `certificate:PATH` with the certificate and its key as PEM,
    /// or the PEM text itself after the colon, `managed-identity`, `federated:PATH` of a file with an assertion, or
    /// `federated:managed-identity`. All but the third need `VESTIBULE_GRAPH_CLIENT_ID`. Managed identities need what Azure sets, `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`,
    /// and `VESTIBULE_GRAPH_IDENTITY_CLIENT_ID` for one that the user assigned.
    ///
    /// # Errors
    /// [`BadSetting`], which shows nothing of a secret.
    pub fn read(variables: &dyn Fn(&str) -> Option<String>, plain: PlainText) -> Result<Credential, BadSetting> {
        let text = variables(NAME).ok_or_else(|| BadSetting::secret(NAME, "not set", WANTED))?;
        let (kind, value) = text.split_once(':').unwrap_or((text.as_str(), ""));
        let proof = match (kind.trim(), value.trim()) {
            ("managed-identity", "") => return Ok(Credential(Kind::ManagedIdentity(managed_identity(variables)?))),
            ("secret", secret) if !secret.is_empty() => {
                let reference = SecretRef::parse(secret, plain);
                Proof::Secret(reference.map_err(|bad| BadSetting::secret(NAME, &bad.to_string(), WANTED))?)
            }
            ("certificate", source) if !source.is_empty() => Proof::Certificate(certificate(source, plain)?),
            ("federated", "managed-identity") => Proof::FederatedIdentity(managed_identity(variables)?),
            ("federated", path) if !path.is_empty() => Proof::FederatedFile(path.into()),
            _ => return Err(BadSetting::secret(NAME, "none of the kinds (not shown)", WANTED)),
        };
        let unset = || BadSetting::secret(CLIENT_ID, "not set", "the client id of the app registration");
        let client_id = variables(CLIENT_ID).ok_or_else(unset)?;
        Ok(Credential(Kind::App { client_id, proof }))
    }
}

fn certificate(source: &str, plain: PlainText) -> Result<Certificate, BadSetting> {
    let refused = |why: &str| {
        BadSetting::secret(
            NAME,
            why,
            "the path or text of a PEM file: a certificate and its RSA key",
        )
    };
    let text = if source.contains("-----BEGIN") {
        if plain == PlainText::Refuse {
            return Err(refused("the key itself, where settings can be read in the console"));
        }
        source.to_owned()
    } else {
        fs::read_to_string(source)
            .map_err(|error| refused(&format!("the path of a file that cannot be read ({})", error.kind())))?
    };
    Certificate::parse(&text).map_err(|why| refused(&format!("a PEM text that {why}")))
}

fn managed_identity(variables: &dyn Fn(&str) -> Option<String>) -> Result<ManagedIdentity, BadSetting> {
    let needed = |name: &'static str| {
        let missing = || BadSetting::secret(name, "not set", "what Azure sets where the app has a managed identity");
        variables(name).ok_or_else(missing)
    };
    Ok(ManagedIdentity {
        endpoint: needed("IDENTITY_ENDPOINT")?,
        header: Token::new(needed("IDENTITY_HEADER")?),
        client_id: variables("VESTIBULE_GRAPH_IDENTITY_CLIENT_ID"),
    })
}
