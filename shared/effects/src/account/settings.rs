use std::{collections::BTreeMap, fmt};

use claims::Domain;
use outgoing::{Outgoing, Url};
use secrets::PlainText;

use super::{created::ObjectId, credential::Credential, types::DataType, upn};

/// What creating accounts needs to know.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// The tenant, by its id or a domain.
    pub tenant: String,
    /// The domain in which principal names of guests end: `contoso.onmicrosoft.com`.
    pub domain: Domain,
    /// Who has the rights, and the proof of it.
    pub credential: Credential,
    /// Where Graph is.
    pub endpoints: Endpoints,
    /// Where somebody lands who redeemed an invitation.
    pub redirect_url: String,
    /// Graph mails the invitation itself: then there is no link to deliver.
    pub invitation_mail_by_graph: bool,
    /// Types of custom attributes by their full names; the directory is asked where there are none.
    pub extensions: Option<BTreeMap<String, DataType>>,
    /// Whether applicants of issuers that Graph takes no identities of are invited. The policy's to say.
    pub invite_other_issuers: bool,
    /// The groups that every account joins. The policy's to say.
    pub groups: Vec<ObjectId>,
}

impl AccountSettings {
    /// Reads the environment: `VESTIBULE_GRAPH_TENANT`, `VESTIBULE_GRAPH_DOMAIN`,
    /// `VESTIBULE_GRAPH_CREDENTIAL` and its company (see [`Credential::read`]), `VESTIBULE_INVITE_REDIRECT_URL`; and where they are set
    /// `VESTIBULE_GRAPH_CLOUD`, `VESTIBULE_GRAPH_URL`, `VESTIBULE_GRAPH_EXTENSIONS` and `VESTIBULE_INVITE_MAIL`. What
    /// the policy says is as if it said nothing.
    ///
    /// # Errors
    /// [`BadSetting`], naming the variable, what is wrong and what it wants.
    pub fn read(variables: &dyn Fn(&str) -> Option<String>, plain: PlainText) -> Result<AccountSettings, BadSetting> {
        let needed = |name, wanted| variables(name).ok_or_else(|| BadSetting::secret(name, "not set", wanted));
        let redirect_url = needed(
            "VESTIBULE_INVITE_REDIRECT_URL",
            "the URL of the app that people sign up for",
        )?;
        BadSetting::url("VESTIBULE_INVITE_REDIRECT_URL", &redirect_url)?;
        Ok(AccountSettings {
            tenant: needed("VESTIBULE_GRAPH_TENANT", "the tenant's id or one of its domains")?,
            domain: domain(&needed("VESTIBULE_GRAPH_DOMAIN", DOMAIN)?)?,
            credential: Credential::read(variables, plain)?,
            endpoints: Endpoints::read(variables)?,
            redirect_url,
            invitation_mail_by_graph: mail_by_graph(variables("VESTIBULE_INVITE_MAIL"))?,
            extensions: variables("VESTIBULE_GRAPH_EXTENSIONS")
                .map(|text| extensions(&text))
                .transpose()?,
            invite_other_issuers: false,
            groups: Vec::new(),
        })
    }
}

/// Where Graph is, and who gives tokens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    graph: String,
    login: String,
    resource: String,
    on_loopback: bool,
}

/// One of Microsoft's clouds: <https://learn.microsoft.com/graph/deployments>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// The global service.
    Global,
    /// US Government L4.
    UsGovernment,
    /// US Government L5, of the Department of Defense.
    Dod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    fn hosts(self) -> (&'static str, &'static str) {
        match self {
            Cloud::Global => ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
            Cloud::UsGovernment => ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
            Cloud::Dod => ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
            Cloud::China => (
                "https://microsoftgraph.chinacloudapi.cn",
                "https://login.chinacloudapi.cn",
            ),
        }
    }

    fn from_name(name: &str) -> Option<Cloud> {
        match name {
            "global" => Some(Cloud::Global),
            "us-government" => Some(Cloud::UsGovernment),
            "dod" => Some(Cloud::Dod),
            "china" => Some(Cloud::China),
            _ => None,
        }
    }
}

impl Endpoints {
    /// Those of a cloud.
    pub fn of(cloud: Cloud) -> Endpoints {
        let (graph, login) = cloud.hosts();
        Endpoints {
            graph: graph.to_owned(),
            login: login.to_owned(),
            resource: graph.to_owned(),
            on_loopback: false,
        }
    }

    /// A stand-in for both, `http://127.0.0.1:8090`, for tests and for trying out. Works only with a client that
    /// reaches loopback.
    pub fn on_loopback(base: &str) -> Endpoints {
        let base = base.trim_end_matches('/');
        Endpoints {
            graph: base.to_owned(),
            login: base.to_owned(),
            on_loopback: true,
            ..Endpoints::of(Cloud::Global)
        }
    }

    fn read(variables: &dyn Fn(&str) -> Option<String>) -> Result<Endpoints, BadSetting> {
        if let Some(base) = variables("VESTIBULE_GRAPH_URL") {
            BadSetting::url("VESTIBULE_GRAPH_URL", &base)?;
            return Ok(Endpoints::on_loopback(&base));
        }
        let name = variables("VESTIBULE_GRAPH_CLOUD").unwrap_or_else(|| "global".to_owned());
        let wanted = "`global`, `us-government`, `dod` or `china`";
        let unknown = || BadSetting::new("VESTIBULE_GRAPH_CLOUD", &name, wanted);
        Cloud::from_name(&name).map(Endpoints::of).ok_or_else(unknown)
    }

    /// A stand-in gets what is meant for Graph: not where anybody but a developer could have said so.
    pub(super) fn check(&self, outgoing: &Outgoing) -> Result<(), BadSetting> {
        if self.on_loopback && !outgoing.reaches_loopback() {
            let wanted = "no value, where loopback is not reached: it is for tests and local runs";
            return Err(BadSetting::new("VESTIBULE_GRAPH_URL", &self.graph, wanted));
        }
        Ok(())
    }

    pub(super) fn graph(&self) -> &str {
        &self.graph
    }

    pub(super) fn login(&self) -> &str {
        &self.login
    }

    /// What tokens are for.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }
}

const DOMAIN: &str = "the tenant's first domain, such as contoso.onmicrosoft.com";

fn domain(text: &str) -> Result<Domain, BadSetting> {
    let domain = Domain::parse(text).ok();
    let fits = domain.filter(|domain| domain.as_str().len() <= upn::MAX_DOMAIN && domain.as_str().contains('.'));
    fits.ok_or_else(|| BadSetting::new("VESTIBULE_GRAPH_DOMAIN", text, DOMAIN))
}

fn mail_by_graph(text: Option<String>) -> Result<bool, BadSetting> {
    match text.as_deref() {
        None | Some("vestibule") => Ok(false),
        Some("graph") => Ok(true),
        Some(other) => Err(BadSetting::new(
            "VESTIBULE_INVITE_MAIL",
            other,
            "`vestibule` or `graph`",
        )),
    }
}

/// `NAME=TYPE`, one a line.
fn extensions(text: &str) -> Result<BTreeMap<String, DataType>, BadSetting> {
    let wanted = "lines of `extension_APPID_Name=TYPE`, TYPE one of string, boolean, int64, stringCollection, dateTime";
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let parse = |line: &str| {
        let (name, data_type) = line.split_once('=')?;
        let data_type = serde_json::from_value(data_type.trim().into()).ok()?;
        name.starts_with("extension_")
            .then(|| (name.trim().to_owned(), data_type))
    };
    lines
        .map(|line| parse(line).ok_or_else(|| BadSetting::new("VESTIBULE_GRAPH_EXTENSIONS", line, wanted)))
        .collect()
}

/// A setting that cannot be used. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The environment variable.
    pub name: &'static str,
    /// What it got; reads on after "is".
    pub got: String,
    /// What it wants.
    pub wanted: &'static str,
}

impl BadSetting {
    pub(super) fn new(name: &'static str, value: &str, wanted: &'static str) -> BadSetting {
        BadSetting {
            name,
            got: format!("`{value}`"),
            wanted,
        }
    }

    /// One whose value is not shown.
    pub(super) fn secret(name: &'static str, why: &str, wanted: &'static str) -> BadSetting {
        BadSetting {
            name,
            got: why.to_owned(),
            wanted,
        }
    }

    pub(super) fn url(name: &'static str, text: &str) -> Result<Url, BadSetting> {
        text.parse()
            .map_err(|_| BadSetting::new(name, text, "a URL, https://host/path"))
    }
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}; wanted: {}", self.name, self.got, self.wanted)
    }
}

impl std::error::Error for BadSetting {}
