//! `vestibule serve --local`: what it prints, and where it cannot keep what it makes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{fs, time::Duration};

use end_to_end::{plain::Server, process::Program};
use tempfile::TempDir;

const POLICY: &str = "[steps.post-federation-signup]\notherwise = \"continue\"\n[steps.post-attribute-collection]\n\
                      otherwise = \"continue\"\n[steps.pre-token-issuance]\notherwise = \"continue\"\n";

fn local(folder: &TempDir) -> Program {
    fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    let program = Program::new(env!("CARGO_BIN_EXE_vestibule")).args(["serve", "--local"]);
    program.folder(folder.path())
}

/// Others can see a command line, and the shell keeps it: no line to paste holds the token.
#[test]
fn the_token_stands_in_no_line_to_paste() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(local(&folder));
    let paste = server
        .process()
        .wait_for_line(|line| line.contains("/review/api/requests"));
    let token = fs::read_to_string(folder.path().join(".vestibule/reviewer-token")).unwrap();
    let held: Vec<_> = server.process().lines();
    let held = held.iter().filter(|line| line.contains(token.trim()));
    let held: Vec<_> = held.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(held, ["reviewer"], "it is told once, to be typed");
    assert!(
        paste.contains(".vestibule/reviewer-token | curl -H @- http://"),
        "{paste}"
    );
}

#[test]
fn a_file_in_the_place_of_its_folder_is_to_be_moved() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(".vestibule"), "").unwrap();
    let finished = local(&folder).args(["--port", "0"]).run(Duration::from_secs(60));
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains(".vestibule is there and is no folder: move it away"),
        "{finished:?}"
    );
}
