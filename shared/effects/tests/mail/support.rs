//! What the tests of mail share: letters, and a mailer made as a program makes it, out of settings.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use claims::{Address, Locale, Locales};
use effects::{
    Attempt,
    mail::{Applicant, BadMailSetting, Letter, LetterKind, Link, Loopback, MailSettings, Mailer, Templates, Waiting},
};
use end_to_end::mail_server::MailServer;
use secrets::{PlainText, Secrets, Variables};
use store::{Clock, Timestamp};

/// It is 2026-11-22T20:53:01Z.
pub(crate) struct Then;

impl Clock for Then {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_380_781_999)
    }
}

pub(crate) fn applicant(name: &str) -> Applicant {
    Applicant {
        name: name.to_owned(),
        address: Address::parse("jane@roe.example").unwrap(),
    }
}

pub(crate) fn waiting(name: &str) -> Waiting {
    let Applicant { name, address } = applicant(name);
    Waiting {
        name,
        address: Some(address),
        days: 3,
        link: link("https://review.example/r"),
    }
}

pub(crate) fn link(text: &str) -> Link {
    Link::parse(text).unwrap()
}

/// A letter of the effect `effect-1`.
pub(crate) fn letter(to: &str, locales: &str, kind: LetterKind) -> Letter {
    Letter {
        id: "effect-1".to_owned(),
        to: Address::parse(to).unwrap(),
        locales: Locales::parse(locales),
        kind,
    }
}

pub(crate) fn kinds() -> [LetterKind; 9] {
    let who = applicant("Jane");
    [
        LetterKind::Received(who.clone()),
        LetterKind::Approved(who.clone()),
        LetterKind::ApprovedRedeem(who.clone(), link("https://redeem.example/r?a=1&b=2")),
        LetterKind::Denied(who.clone()),
        LetterKind::Expired(who),
        LetterKind::ReviewNew(waiting("Jane")),
        LetterKind::ReviewReminder(waiting("Jane")),
        LetterKind::ReviewEscalated(waiting("Jane")),
        LetterKind::ReviewDigest {
            count: 7,
            days: 3,
            link: link("https://review.example/r"),
        },
    ]
}

/// What a mailer is opened with.
pub(crate) struct Opening {
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) limit: Option<Duration>,
    pub(crate) variables: Option<Variables>,
}

/// One that speaks to a server without TLS.
pub(crate) fn mailer(server: &MailServer) -> Opening {
    Opening::to(&format!("smtp://127.0.0.1:{}?tls=none", server.port()))
}

impl Opening {
    pub(crate) fn to(server: &str) -> Opening {
        let settings = [
            ("VESTIBULE_MAIL", server),
            ("VESTIBULE_MAIL_FROM", "Contoso Zürich <no-reply@contoso.com>"),
            ("VESTIBULE_MAIL_REPLY_TO", "help@contoso.com"),
        ];
        Opening {
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            files: Vec::new(),
            limit: None,
            variables: None,
        }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Opening {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn files(mut self, files: &[(&str, &str)]) -> Opening {
        self.files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        self
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Opening {
        self.limit = Some(limit);
        self
    }

    /// Where secrets and AWS's settings come from, instead of the settings themselves.
    pub(crate) fn variables(mut self, variables: Variables) -> Opening {
        self.variables = Some(variables);
        self
    }

    pub(crate) async fn open(&self) -> Mailer {
        self.try_open().await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) async fn try_open(&self) -> Result<Mailer, BadMailSetting> {
        let values = self.settings.clone();
        let own: Variables = Arc::new(move |name: &str| values.get(name).cloned());
        let settings = MailSettings::read(&*own, PlainText::Refuse, Loopback::Allow)?;
        let mut settings = settings.expect("VESTIBULE_MAIL is set");
        settings.limit = self.limit.unwrap_or(settings.limit);
        let variables = self.variables.clone().unwrap_or(own);
        let secrets = Arc::new(Secrets::new(variables, Arc::new(Then)));
        Mailer::open(settings, self.templates(), secrets, Arc::new(Then)).await
    }

    fn templates(&self) -> Templates {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        for (name, text) in &self.files {
            fs::write(folder.path().join("mail").join(name), text).unwrap();
        }
        let languages = ["en", "de"].map(|tag| Locale::parse(tag).unwrap());
        Templates::read(folder.path(), &languages).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }
}

/// Why it may work later.
pub(crate) fn later(attempt: Attempt<()>) -> String {
    match attempt {
        Attempt::Later { why, .. } => why.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Why it never works.
pub(crate) fn never(attempt: Attempt<()>) -> String {
    match attempt {
        Attempt::Never { why } => why.to_string(),
        other => panic!("{other:?}"),
    }
}
