//! `vestibule invitations export`

use std::io::{self, BufWriter, Write};

use clap::Args;
use serde_json::Value;

use super::{find::Pages, shape};
use crate::{existing::Place, failure::Failure, text::json};

#[derive(Args)]
pub(crate) struct Export {
    /// Comma-separated values with a first line of names [JSON lines]
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    place: Place,
}

/// The columns, by the names that JSON lines have.
const COLUMNS: [&str; 10] = [
    "id",
    "state",
    "uses",
    "taken",
    "made_at",
    "until",
    "revoked_at",
    "domain",
    "address_hash",
    "note",
];

impl Export {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let rows = self.place.open().await?;
        let now = assembly::clock().now();
        let mut out = BufWriter::new(io::stdout().lock());
        if self.csv {
            writeln!(out, "{}", COLUMNS.join(","))?;
        }
        let mut pages = Pages::of(&*rows);
        while let Some(page) = pages.next().await? {
            for invitation in &page {
                let document = shape::document(invitation, now);
                match self.csv {
                    true => writeln!(out, "{}", record(&document))?,
                    false => writeln!(out, "{}", json(&document))?,
                }
            }
        }
        Ok(out.flush()?)
    }
}

fn record(document: &Value) -> String {
    let fields = COLUMNS.map(|column| match &document[column] {
        Value::Null => String::new(),
        Value::String(text) => field(text),
        other => other.to_string(),
    });
    fields.join(",")
}

/// Always quoted; what a spreadsheet would take for a formula begins with an apostrophe.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_stays_in_its_field_and_is_no_formula() {
        assert_eq!(field("for \"Bob\", and\nco"), "\"for \"\"Bob\"\", and\nco\"");
        assert_eq!(field("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
