//! What an answer sets for somebody whose claims were reviewed: the service has asked them once more, perhaps under
//! other keys.

use std::collections::{HashMap, HashSet};

use claims::{Changes, Claims, Value, meaning, normal_form};
use store::Request;

use crate::{Answer, Notice, Submission};

/// Every reviewed claim at its reviewed value, and nothing that was not reviewed: the applicant has filled in the
/// form once more, and what they typed this time nobody has seen.
pub(crate) fn confirmed(request: &Request, submission: &Submission) -> Changes {
    let keys = Keys::of(&submission.received);
    let mut changes = Changes::none();
    changes.set_all(
        request
            .changes
            .iter()
            .map(|(key, value)| (keys.as_received(key), value.clone())),
    );
    changes.set_all(
        request
            .reviewed
            .iter()
            .map(|(key, value)| (keys.as_received(key), value.clone())),
    );
    let answered: HashSet<String> = changes.iter().map(|(key, _)| key.to_owned()).collect();
    let unseen = submission.received.iter().filter(|(key, _)| !answered.contains(*key));
    changes.set_all(unseen.map(|(key, _)| (key, Value::blank())));
    changes
}

/// The answer that let the applicant in, once more. Whatever they typed differently this time is put back.
pub(crate) fn again(request: &Request, submission: &Submission) -> Answer {
    // Of who is forgotten no claims are left that could be compared.
    let is_forgotten = request.recent.is_empty();
    if is_forgotten || !same_address(request, submission) {
        return Answer::Notice(Notice::OtherAddress);
    }
    let keys = Keys::of(&submission.received);
    let mut changes = Changes::none();
    changes.set_all(
        request
            .changes
            .iter()
            .map(|(key, value)| (keys.as_received(key), value.clone())),
    );
    let answered: HashSet<String> = changes.iter().map(|(key, _)| key.to_owned()).collect();
    let reviewed: HashMap<_, _> = request
        .reviewed
        .iter()
        .map(|(key, value)| (keys.as_received(key), value))
        .collect();
    let typed = submission.received.iter().filter(|(key, _)| !answered.contains(*key));
    let different = typed.filter(|(key, value)| reviewed.get(key) != Some(value));
    changes.set_all(different.map(|(key, _)| (key, reviewed.get(key).map_or_else(Value::blank, |v| (*v).clone()))));
    Answer::Continue(changes)
}

/// An answer cannot set the address, so another one than was reviewed cannot be put right.
pub(crate) fn same_address(request: &Request, submission: &Submission) -> bool {
    let email = submission.received.at_key("email").and_then(Value::text);
    email.is_none_or(|email| {
        request
            .email()
            .is_some_and(|reviewed| normal_form(reviewed) == normal_form(email))
    })
}

/// The keys of a call.
struct Keys<'c> {
    exact: HashSet<&'c str>,
    by_meaning: HashMap<String, &'c str>,
}

impl<'c> Keys<'c> {
    fn of(received: &'c Claims) -> Keys<'c> {
        let by_meaning = received.iter().map(|(key, _)| (meaning(key).into_owned(), key));
        Keys {
            exact: received.iter().map(|(key, _)| key).collect(),
            by_meaning: by_meaning.collect(),
        }
    }

    /// The key under which a reviewed claim goes out: the one that this call uses for it.
    fn as_received<'k>(&self, key: &'k str) -> &'k str
    where
        'c: 'k,
    {
        if self.exact.contains(key) {
            return key;
        }
        self.by_meaning.get(&*meaning(key)).copied().unwrap_or(key)
    }
}
