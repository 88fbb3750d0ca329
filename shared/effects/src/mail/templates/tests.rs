use std::fs;

use claims::Address;

use super::*;
use crate::mail::Link;

fn languages(tags: &[&str]) -> Vec<Locale> {
    tags.iter().map(|tag| Locale::parse(tag).unwrap()).collect()
}

/// A policy's folder with these files under `mail`.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("mail").join(name), text).unwrap();
    }
    folder
}

fn mistakes(tags: &[&str], files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let mistakes = Templates::read(folder.path(), &languages(tags))
        .unwrap_err()
        .to_string();
    mistakes.replace(&format!("{}/mail/", folder.path().display()), "")
}

fn letter(kind: LetterKind, locales: &str) -> Letter {
    Letter {
        id: "e1".to_owned(),
        to: Address::parse("jane@roe.example").unwrap(),
        locales: Locales::parse(locales),
        kind,
    }
}

fn applicant(name: &str) -> Applicant {
    Applicant {
        name: name.to_owned(),
        address: Address::parse("jane@roe.example").unwrap(),
    }
}

fn waiting(name: &str) -> Waiting {
    let Applicant { name, address } = applicant(name);
    Waiting {
        name,
        address: Some(address),
        days: 3,
        link: link(),
    }
}

fn link() -> Link {
    Link::parse("https://review.example/r?a=1&b=2").unwrap()
}

fn every_kind() -> [LetterKind; 9] {
    let who = applicant("Jane");
    [
        LetterKind::Received(who.clone()),
        LetterKind::Approved(who.clone()),
        LetterKind::ApprovedRedeem(who.clone(), link()),
        LetterKind::Denied(who.clone()),
        LetterKind::Expired(who),
        LetterKind::ReviewNew(waiting("Jane")),
        LetterKind::ReviewReminder(waiting("Jane")),
        LetterKind::ReviewEscalated(waiting("Jane")),
        LetterKind::ReviewDigest {
            count: 7,
            days: 3,
            link: link(),
        },
    ]
}

/// Every letter can be written in both languages, with nothing of a template left over, and with no word of the
/// applicant's: those are an administrator's to choose.
#[test]
fn what_is_built_in_is_whole_and_says_nothing_personal() {
    let none = tempfile::tempdir().unwrap();
    let templates = Templates::read(none.path(), &languages(&["en", "de"])).unwrap();
    assert_eq!(every_kind().map(|kind| kind.name()), KINDS.map(|(name, _)| name));
    for kind in every_kind() {
        let name = kind.name();
        let [en, de] = ["en", "de"].map(|language| templates.write(&letter(kind.clone(), language), "Contoso"));
        assert!(
            en.subject != de.subject && en.text != de.text && en.html != de.html,
            "{name}"
        );
        for written in [en, de] {
            let all = format!("{}\n{}\n{}", written.subject, written.text, written.html);
            for left_over in ["{{", "}}", "Jane", "roe.example"] {
                assert!(!all.contains(left_over), "{name}: {all}");
            }
            assert!(written.text.contains("Contoso") && written.html.contains("Contoso"));
        }
    }
}

#[test]
fn a_page_made_of_a_text_says_the_same() {
    let templates = Templates::read(folder(&[]).path(), &languages(&["en"])).unwrap();
    let written = templates.write(&letter(LetterKind::ReviewNew(waiting("Jane")), ""), "A & B");
    assert!(written.text.contains("\n\nhttps://review.example/r?a=1&b=2\n\nA & B"));
    assert!(written.html.contains("<html lang=\"en\">") && written.html.contains("<p>A &amp; B</p>"));
    let href = "<p><a href=\"https://review.example/r?a=1&amp;b=2\">https://review.example/r?a=1&amp;b=2</a></p>";
    assert!(written.html.contains(href), "{}", written.html);
}

#[test]
fn the_reader_gets_the_best_language_that_the_policy_has() {
    let templates = Templates::read(folder(&[]).path(), &languages(&["en", "de"])).unwrap();
    let subject = |locales: &str| {
        let letter = letter(LetterKind::Denied(applicant("")), locales);
        templates.write(&letter, "").subject
    };
    let (en, de) = ("Your request was not approved", "Ihre Anfrage wurde nicht freigegeben");
    assert_eq!(
        ["de-AT en", "fr de", "fr", "", "en-GB de"].map(subject),
        [de, de, en, en, en]
    );
    let german = Templates::read(folder(&[]).path(), &languages(&["de-at", "en"])).unwrap();
    let written = german.write(&letter(LetterKind::Denied(applicant("")), "fr"), "");
    assert_eq!(written.subject, de);
}

#[test]
fn the_policys_files_win_and_their_values_are_escaped() {
    let folder = folder(&[
        (
            "received.en.txt",
            "\u{feff}Subject: Welcome, {{name}}\r\n\r\nDear {{ name }} ({{ address }}),\r\nthanks.\r\n",
        ),
        ("received.en.html", "<p title=\"x\">Dear {{ name }}</p>"),
        ("review-new.en.txt", "Subject: New\n\n{{ name }}: {{ link }}"),
        (".received.en.txt.swp", "an editor's"),
    ]);
    let templates = Templates::read(folder.path(), &languages(&["en", "de"])).unwrap();
    let name = "<b>\"Jane\"</b> & 'Roe'\r\nBcc: all@x.example";
    let written = templates.write(&letter(LetterKind::Received(applicant(name)), "en"), "");
    let plain = "<b>\"Jane\"</b> & 'Roe' Bcc: all@ x. example";
    assert_eq!(written.subject, format!("Welcome, {plain}"));
    assert_eq!(written.text, format!("Dear {plain} (jane@roe.example),\nthanks."));
    let escaped = "&lt;b&gt;&quot;Jane&quot;&lt;/b&gt; &amp; &#39;Roe&#39; Bcc: all@ x. example";
    assert_eq!(written.html, format!("<p title=\"x\">Dear {escaped}</p>"));
    // The one that is made of a text escapes as well, and takes no placeholder out of a value.
    let waiting = waiting("</p><a href=https://evil.example>{{ link }}");
    let written = templates.write(&letter(LetterKind::ReviewNew(waiting), "en"), "");
    assert!(
        written
            .html
            .contains("&lt;/p&gt;&lt;a href=https: //evil. example&gt;{{ link }}: <a href"),
        "{}",
        written.html
    );
}

#[test]
fn every_mistake_is_named_with_file_and_line() {
    let found = mistakes(
        &["en", "de"],
        &[
            (
                "received.en.txt",
                "Subject: Hi\n\nDear {{ name }},\n{{ nmae }} and {{ link }}\n",
            ),
            ("approved.de.txt", "Hallo\n\nText"),
            ("denied.de.txt", "Subject: eins\n zwei\n\nText"),
            ("expired.en.txt", "Subject: {{ name\n\nText"),
            ("expired.de.txt", "Subject: x\n\n"),
            ("review-new.en.txt", "Subject: {{ link }}\n\nText"),
            ("review-digest.en.html", "<p>Hi</p>"),
            ("review-reminder.de.txt", "Subject: x\n\ny"),
            (
                "review-reminder.de.html",
                "<p>\n<a href=\"{{ link }}\" title=\"{{ name }}\">x</a>",
            ),
            ("recieved.en.txt", "Subject: x\n\ny"),
            ("denied.fr.txt", "Subject: x\n\ny"),
            ("denied.en.md", "Subject: x\n\ny"),
            ("notes", ""),
        ],
    );
    let expected = [
        "approved.de.txt:1: is no subject",
        "denied.de.txt:2: the subject has one line",
        "denied.en.md:1: is neither text nor HTML",
        "denied.fr.txt:1: the policy does not speak `fr`; wanted: one of its languages, `en`, `de`",
        "expired.de.txt:3: the letter says nothing",
        "expired.en.txt:1: `{{` is not closed",
        "notes:1: is no template",
        "received.en.txt:4: `{{ nmae }}` is no placeholder here; wanted: `{{ name }}`, `{{ address }}`, `{{ sender }}`",
        "received.en.txt:4: `{{ link }}` is no placeholder here",
        "recieved.en.txt:1: there is no letter `recieved`; wanted: one of `received`, `approved`",
        "review-digest.en.html:1: stands alone",
        "review-new.en.txt:1: `{{ link }}` is no placeholder here",
        "review-reminder.de.html:2: `{{ name }}` stands inside a tag",
    ];
    assert_eq!(found.lines().count(), expected.len(), "{found}");
    for (found, expected) in found.lines().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn a_language_of_the_policy_without_words_is_a_mistake() {
    let missing = mistakes(&["en", "fr"], &[("received.fr.txt", "Subject: Bonjour\n\nMerci.")]);
    assert_eq!(missing.lines().count(), KINDS.len() - 1);
    assert!(
        missing.contains("denied.fr.txt:1: is missing") && !missing.contains("received.fr.txt"),
        "{missing}"
    );
    assert!(mistakes(&[], &[]).contains("at least one"));
}

#[test]
fn two_files_for_one_letter_are_a_mistake() {
    let files = [
        ("denied.de-at.txt", "Subject: x\n\ny"),
        ("denied.de_AT.txt", "Subject: x\n\nz"),
    ];
    let found = mistakes(&["en", "de-at"], &files);
    assert!(found.contains(":1: is the same letter as"), "{found}");
}

#[test]
fn a_subject_fits_into_a_line() {
    let folder = folder(&[("denied.en.txt", "Subject: {{ name }}{{ name }}\n\nx")]);
    let templates = Templates::read(folder.path(), &languages(&["en"])).unwrap();
    let letter = letter(LetterKind::Denied(applicant(&"x".repeat(200))), "");
    assert_eq!(templates.write(&letter, "").subject, "x".repeat(SUBJECT));
}

#[test]
fn a_file_that_is_no_utf8_is_a_mistake() {
    let folder = folder(&[]);
    fs::write(folder.path().join("mail/denied.en.txt"), b"Subject: \xff\n\nx").unwrap();
    let error = Templates::read(folder.path(), &languages(&["en"])).unwrap_err();
    let mistake = error.iter().next().unwrap();
    assert!(mistake.file.ends_with("mail/denied.en.txt") && mistake.what.contains("UTF-8"));
}
