/// Which paths the room answers at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// A binary of its own: everything before the first path segment `review` is passed over, since stages, custom
    /// domains and `/api` all occur there. The empty path is the room too.
    Own,
    /// Beside other functions in one process: exactly `/review` and what is below, behind this prefix.
    At(&'static str),
}

impl Mount {
    /// What follows `/review` in a path of the room, without a slash at the end.
    pub(crate) fn inside(self, path: &str) -> Option<&str> {
        let rest = match self {
            Mount::Own if matches!(path, "" | "/") => "",
            Mount::Own => after_first_review(path)?,
            Mount::At(prefix) => path.strip_prefix(prefix)?.strip_prefix("/review")?,
        };
        let below = rest.is_empty() || rest.starts_with('/');
        below.then(|| rest.strip_suffix('/').unwrap_or(rest))
    }

    /// The room's path in a browser.
    pub(crate) fn root(self, base_path: &str) -> String {
        match self {
            Mount::At(prefix) if base_path.is_empty() => format!("{prefix}/review"),
            _ => format!("{base_path}/review"),
        }
    }
}

fn after_first_review(path: &str) -> Option<&str> {
    let mut at = 0;
    for segment in path.split('/') {
        let end = at + segment.len();
        if segment == "review" {
            return path.get(end..);
        }
        at = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_binary_answers_behind_any_prefix() {
        for (path, inside) in [
            ("", Some("")),
            ("/", Some("")),
            ("/review", Some("")),
            ("/review/", Some("")),
            ("/prod/review/requests/x", Some("/requests/x")),
            ("/api/review/api/requests", Some("/api/requests")),
            ("/review/review", Some("/review")),
            ("/reviews", None),
            ("/preview", None),
            ("/prod", None),
        ] {
            assert_eq!(Mount::Own.inside(path), inside, "{path}");
        }
    }

    #[test]
    fn a_room_beside_others_answers_at_its_own_paths_only() {
        for (prefix, path, inside) in [
            ("", "/review", Some("")),
            ("", "/review/", Some("")),
            ("", "/review/login/", Some("/login")),
            ("", "/review/login", Some("/login")),
            ("", "/reviewer", None),
            ("", "/", None),
            ("", "/prod/review", None),
            ("/api", "/api/review/login", Some("/login")),
            ("/api", "/review", None),
        ] {
            assert_eq!(Mount::At(prefix).inside(path), inside, "{prefix} {path}");
        }
    }

    #[test]
    fn links_begin_with_the_base_path() {
        assert_eq!(Mount::Own.root(""), "/review");
        assert_eq!(Mount::Own.root("/prod"), "/prod/review");
        assert_eq!(Mount::At("/api").root(""), "/api/review");
        assert_eq!(Mount::At("/api").root("/front"), "/front/review");
    }
}
