//! Lists in the store through the command line, on both stores.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{collections::BTreeSet, fs, process::Command};

use end_to_end::list_server::{Answer, ListServer};
use store::{ListCopy, ListEditor, ListEntry, ListName, ListPlace, Timestamp};
use store_dynamodb::testing;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

const POLICY: &str = r#"
[lists]
partners = { stored = "domains" }
people = { stored = "addresses" }
blocked = { url = "https://lists.example/blocked.txt", holds = "domains", every = "1 day" }

[steps.post-federation-signup]
otherwise = "continue"

[steps.post-attribute-collection]
otherwise = "continue"
"#;

/// A folder with a policy in it, and a store.
struct Place {
    folder: TempDir,
    store: Box<dyn ListEditor>,
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
        let store = Box::new(SqliteStore::open(folder.path().join("vestibule.db")).unwrap());
        let variables = vec![("VESTIBULE_STORE", "sqlite:vestibule.db".to_owned())];
        Place::new(folder, store, variables)
    }

    async fn dynamodb() -> Place {
        let name = "VESTIBULE_TEST_DYNAMODB";
        let endpoint =
            std::env::var(name).unwrap_or_else(|_| panic!("run `make test`: it starts DynamoDB Local and sets {name}"));
        let folder = TempDir::new().unwrap();
        let table = folder
            .path()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .replace('.', "lists-");
        testing::create_table(&endpoint, &table).await.unwrap();
        let store = Box::new(testing::open_at(&endpoint, &table));
        let variables = vec![
            ("VESTIBULE_STORE", format!("dynamodb:{table}")),
            // The machine may be busy with other tests.
            ("VESTIBULE_DEADLINE_MS", "20000".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ];
        Place::new(folder, store, variables)
    }

    fn new(folder: TempDir, store: Box<dyn ListEditor>, mut variables: Vec<(&'static str, String)>) -> Place {
        variables.push(("VESTIBULE_POLICY", "policy.toml".to_owned()));
        fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
        Place {
            folder,
            store,
            variables,
        }
    }

    async fn both() -> [Place; 2] {
        [Place::sqlite(), Place::dynamodb().await]
    }

    /// Runs `vestibule lists` to its end.
    fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.arg("lists").args(arguments).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.current_dir(self.folder.path()).output().unwrap();
        Finished {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    async fn texts(&self, list: &str) -> BTreeSet<String> {
        let found = self.store.page(&edited(list), None, 100_000).await.unwrap();
        found.into_iter().map(|entry| entry.text).collect()
    }
}

impl Finished {
    #[track_caller]
    fn says(&self, stdout: &str) {
        assert_eq!((self.code, &*self.stdout, &*self.stderr), (0, stdout, ""));
    }

    #[track_caller]
    fn refused(&self, code: i32, why: &str) {
        assert_eq!((self.code, &*self.stdout), (code, ""), "{self:?}");
        assert!(self.stderr.contains(why), "{self:?}");
    }
}

#[test]
fn the_usual_policy_is_named_where_nobody_named_one() {
    let mut place = Place::sqlite();
    place.variables.retain(|(name, _)| *name != "VESTIBULE_POLICY");
    let told = "the policy is policy.toml, since neither `--policy` nor VESTIBULE_POLICY names another";
    for command in ["show", "fetch"] {
        let usual = place.run(&[command, "partners"]);
        assert!(usual.stderr.contains(told), "{usual:?}");
        let named = place.run(&[command, "partners", "--policy", "policy.toml"]);
        assert!(!named.stderr.contains(told), "{named:?}");
    }
}

#[tokio::test]
async fn entries_are_added_shown_and_removed() {
    for place in Place::both().await {
        place.run(&["show", "partners"]).says("The list is empty.\n");
        place
            .run(&[
                "add",
                "partners",
                " Contoso.COM. ",
                "*.fabrikam.com",
                "contoso.com",
                "--by",
                "rita",
            ])
            .says("Entries that are new: 2 of 3.\n");
        place
            .run(&["add", "partners", "contoso.com"])
            .says("Entries that are new: 0 of 1.\n");
        let shown = place.run(&["show", "partners"]);
        assert_eq!(shown.stdout.lines().count(), 2, "{shown:?}");
        for text in ["contoso.com", "*.fabrikam.com"] {
            let line = shown
                .stdout
                .lines()
                .find(|line| line.ends_with(&format!("Z  rita  {text}")));
            assert!(line.is_some(), "{shown:?}");
        }
        let one = place.run(&["show", "partners", "--limit", "1"]);
        assert!(
            one.stdout.lines().count() == 2 && one.stdout.contains("There are more"),
            "{one:?}"
        );
        place
            .run(&["remove", "partners", "CONTOSO.com", "other.example"])
            .says("Entries that were removed: 1 of 2.\n");
        place.run(&["export", "partners"]).says("*.fabrikam.com\n");
    }
}

#[tokio::test]
async fn a_file_is_imported_again_without_harm_and_comes_out_whole() {
    for place in Place::both().await {
        let lines = |count: usize| (0..count).map(|n| format!("{n}.example\n")).collect::<String>();
        place.write("some.txt", &lines(700));
        place.write("all.txt", &format!("# ours\n\n{}0.EXAMPLE\n", lines(6000)));
        place
            .run(&["import", "partners", "some.txt", "--by", "rita"])
            .says("Entries that are new: 700 of 700.\n");
        place
            .run(&["import", "partners", "all.txt"])
            .says("Entries that are new: 5300 of 6001.\n");
        place
            .run(&["import", "partners", "all.txt"])
            .says("Entries that are new: 0 of 6001.\n");
        let kept = place.store.page(&edited("partners"), None, 10_000).await.unwrap();
        assert_eq!(
            kept.iter().filter(|entry| entry.by.as_deref() == Some("rita")).count(),
            700
        );
        assert_eq!(
            kept.iter()
                .filter(|entry| entry.by.as_deref() == Some("command line"))
                .count(),
            5300
        );

        let exported = place.run(&["export", "partners"]);
        let out: BTreeSet<_> = exported.stdout.lines().map(str::to_owned).collect();
        assert_eq!((exported.stdout.lines().count(), out.len()), (6000, 6000));
        assert!(out == place.texts("partners").await);
        place.write("again.txt", &exported.stdout);
        place
            .run(&["import", "partners", "again.txt"])
            .says("Entries that are new: 0 of 6000.\n");
    }
}

/// A line now and then, where nobody watches.
#[tokio::test]
async fn a_long_import_says_how_far_it_is() {
    let place = Place::sqlite();
    let lines: String = (0..100_001).map(|n| format!("{n}.example\n")).collect();
    place.write("all.txt", &lines);
    let done = place.run(&["import", "partners", "all.txt"]);
    assert_eq!((done.code, &*done.stderr), (0, "100000 of 100001\n"));
}

#[tokio::test]
async fn nothing_is_added_where_anything_is_no_entry() {
    let place = Place::sqlite();
    let long = format!("{}@contoso.com", "x".repeat(3000));
    place.write(
        "people.txt",
        &format!(
            "jane@contoso.com\njim\n{}jo@@contoso.com\n",
            "a@b.example\n".repeat(6000)
        ),
    );
    let refused = place.run(&["import", "people", "people.txt"]);
    refused.refused(1, "line 2: no e-mail address");
    refused.refused(1, "line 6003: no e-mail address");
    assert!(
        !refused.stderr.contains("jim") && !refused.stderr.contains("jo@"),
        "{refused:?}"
    );
    for entries in [
        &["jane@contoso.com", "jim", "a\n@b.example"][..],
        &["jane@contoso.com", "#", &long],
    ] {
        let refused = place.run(&[&["add", "people"], entries].concat());
        refused.refused(1, "entry 2: ");
        refused.refused(1, "entry 3: ");
        assert!(
            !refused.stderr.contains("jim") && !refused.stderr.contains("contoso"),
            "{refused:?}"
        );
    }
    place
        .run(&["remove", "people", "jim"])
        .refused(1, "entry 1: no e-mail address");
    place
        .run(&["import", "people", "nowhere.txt"])
        .refused(1, "nowhere.txt: cannot read the list");
    assert_eq!(place.texts("people").await, BTreeSet::new());
}

#[tokio::test]
async fn a_fetched_list_is_shown_and_not_edited() {
    for place in Place::both().await {
        place
            .run(&["show", "blocked"])
            .refused(1, "the list `blocked` was never fetched");
        let copy = ListCopy {
            version: 3,
            entries: 1,
            fetched_at: Timestamp::from_millis(0),
            tag: None,
        };
        let entry = ListEntry {
            text: "bad.example".to_owned(),
            by: None,
            at: Timestamp::from_millis(0),
        };
        let fetched = ListPlace {
            version: Some(3),
            ..edited("blocked")
        };
        place.store.add(&fetched, &[entry]).await.unwrap();
        assert_eq!(place.store.publish(&fetched.list, &copy, None).await, Ok(true));
        place
            .run(&["show", "blocked"])
            .says("# entries 1, version 3, fetched at 1970-01-01T00:00:00Z\n1970-01-01T00:00:00Z  -  bad.example\n");
        place.run(&["export", "blocked"]).says("bad.example\n");
        place.write("some.txt", "a.example\n");
        for command in [
            &["add", "blocked", "a.example"][..],
            &["remove", "blocked", "bad.example"],
            &["import", "blocked", "some.txt"],
        ] {
            let refused = place.run(command);
            refused.refused(1, "is fetched from its address");
            assert!(!refused.stderr.contains("https://"), "{refused:?}");
        }
        assert_eq!(place.texts("blocked").await, BTreeSet::new());
    }
}

/// Now, whether they are due or not, and one that fails keeps no other from being fetched.
#[tokio::test]
async fn lists_are_fetched_from_the_command_line() {
    for mut place in Place::both().await {
        let blocked = ListServer::with_tls(Answer::Text("bad.example\nworse.example\n".to_owned()));
        let gone = ListServer::with_tls(Answer::status("410 Gone", "", ""));
        let policy = POLICY.replace("https://lists.example/blocked.txt", &blocked.url());
        let other = format!(
            "gone = {{ url = \"{}\", holds = \"values\", every = \"1 day\" }}\n\n[steps.post-f",
            gone.url()
        );
        place.write("policy.toml", &policy.replacen("\n[steps.post-f", &other, 1));
        place.write("trusted.pem", &format!("{}{}", blocked.authority(), gone.authority()));
        place.variables.push(("SSL_CERT_FILE", "trusted.pem".to_owned()));
        place
            .run(&["fetch", "blocked"])
            .refused(1, "the address is not one of the internet");
        assert_eq!(blocked.requests().len(), 0);
        place.variables.push(("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()));

        let fetched = place.run(&["fetch", "blocked"]);
        assert_eq!((fetched.code, &*fetched.stderr), (0, ""), "{fetched:?}");
        assert!(
            fetched.stdout.starts_with("blocked: entries 2, version "),
            "{fetched:?}"
        );
        let again = place.run(&["fetch"]);
        assert_eq!(again.code, 1, "{again:?}");
        assert!(
            again.stdout.starts_with("blocked: nothing new, entries 2, "),
            "{again:?}"
        );
        let why = "the list `gone` was not fetched: its address answers with status 410 Gone";
        assert!(again.stderr.contains(why), "{again:?}");

        let shown = place.run(&["show", "blocked"]);
        assert!(shown.stdout.starts_with("# entries 2, version "), "{shown:?}");
        assert!(shown.stdout.contains("Z  -  bad.example\n"), "{shown:?}");
        blocked.answers(Answer::Text(String::new()));
        place
            .run(&["fetch", "blocked"])
            .refused(1, "`vestibule lists fetch --any-size` takes it all the same");
        let emptied = place.run(&["fetch", "blocked", "--any-size"]);
        assert!(emptied.stdout.starts_with("blocked: entries 0, "), "{emptied:?}");

        place
            .run(&["fetch", "partners"])
            .refused(1, "only a list with `url` is fetched");
        place.run(&["fetch", "partner"]).refused(2, "did you mean `partners`?");
        for told in [fetched, again, shown, emptied] {
            assert!(
                !format!("{told:?}").contains("localhost"),
                "an address may hold a secret: {told:?}"
            );
        }
    }
}

/// A line now and then, where nobody watches.
#[tokio::test]
async fn a_long_fetch_says_how_far_it_is() {
    let mut place = Place::sqlite();
    let lines: String = (0..100_001).map(|n| format!("{n}.example\n")).collect();
    let server = ListServer::with_tls(Answer::Text(lines));
    place.write(
        "policy.toml",
        &POLICY.replace("https://lists.example/blocked.txt", &server.url()),
    );
    place.write("trusted.pem", server.authority());
    place.variables.push(("SSL_CERT_FILE", "trusted.pem".to_owned()));
    place.variables.push(("VESTIBULE_ALLOW_LOOPBACK", "yes".to_owned()));
    let done = place.run(&["fetch"]);
    assert_eq!((done.code, &*done.stderr), (0, "100000 of 100001\n"));
}

#[test]
fn a_wrong_name_or_setting_exits_2() {
    let mut place = Place::sqlite();
    place.run(&["show", "partner"]).refused(2, "did you mean `partners`?");
    place
        .run(&["show", "partners", "--store", "sqlite:slip.db"])
        .refused(2, "a file that is there");
    assert!(!place.folder.path().join("slip.db").exists());
    place
        .run(&["show", "partners", "--policy", "slip.toml"])
        .refused(2, "slip.toml");
    place.run(&["add", "partners"]).refused(2, "<ENTRY>");
    place.write("empty.toml", &POLICY[POLICY.find("[steps").unwrap()..]);
    place
        .run(&["show", "partners", "--policy", "empty.toml"])
        .refused(2, "keeps no list in the store");
    place.variables.clear();
    place
        .run(&["show", "partners"])
        .refused(2, "VESTIBULE_STORE is not set");
}

fn edited(list: &str) -> ListPlace {
    ListPlace {
        list: ListName::parse(list).unwrap(),
        version: None,
    }
}
