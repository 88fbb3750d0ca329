use crate::common::*;

#[test]
fn apps_that_are_none_are_refused() {
    let wanted = "is no app: write its client id";
    assert_refused(&[
        ("when = { app = \"portal\" }\nblock = true", wanted, "\"portal\""),
        (
            "when = { app = \"partner\" }\nblock = true",
            "did you mean `partners`?",
            "\"partner\"",
        ),
        ("deny = { apps = [\"portal\"] }", wanted, "\"portal\""),
        ("allow = { apps = \"issuers\" }", wanted, "\"google.com\""),
        ("when = { app = [] }\nblock = true", "this list is empty", "[]"),
    ]);
    assert_taken(&["allow = { apps = [\"9F2C0B6E-4c4f-4f0f-9d3b-0a4a4d1f3e11\"] }"]);
}
