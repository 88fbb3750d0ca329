//! Who is asked of each sample, and what becomes of them.

use super::{forms, others};
use crate::common::*;

/// Somebody at a step.
pub(crate) struct Person {
    pub(crate) step: Step,
    pub(crate) body: String,
    pub(crate) now: Timestamp,
    /// What those say whom the rules ask.
    pub(crate) answers: fn(&Question) -> Result<Answer, String>,
}

/// How a sample's paragraph begins, and what is said to whom.
pub(crate) type Task = (&'static str, Vec<(Person, &'static str)>);

/// Somebody with these claims beside an address, which this issuer vouches for, at the second step.
fn with(issuer: &str, email: &str, claims: &str) -> Person {
    let body = format!(
        r#"{{"email":"{email}","identities":[{{"issuer":"{issuer}","issuerAssignedId":"{email}"}}],"ui_locales":"de","displayName":"Al Bo"{claims}}}"#
    );
    Person {
        step: Step::PostAttributeCollection,
        body,
        now: NOW,
        answers: |_| Err("nobody asks".to_owned()),
    }
}

pub(crate) fn google(email: &str) -> Person {
    with("google.com", email, "")
}

pub(crate) fn mail(email: &str) -> Person {
    with("mail", email, "")
}

/// Somebody of whom only these claims matter.
pub(crate) fn claims(claims: &str) -> Person {
    with("google.com", "a@example.com", &format!(",{claims}"))
}

fn at(step: Step, person: Person) -> Person {
    Person { step, ..person }
}

fn hours_later(hours: i64, person: Person) -> Person {
    let now = Timestamp::from_millis((NOW.as_secs() + hours * 3600) * 1000);
    Person { now, ..person }
}

/// In the order of the page.
pub(crate) fn tasks() -> Vec<Task> {
    let mut tasks = who_may_sign_up();
    tasks.extend(who_waits());
    tasks.extend(who_decides());
    tasks.extend(forms::tasks());
    tasks.extend(others::tasks());
    tasks.extend(what_is_stored());
    tasks
}

fn who_may_sign_up() -> Vec<Task> {
    const FIRST: Step = Step::PostFederationSignup;
    let app = |id: &str| claims(&format!(r#""client_id":"{id}""#));
    vec![
        (
            "**Turn away private mail addresses**",
            vec![
                (
                    google("a@gmail.com"),
                    "block: Bitte registrieren Sie sich mit der E-Mail-Adresse Ihrer Firma.",
                ),
                (at(FIRST, google("a@web.de")), "block: Bitte registrieren"),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**Turn away throwaway addresses.**",
            vec![
                (
                    google("a@eu.mailinator.com"),
                    "block: Bitte registrieren Sie sich mit Ihrer eigenen",
                ),
                (at(FIRST, google("a@yopmail.com")), "block: Bitte registrieren"),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**Turn away domains and all below them**",
            vec![
                (google("a@eu.evil.example"), "block: Eine Registrierung ist hier"),
                (
                    at(FIRST, google("JOE@example.com")),
                    "block: Eine Registrierung ist hier",
                ),
                (google("ann@example.com"), "Hold"),
            ],
        ),
        (
            "**Partners only**",
            vec![
                (mail("a@eu.contoso.com"), "Continue"),
                (google("a@contoso.com"), "block: "),
                (mail("a@fabrikam.com"), "block: "),
            ],
        ),
        (
            "**Only people who sign in with Google or a passcode:**",
            vec![
                (google("a@example.com"), "Hold"),
                (mail("a@example.com"), "Hold"),
                (
                    with("facebook.com", "a@example.com", ""),
                    "block: Bitte melden Sie sich mit Google an",
                ),
            ],
        ),
        (
            "**Only through one app**",
            vec![
                (app("2f1c0b6e-4c4f-4f0f-9d3b-0a4a4d1f3e11"), "Hold"),
                (app("00000000-4c4f-4f0f-9d3b-0a4a4d1f3e11"), "block: "),
                (google("a@example.com"), "block: "),
            ],
        ),
        (
            "**Only in office hours.**",
            vec![
                (google("a@example.com"), "Hold"),
                (
                    hours_later(7, google("a@example.com")),
                    "block: Sie können sich montags",
                ),
                (hours_later(-2, google("a@example.com")), "Hold"),
                (hours_later(-24, google("a@example.com")), "block: "),
            ],
        ),
    ]
}

fn who_waits() -> Vec<Task> {
    vec![
        (
            "**Have reviewers decide**",
            vec![
                (mail("a@contoso.com"), "Admit"),
                (google("a@contoso.com"), "Hold"),
                (google("a@evil.example"), "block: "),
            ],
        ),
        (
            "**Approval for one country**",
            vec![
                (claims(r#""country":"Austria""#), "Hold, country=\"AT\""),
                (claims(r#""country":"Germany""#), "Continue, country=\"DE\""),
                (claims(r#""city":"Wien""#), "ask again: "),
            ],
        ),
        (
            "**Let doubtful cases wait**",
            vec![
                (mail("a@contoso.com"), "Hold"),
                (
                    with("mail", "a@contoso.com", r#","extension_Code":"SPRING-2026""#),
                    "Admit",
                ),
            ],
        ),
    ]
}

fn who_decides() -> Vec<Task> {
    let from_country = |country: &str| claims(&format!(r#""country":"{country}""#));
    let by_name = |what: &'static str, asks: &'static str| (what, vec![(google("a@example.com"), asks)]);
    vec![
        by_name("**One group decides**", "Hold by people: people asks group:hr"),
        by_name(
            "**Two people have to approve**",
            "Hold by two-of-us: two-of-us asks 2 of group:hr",
        ),
        (
            "**The team of the country decides**",
            vec![
                (
                    from_country("germany"),
                    "Hold by by-country: by-country asks group:germany",
                ),
                (
                    from_country("France"),
                    "Hold by by-country: by-country asks group:france",
                ),
                (
                    from_country("Austria"),
                    "Hold by by-country: by-country asks person:max@contoso.com",
                ),
            ],
        ),
        by_name(
            "**One after the other, and not for ever**",
            "Hold by partners: team asks group:team, board asks group:board",
        ),
        (
            "**Say what this route's applicants read**",
            vec![
                (
                    google("a@contoso.com"),
                    "Hold by slow: slow asks group:hr, reads Vielen Dank, Al Bo. Wir sehen",
                ),
                (mail("a@contoso.com"), "Admit"),
            ],
        ),
        by_name("**Let reviewers block an address or a domain for good**", "block: "),
        by_name("**Tell those who are asked by mail**", "Hold"),
    ]
}

fn what_is_stored() -> Vec<Task> {
    let first = |person| at(Step::PostFederationSignup, person);
    let names = r#""displayName":"Al","givenName":"Al","surname":"Bo""#;
    vec![
        (
            "**Prefill the form**",
            vec![
                (first(google("a@eu.contoso.com")), "Continue, companyName=\"Contoso\""),
                (first(google("a@example.com")), "Continue"),
            ],
        ),
        (
            "**A value that holds**",
            vec![(claims(r#""extension_Role":"admin""#), "Hold, extension_Role=\"guest\"")],
        ),
        (
            "**Make the displayed name of its parts**",
            vec![(
                claims(names),
                "Hold, extension_TypedName=\"Al\", displayName=\"Bo, Al\"",
            )],
        ),
        (
            "**Put a claim into the token**",
            vec![(
                at(Step::PreTokenIssuance, google("a@example.com")),
                "Continue, extension_Tier=\"standard\"",
            )],
        ),
        (
            "**Keep a list in a file of its own**",
            vec![(google("joe@evil.test"), "block: "), (google("ann@evil.test"), "Hold")],
        ),
        (
            "**Say what happens when a list in the store does not answer.**",
            vec![(google("a@example.com"), "Hold")],
        ),
        (
            "**Tell other systems what came of it**",
            vec![(
                claims(r#""country":"Germany","city":"Bonn""#),
                "Hold, sign-up with {\"country\"}",
            )],
        ),
        (
            "**Watch a rule before it counts.**",
            vec![
                (google("a@example.com"), "Hold, a job title would ask-again"),
                (claims(r#""jobTitle":"King""#), "Hold"),
            ],
        ),
    ]
}
