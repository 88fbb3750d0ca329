use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// Everything that the environment tells a function.
#[derive(Clone)]
pub struct Settings {
    /// `VESTIBULE_POLICY`: the policy file; `policy.toml` by default.
    pub policy: PathBuf,
    /// `VESTIBULE_LISTS`: the folder of the policy's lists, where they were packed ahead.
    pub lists: Option<PathBuf>,
    /// `VESTIBULE_STORE`: where requests are kept.
    pub store: Option<StoreAddress>,
    /// `VESTIBULE_BASIC_CREDENTIALS`: who may call, one `name:secret` a line.
    pub basic_credentials: Option<String>,
    /// `VESTIBULE_REVIEWERS`: who may decide, one `name:token` a line.
    pub reviewers: Option<String>,
    /// `VESTIBULE_DEADLINE_MS`: how long a call may take; 1500 by default.
    pub deadline: Duration,
    /// `VESTIBULE_BASE_PATH`: what stands before `/review` in the addresses that browsers use.
    pub base_path: String,
    /// `VESTIBULE_REVIEW_URL`: the review room, as browsers reach it, for mails.
    pub review_url: Option<String>,
    /// `VESTIBULE_AUDIT_KEY`: what proves that nobody changed the histories of requests; 64 hex digits.
    pub audit_key: Option<String>,
    /// `VESTIBULE_SEAL_KEY`: what encrypts invitations that wait; a reference to a secret.
    pub seal_key: Option<String>,
    /// `VESTIBULE_ALLOW_LOOPBACK`: whether directories, mail servers and servers of lists may be on this machine, for
    /// trying out.
    pub allow_loopback: bool,
    /// Where the function runs.
    pub platform: Platform,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`StartError`], naming the setting, what it got and what it wants.
    pub fn from_environment() -> Result<Settings, StartError> {
        Settings::read(&environment)
    }

    /// Reads settings from anywhere.
    ///
    /// # Errors
    /// As [`from_environment`](Self::from_environment).
    pub fn read(variables: Variables<'_>) -> Result<Settings, StartError> {
        let deadline = match variables("VESTIBULE_DEADLINE_MS") {
            None => 1500_u32,
            Some(text) => number("VESTIBULE_DEADLINE_MS", &text, 100..=20_000)?,
        };
        let platform = Platform::detect(variables)?;
        Ok(Settings {
            policy: variables("VESTIBULE_POLICY")
                .unwrap_or_else(|| "policy.toml".to_owned())
                .into(),
            lists: variables("VESTIBULE_LISTS").map(PathBuf::from),
            store: variables("VESTIBULE_STORE")
                .map(|text| StoreAddress::parse(&text))
                .transpose()?,
            basic_credentials: variables("VESTIBULE_BASIC_CREDENTIALS"),
            reviewers: variables("VESTIBULE_REVIEWERS"),
            deadline: Duration::from_millis(deadline.into()),
            base_path: base_path(variables("VESTIBULE_BASE_PATH"))?,
            review_url: variables("VESTIBULE_REVIEW_URL"),
            audit_key: variables("VESTIBULE_AUDIT_KEY"),
            seal_key: variables("VESTIBULE_SEAL_KEY"),
            allow_loopback: allow_loopback(variables("VESTIBULE_ALLOW_LOOPBACK"), &platform)?,
            platform,
        })
    }

    /// The policy file's text.
    ///
    /// # Errors
    /// [`StartError`] if it cannot be read.
    pub fn read_policy(&self) -> Result<String, StartError> {
        std::fs::read_to_string(&self.policy).map_err(|error| {
            StartError::setting(
                "VESTIBULE_POLICY",
                self.policy.display(),
                format!("the path of a policy file ({error})"),
            )
        })
    }
}

/// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("policy", &self.policy)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Where settings come from: the value of a name, if it has one. Empty counts as unset.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The value of an environment variable; empty counts as unset. What is not UTF-8 is not taken for unset, but for a
/// value that no setting accepts and no secret equals.
pub fn environment(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// Where a function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platform {
    /// AWS Lambda.
    Lambda,
    /// The Azure Functions host, which calls on loopback.
    Azure {
        /// The port it chose.
        port: u16,
    },
    /// A plain port.
    Plain {
        /// `VESTIBULE_BIND` and `PORT`; 127.0.0.1 and 3000 by default.
        address: SocketAddr,
    },
}

impl Platform {
    /// What the environment says.
    ///
    /// # Errors
    /// [`StartError`] for a port or an address that is none.
    pub fn detect(variables: Variables<'_>) -> Result<Platform, StartError> {
        if variables("AWS_LAMBDA_RUNTIME_API").is_some() {
            return Ok(Platform::Lambda);
        }
        if let Some(port) = variables("FUNCTIONS_CUSTOMHANDLER_PORT") {
            return Ok(Platform::Azure {
                port: number("FUNCTIONS_CUSTOMHANDLER_PORT", &port, 1..=65_535)?,
            });
        }
        let port = variables("PORT").map_or(Ok(3000), |text| number("PORT", &text, 0..=65_535))?;
        let ip = match variables("VESTIBULE_BIND") {
            None => IpAddr::from(Ipv4Addr::LOCALHOST),
            Some(text) => text
                .parse()
                .map_err(|_| StartError::setting("VESTIBULE_BIND", &text, "an IP address such as 127.0.0.1"))?,
        };
        Ok(Platform::Plain {
            address: SocketAddr::new(ip, port),
        })
    }

    /// Whether settings can be read in somebody's console, so that secrets must be digests.
    pub fn is_cloud(&self) -> bool {
        !matches!(self, Platform::Plain { .. })
    }

    /// Whether browsers reach the function over TLS, as far as it can tell: only a loopback port is used without.
    pub fn has_tls(&self) -> bool {
        !matches!(self, Platform::Plain { address } if address.ip().is_loopback())
    }
}

/// Where requests are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAddress {
    /// `sqlite:PATH`.
    Sqlite(PathBuf),
    /// `dynamodb:TABLE`.
    DynamoDb(String),
}

impl StoreAddress {
    /// Reads `sqlite:PATH` or `dynamodb:TABLE`.
    ///
    /// # Errors
    /// [`StartError`] for anything else.
    pub fn parse(text: &str) -> Result<StoreAddress, StartError> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(StoreAddress::Sqlite(path.into())),
            Some(("dynamodb", table)) if is_table_name(table) => Ok(StoreAddress::DynamoDb(table.to_owned())),
            _ => Err(StartError::setting(
                "VESTIBULE_STORE",
                text,
                "`sqlite:PATH` or `dynamodb:TABLE`",
            )),
        }
    }
}

/// Why a program does not start. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(String);

impl StartError {
    /// Anything that is not about one setting.
    pub fn new(what: impl Into<String>) -> StartError {
        StartError(what.into())
    }

    /// A setting that is wrong: what it got, and what it wants.
    pub fn setting(name: &str, got: impl fmt::Display, wants: impl fmt::Display) -> StartError {
        StartError(format!("{name} is {got}; wanted: {wants}"))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Never on a cloud: the platform's own ends listen there.
fn allow_loopback(text: Option<String>, platform: &Platform) -> Result<bool, StartError> {
    const NAME: &str = "VESTIBULE_ALLOW_LOOPBACK";
    match text.as_deref() {
        None | Some("no") => Ok(false),
        Some("yes") if platform.is_cloud() => Err(StartError::setting(NAME, "yes", "`no` on a cloud")),
        Some("yes") => Ok(true),
        Some(other) => Err(StartError::setting(NAME, other, "`yes` or `no`")),
    }
}

fn number<N>(name: &str, text: &str, range: std::ops::RangeInclusive<N>) -> Result<N, StartError>
where
    N: std::str::FromStr + PartialOrd + fmt::Display,
{
    let wants = || format!("a whole number from {} to {}", range.start(), range.end());
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| StartError::setting(name, format!("`{text}`"), wants()))
}

fn base_path(text: Option<String>) -> Result<String, StartError> {
    let text = text.unwrap_or_default();
    let path = text.trim_end_matches('/');
    let legal = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    if path.is_empty() || (path.starts_with('/') && !path.starts_with("//") && path.chars().all(legal)) {
        return Ok(path.to_owned());
    }
    Err(StartError::setting(
        "VESTIBULE_BASE_PATH",
        format!("`{text}`"),
        "a path such as `/prod`, or nothing",
    ))
}

/// DynamoDB's rule: 3 to 255 letters, digits, `_`, `-` and `.`.
fn is_table_name(name: &str) -> bool {
    (3..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&find).map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_setting_names_itself_what_it_got_and_what_it_wants() {
        for (name, value, wants) in [
            ("VESTIBULE_DEADLINE_MS", "soon", "a whole number from 100 to 20000"),
            ("VESTIBULE_DEADLINE_MS", "99", "a whole number from 100 to 20000"),
            ("VESTIBULE_STORE", "postgres:x", "`sqlite:PATH` or `dynamodb:TABLE`"),
            ("VESTIBULE_STORE", "dynamodb:a b", "`sqlite:PATH` or `dynamodb:TABLE`"),
            ("VESTIBULE_BASE_PATH", "https://x", "a path such as `/prod`, or nothing"),
            ("PORT", "65536", "a whole number from 0 to 65535"),
            ("VESTIBULE_BIND", "localhost", "an IP address such as 127.0.0.1"),
            ("FUNCTIONS_CUSTOMHANDLER_PORT", "0", "a whole number from 1 to 65535"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(
                error.contains(name) && error.contains(value) && error.contains(wants),
                "{error}"
            );
        }
    }

    #[test]
    fn the_environment_chooses_the_platform() {
        let platform = |variables: &[(&str, &str)]| read(variables).unwrap().platform;
        assert_eq!(
            platform(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"), ("PORT", "80")]),
            Platform::Lambda
        );
        assert_eq!(
            platform(&[("FUNCTIONS_CUSTOMHANDLER_PORT", "7071")]),
            Platform::Azure { port: 7071 }
        );
        let plain = platform(&[("PORT", "8080")]);
        assert_eq!(
            plain,
            Platform::Plain {
                address: ([127, 0, 0, 1], 8080).into()
            }
        );
        assert!(!plain.has_tls() && platform(&[("VESTIBULE_BIND", "0.0.0.0")]).has_tls());
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = read(&[
            ("VESTIBULE_BASIC_CREDENTIALS", "entra:hunter2"),
            ("VESTIBULE_REVIEWERS", "r:hunter3"),
        ]);
        assert!(!format!("{settings:?}").contains("hunter"));
    }
}
