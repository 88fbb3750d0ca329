//! Reading the files of the policy's `mail` folder, over what is built in.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use claims::Locale;

use super::{
    KINDS, Mistake, Mistakes, Templates, Words,
    template::{Form, Template, Wrong},
};

/// Texts of letters by name and language.
macro_rules! built_in {
    ($($name:literal)*) => {
        &[$(
            ($name, "en", include_str!(concat!("built_in/", $name, ".en.txt"))),
            ($name, "de", include_str!(concat!("built_in/", $name, ".de.txt"))),
        )*]
    };
}

const BUILT_IN: &[(&str, &str, &str)] = built_in!(
    "received" "approved" "approved-redeem" "denied" "expired"
    "review-new" "review-reminder" "review-escalated" "review-digest"
);

pub(super) fn read(policy_folder: &Path, languages: &[Locale]) -> Result<Templates, Mistakes> {
    let mut reader = Reader {
        folder: policy_folder.join("mail"),
        languages,
        mistakes: Vec::new(),
    };
    if languages.is_empty() {
        let folder = reader.folder.clone();
        reader.wrong(
            &folder,
            1,
            "the policy speaks no language; wanted: at least one".to_owned(),
        );
    }
    let files = reader.files();
    let mut words = BTreeMap::new();
    for (name, known) in KINDS {
        let all = languages
            .iter()
            .map(|language| reader.words(&files, name, language, known));
        words.insert(name, all.collect::<Vec<_>>().into_iter().flatten().collect());
    }
    if reader.mistakes.is_empty() {
        let languages = languages.to_vec();
        return Ok(Templates { languages, words });
    }
    // Stable: two mistakes of a line stay in their order.
    reader
        .mistakes
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Err(Mistakes(reader.mistakes))
}

/// The files that replace words, by letter, language and form.
type Files = BTreeMap<(&'static str, Locale, &'static str), (PathBuf, String)>;

struct Reader<'l> {
    folder: PathBuf,
    languages: &'l [Locale],
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn files(&mut self) -> Files {
        let mut files = Files::new();
        for path in self.paths() {
            match self.meant(&path) {
                Err(what) => self.wrong(&path, 1, what),
                Ok((name, language, form)) => match fs::read_to_string(&path) {
                    Ok(text) => {
                        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
                        if let Some((other, _)) = files.insert((name, language, form), (path.clone(), text)) {
                            self.wrong(
                                &path,
                                1,
                                format!("is the same letter as {}; wanted: one of them", other.display()),
                            );
                        }
                    }
                    Err(error) => self.wrong(&path, 1, format!("cannot be read ({error}); wanted: text in UTF-8")),
                },
            }
        }
        files
    }

    /// The files in the folder; hidden ones belong to editors and file managers. No folder, no files.
    fn paths(&mut self) -> Vec<PathBuf> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                let folder = self.folder.clone();
                self.wrong(
                    &folder,
                    1,
                    format!("cannot be read ({error}); wanted: a folder of templates"),
                );
                return Vec::new();
            }
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let hidden = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'))
        };
        paths.filter(|path| !hidden(path)).collect()
    }

    /// Which letter, language and form a file is for.
    fn meant(&self, path: &Path) -> Result<(&'static str, Locale, &'static str), String> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let parts: Vec<_> = file.split('.').collect();
        let [name, language, form] = parts[..] else {
            return Err("is no template; wanted: a name like `received.en.txt` or `received.en.html`".to_owned());
        };
        let names = || KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
        let kind = KINDS.iter().find(|(known, _)| *known == name);
        let (name, _) = kind.ok_or_else(|| format!("there is no letter `{name}`; wanted: one of {}", names()))?;
        let form = ["txt", "html"].into_iter().find(|known| *known == form);
        let form = form.ok_or("is neither text nor HTML; wanted: a name that ends in `.txt` or `.html`")?;
        let spoken = Locale::parse(language).filter(|language| self.languages.contains(language));
        let spoken = spoken.ok_or_else(|| {
            let languages: Vec<_> = self.languages.iter().map(|language| format!("`{language}`")).collect();
            format!(
                "the policy does not speak `{language}`; wanted: one of its languages, {}",
                languages.join(", ")
            )
        })?;
        Ok((name, spoken, form))
    }

    fn words(
        &mut self,
        files: &Files,
        name: &'static str,
        language: &Locale,
        known: &'static [&'static str],
    ) -> Option<Words> {
        let file = |form| files.get(&(name, language.clone(), form));
        let own_html = file("html");
        if let (None, Some((path, _))) = (file("txt"), own_html) {
            let what = "stands alone; wanted: the same letter as `.txt` beside it, with the subject on its first line";
            self.wrong(path, 1, what.to_owned());
            return None;
        }
        let missing = self.folder.join(format!("{name}.{language}.txt"));
        let (path, text) = match file("txt") {
            Some((path, text)) => (path.clone(), text.as_str()),
            None => (missing.clone(), self.built_in(name, language, &missing)?),
        };
        let (subject, body) = self.lift(&path, 1, letter(text, known))?;
        let html = match own_html {
            None => body.to_html(language.as_str()),
            Some((path, html)) => self.lift(path, 1, Template::parse(html, known, Form::Html))?,
        };
        Some(Words {
            subject,
            text: body,
            html,
        })
    }

    fn built_in(&mut self, name: &str, language: &Locale, missing: &Path) -> Option<&'static str> {
        let in_tag = |tag: &str| {
            BUILT_IN
                .iter()
                .find(|(known, locale, _)| *known == name && *locale == tag)
        };
        let found = language.fallbacks().find_map(in_tag).map(|(_, _, text)| *text);
        if found.is_none() {
            let what = "is missing: the policy speaks this language, and only English and German are built in; wanted: this \
                        file, `Subject: …` on its first line, an empty line, the text";
            self.wrong(missing, 1, what.to_owned());
        }
        found
    }

    fn lift<T>(&mut self, path: &Path, first: usize, parsed: Result<T, Vec<Wrong>>) -> Option<T> {
        let wrong = match parsed {
            Ok(value) => return Some(value),
            Err(wrong) => wrong,
        };
        for (line, what) in wrong {
            self.wrong(path, first + line, what);
        }
        None
    }

    fn wrong(&mut self, file: &Path, line: usize, what: String) {
        let file = file.to_owned();
        self.mistakes.push(Mistake { file, line, what });
    }
}

/// The subject and the text of a file: `Subject: …`, an empty line, the text.
fn letter(text: &str, known: &[&'static str]) -> Result<(Template, Template), Vec<Wrong>> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let subject = first.strip_prefix("Subject:").map(str::trim).unwrap_or_default();
    if subject.is_empty() || subject.chars().any(char::is_control) {
        return Err(vec![(
            0,
            "is no subject; wanted: `Subject: …`, one line that says something".to_owned(),
        )]);
    }
    let (second, body) = rest.split_once('\n').unwrap_or((rest, ""));
    if !second.trim().is_empty() {
        return Err(vec![(
            1,
            "the subject has one line; wanted: an empty line after it, then the text".to_owned(),
        )]);
    }
    if body.trim().is_empty() {
        return Err(vec![(
            2,
            "the letter says nothing; wanted: its text after the subject and an empty line".to_owned(),
        )]);
    }
    // Subjects are shown where anybody looks over a shoulder, and a link may be a secret.
    let in_subject: Vec<_> = known.iter().copied().filter(|name| *name != "link").collect();
    let subject = Template::parse(subject, &in_subject, Form::Text);
    let body = Template::parse(body.trim_end(), known, Form::Text);
    match (subject, body) {
        (Ok(subject), Ok(body)) => Ok((subject, body)),
        (subject, body) => {
            let below = body
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|(line, what)| (line + 2, what));
            Err(subject.err().unwrap_or_default().into_iter().chain(below).collect())
        }
    }
}
