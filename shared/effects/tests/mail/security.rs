//! TLS and log-in, against a real server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::support::{Opening, applicant, later, letter, never};
use effects::{Attempt, mail::LetterKind};
use end_to_end::mail_server::{MailServer, Options};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;

const LOGIN: (&str, &str) = ("entra@contoso.com", "rotated");

/// An authority's certificate in a file, and a key and certificate that it made for a server.
struct Authority {
    file: NamedTempFile,
    server: (String, String),
}

impl Authority {
    fn vouching_for(name: &str) -> Authority {
        let mut own = CertificateParams::new([]).unwrap();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(own, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Authority {
            file,
            server: (key.serialize_pem(), certificate.pem()),
        }
    }

    fn server(&self, tls: Option<&'static str>, login: bool) -> MailServer {
        MailServer::start(&Options {
            tls,
            certificate: Some(self.server.clone()),
            login: login.then_some(LOGIN),
            smtputf8: false,
        })
    }

    fn mailer(&self, address: &str) -> Opening {
        let path = self.file.path().display().to_string();
        Opening::to(address).set("VESTIBULE_MAIL_CA_FILE", &path)
    }
}

fn denied() -> effects::mail::Letter {
    letter("jane@roe.example", "", LetterKind::Denied(applicant("")))
}

#[tokio::test]
async fn letters_go_through_tls_from_the_start_and_through_starttls() {
    let authority = Authority::vouching_for("localhost");
    for (tls, scheme) in [("implicit", "smtps"), ("starttls", "smtp")] {
        let server = authority.server(Some(tls), true);
        let address = format!("{scheme}://entra%40contoso.com@localhost:{}", server.port());
        let opening = authority
            .mailer(&address)
            .set("VESTIBULE_MAIL_PASSWORD", "env:PASSWORD")
            .set("PASSWORD", LOGIN.1);
        let mailer = opening.open().await;
        assert_eq!(mailer.send(&denied()).await, Attempt::Done(()), "{tls}");
        assert_eq!(mailer.send(&denied()).await, Attempt::Done(()), "{tls}");
        let got = server.letters(2);
        assert_eq!(got[0]["secure"], true, "{tls}");
        assert_eq!(got[0]["user"], LOGIN.0, "{tls}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn without_tls_that_can_be_trusted_nothing_is_sent() {
    let (authority, stranger) = (
        Authority::vouching_for("localhost"),
        Authority::vouching_for("localhost"),
    );
    let elsewhere = Authority::vouching_for("mail.contoso.com");
    for (tls, scheme) in [("implicit", "smtps"), ("starttls", "smtp")] {
        let server = authority.server(Some(tls), false);
        let other = elsewhere.server(Some(tls), false);
        let address = |server: &MailServer| format!("{scheme}://localhost:{}", server.port());
        for (opening, what) in [
            (
                stranger.mailer(&address(&server)),
                "another authority does not vouch for it",
            ),
            (Opening::to(&address(&server)), "the system's authorities do not"),
            (elsewhere.mailer(&address(&other)), "its own vouches for another name"),
        ] {
            let why = later(opening.open().await.send(&denied()).await);
            assert!(
                why.contains("certificate is not trusted, or not for its name"),
                "{tls}: {what}: {why}"
            );
        }
        // The one that its authority vouches for works: what was refused above was refused for its certificate.
        assert_eq!(
            authority.mailer(&address(&server)).open().await.send(&denied()).await,
            Attempt::Done(()),
            "{tls}"
        );
        assert_eq!(server.letters(1).len(), 1);
        assert_eq!(other.letters(0).len(), 0);
    }
}

/// Somebody in between who hides STARTTLS gets neither the letter nor the password.
#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let authority = Authority::vouching_for("localhost");
    let server = authority.server(None, true);
    let address = format!("smtp://entra@localhost:{}", server.port());
    let opening = authority
        .mailer(&address)
        .set("VESTIBULE_MAIL_PASSWORD", "env:PASSWORD")
        .set("PASSWORD", "x");
    let why = later(opening.open().await.send(&denied()).await);
    assert_eq!(why, "the mail server does not offer STARTTLS; nothing was sent");
    assert_eq!(server.letters(0).len(), 0);
}

#[tokio::test]
async fn a_server_that_begins_in_plain_text_gets_nothing_and_the_reason_says_what_to_write() {
    let authority = Authority::vouching_for("localhost");
    let server = authority.server(Some("starttls"), false);
    let mailer = authority.mailer(&format!("smtps://localhost:{}", server.port()));
    let why = later(mailer.open().await.send(&denied()).await);
    assert!(why.contains("VESTIBULE_MAIL is `smtp://"), "{why}");
    assert_eq!(server.letters(0).len(), 0);
}

#[tokio::test]
async fn a_refused_log_in_is_a_persons_business() {
    let authority = Authority::vouching_for("localhost");
    let server = authority.server(Some("implicit"), true);
    let address = format!("smtps://entra%40contoso.com@localhost:{}", server.port());
    let opening = authority
        .mailer(&address)
        .set("VESTIBULE_MAIL_PASSWORD", "env:PASSWORD")
        .set("PASSWORD", "hunter2");
    let why = never(opening.open().await.send(&denied()).await);
    assert!(
        why.contains("refuses the log-in (535 5.7.8); correct the user in VESTIBULE_MAIL"),
        "{why}"
    );
    assert!(!why.contains("hunter2") && !why.contains("entra"), "{why}");
    // Without a log-in the server takes nothing.
    let why = never(
        authority
            .mailer(&format!("smtps://localhost:{}", server.port()))
            .open()
            .await
            .send(&denied())
            .await,
    );
    assert!(why.contains("wants a log-in or TLS first (530"), "{why}");
}

#[tokio::test]
async fn a_password_that_was_rotated_is_read_again() {
    let authority = Authority::vouching_for("localhost");
    let server = authority.server(Some("implicit"), true);
    let address = format!("smtps://entra%40contoso.com@localhost:{}", server.port());
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    let opening = authority
        .mailer(&address)
        .set("VESTIBULE_MAIL_PASSWORD", "env:PASSWORD");
    let opening = opening.variables(Arc::new(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Some("old".to_owned()),
        _ => Some(LOGIN.1.to_owned()),
    }));
    assert_eq!(opening.open().await.send(&denied()).await, Attempt::Done(()));
    assert_eq!(reads.load(Ordering::SeqCst), 2);
    assert_eq!(server.letters(1).len(), 1);
}

#[tokio::test]
async fn a_password_that_cannot_be_read_means_later() {
    let authority = Authority::vouching_for("localhost");
    let server = authority.server(Some("implicit"), true);
    let address = format!("smtps://entra@localhost:{}", server.port());
    let opening = authority
        .mailer(&address)
        .set("VESTIBULE_MAIL_PASSWORD", "env:PASSWORD");
    let why = later(opening.open().await.send(&denied()).await);
    assert_eq!(why, "the secret env:PASSWORD cannot be read: the variable is not set");
}

#[tokio::test]
async fn a_file_of_authorities_that_is_none_does_not_open() {
    let file = NamedTempFile::new().unwrap();
    for (path, text) in [
        (file.path(), ""),
        (file.path(), "no PEM"),
        (std::path::Path::new("/nowhere.pem"), ""),
    ] {
        std::fs::write(file.path(), text).unwrap();
        for server in ["smtps://localhost", "smtp://localhost", "smtp://localhost?tls=none"] {
            let opening = Opening::to(server).set("VESTIBULE_MAIL_CA_FILE", &path.display().to_string());
            let error = opening.try_open().await.unwrap_err().to_string();
            assert!(
                error.starts_with("VESTIBULE_MAIL_CA_FILE") && error.contains("wanted: a file of certificates"),
                "{server}: {error}"
            );
        }
    }
}
