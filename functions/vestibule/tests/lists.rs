//! Lists are packed through the command line.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{fs, path::Path, process::Command};

use lists::{Kind, Packed};
use tempfile::TempDir;

/// Runs `vestibule lists` in a folder; its exit code, and what it said on either output.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let output = command
        .arg("lists")
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_list_is_packed_beside_its_text_or_where_it_is_wanted() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("partners.txt"),
        "# ours\ncontoso.com\n*.contoso.com\nCONTOSO.com\n",
    )
    .unwrap();
    let packed = run(folder.path(), &["pack", "partners.txt", "--as", "domains"]);
    let told = "partners.txt.packed: entries 2, duplicates 1, bytes 98\n".to_owned();
    assert_eq!(packed, (0, told, String::new()));
    let list = Packed::open(&folder.path().join("partners.txt.packed")).unwrap();
    assert_eq!((list.kind(), list.contains("contoso.com")), (Kind::Domains, Ok(true)));

    let elsewhere = ["pack", "partners.txt", "--as", "values", "--out", "layer.packed"];
    assert_eq!(run(folder.path(), &elsewhere).0, 0);
    let list = Packed::open(&folder.path().join("layer.packed")).unwrap();
    assert_eq!(
        (list.kind(), list.contains_value("*.CONTOSO.com")),
        (Kind::Values, Ok(true))
    );
}

#[test]
fn bad_lines_are_told_all_at_once_and_nothing_is_packed() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("people.txt"),
        "jane@contoso.com\njim\n\njo@@contoso.com\n",
    )
    .unwrap();
    let (code, told, wrong) = run(folder.path(), &["pack", "people.txt", "--as", "addresses"]);
    assert_eq!((code, &*told), (1, ""));
    let why = "no e-mail address with exactly one `@`, a plain name and a domain";
    assert_eq!(
        wrong,
        format!("vestibule: people.txt: lines are no entries\nline 2: {why}\nline 4: {why}\n")
    );
    assert!(!folder.path().join("people.txt.packed").exists());
}

#[test]
fn a_wrong_command_exits_2_and_a_list_that_is_not_there_1() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("partners.txt"), "contoso.com\n").unwrap();
    for (arguments, code, says) in [
        (&["pack", "partners.txt"][..], 2, "--as"),
        (
            &["pack", "partners.txt", "--as", "names"],
            2,
            "`domains`, `addresses` or `values`",
        ),
        (
            &["pack", "gone.txt", "--as", "domains"],
            1,
            "gone.txt: cannot read the list",
        ),
        (
            &["pack", "partners.txt", "--as", "domains", "--out", "no/where"],
            1,
            "cannot write the packed list",
        ),
        (
            &["pack", "partners.txt", "--as", "domains", "--out", "partners.txt"],
            1,
            "would overwrite the list itself",
        ),
    ] {
        let (exit, _, wrong) = run(folder.path(), arguments);
        assert_eq!(exit, code, "{arguments:?}: {wrong}");
        assert!(wrong.contains(says), "{arguments:?}: {wrong}");
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("partners.txt")).unwrap(),
        "contoso.com\n"
    );
}
