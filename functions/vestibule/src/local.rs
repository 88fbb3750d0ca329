//! A local run: what is not set is generated once and kept beside the store, so that a restart changes nothing.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use host::{Platform, Settings, StartError, StoreAddress};

const FOLDER: &str = ".vestibule";

/// The file in it with the reviewer's token.
const TOKEN: &str = "reviewer-token";

/// How to use a local run.
pub(crate) struct Guide {
    base: String,
    /// `name:password`, unless the settings had credentials already.
    credentials: Option<String>,
    /// The reviewer's, unless the settings had reviewers already.
    token: Option<String>,
}

/// Fills in credentials, a reviewer's token and a SQLite file.
///
/// # Errors
/// [`StartError`] if this is no run on one's own machine, the port is taken, or nothing can be written here.
pub(crate) fn complete(settings: &mut Settings) -> Result<Guide, StartError> {
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
    refuse_taken(address)?;
    fs::create_dir_all(FOLDER).map_err(|error| StartError::new(no_folder(&error)))?;
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
        None => Some(kept_secret(&folder.join(TOKEN), 24)?),
    };
    settings.basic_credentials = settings.basic_credentials.take().or(credentials.clone());
    settings.reviewers = settings
        .reviewers
        .take()
        .or(token.as_ref().map(|token| format!("reviewer:{token}")));
    let base = format!("http://{address}");
    settings.review_url.get_or_insert_with(|| format!("{base}/review"));
    settings.allow_loopback = true;
    if settings.audit_key.is_none() {
        settings.audit_key = Some(kept_secret(&folder.join("audit-key"), 32)?);
    }
    if settings.seal_key.is_none() {
        settings.seal_key = Some(kept_secret(&folder.join("seal-key"), 32)?);
    }
    Ok(Guide {
        base,
        credentials,
        token,
    })
}

impl Guide {
    /// Says it on standard output.
    #[expect(clippy::print_stdout, reason = "this is what a local run is for")]
    pub(crate) fn print(&self) {
        let (base, credentials, token) = (&self.base, self.credentials.as_deref(), self.token.as_deref());
        let user = credentials.unwrap_or("NAME:PASSWORD");
        println!("Vestibule, for trying out. What the settings do not name is kept in {FOLDER}.\n");
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
            PERSON.0.trim_end()
        );
        println!("After the form:\n");
        println!(
            "  curl -u {user} -H 'Content-Type: application/json' -d '{}' {base}/post-attribute-collection\n",
            PERSON.1.trim_end()
        );
        println!("Who is waiting:\n");
        // Others can see a command line, and the shell keeps it.
        let shown = match token {
            Some(_) => format!("sed 's/^/Authorization: Bearer /' {FOLDER}/{TOKEN}"),
            None => "read -rs token; echo \"Authorization: Bearer $token\"".to_owned(),
        };
        println!("  {shown} | curl -H @- {base}/review/api/requests\n");
    }
}

/// Asks before anything is printed that a program at another port would make wrong.
fn refuse_taken(address: SocketAddr) -> Result<(), StartError> {
    match TcpListener::bind(address) {
        Ok(_closed_at_once) => Ok(()),
        Err(error) => Err(StartError::new(format!(
            "cannot listen at {address}: {error}; choose a free port, as in `make run ARGS='--port 3001'`"
        ))),
    }
}

fn no_folder(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            format!("{FOLDER} is there and is no folder: move it away, or start in another folder")
        }
        _ => format!("cannot make the folder {FOLDER}: {error}; start in a folder where you may write"),
    }
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

/// What B2B sends of somebody who signs up with Google, at the first step and at the second.
const PERSON: (&str, &str) = (
    include_str!("person/before-form.json"),
    include_str!("person/after-form.json"),
);
