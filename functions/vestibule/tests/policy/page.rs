//! What docs/policy.md says about these commands.

use std::{fs, path::Path};

use crate::place::Place;

const PAGE: &str = include_str!("../../../../docs/policy.md");
const COMMAND: &str = "    cargo run -q -p vestibule -- policy ";

/// The section of the page, and a folder with the files that it speaks of.
fn section() -> (&'static str, Place) {
    let (_, section) = PAGE.split_once("\n## Check, explain, test\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let place = Place::new();
    place.write("policy.toml", fs::read(root.join("policy.toml")).unwrap());
    for entry in fs::read_dir(root.join("policy-tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        place.write(&format!("policy-tests/{name}"), fs::read(&path).unwrap());
    }
    (section, place)
}

#[test]
fn every_command_of_the_page_works() {
    let (section, place) = section();
    let body = section.lines().find(|line| line.starts_with("    {\"")).unwrap();
    place.write("body.json", body);
    let commands: Vec<_> = section.lines().filter_map(|line| line.strip_prefix(COMMAND)).collect();
    assert_eq!(commands.len(), 4);
    for command in commands {
        // Where a shell puts what is printed is the shell's business.
        let command = command.split(" > ").next().unwrap();
        let arguments: Vec<_> = command.split(' ').collect();
        let finished = place.run(&arguments);
        assert_eq!(finished.code, 0, "{command}: {finished:?}");
        if arguments[0] == "explain" {
            let says = "outcome  ask-again, by `countries we serve`";
            assert!(finished.stdout.contains(says), "{}", finished.stdout);
        }
    }
}

#[test]
fn the_case_of_the_page_holds() {
    let (section, place) = section();
    let case = section.lines().skip_while(|line| *line != "    [[cases]]");
    let case: Vec<_> = case.map_while(|line| line.strip_prefix("    ")).collect();
    place.write("page/case.toml", case.join("\n"));
    let tried = place.run(&["test", "page"]);
    assert_eq!(
        (tried.code, &*tried.stdout),
        (0, "1 cases, all as expected\n"),
        "{tried:?}"
    );
}
