//! Letters through real servers: what arrives, and what becomes of what does not.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::support::{applicant, kinds, later, letter, mailer, never, waiting};
use claims::Address;
use effects::{
    Attempt,
    mail::{Applicant, LetterKind},
};
use end_to_end::mail_server::{MailServer, Options};
use serde_json::Value;

fn server(options: Options) -> MailServer {
    MailServer::start(&options)
}

fn plain() -> MailServer {
    server(Options::default())
}

fn text<'v>(letter: &'v Value, field: &str) -> &'v str {
    letter[field].as_str().unwrap_or_else(|| panic!("{field}: {letter}"))
}

fn header<'v>(letter: &'v Value, name: &str) -> Vec<&'v str> {
    let lines = letter["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap());
    let found = lines.filter(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
    found.collect()
}

#[tokio::test]
async fn every_letter_arrives_in_both_languages() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let sent: Vec<_> = kinds()
        .into_iter()
        .flat_map(|kind| ["en", "de-AT"].map(|locales| letter("jane@roe.example", locales, kind.clone())))
        .collect();
    for letter in &sent {
        assert_eq!(mailer.send(letter).await, Attempt::Done(()), "{letter:?}");
    }
    let got = server.letters(sent.len());
    assert_eq!(text(&got[0], "subject"), "We have received your request");
    assert_eq!(text(&got[1], "subject"), "Ihre Anfrage ist eingegangen");
    assert_eq!(
        text(&got[5], "text").trim_end(),
        "Guten Tag,\n\nIhre Anfrage wurde freigegeben und Ihr Konto ist bereit. Öffnen Sie diesen Link, um es zum ersten \
         Mal zu benutzen:\n\nhttps://redeem.example/r?a=1&b=2\n\nDer Link ist nur für Sie; bitte geben Sie ihn nicht \
         weiter.\n\nContoso Zürich"
    );
    assert!(text(&got[5], "html").contains("<a href=\"https://redeem.example/r?a=1&amp;b=2\">"));
    for letter in &got {
        assert_eq!(letter["to"], serde_json::json!(["jane@roe.example"]));
        assert_eq!(text(letter, "from"), "no-reply@contoso.com");
        assert_eq!(header(letter, "Auto-Submitted"), ["Auto-Submitted: auto-generated"]);
        assert_eq!(
            header(letter, "X-Auto-Response-Suppress"),
            ["X-Auto-Response-Suppress: All"]
        );
        assert_eq!(header(letter, "Reply-To"), ["Reply-To: help@contoso.com"]);
        // The injected clock: 2026-11-22T20:53:01Z.
        assert_eq!(header(letter, "Date"), ["Date: Sun, 22 Nov 2026 20:53:01 +0000"]);
        assert!(text(letter, "raw").is_ascii(), "no server needs 8BITMIME for it");
        assert!(
            header(letter, "From")[0].starts_with("From: =?utf-8?b?")
                && header(letter, "From")[0].ends_with("<no-reply@contoso.com>")
        );
    }
    assert_eq!(server.connections(), 1, "one connection for all of them");
}

#[tokio::test]
async fn a_letter_has_one_message_id_on_every_attempt() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let first = letter("greylisted@roe.example", "", LetterKind::Denied(applicant("Jane")));
    assert!(later(mailer.send(&first).await).contains("refuses for now (451 4.7.1)"));
    let again = crate::support::mailer(&server).open().await;
    assert_eq!(again.send(&first).await, Attempt::Done(()));
    assert_eq!(again.send(&first).await, Attempt::Done(()));
    let other = letter("john@roe.example", "", LetterKind::Denied(applicant("John")));
    assert_eq!(again.send(&other).await, Attempt::Done(()));
    let got = server.letters(3);
    let ids: Vec<_> = got.iter().map(|letter| header(letter, "Message-ID")[0]).collect();
    assert_eq!(ids[0], ids[1]);
    assert!(
        ids[0].starts_with("Message-ID: <effect-1.") && ids[0].ends_with("@contoso.com>"),
        "{}",
        ids[0]
    );
    assert_ne!(ids[0], ids[2], "another reader's copy is another message");
}

#[tokio::test]
async fn an_effects_id_of_any_form_makes_a_message_id() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let mut denied = letter("jane@roe.example", "", LetterKind::Denied(applicant("")));
    denied.id = "request/7 > x\r\nBcc: all@evil.example".to_owned();
    assert_eq!(mailer.send(&denied).await, Attempt::Done(()));
    let got = &server.letters(1)[0];
    let id = header(got, "Message-ID")[0].strip_prefix("Message-ID: <").unwrap();
    let (hashes, domain) = id.split_once('@').unwrap();
    assert!(
        hashes.len() == 33 && hashes.chars().all(|c| c == '.' || c.is_ascii_hexdigit()),
        "{id}"
    );
    assert_eq!(domain, "contoso.com>");
    assert!(header(got, "Bcc").is_empty());
}

/// An administrator's template shows what an applicant typed, in the subject, the text and the page.
#[tokio::test]
async fn what_an_applicant_types_breaks_nothing() {
    let server = plain();
    let files = [
        (
            "review-new.en.txt",
            "Subject: {{ name }} asks\n\n{{ name }}\n{{ address }}\n{{ link }}\n",
        ),
        (
            "review-new.en.html",
            "<p>{{ name }}</p><a href=\"{{ link }}\">Decide</a>",
        ),
    ];
    let mailer = mailer(&server).files(&files).open().await;
    let names = [
        "Jane\r\nBcc: all@evil.example\r\n\r\nBuy!",
        "Zoë 山田太郎 🦊 Ñandú",
        "</p><script>alert(1)</script><a href='https://evil.example'>",
        "www.evil.example",
        "=?utf-8?q?Bcc:_x?=",
        "\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    ];
    for name in names {
        let kind = LetterKind::ReviewNew(waiting(name));
        assert_eq!(
            mailer.send(&letter("reviewer@contoso.com", "en", kind)).await,
            Attempt::Done(())
        );
    }
    let got = server.letters(names.len());
    assert_eq!(got.len(), names.len());
    let shown = |i: usize| {
        (
            text(&got[i], "subject"),
            text(&got[i], "text").lines().next().unwrap(),
            text(&got[i], "html"),
        )
    };
    assert_eq!(shown(0).0, "Jane Bcc: all@ evil. example Buy! asks");
    assert_eq!(
        shown(1),
        (
            "Zoë 山田太郎 🦊 Ñandú asks",
            "Zoë 山田太郎 🦊 Ñandú",
            "<p>Zoë 山田太郎 🦊 Ñandú</p><a href=\"https://review.example/r\">Decide</a>",
        )
    );
    assert!(shown(2).2.starts_with(
        "<p>&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href=&#39;https: //evil. example&#39;&gt;</p>"
    ));
    assert_eq!(
        (shown(3).0, shown(3).1),
        ("www. evil. example asks", "www. evil. example")
    );
    assert_eq!(shown(5).1, ". MAIL FROM: <x@ evil. example>");
    for letter in &got {
        assert!(header(letter, "Bcc").is_empty());
        assert_eq!(header(letter, "Subject").len(), 1);
        assert_eq!(letter["to"], serde_json::json!(["reviewer@contoso.com"]));
        assert_eq!(text(letter, "text").lines().count(), 3, "{letter}");
    }
}

#[tokio::test]
async fn an_internationalised_domain_goes_out_in_ascii() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let letter = letter("Jane@BÜCHER.example", "", LetterKind::Approved(applicant("")));
    assert_eq!(mailer.send(&letter).await, Attempt::Done(()));
    let got = &server.letters(1)[0];
    // The server shows it decoded, and has no SMTPUTF8: it came in ASCII.
    assert_eq!(got["to"], serde_json::json!(["jane@bücher.example"]));
    assert_eq!(header(got, "To"), ["To: jane@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let jose = letter("josé@roe.example", "", LetterKind::Approved(applicant("")));
    let without = plain();
    let why = never(mailer(&without).open().await.send(&jose).await);
    assert!(why.contains("SMTPUTF8") && !why.contains("jos"), "{why}");
    let with = server(Options {
        smtputf8: true,
        ..Options::default()
    });
    assert_eq!(mailer(&with).open().await.send(&jose).await, Attempt::Done(()));
    assert_eq!(with.letters(1)[0]["to"], serde_json::json!(["josé@roe.example"]));
}

#[tokio::test]
async fn an_address_that_no_mail_reaches_is_a_persons_business() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    for address in ["a..b@roe.example", ".a@roe.example", "a.@roe.example"] {
        let nobody = Applicant {
            name: String::new(),
            address: Address::parse(address).unwrap(),
        };
        let why = never(mailer.send(&letter(address, "", LetterKind::Denied(nobody))).await);
        assert!(why.contains("none that mail can be sent to"), "{why}");
    }
}

#[tokio::test]
async fn refusals_say_whether_waiting_helps_and_nothing_personal() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let send = |to: &str| {
        let letter = letter(to, "", LetterKind::Denied(applicant("Jane")));
        let mailer = &mailer;
        async move { mailer.send(&letter).await }
    };
    let unknown = never(send("unknown@hidden.example").await);
    let full = later(send("full@hidden.example").await);
    let greylisted = later(send("greylisted@hidden.example").await);
    assert_eq!(unknown, "the mail server refuses the letter for good (550 5.1.1)");
    assert_eq!(full, "the mail server refuses for now (552 5.2.2)");
    assert_eq!(greylisted, "the mail server refuses for now (451 4.7.1)");
    // What was refused does no harm to the next letter.
    assert_eq!(send("jane@roe.example").await, Attempt::Done(()));
    assert_eq!(send("greylisted@hidden.example").await, Attempt::Done(()));
    assert_eq!(server.letters(2).len(), 2);
}

#[tokio::test]
async fn a_broken_connection_and_a_slow_server_mean_later() {
    let server = plain();
    let mailer = mailer(&server).limit(Duration::from_secs(3)).open().await;
    let letter = |to: &str| letter(to, "", LetterKind::Denied(applicant("")));
    assert_eq!(mailer.send(&letter("first@roe.example")).await, Attempt::Done(()));
    assert!(
        later(mailer.send(&letter("closed@roe.example")).await).contains("the connection to the mail server broke")
    );
    let started = Instant::now();
    let why = later(mailer.send(&letter("slow@roe.example")).await);
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
    assert!(why.contains("longer than 3s") && !why.contains("roe"), "{why}");
    // The connection whose answer is still to come is not used again.
    assert_eq!(mailer.send(&letter("last@roe.example")).await, Attempt::Done(()));
    let got = server.letters(2);
    let to: Vec<_> = got.iter().map(|letter| letter["to"][0].as_str().unwrap()).collect();
    assert_eq!(to, ["first@roe.example", "last@roe.example"]);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn many_letters_at_once_arrive_and_leave_connections_for_the_next() {
    let server = plain();
    let mailer = Arc::new(mailer(&server).open().await);
    let denied = |to: String| letter(&to, "", LetterKind::Denied(applicant("")));
    let at_once = (0..12).map(|i| {
        let (mailer, letter) = (Arc::clone(&mailer), denied(format!("reader-{i}@roe.example")));
        tokio::spawn(async move { mailer.send(&letter).await })
    });
    for sending in at_once.collect::<Vec<_>>() {
        assert_eq!(sending.await.unwrap(), Attempt::Done(()));
    }
    let connections = server.connections();
    assert_eq!(
        mailer.send(&denied("last@roe.example".to_owned())).await,
        Attempt::Done(())
    );
    let got = server.letters(13);
    let to: BTreeSet<_> = got.iter().map(|letter| letter["to"][0].as_str().unwrap()).collect();
    assert_eq!(to.len(), 13);
    assert_eq!(server.connections(), connections);
}

#[tokio::test]
async fn a_server_that_is_gone_means_later() {
    let server = plain();
    let mailer = mailer(&server).open().await;
    let denied = letter("jane@roe.example", "", LetterKind::Denied(applicant("")));
    assert_eq!(mailer.send(&denied).await, Attempt::Done(()));
    drop(server);
    assert_eq!(later(mailer.send(&denied).await), "the mail server cannot be reached");
}
