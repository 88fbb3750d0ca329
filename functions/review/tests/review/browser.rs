//! A browser: keeps the cookie, fills in forms, and says where a POST comes from.

use http::Method;

use crate::room::{Answer, Room, call};

pub(crate) struct Browser<'r> {
    pub(crate) room: &'r Room,
    pub(crate) cookie: Option<String>,
    /// What every POST says of itself.
    pub(crate) origin: Vec<(&'static str, String)>,
}

impl<'r> Browser<'r> {
    pub(crate) fn new(room: &'r Room) -> Browser<'r> {
        let origin = vec![
            ("sec-fetch-site", "same-origin".to_owned()),
            ("origin", "null".to_owned()),
        ];
        Browser {
            room,
            cookie: None,
            origin,
        }
    }

    /// A browser after its log-in.
    pub(crate) async fn logged_in(room: &'r Room, token: &str) -> Browser<'r> {
        let mut browser = Browser::new(room);
        let answer = browser.post("/review/login", &[("token", token)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(Method::POST, path, &form).await
    }

    /// Decides with the form that the request's page shows, as one who saw that page.
    pub(crate) async fn decide(&mut self, page: &Answer, path: &str, ruling: &str, reason: &str) -> Answer {
        let (csrf, version) = (field(page, "csrf"), field(page, "version"));
        let fields = [
            ("csrf", &*csrf),
            ("version", &*version),
            ("ruling", ruling),
            ("reason", reason),
        ];
        self.post(&format!("{path}/decide"), &fields).await
    }

    async fn send(&mut self, method: Method, path: &str, body: &str) -> Answer {
        let mut headers = vec![("host", "gate.example".to_owned())];
        headers.extend(
            self.cookie
                .as_ref()
                .map(|cookie| ("cookie", format!("other=1; vestibule_review={cookie}"))),
        );
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
            headers.extend(self.origin.iter().cloned());
        }
        let answer = self.room.send(call(method, path, &headers, body)).await;
        if let Some(value) = answer.header("set-cookie").strip_prefix("vestibule_review=") {
            let value = value.split(';').next().unwrap().to_owned();
            self.cookie = (!value.is_empty()).then_some(value);
        }
        answer
    }
}

/// The value of a hidden field on a page.
pub(crate) fn field(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .body
        .split_once(&start)
        .unwrap_or_else(|| panic!("no field {name}: {page:?}"));
    rest.split('"').next().unwrap().to_owned()
}
