//! From the settings and the policy to a [`Deliverer`].

use std::{path::Path, sync::Arc};

use approvals::AccountBy;
use effects::{
    account::{AccountSettings, Accounts, BadObjectId, BadSetting, ObjectId},
    mail::{Link, Loopback, MailSettings, Mailer, Templates},
    seal::Sealer,
};
use host::{Settings, StartError};
use outgoing::{Limits, Outgoing, Reach};
use policy::Policy;
use secrets::{PlainText, SecretRef, Secrets};
use store::{Clock, Rows};

use crate::{
    Deliverer, MOST_FURTHER, Parts, Receive, Schedule,
    account::AccountReceiver,
    asked::Reviewers,
    mail::{ApplicantMail, ReviewerMail},
};

/// How many effects for one receiver are carried out at once: what mail servers and directories take without complaint.
const AT_ONCE: usize = 8;

/// The function, as its settings and the policy say; nothing where the policy holds nobody and there is no store. One
/// that lets nothing follow its decisions has no receivers: an earlier policy may have left effects that nobody carries
/// out any more, and a person has to see them.
///
/// # Errors
/// [`StartError`], saying which setting is wrong or missing, or what is wrong with the policy or a template.
pub async fn assemble(settings: &Settings) -> Result<Option<Deliverer>, StartError> {
    let policy = assembly::read_policy(settings)?;
    if !policy.holds() {
        return Ok(None);
    }
    let rows = assembly::open_rows(settings).await?;
    assemble_with(settings, &policy, rows).await
}

/// The same, with a policy and a store that are open already.
///
/// # Errors
/// As [`assemble`].
pub async fn assemble_with(
    settings: &Settings,
    policy: &Policy,
    rows: Arc<dyn Rows>,
) -> Result<Option<Deliverer>, StartError> {
    if !policy.holds() {
        return Ok(None);
    }
    let builder = Builder::new(settings, policy)?;
    let receivers = builder.receivers().await?;
    let parts = Parts {
        store: rows.clone(),
        outbox: rows,
        terms: policy.terms().clone(),
        audit: assembly::audit_key(settings)?,
        schedule: schedule()?,
        at_once: AT_ONCE,
        clock: builder.clock,
    };
    Ok(Some(Deliverer::new(parts, receivers)))
}

struct Builder<'b> {
    settings: &'b Settings,
    policy: &'b Policy,
    secrets: Arc<Secrets>,
    sealer: Option<Arc<Sealer>>,
    clock: Arc<dyn Clock>,
}

impl<'b> Builder<'b> {
    fn new(settings: &'b Settings, policy: &'b Policy) -> Result<Builder<'b>, StartError> {
        let clock = assembly::clock();
        let secrets = Arc::new(Secrets::new(Arc::new(host::environment), clock.clone()));
        let sealer = match &settings.seal_key {
            None => None,
            Some(key) => {
                let key = SecretRef::parse(key, plain(settings))
                    .map_err(|bad| StartError::setting("VESTIBULE_SEAL_KEY", bad, "64 hex digits"))?;
                Some(Arc::new(Sealer::new(secrets.clone(), key)))
            }
        };
        Ok(Builder {
            settings,
            policy,
            secrets,
            sealer,
            clock,
        })
    }

    async fn receivers(&self) -> Result<Vec<Arc<dyn Receive>>, StartError> {
        let terms = self.policy.terms();
        let mut receivers: Vec<Arc<dyn Receive>> = Vec::new();
        let mut invites = false;
        if terms.account == AccountBy::Graph {
            let mut accounts = AccountSettings::read(&host::environment, plain(self.settings)).map_err(bad)?;
            accounts.invite_other_issuers = self.policy.accounts().invite_others;
            accounts.groups = self.groups()?;
            invites = !accounts.invitation_mail_by_graph;
            if invites && self.sealer.is_none() {
                let wants = "64 hex digits, as of `openssl rand -hex 32`: invitations wait encrypted";
                return Err(StartError::setting("VESTIBULE_SEAL_KEY", "not set", wants));
            }
            receivers.push(Arc::new(self.account(accounts)?));
        }
        if !terms.tell_applicants.is_empty() || terms.tell_reviewers || invites {
            let mailer = Arc::new(self.mailer().await?);
            receivers.push(Arc::new(ApplicantMail {
                mailer: mailer.clone(),
                sealer: self.sealer.clone(),
            }));
            if terms.tell_reviewers {
                receivers.push(Arc::new(self.reviewers(mailer)?));
            }
        }
        Ok(receivers)
    }

    fn groups(&self) -> Result<Vec<ObjectId>, StartError> {
        let groups = self.policy.accounts().groups.iter();
        // The policy has checked their form.
        groups
            .map(|id| id.parse())
            .collect::<Result<_, BadObjectId>>()
            .map_err(|bad| StartError::new(bad.to_string()))
    }

    fn account(&self, accounts: AccountSettings) -> Result<AccountReceiver, StartError> {
        let reach = match self.settings.allow_loopback {
            true => Reach::InternetAndLoopback,
            false => Reach::Internet,
        };
        let outgoing = Outgoing::new(reach, Limits::default(), self.clock.clone())
            .map_err(|error| StartError::new(format!("cannot prepare outgoing calls: {error}")))?;
        Ok(AccountReceiver {
            accounts: Accounts::new(accounts, outgoing, self.secrets.clone(), self.clock.clone()).map_err(bad)?,
            sealer: self.sealer.clone(),
        })
    }

    async fn mailer(&self) -> Result<Mailer, StartError> {
        let loopback = match self.settings.allow_loopback {
            true => Loopback::Allow,
            false => Loopback::Refuse,
        };
        let settings = MailSettings::read(&host::environment, plain(self.settings), loopback)
            .map_err(|bad| StartError::new(bad.to_string()))?;
        let Some(settings) = settings else {
            let wants = "`smtps://user@host`, `smtp://user@host` or `ses:REGION`: the policy wants mail";
            return Err(StartError::setting("VESTIBULE_MAIL", "not set", wants));
        };
        let folder = self.settings.policy.parent().unwrap_or(Path::new(""));
        let templates = Templates::read(folder, self.policy.languages())
            .map_err(|mistakes| StartError::new(format!("the templates of mails cannot be used:\n{mistakes}")))?;
        Mailer::open(settings, templates, self.secrets.clone(), self.clock.clone())
            .await
            .map_err(|bad| StartError::new(bad.to_string()))
    }

    fn reviewers(&self, mailer: Arc<Mailer>) -> Result<ReviewerMail, StartError> {
        const NAME: &str = "VESTIBULE_REVIEW_URL";
        let wants = "the review room's address, https://…/review: the policy tells reviewers by mail";
        let url = self.settings.review_url.as_deref();
        let room = url.ok_or_else(|| StartError::setting(NAME, "not set", wants))?;
        let usual = self.policy.mail().reviewers.clone();
        if usual.len() > MOST_FURTHER {
            let what = format!(
                "the policy tells {} reviewers by mail; at most {MOST_FURTHER} can be told",
                usual.len()
            );
            return Err(StartError::new(what));
        }
        Ok(ReviewerMail {
            mailer,
            reviewers: Reviewers {
                groups: self.policy.terms().groups.clone(),
                usual,
            },
            room: Link::parse(room).map_err(|_| StartError::setting(NAME, room, wants))?,
        })
    }
}

/// Where settings can be read in somebody's console, secrets stand elsewhere.
fn plain(settings: &Settings) -> PlainText {
    match settings.platform.is_cloud() {
        true => PlainText::Refuse,
        false => PlainText::Allow,
    }
}

fn schedule() -> Result<Schedule, StartError> {
    const NAME: &str = "VESTIBULE_DELIVERY_SCHEDULE";
    match host::environment(NAME) {
        None => Ok(Schedule::default()),
        Some(text) => Schedule::parse(&text).map_err(|bad| StartError::setting(NAME, &text, bad)),
    }
}

fn bad(setting: BadSetting) -> StartError {
    StartError::setting(setting.name, setting.got, setting.wanted)
}
