//! Lists of a policy that were packed ahead.

use std::{fmt::Write as _, path::PathBuf};

use lists::{Kind, Packed};
use policy::{ListSource, OpenList};

/// A folder of packed lists, which `vestibule lists pack-all` makes: a layer on Lambda, a part of the app on Azure.
pub struct PackedLists(pub PathBuf);

impl OpenList for PackedLists {
    fn open(&self, source: &ListSource, kind: Kind) -> Result<Packed, String> {
        let path = self.0.join(packed_name(source, kind));
        let missing = |why: &dyn std::fmt::Display| {
            format!(
                "{}: {why}; `vestibule lists pack-all` makes what the folder needs",
                path.display()
            )
        };
        let packed = Packed::open(&path).map_err(|error| missing(&error))?;
        match packed.kind() == kind {
            true => Ok(packed),
            false => Err(missing(&format!("it holds {}, not {kind}", packed.kind()))),
        }
    }
}

/// The name of a list's file in a folder of packed lists. The same file, however a policy writes its path, has one name;
/// two files have two.
pub fn packed_name(source: &ListSource, kind: Kind) -> String {
    let mut name = String::new();
    match source {
        ListSource::Disposable => name.push_str("disposable"),
        ListSource::File(path) => {
            name.push_str("file-");
            for byte in path.strip_prefix("./").unwrap_or(path).bytes() {
                match byte {
                    byte if byte.is_ascii_alphanumeric() => name.push(byte.into()),
                    // Writing to a text cannot fail.
                    byte => drop(write!(name, "_{byte:02x}")),
                }
            }
        }
    }
    format!("{name}.{kind}.packed")
}
