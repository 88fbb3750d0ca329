//! A local run: what is not set is generated once and kept beside the store, so that a restart changes nothing.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use host::{Platform, Settings, StartError, StoreAddress};

const FOLDER: &str = ".vestibule";

/// Fills in credentials, a reviewer's token and a SQLite file, and says on standard output how to use them.
pub(crate) fn complete(settings: &mut Settings) -> Result<(), StartError> {
    let Platform::Plain { address } = settings.platform else {
        return Err(StartError::new(
            "`serve --local` is for a plain port on one's own machine, not for a cloud",
        ));
    };
    if !address.ip().is_loopback() {
        return Err(StartError::setting(
            "VESTIBULE_BIND",
            address.ip(),
            "a loopback address with `serve --local`",
        ));
    }
    fs::create_dir_all(FOLDER).map_err(|error| StartError::new(format!("cannot make the folder {FOLDER}: {error}")))?;
    let folder = Path::new(FOLDER);
    settings
        .store
        .get_or_insert_with(|| StoreAddress::Sqlite(folder.join("vestibule.db")));
    let credentials = match &settings.basic_credentials {
        Some(_) => None,
        None => Some(format!("entra:{}", kept_secret(&folder.join("password"), 24)?)),
    };
    let token = match &settings.reviewers {
        Some(_) => None,
        None => Some(kept_secret(&folder.join("reviewer-token"), 24)?),
    };
    let base = format!("http://{address}");
    explain(&base, credentials.as_deref(), token.as_deref());
    settings.basic_credentials = settings.basic_credentials.take().or(credentials);
    settings.reviewers = settings
        .reviewers
        .take()
        .or(token.map(|token| format!("reviewer:{token}")));
    settings.review_url.get_or_insert_with(|| format!("{base}/review"));
    settings.allow_loopback = true;
    if settings.seal_key.is_none() {
        settings.seal_key = Some(kept_secret(&folder.join("seal-key"), 32)?);
    }
    Ok(())
}

/// A secret of so many random bytes, made at the first run; only its owner may read the file.
fn kept_secret(path: &Path, bytes: usize) -> Result<String, StartError> {
    let cannot =
        |error: std::io::Error| StartError::new(format!("cannot keep a secret in {}: {error}", path.display()));
    match fs::read_to_string(path) {
        Ok(secret) if !secret.trim().is_empty() => return Ok(secret.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
    }
    let mut bytes = vec![0; bytes];
    getrandom::fill(&mut bytes).map_err(|error| StartError::new(format!("no random numbers: {error}")))?;
    let secret = hex::encode(bytes);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(format!("{secret}\n").as_bytes()))
        .map_err(cannot)?;
    Ok(secret)
}

#[expect(clippy::print_stdout, reason = "this is what a local run is for")]
fn explain(base: &str, credentials: Option<&str>, token: Option<&str>) {
    let user = credentials.unwrap_or("NAME:PASSWORD");
    println!("Vestibule, for trying out. Everything is kept in {FOLDER}.\n");
    println!("  steps        {base}/post-federation-signup");
    println!("               {base}/post-attribute-collection");
    println!("               {base}/pre-token-issuance");
    println!("  review room  {base}/review");
    match credentials.and_then(|pair| pair.split_once(':')) {
        Some((name, password)) => println!("  credentials  user {name}, password {password}"),
        None => println!("  credentials  as in VESTIBULE_BASIC_CREDENTIALS"),
    }
    println!(
        "  reviewer     token {}\n",
        token.unwrap_or("as in VESTIBULE_REVIEWERS")
    );
    println!("A person signs up with Google. Before the form:\n");
    println!(
        "  curl -u {user} -H 'Content-Type: application/json' -d '{}' {base}/post-federation-signup\n",
        PERSON.0
    );
    println!("After the form:\n");
    println!(
        "  curl -u {user} -H 'Content-Type: application/json' -d '{}' {base}/post-attribute-collection\n",
        PERSON.1
    );
    println!("Who is waiting:\n");
    println!(
        "  curl -H 'Authorization: Bearer {}' {base}/review/api/requests\n",
        token.unwrap_or("TOKEN")
    );
}

/// What B2B sends of somebody who signs up with Google, at the first step and at the second.
const PERSON: (&str, &str) = (
    r#"{"email":"jane.roe@example.com","identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"102345678901234567890"}],"displayName":"jane roe","givenName":"Jane","lastName":"Roe","ui_locales":"en-US"}"#,
    r#"{"email":"jane.roe@example.com","identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"102345678901234567890"}],"displayName":"jane roe","givenName":"Jane","surname":"Roe","country":"Germany","ui_locales":"en-US"}"#,
);
