//! `mode = "observe"`.

use crate::common::*;

fn watched(what: &str) -> Policy {
    policy(&rule(&format!("mode = \"observe\"\n{what}")))
}

#[test]
fn what_is_no_address_is_not_turned_away_for_a_rule_that_only_observes() {
    let watched = watched("when = { domain = [\"evil.test\"] }\nblock = true");
    let verdict_of = |body: &str| outcome(&watched, body);
    assert_eq!(verdict_of(&from("a@b@evil.test")), Outcome::Continue);
    assert_eq!(verdict_of(&from("a@evil.test")), Outcome::Continue);
}
