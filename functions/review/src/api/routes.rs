//! What is at which address: one table, which the document of the API is held against.

use approvals::Ruling;
use http::Method;
use store::{EntryId, RequestId};

use super::{effects, lists};
use crate::refusal::Refusal;

/// What a call wants.
pub(super) enum Place {
    Document,
    Counts,
    Requests,
    Search,
    Bulk,
    Request(RequestId),
    Decision(RequestId, Ruling),
    Reassign(RequestId),
    Look(RequestId),
    LookAway(RequestId),
    Effects,
    Effect(EntryId),
    Wish(EntryId, effects::Wish),
    Lists,
    List(String),
    Edit(String, lists::Edit),
}

/// A method at a path below `/review/api`, and what it wants, given the segment in place of the braces.
pub(super) type Route = (Method, &'static str, fn(&str) -> Result<Place, Refusal>);

/// All there are. Of two paths that fit, the one further up counts.
pub(super) const ROUTES: [Route; 20] = [
    (Method::GET, "/openapi.json", |_| Ok(Place::Document)),
    (Method::GET, "/counts", |_| Ok(Place::Counts)),
    (Method::GET, "/requests", |_| Ok(Place::Requests)),
    (Method::POST, "/requests/search", |_| Ok(Place::Search)),
    (Method::POST, "/requests/decide", |_| Ok(Place::Bulk)),
    (Method::GET, "/requests/{id}", |id| request(id).map(Place::Request)),
    (Method::POST, "/requests/{id}/approve", |id| {
        decision(id, Ruling::Approve)
    }),
    (Method::POST, "/requests/{id}/deny", |id| decision(id, Ruling::Deny)),
    (Method::POST, "/requests/{id}/withdraw", |id| {
        decision(id, Ruling::Withdraw)
    }),
    (Method::POST, "/requests/{id}/reassign", |id| {
        request(id).map(Place::Reassign)
    }),
    (Method::POST, "/requests/{id}/looking", |id| {
        request(id).map(Place::Look)
    }),
    (Method::DELETE, "/requests/{id}/looking", |id| {
        request(id).map(Place::LookAway)
    }),
    (Method::GET, "/effects", |_| Ok(Place::Effects)),
    (Method::GET, "/effects/{id}", |id| effect(id).map(Place::Effect)),
    (Method::POST, "/effects/{id}/retry", |id| wish(id, effects::Wish::Retry)),
    (Method::POST, "/effects/{id}/drop", |id| wish(id, effects::Wish::Drop)),
    (Method::GET, "/lists", |_| Ok(Place::Lists)),
    (Method::GET, "/lists/{name}", |name| Ok(Place::List(name.to_owned()))),
    (Method::POST, "/lists/{name}/add", |name| {
        Ok(Place::Edit(name.to_owned(), lists::Edit::Add))
    }),
    (Method::POST, "/lists/{name}/remove", |name| {
        Ok(Place::Edit(name.to_owned(), lists::Edit::Remove))
    }),
];

impl Place {
    /// What a method at a path wants.
    ///
    /// # Errors
    /// A refusal for a path at which there is nothing, and then one for a method that is not among those there.
    pub(super) fn at(path: &str, method: &Method) -> Result<Place, Refusal> {
        let fitting = |(_, template, _): &&Route| fit(template, path).is_some();
        let (_, first, make) = ROUTES.iter().find(fitting).ok_or(Refusal::Path)?;
        let segment = fit(first, path).unwrap_or_default();
        make(segment)?;
        let here = || ROUTES.iter().filter(|(_, template, _)| template == first);
        match here().find(|(own, _, _)| own == method) {
            Some((_, _, make)) => make(segment),
            None => Err(Refusal::Method(allowed(here().map(|(own, _, _)| own)))),
        }
    }
}

/// What stands in a path in place of a template's braces, or nothing; none if the path is another.
fn fit<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    let mut segment = "";
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(segment),
            (Some(wanted), Some(found)) if wanted.starts_with('{') => segment = found,
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return None,
        }
    }
}

/// The methods as a header names them. Whoever may GET may HEAD.
fn allowed<'m>(methods: impl Iterator<Item = &'m Method>) -> String {
    let named = methods.map(|method| match *method {
        Method::GET => "GET, HEAD",
        ref other => other.as_str(),
    });
    named.collect::<Vec<_>>().join(", ")
}

fn request(id: &str) -> Result<RequestId, Refusal> {
    id.parse().map_err(|_| Refusal::Request)
}

fn decision(id: &str, ruling: Ruling) -> Result<Place, Refusal> {
    Ok(Place::Decision(request(id)?, ruling))
}

fn effect(id: &str) -> Result<EntryId, Refusal> {
    id.parse().map_err(|_| Refusal::Effect)
}

fn wish(id: &str, wish: effects::Wish) -> Result<Place, Refusal> {
    Ok(Place::Wish(effect(id)?, wish))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::api::DOCUMENT;

    #[test]
    fn the_document_and_the_table_have_the_same_addresses() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let written: BTreeSet<_> = paths
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
                methods.map(move |method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let there = ROUTES
            .iter()
            .map(|(method, path, _)| (method.to_string(), (*path).to_owned()));
        assert_eq!(written, there.collect());
    }

    #[test]
    fn a_path_is_checked_before_its_method() {
        let id = format!("{}-1", "0".repeat(64));
        for (path, allow) in [
            ("/requests", "GET, HEAD".to_owned()),
            ("/requests/search", "POST".to_owned()),
            (&format!("/requests/{id}/looking"), "POST, DELETE".to_owned()),
        ] {
            let refused = Place::at(path, &Method::PATCH).err();
            assert_eq!(refused, Some(Refusal::Method(allow)), "{path}");
        }
        for path in [
            "",
            "/",
            "/x",
            "/requests/x",
            "/requests//approve",
            "/requests/x/approve",
            "/lists/a/b",
            "/lists/a/add/b",
        ] {
            let refused = Place::at(path, &Method::PATCH).err().map(|refusal| refusal.code());
            assert_eq!(refused, Some("not-found"), "{path}");
        }
    }
}
