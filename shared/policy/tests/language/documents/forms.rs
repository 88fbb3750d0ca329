//! The samples about what the form must say.

use super::cases::{Task, claims, google};

pub(crate) fn tasks() -> Vec<Task> {
    vec![
        (
            "**Ask for a proper name:**",
            vec![
                (
                    claims(r#""displayName":"Al 2""#),
                    "ask again: Bitte geben Sie Ihren Namen ein.",
                ),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**Only adults.**",
            vec![
                (claims(r#""extension_DateOfBirth":"2008-11-23""#), "Hold"),
                (
                    claims(r#""extension_DateOfBirth":"2008-11-24""#),
                    "ask again: Bitte geben Sie Ihren Geburtstag",
                ),
                (claims(r#""extension_DateOfBirth":"1899-01-01""#), "ask again: "),
                (google("a@example.com"), "ask again: "),
            ],
        ),
        (
            "**Phone in E.164**",
            vec![
                (
                    claims(r#""country":"Germany","phoneNumber":"030 123456""#),
                    "Hold, phoneNumber=\"+4930123456\"",
                ),
                (
                    claims(r#""phoneNumber":"030 123456""#),
                    "ask again: Bitte geben Sie Ihre Telefonnummer",
                ),
            ],
        ),
        (
            "**Postal code by country.**",
            vec![
                (claims(r#""country":"Germany","postalCode":"10115""#), "Hold"),
                (
                    claims(r#""country":"Germany","postalCode":"1011""#),
                    "ask again: Bitte geben Sie eine Postleitzahl in Germany ein, nicht 1011.",
                ),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**Repeat the e-mail address**",
            vec![
                (
                    claims(r#""extension_EmailAgain":"A@example.com""#),
                    "Hold, extension_EmailAgain=\"\"",
                ),
                (
                    claims(r#""extension_EmailAgain":"b@example.com""#),
                    "ask again: Die beiden",
                ),
                (google("a@example.com"), "ask again: Die beiden"),
            ],
        ),
        (
            "**A second address",
            vec![
                (claims(r#""extension_SecondEmail":"b@example.com""#), "Hold"),
                (
                    claims(r#""extension_SecondEmail":"A@example.com""#),
                    "ask again: Bitte geben Sie eine andere",
                ),
                (claims(r#""extension_SecondEmail":"b""#), "ask again: "),
                (google("a@example.com"), "Hold"),
            ],
        ),
        (
            "**A number within bounds**",
            vec![
                (claims(r#""extension_Seats":"3","extension_SeatsBought":3"#), "Hold"),
                (
                    claims(r#""extension_Seats":"4","extension_SeatsBought":3"#),
                    "ask again: ",
                ),
                (
                    claims(r#""extension_Seats":0,"extension_SeatsBought":3"#),
                    "ask again: ",
                ),
            ],
        ),
    ]
}
