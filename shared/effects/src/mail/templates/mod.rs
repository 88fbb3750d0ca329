//! The words of letters: built in for English and German, replaced by files of the policy.

mod files;
mod template;

use std::{collections::BTreeMap, fmt, path::Path, path::PathBuf};

use claims::{Address, Locale, Locales};

use super::{
    letter::{Applicant, Letter, LetterKind, Waiting},
    typed,
};
use template::{Form, Template, Values};

const APPLICANT: &[&str] = &["name", "address", "sender"];
const APPLICANT_LINK: &[&str] = &["name", "address", "sender", "link"];
const WAITING: &[&str] = &["name", "address", "sender", "days", "link"];
const DIGEST: &[&str] = &["sender", "count", "days", "link"];

/// Every kind of letter by name, with the placeholders that its words may use.
const KINDS: [(&str, &[&str]); 9] = [
    ("received", APPLICANT),
    ("approved", APPLICANT),
    ("approved-redeem", APPLICANT_LINK),
    ("denied", APPLICANT),
    ("expired", APPLICANT),
    ("review-new", WAITING),
    ("review-reminder", WAITING),
    ("review-escalated", WAITING),
    ("review-digest", DIGEST),
];

/// The longest subject, in characters: a word of it must fit into a line of 998 bytes (RFC 5322 section 2.1.1).
const SUBJECT: usize = 250;

/// The words of every letter in every language of the policy.
#[derive(Clone)]
pub struct Templates {
    /// The policy's, the first one first.
    languages: Vec<Locale>,
    /// By the letter's name, then in the order of the languages.
    words: BTreeMap<&'static str, Vec<Words>>,
}

impl Templates {
    /// Reads `mail/<name>.<locale>.txt` and `mail/<name>.<locale>.html` beside the policy file; what is not there is built
    /// in, in English and German. A text without an `.html` of its own gets one made of it. `languages` are the policy's.
    ///
    /// # Errors
    /// Every [`Mistake`] in these files: a name or language that no letter has, an unknown placeholder, a subject that is
    /// missing or more than a line, a language without words.
    pub fn read(policy_folder: &Path, languages: &[Locale]) -> Result<Templates, Mistakes> {
        files::read(policy_folder, languages)
    }

    /// The letter's words with its values, in the language that suits its reader best.
    pub(super) fn write(&self, letter: &Letter, sender: &str) -> Written {
        let name = letter.kind.name();
        let words = self
            .words
            .get(name)
            .and_then(|words| words.get(self.language(&letter.locales)));
        let values = values(&letter.kind, sender);
        match words {
            Some(words) => words.write(&values),
            None => unreachable!("every letter has words in every language after Templates::read"),
        }
    }

    /// The first language asked for that the policy has (`de-AT`, then `de`), else its first one.
    fn language(&self, locales: &Locales) -> usize {
        let spoken = |tag: &str| self.languages.iter().position(|language| language.as_str() == tag);
        let best = locales.iter().find_map(|asked| asked.fallbacks().find_map(spoken));
        best.unwrap_or(0)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates")
            .field("languages", &self.languages)
            .finish_non_exhaustive()
    }
}

/// One letter in one language.
#[derive(Clone)]
struct Words {
    subject: Template,
    text: Template,
    html: Template,
}

impl Words {
    fn write(&self, values: &Values) -> Written {
        Written {
            subject: self.subject.fill(values, Form::Text).chars().take(SUBJECT).collect(),
            text: self.text.fill(values, Form::Text),
            html: self.html.fill(values, Form::Html),
        }
    }
}

/// A letter as it goes out.
pub(super) struct Written {
    /// One line.
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// Everything that is wrong with the templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes by file and line; never empty.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Mistake { file, line, what }) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n" };
            write!(f, "{gap}{}:{line}: {what}", file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// One mistake in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What was wanted, what came, and what to do.
    pub what: String,
}

fn values(kind: &LetterKind, sender: &str) -> Values {
    let mut values = match kind {
        LetterKind::Received(applicant)
        | LetterKind::Approved(applicant)
        | LetterKind::Denied(applicant)
        | LetterKind::Expired(applicant) => applicant_values(applicant),
        LetterKind::ApprovedRedeem(applicant, link) => {
            let mut values = applicant_values(applicant);
            values.insert("link", link.as_str().to_owned());
            values
        }
        LetterKind::ReviewNew(waiting) | LetterKind::ReviewReminder(waiting) | LetterKind::ReviewEscalated(waiting) => {
            waiting_values(waiting)
        }
        LetterKind::ReviewDigest { count, days, link } => Values::from([
            ("count", count.to_string()),
            ("days", days.to_string()),
            ("link", link.as_str().to_owned()),
        ]),
    };
    values.insert("sender", sender.to_owned());
    values
}

fn applicant_values(applicant: &Applicant) -> Values {
    who(&applicant.name, Some(&applicant.address))
}

fn waiting_values(waiting: &Waiting) -> Values {
    let mut values = who(&waiting.name, waiting.address.as_ref());
    values.insert("days", waiting.days.to_string());
    values.insert("link", waiting.link.as_str().to_owned());
    values
}

fn who(name: &str, address: Option<&Address>) -> Values {
    Values::from([
        ("name", typed::value(name)),
        ("address", address.map(typed::address).unwrap_or_default()),
    ])
}

#[cfg(test)]
mod tests;
