//! No setting is forgotten: what the sources of a function read, its deployment gives and the documents explain. What
//! a deployment does not give stands here, with the reason.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::deployment::root;

type Names = BTreeSet<String>;

/// What runs on Azure: all functions in one program.
const APP: &str = "vestibule";
const FIRST: &str = "post-federation-signup";
const SECOND: &str = "post-attribute-collection";
const TOKEN: &str = "pre-token-issuance";
const REVIEW: &str = "review";
const DELIVER: &str = "deliver";
/// What runs on AWS.
const FUNCTIONS: [&str; 5] = [FIRST, SECOND, TOKEN, REVIEW, DELIVER];

/// A setting that these programs are not given where they are deployed, though their sources name it, and why.
type NotGiven = (&'static str, &'static [&'static str], &'static str);

const NOT_GIVEN: [NotGiven; 12] = [
    (
        "VESTIBULE_ALLOW_LOOPBACK",
        &[FIRST, SECOND, TOKEN, REVIEW, DELIVER, APP],
        "it is refused on a cloud",
    ),
    (
        "VESTIBULE_BIND",
        &[FIRST, SECOND, TOKEN, REVIEW, DELIVER, APP],
        "a cloud says where to listen",
    ),
    (
        "VESTIBULE_BASIC_CREDENTIALS",
        &[REVIEW, DELIVER],
        "the sign-up service calls steps only",
    ),
    (
        "VESTIBULE_REVIEWERS",
        &[FIRST, SECOND, TOKEN, DELIVER],
        "only the review room asks who decides",
    ),
    (
        "VESTIBULE_REVIEWER_TOKEN",
        &[APP],
        "a reviewer's own, on the command line",
    ),
    ("VESTIBULE_AUDIT_KEY", &[FIRST, TOKEN], "they write no histories"),
    (
        "VESTIBULE_REVIEW_URL",
        &[FIRST, SECOND, TOKEN, REVIEW],
        "only mails hold it",
    ),
    (
        "VESTIBULE_SEAL_KEY",
        &[FIRST, SECOND, TOKEN, REVIEW],
        "only `deliver` seals invitations and opens them",
    ),
    (
        "VESTIBULE_GRAPH_URL",
        &[DELIVER, APP],
        "a stand-in on loopback, which is refused on a cloud",
    ),
    (
        "VESTIBULE_GRAPH_IDENTITY_CLIENT_ID",
        &[DELIVER],
        "AWS gives no managed identities",
    ),
    (
        "VESTIBULE_GRAPH_IDENTITY_CLIENT_ID",
        &[APP],
        "the function app has one identity, its own",
    ),
    (
        "VESTIBULE_MAIL_CA_FILE",
        &[DELIVER, APP],
        "the packages hold the policy and the letters, and no other file",
    ),
];

#[test]
fn each_function_on_aws_is_given_every_setting_that_it_reads() {
    let template = text("template.yaml");
    for function in FUNCTIONS {
        assert_given(function, &given_on_aws(&template, function));
    }
}

#[test]
fn the_app_on_azure_is_given_every_setting_that_it_reads() {
    assert_given(APP, &names(&text("azure/main.bicep"), "name: '", "'"));
}

#[test]
fn every_setting_that_is_read_is_explained_and_no_other() {
    let mut documents = files(&root().join("docs"), "md");
    documents.push(root().join("README.md"));
    let explained: Names = documents.iter().flat_map(|file| explained(&read(file))).collect();
    assert_eq!(explained, read_by(APP), "explained, and read");
}

#[test]
fn every_reason_is_about_a_setting_that_is_read() {
    for (setting, programs, why) in NOT_GIVEN {
        let needless = programs.iter().find(|program| !read_by(program).contains(setting));
        assert_eq!(needless, None, "does not read {setting}: {why}");
    }
}

/// Given is what is read, but for what [`NOT_GIVEN`] names.
fn assert_given(program: &str, given: &Names) {
    let excused = |setting: &str| {
        NOT_GIVEN
            .iter()
            .any(|(name, programs, _)| *name == setting && programs.contains(&program))
    };
    let mut wanted = read_by(program);
    wanted.retain(|setting| !excused(setting));
    assert_eq!(*given, wanted, "given to {program}, and read by it");
}

/// The settings of all functions, and those of the one whose package it is.
fn given_on_aws(template: &str, function: &str) -> Names {
    let (head, resources) = template.split_once("\nResources:\n").unwrap();
    let (_, globals) = head.split_once("\nGlobals:\n").unwrap();
    let package = format!("CodeUri: target/lambda/{function}/bootstrap.zip");
    let (_, from_package) = resources.split_once(&package).unwrap();
    let next = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let own: Vec<_> = from_package.lines().take_while(|line| !next(line)).collect();
    &names(globals, " ", ": ") | &names(&own.join("\n"), " ", ": ")
}

/// The settings whose rows a document has.
fn explained(document: &str) -> Names {
    let first_cell = |line: &str| line.strip_prefix("| ")?.split(" | ").next().map(str::to_owned);
    let cells: Vec<_> = document.lines().filter_map(first_cell).collect();
    names(&cells.join("\n"), "`", "`")
}

/// The settings that a program's sources name, and those of all packages of the workspace that it is made of.
fn read_by(program: &str) -> Names {
    let mut packages = vec![folder_of(program).unwrap()];
    let mut next = 0;
    while let Some(package) = packages.get(next).cloned() {
        for dependency in dependencies(&package) {
            if !packages.contains(&dependency) {
                packages.push(dependency);
            }
        }
        next += 1;
    }
    let sources = packages.iter().flat_map(|package| files(&package.join("src"), "rs"));
    sources
        .flat_map(|source| names(product(&read(&source)), "\"", "\""))
        .collect()
}

/// The packages of the workspace that a package's product is made of.
fn dependencies(package: &Path) -> Vec<PathBuf> {
    let manifest = read(&package.join("Cargo.toml"));
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| folder_of(line.split(['.', ' ', '=']).next()?))
        .collect()
}

fn folder_of(package: &str) -> Option<PathBuf> {
    let folders = ["functions", "shared"].map(|folder| root().join(folder).join(package));
    folders
        .into_iter()
        .find(|folder| !package.is_empty() && folder.is_dir())
}

/// A source without its tests, which stand last.
fn product(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

/// The names of settings that stand between the two texts.
fn names(text: &str, before: &str, after: &str) -> Names {
    let name = |(start, _): (usize, &str)| {
        let part_of_name = |c: char| c.is_ascii_uppercase() || c == '_';
        let (_, rest) = text.split_at(start);
        let name = rest.split(|c| !part_of_name(c)).next()?;
        (text[..start].ends_with(before) && rest[name.len()..].starts_with(after)).then(|| name.to_owned())
    };
    text.match_indices("VESTIBULE_").filter_map(name).collect()
}

/// The files in a folder and in those below it, but for files of tests.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| path.file_stem().is_some_and(|name| name != "tests"));
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path, extension),
        false => vec![path],
    };
    let files = entries.flat_map(below);
    files
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect()
}

fn text(path: &str) -> String {
    read(&root().join(path))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
