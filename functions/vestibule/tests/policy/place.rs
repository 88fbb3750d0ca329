//! A folder with files in it, and the program run there.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

/// The policy of most tests.
pub(crate) const POLICY: &str = r#"
[steps.post-federation-signup]
otherwise = "continue"
[steps.post-attribute-collection]
otherwise = "continue"
[steps.pre-token-issuance]
otherwise = "error"

[[rules]]
name = "evening"
step = "post-attribute-collection"
when = { time = { from = "18:00", to = "24:00" } }
block = true

[[rules]]
name = "tidy"
step = "post-attribute-collection"
normalise = { claims = ["displayName"], with = ["name-case"] }

[[rules]]
name = "watched"
step = "post-attribute-collection"
mode = "observe"
when = { all = [{ claim = "city", present = true }, { claim = "displayName", present = true }] }
set = { claim = "city", to = "Bergen" }

[[rules]]
name = "tier"
step = "post-attribute-collection"
set = { claim = "extension_Tier", to = "gold" }

[[rules]]
name = "city"
step = "post-attribute-collection"
when = { not = { domain = ["contoso.com"] } }
require = { claim = "city", one_of = ["Berlin"] }
otherwise = { ask_again = "city-needed" }

[[rules]]
name = "approval"
step = "post-attribute-collection"
when = { claim = "country", is = "Norway" }
hold = true

[messages.city-needed]
en = "Dear {displayName}, we only serve Berlin."
"#;

pub(crate) struct Place(TempDir);

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// With [`POLICY`] as `policy.toml`.
    pub(crate) fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        place.write("policy.toml", POLICY);
        place
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs `vestibule policy` to its end, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, "", &[])
    }

    /// The same with something to read and settings.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str, settings: &[(&str, &str)]) -> Finished {
        let mut child = command(self.0.path(), arguments)
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Finished {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// What it prints on a terminal.
    pub(crate) fn on_terminal(&self, arguments: &[&str], settings: &[(&str, &str)]) -> String {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let name = ptsname(&near, Vec::new()).unwrap();
        let far = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let mut command = command(self.0.path(), arguments);
        command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(far);
        command.status().unwrap();
        // With the command the last hold on the far end goes, and reading ends.
        drop(command);
        let mut printed = Vec::new();
        let ended = File::from(near).read_to_end(&mut printed);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.raw_os_error() == Some(EIO)));
        String::from_utf8(printed).unwrap().replace("\r\n", "\n")
    }
}

/// What reading from a terminal says whose other end is closed.
const EIO: i32 = 5;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.arg("policy").args(arguments).env_clear().current_dir(folder);
    command
}
