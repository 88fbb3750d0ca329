use super::*;

const FROM: (&str, &str) = ("VESTIBULE_MAIL_FROM", "Contoso <no-reply@contoso.com>");
const PASSWORD: (&str, &str) = ("VESTIBULE_MAIL_PASSWORD", "env:HUNTER2");

fn read(variables: &[(&str, &str)], loopback: Loopback) -> Result<Option<MailSettings>, String> {
    let find = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    MailSettings::read(&find, PlainText::Refuse, loopback).map_err(|error| error.to_string())
}

fn server(text: &str, more: &[(&str, &str)], loopback: Loopback) -> Result<SmtpServer, String> {
    let variables = [&[("VESTIBULE_MAIL", text), FROM], more].concat();
    match read(&variables, loopback)?.unwrap().server {
        MailServer::Smtp(server) => Ok(server),
        MailServer::Ses { region } => panic!("{region}"),
    }
}

#[test]
fn a_server_is_read() {
    let smtp = |text: &str, more: &[(&str, &str)]| server(text, more, Loopback::Refuse).unwrap();
    let plain = smtp("smtps://mail.contoso.com", &[]);
    assert_eq!(
        (plain.host.as_str(), plain.port, plain.security),
        ("mail.contoso.com", 465, Security::Tls)
    );
    assert!(plain.login.is_none());
    let starttls = smtp("smtp://entra%40contoso.com@mail.contoso.com:2525/", &[PASSWORD]);
    assert_eq!((starttls.port, starttls.security), (2525, Security::StartTls));
    assert_eq!(starttls.login.unwrap().0, "entra@contoso.com");
    assert_eq!(
        smtp("smtps://a@b.example@mail.contoso.com", &[PASSWORD])
            .login
            .unwrap()
            .0,
        "a@b.example"
    );
    let v6 = smtp("smtps://[::1]:4650", &[]);
    assert_eq!((v6.host.as_str(), v6.port), ("::1", 4650));
    let ses = read(&[("VESTIBULE_MAIL", "ses:eu-west-1"), FROM], Loopback::Refuse)
        .unwrap()
        .unwrap();
    assert!(matches!(ses.server, MailServer::Ses { region } if region == "eu-west-1"));
    assert!(read(&[], Loopback::Refuse).unwrap().is_none());
}

#[test]
fn without_tls_only_this_machine_and_only_where_told() {
    for host in ["127.0.0.1:1025", "localhost", "[::1]:25"] {
        let text = format!("smtp://{host}?tls=none");
        assert_eq!(server(&text, &[], Loopback::Allow).unwrap().security, Security::None);
        assert!(server(&text, &[], Loopback::Refuse).is_err_and(|error| error.contains("asks for no TLS")));
    }
    for host in ["mail.contoso.com", "10.0.0.1", "localhost.contoso.com"] {
        let text = format!("smtp://{host}?tls=none");
        assert!(server(&text, &[], Loopback::Allow).is_err_and(|error| error.contains("asks for no TLS")));
    }
}

#[test]
fn a_wrong_setting_says_what_it_wants_and_repeats_nothing() {
    let host = ("VESTIBULE_MAIL", "smtps://hunter2@mail.contoso.com");
    for (variables, expected) in [
        (
            vec![("VESTIBULE_MAIL", "hunter2"), FROM],
            "VESTIBULE_MAIL is no mail server; wanted: `smtps://user@host`",
        ),
        (
            vec![("VESTIBULE_MAIL", "http://hunter2"), FROM],
            "VESTIBULE_MAIL is no mail server",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://"), FROM],
            "VESTIBULE_MAIL names no host",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://h:70000"), FROM],
            "VESTIBULE_MAIL has a port that is none",
        ),
        (
            vec![("VESTIBULE_MAIL", "ses:"), FROM],
            "VESTIBULE_MAIL names no AWS region",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://u:hunter2@h.example"), FROM, PASSWORD],
            "the password is VESTIBULE_MAIL_PASSWORD",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://hunter2%4@h.example"), FROM, PASSWORD],
            "has a broken `%`",
        ),
        (vec![host, FROM], "VESTIBULE_MAIL_PASSWORD is not set"),
        (
            vec![host, FROM, ("VESTIBULE_MAIL_PASSWORD", "hunter2")],
            "VESTIBULE_MAIL_PASSWORD is something that is no reference",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://h.example"), FROM, PASSWORD],
            "VESTIBULE_MAIL names no user",
        ),
        (
            vec![("VESTIBULE_MAIL", "smtps://h.example")],
            "VESTIBULE_MAIL_FROM is not set",
        ),
        (
            vec![
                ("VESTIBULE_MAIL", "smtps://h.example"),
                ("VESTIBULE_MAIL_FROM", "hunter2"),
            ],
            "VESTIBULE_MAIL_FROM is no address",
        ),
        (
            vec![
                ("VESTIBULE_MAIL", "smtps://h.example"),
                FROM,
                ("VESTIBULE_MAIL_REPLY_TO", "a@hunter2@x.y\r\n"),
            ],
            "VESTIBULE_MAIL_REPLY_TO is no address",
        ),
        (
            vec![
                ("VESTIBULE_MAIL", "smtps://h.example"),
                ("VESTIBULE_MAIL_FROM", "hunter2@bücher.example"),
            ],
            "VESTIBULE_MAIL_FROM is no address",
        ),
    ] {
        let error = read(&variables, Loopback::Refuse).unwrap_err();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn debug_shows_neither_user_nor_address() {
    let variables = [("VESTIBULE_MAIL", "smtps://jane@h.example"), FROM, PASSWORD];
    let shown = format!("{:?}", read(&variables, Loopback::Refuse).unwrap());
    assert!(
        !shown.contains("jane") && !shown.contains("contoso") && shown.contains("h.example:465"),
        "{shown}"
    );
}
