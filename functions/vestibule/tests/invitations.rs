//! Invitations and items through the command line, on both stores.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use approvals::{AuditKey, Held, Invited, Submission, Terms, Wish};
use claims::{Changes, Claims, Hash, Locales};
use serde_json::Value;
use store::{
    Clock, Commit, Committed, InvitationCode, InvitationUse, ListName, Rows, SystemClock, Write, invitation_code,
    item_key,
};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

/// A folder and a store.
struct Place {
    folder: TempDir,
    store: Box<dyn Rows>,
    variables: Vec<(&'static str, String)>,
}

/// What a command said and how it ended.
#[derive(Debug, PartialEq)]
struct Finished {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Place {
    fn sqlite() -> Place {
        let folder = TempDir::new().unwrap();
        Place {
            store: Box::new(SqliteStore::open(folder.path().join("vestibule.db")).unwrap()),
            variables: vec![("VESTIBULE_STORE", "sqlite:vestibule.db".to_owned())],
            folder,
        }
    }

    async fn dynamodb() -> Place {
        let name = "VESTIBULE_TEST_DYNAMODB";
        let endpoint =
            std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"));
        let folder = TempDir::new().unwrap();
        let last = folder.path().file_name().unwrap().to_str().unwrap();
        let table = last.replace('.', "invitations-");
        testing::create_table(&endpoint, &table).await.unwrap();
        Place {
            store: Box::new(testing::open_at(&endpoint, &table)),
            variables: vec![
                ("VESTIBULE_STORE", format!("dynamodb:{table}")),
                // The machine may be busy with other tests.
                ("VESTIBULE_DEADLINE_MS", "20000".to_owned()),
                ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
                ("AWS_REGION", "eu-west-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", "local".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ],
            folder,
        }
    }

    async fn both() -> [Place; 2] {
        [Place::sqlite(), Place::dynamodb().await]
    }

    /// Runs `vestibule` to its end.
    fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, "")
    }

    /// The same with something on standard input, which is no terminal.
    fn run_with(&self, arguments: &[&str], input: &str) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.args(arguments).env_clear().current_dir(self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read it may have ended.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Finished {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What a command prints that goes well.
    fn ok(&self, arguments: &[&str]) -> String {
        let finished = self.run(arguments);
        assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.stderr);
        finished.stdout
    }

    /// The code and the id of a new invitation.
    fn create(&self, flags: &[&str]) -> (String, String) {
        let line = self.ok(&[&["invitations", "create"], flags].concat());
        let mut words = line.split_whitespace().map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap())
    }

    /// Somebody takes a use with a request that waits.
    async fn take(&self, code: &str, who: &str) -> String {
        let invited = Invited {
            code: invitation_code(code).unwrap(),
            usage: None,
        };
        let (_, held) = approvals::submit(
            None,
            &[],
            &submission(who, invited),
            SystemClock.now(),
            &Terms::default(),
        );
        let held = held.unwrap();
        let id = held.request.id.to_string();
        let key = AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        let commit = held.commit(None, &[], &key.seal().unwrap());
        assert_eq!(self.store.commit(&commit).await, Ok(Committed::Applied));
        id
    }
}

/// Printed once, in an alphabet that people can type, and kept nowhere.
#[tokio::test]
async fn a_code_is_seen_once_and_is_kept_nowhere() {
    for place in Place::both().await {
        let flags = [
            "--uses",
            "3",
            "--for",
            "Contoso.com",
            "--note",
            "für die Messe",
            "--expires",
            "2d",
        ];
        let (code, id) = place.create(&flags);
        let parsed = InvitationCode::parse(&code).unwrap();
        assert_eq!((code.len(), parsed.to_string()), (23, code.clone()));
        let (invitation, _) = place
            .store
            .invited(&parsed.hash(), &Hash::of(&["jane"]))
            .await
            .unwrap()
            .unwrap();
        let lasts = invitation.until.since(invitation.made_at);
        assert!(lasts > Duration::from_secs(47 * 3600) && lasts <= Duration::from_secs(48 * 3600));
        assert_eq!(
            (invitation.uses, invitation.note.as_deref()),
            (3, Some("für die Messe"))
        );
        let shown = place.ok(&["invitations", "show", &id]);
        assert_eq!(
            place.ok(&["invitations", "show", &code.replace('-', " ").to_lowercase()]),
            shown
        );
        let exported = place.ok(&["invitations", "export"]);
        for text in [&shown, &exported, &place.ok(&["invitations", "list"])] {
            assert!(
                text.contains(&id) && text.contains("contoso.com") && text.contains("für die Messe"),
                "{text}"
            );
            assert!(!text.contains(&code[..5]), "{text}");
        }
        let file = place.folder.path().join("vestibule.db");
        if file.exists() {
            let bytes = [file.clone(), file.with_extension("db-wal")]
                .map(|file| fs::read(file).unwrap())
                .concat();
            let code = code.replace('-', "").into_bytes();
            assert!(!bytes.windows(code.len()).any(|part| part == code));
        }
    }
}

#[tokio::test]
async fn many_are_made_at_once_and_each_is_another() {
    for place in Place::both().await {
        let lines = place.ok(&[
            "invitations",
            "create",
            "--count",
            "130",
            "--json",
            "--for",
            "jane@contoso.com",
        ]);
        let codes: std::collections::BTreeSet<_> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["code"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(codes.len(), 130);
        for code in &codes {
            let found = place
                .store
                .invited(&invitation_code(code).unwrap(), &Hash::of(&["jane"]))
                .await;
            assert!(found.unwrap().is_some());
        }
        assert_eq!(place.ok(&["invitations", "list"]).lines().count(), 130);
        let exported = place.ok(&["invitations", "export", "--csv"]);
        assert_eq!(exported.lines().count(), 131);
        let address = Hash::of_address("jane@contoso.com").to_string();
        assert!(
            exported.lines().skip(1).all(|line| line.contains(&address)),
            "{exported}"
        );
        assert!(!exported.contains("jane@"), "{exported}");
    }
}

/// Open, used up, revoked, expired; and by whom.
#[tokio::test]
async fn an_invitation_says_how_it_stands_and_who_has_it() {
    for place in Place::both().await {
        let (code, id) = place.create(&["--uses", "2"]);
        let (other, other_id) = place.create(&[]);
        let request = place.take(&code, "jane").await;
        let spent = InvitationUse {
            code: invitation_code(&code).unwrap(),
            applicant: Hash::of(&["john"]),
            at: SystemClock.now(),
            spent_at: Some(SystemClock.now()),
        };
        let list = |state: &str| {
            let lines = place.ok(&["invitations", "list", "--state", state]);
            let ids = lines.lines().filter(|line| *line != "There are none.");
            let ids: Vec<_> = ids.map(|line| line.split(' ').next().unwrap().to_owned()).collect();
            ids
        };
        assert_eq!(list("open"), [other_id.clone(), id.clone()], "the latest first");
        let writes = vec![Write::TakeInvitation(Box::new(spent))];
        assert_eq!(place.store.commit(&Commit { writes }).await, Ok(Committed::Applied));
        assert_eq!(
            (list("open"), list("used-up")),
            (vec![other_id.clone()], vec![id.clone()])
        );
        let shown = place.ok(&["invitations", "show", &id]);
        assert!(
            shown.contains("2 of 2 taken") && shown.contains(": without a request"),
            "{shown}"
        );
        let held = shown.lines().find(|line| line.starts_with("held since")).unwrap();
        assert!(held.ends_with(&request), "{shown}");
        let json: Value = serde_json::from_str(&place.ok(&["invitations", "show", "--json", &id])).unwrap();
        assert_eq!(json["used_by"].as_array().unwrap().len(), 2);

        let asked = place.run(&["invitations", "revoke", &other]);
        assert_eq!(asked.code, 2, "nobody answers: {}", asked.stderr);
        assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
        assert_eq!(list("revoked"), Vec::<String>::new());
        let revoked = place.ok(&["invitations", "revoke", "--yes", &other, &id]);
        assert_eq!(revoked.matches("is revoked").count(), 2, "{revoked}");
        assert!(place.ok(&["invitations", "revoke", "--yes", &id]).contains("before"));
        assert_eq!(list("revoked").len(), 2);
    }
}

/// 2 for what no command can mean, 1 for what is not there.
#[test]
fn what_is_wrong_is_told() {
    let place = Place::sqlite();
    for wrong in [
        &["create", "--uses", "0"][..],
        &["create", "--uses", "1000001"],
        &["create", "--count", "100001"],
        &["create", "--for", "contoso"],
        &["create", "--for", "*.contoso.com"],
        &["create", "--expires", "3000d"],
        &["create", "--expires", "2020-01-01"],
        &["show", "what"],
        &["revoke", "--yes"],
        &["list", "--store", "sqlite:nowhere.db"],
    ] {
        let finished = place.run(&[&["invitations"], wrong].concat());
        assert_eq!(finished.code, 2, "{wrong:?}: {}", finished.stderr);
    }
    for unknown in ["00000-00000-00000-00000", "abcdef012345"] {
        let finished = place.run(&["invitations", "show", unknown]);
        assert_eq!(finished.code, 1, "{}", finished.stderr);
        assert!(!finished.stderr.contains("00000"), "{}", finished.stderr);
    }
    assert_eq!(place.ok(&["invitations", "list"]), "There are none.\n");
}

#[tokio::test]
async fn items_are_put_shown_and_removed() {
    for place in Place::both().await {
        let customers = ListName::parse("customers").unwrap();
        place.ok(&[
            "items",
            "put",
            "customers",
            " Jane@Contoso.com",
            r#"{"tier": "gold", "n": 1.10}"#,
        ]);
        let put = place.run_with(
            &["items", "put", "customers", "john@contoso.com", "-"],
            "{\n\"tier\": \"\u{9b}\"\n}\n",
        );
        assert_eq!(put.code, 0, "{}", put.stderr);
        let found = place
            .store
            .item(&customers, &item_key("jane@contoso.com"))
            .await
            .unwrap();
        assert_eq!(found.as_deref(), Some(r#"{"tier": "gold", "n": 1.10}"#));
        assert_eq!(
            place.ok(&["items", "show", "customers", "JANE@contoso.com "]),
            "{\"tier\": \"gold\", \"n\": 1.10}\n"
        );
        let shown = place.ok(&["items", "show", "customers", "john@contoso.com"]);
        assert_eq!(shown, "{ \"tier\": \"\\u009b\" }\n");
        for (wrong, code) in [
            (&["put", "customers", "a", "[]"][..], 1),
            (&["put", "customers", "a", "{"], 1),
            (&["put", "customers", " ", "{}"], 2),
            (&["put", "cust omers", "a", "{}"], 2),
            (&["show", "customers", "a"], 1),
        ] {
            let finished = place.run(&[&["items"], wrong].concat());
            assert_eq!(finished.code, code, "{wrong:?}: {}", finished.stderr);
        }
        let removed = place.ok(&["items", "remove", "customers", "jane@contoso.com", "a"]);
        assert_eq!(removed, "Items that were removed: 1 of 2.\n");
        assert_eq!(
            place.store.item(&customers, &item_key("jane@contoso.com")).await,
            Ok(None)
        );
    }
}

/// All, or nothing where a line is none; and what is wrong is told by its number alone.
#[tokio::test]
async fn a_file_of_items_is_put_whole() {
    for place in Place::both().await {
        let customers = ListName::parse("customers").unwrap();
        let line = |n: usize| format!("{{\"key\": \"person {n}\", \"item\": {{\"n\": {n}}}}}\n");
        let whole: String = (0..1200).map(line).collect();
        let wrong = [
            "{\"key\": \"secret\"}",
            "{\"key\": \"secret\", \"item\": []}",
            "{\"key\": \"secret\", \"item\": {}, \"more\": 1}",
            "{\"key\": \" \", \"item\": {}}",
            "secret",
        ];
        for wrong in wrong {
            fs::write(place.folder.path().join("items"), format!("{whole}\n{wrong}\n")).unwrap();
            let finished = place.run(&["items", "import", "customers", "items"]);
            assert_eq!(finished.code, 1, "{wrong}");
            assert!(finished.stderr.contains("line 1202"), "{}", finished.stderr);
            assert!(!finished.stderr.contains("secret"), "{}", finished.stderr);
        }
        assert_eq!(place.store.item(&customers, &item_key("person 0")).await, Ok(None));
        fs::write(place.folder.path().join("items"), &whole).unwrap();
        assert_eq!(
            place.ok(&["items", "import", "customers", "items"]),
            "Items that were put: 1200.\n"
        );
        for n in [0, 499, 500, 1199] {
            let found = place.store.item(&customers, &item_key(&format!("Person {n}"))).await;
            assert_eq!(found, Ok(Some(format!("{{\"n\": {n}}}"))));
        }
    }
}

fn submission(who: &str, invited: Invited) -> Submission {
    let claims = Claims::default();
    Submission {
        applicant: Hash::of(&[who]),
        proven: true,
        kept: claims.clone(),
        received: claims.clone(),
        reviewed: claims,
        changes: Changes::none(),
        identities: Vec::new(),
        app: None,
        locales: Locales::default(),
        addresses: Vec::new(),
        invitation: Some(invited),
        wish: Wish::Hold(Held::by_anybody()),
        rule: "hold".to_owned(),
    }
}
