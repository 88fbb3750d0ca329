//! Who decides on people whom a rule holds.

use std::time::Duration;

use approvals::{GroupClaim, Held};
use store::{Asked, Escalate, Person, Reasons, RouteName, Share, TimeOut};

use crate::common::*;

/// Groups with people in them.
pub(crate) const GROUPS: &str = "
[groups]
hr = [\"rita\", \"Tom@contoso.com\"]
security = [\"sam@contoso.com\", \"rita\"]
boss = [\"ada\"]
nobody = []
";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A file whose only rule does this, with groups and these routes.
pub(crate) fn routed(what: &str, routes: &str) -> Policy {
    policy(&format!("{}{GROUPS}{routes}", rule(what)))
}

/// Who decides on somebody, who is held.
fn held(policy: &Policy, body: &str) -> Held {
    let sign_up = sign_up(body);
    let verdict = policy.decide(&sign_up, NOW);
    assert_eq!(verdict.outcome, Outcome::Hold, "{body}");
    policy.held(&verdict)
}

fn route(name: &str) -> Option<RouteName> {
    RouteName::parse(name)
}

fn group(name: &str) -> Asked {
    Asked::Group(name.to_owned())
}

/// Whom each stage asks, about somebody from this city.
fn asked(policy: &Policy, city: &str) -> Vec<Asked> {
    let held = held(policy, &format!(r#"{{"city":{city}}}"#));
    held.plan.stages.into_iter().map(|stage| stage.asked).collect()
}

#[test]
fn a_hold_without_a_route_asks_anybody() {
    assert_eq!(held(&routed("hold = true", ""), "{}"), Held::by_anybody());
    let otherwise = routed("require = { claim = \"city\" }\notherwise = \"hold\"", "");
    assert_eq!(held(&otherwise, "{}"), Held::by_anybody());
}

#[test]
fn the_short_form_is_a_route_of_one_stage() {
    let policy = routed("hold = \"partners\"", "[routes.partners]\nask = \"hr\"\n");
    let Held { route: name, plan } = held(&policy, "{}");
    assert_eq!(name, route("partners"));
    assert_eq!((plan.reasons, plan.cool_down), (Reasons::Optional, None));
    let [stage] = plan.stages.try_into().unwrap();
    assert_eq!((stage.name.as_str(), stage.asked), ("partners", group("hr")));
    assert_eq!((stage.approve, stage.deny, stage.then), (1, 1, TimeOut::Expire));
    assert_eq!(stage.lasts, 90 * DAY);
    assert!(stage.among.is_empty() && stage.remind.is_empty() && stage.escalate.is_none());
}

#[test]
fn a_route_says_all_that_a_plan_can_hold() {
    let policy = routed(
        "hold = \"germany\"",
        r#"
        [routes.germany]
        reasons = "to-deny"
        cool_down = "14 days"
        [[routes.germany.stages]]
        name = "team"
        ask = "hr"
        approve = 2
        deny = 2
        with = { security = 1 }
        remind = ["1 day", "3 days"]
        escalate = { after = "5 days", ask = "security" }
        time_out = { after = "14 days", then = "deny" }
        [[routes.germany.stages]]
        name = "board"
        ask = { person = "Ada" }
        remind = "12 hours"
        "#,
    );
    let plan = held(&policy, "{}").plan;
    assert_eq!((plan.reasons, plan.cool_down), (Reasons::ToDeny, Some(14 * DAY)));
    let [team, board] = plan.stages.try_into().unwrap();
    assert_eq!((team.name.as_str(), team.asked), ("team", group("hr")));
    assert_eq!((team.approve, team.deny), (2, 2));
    let share = Share {
        group: "security".to_owned(),
        at_least: 1,
    };
    assert_eq!(team.among, [share]);
    assert_eq!(team.remind, [DAY, 3 * DAY]);
    let escalate = Escalate {
        after: 5 * DAY,
        to: group("security"),
    };
    assert_eq!(team.escalate, Some(escalate));
    assert_eq!((team.lasts, team.then), (14 * DAY, TimeOut::Deny));
    assert_eq!(board.asked, Asked::Person(Person::of("ada")));
    assert_eq!(board.remind, [DAY / 2]);
}

#[test]
fn groups_are_known_to_approvals_whoever_writes_their_names() {
    let policy = routed("hold = true", "");
    let groups = &policy.terms().groups;
    assert_eq!(groups.of("tom@CONTOSO.com", &[]), ["hr"]);
    assert_eq!(groups.of("Rita", &[]), ["hr", "security"]);
    assert!(groups.of("eve", &[]).is_empty() && groups.people("nobody").is_empty() && groups.has("nobody"));
}

#[test]
fn a_group_is_by_name_by_claim_or_both() {
    let tables =
        "[groups]\nhr = { claim = \"hr-approvers\" }\nit = { people = [\"Rita\"], claim = [\"it\", \"admins\"] }\n";
    let policy = policy(&format!("{}{tables}", rule("hold = true")));
    let groups = &policy.terms().groups;
    let of = |name: &str, claims: &[&str]| {
        let claims: Vec<_> = claims.iter().filter_map(|text| GroupClaim::parse(text)).collect();
        groups.of(name, &claims)
    };
    assert_eq!(of("rita", &[]), ["it"]);
    assert_eq!(of("rita", &["hr-approvers"]), ["hr", "it"]);
    assert_eq!(of("eve", &["admins", "sales"]), ["it"]);
    assert!(
        of("eve", &["HR-Approvers"]).is_empty(),
        "what directories give out has its letters"
    );
    assert!(
        of("hr-approvers", &["hr"]).is_empty(),
        "neither a name nor a group is a claim"
    );
    assert!(groups.is_open("hr") && groups.is_open("it") && policy.warnings().is_empty());
}

const BY_CITY: &str = r#"
[[routes.city.stages]]
name = "near"
ask = [
    { group = "hr", when = { claim = "city", is = "Bonn" } },
    { person = "eve", when = { claim = "city", is = ["Bonn", "Wien"] } },
    "anybody",
]
[[routes.city.stages]]
name = "far"
ask = [{ group = "security", when = { claim = "city", is = "Wien" } }, { group = "boss" }]
"#;

#[test]
fn the_first_that_fits_is_asked_and_the_last_where_none_does() {
    let policy = routed("hold = \"city\"", BY_CITY);
    assert_eq!(asked(&policy, "\"bonn\""), [group("hr"), group("boss")]);
    let eve = Asked::Person(Person::of("eve"));
    assert_eq!(asked(&policy, "\"Wien\""), [eve, group("security")]);
    assert_eq!(asked(&policy, "\"Rom\""), [Asked::Anybody, group("boss")]);
    assert_eq!(asked(&policy, "null"), [Asked::Anybody, group("boss")]);
}

#[test]
fn nobody_gets_past_their_reviewers_by_a_second_value() {
    let policy = routed("hold = \"city\"", BY_CITY);
    assert_eq!(asked(&policy, r#"["Rom", "Bonn"]"#)[0], group("hr"));
    let by_domain = routed(
        "hold = \"partners\"",
        "[routes.partners]\nask = [{ group = \"hr\", when = { domain = \"evil.test\" } }, { group = \"boss\" }]\n",
    );
    let two = r#"{"email":"a@ok.test","identities":[{"signInType":"emailAddress","issuerAssignedId":"a@evil.test"}]}"#;
    assert_eq!(held(&by_domain, two).plan.stages[0].asked, group("hr"));
    // Behind what is no address nobody can be sure to see the right one.
    assert_eq!(outcome(&by_domain, &from("a@b@evil.test")), BLOCKED);
}

#[test]
fn reviewers_are_chosen_by_the_claims_as_the_policy_leaves_them() {
    let tidy = named(
        "tidy",
        "normalise = { claims = [\"country\"], with = [\"country-iso\"] }",
    );
    let hold = rule("hold = \"home\"");
    let route =
        "[routes.home]\nask = [{ group = \"hr\", when = { claim = \"country\", is = \"AT\" } }, { group = \"boss\" }]";
    for rules in [format!("{tidy}{hold}"), format!("{hold}{tidy}")] {
        let policy = policy(&format!("{rules}{GROUPS}{route}"));
        let held = held(&policy, r#"{"country":"Österreich"}"#);
        assert_eq!(held.plan.stages[0].asked, group("hr"), "{rules}");
    }
}

#[test]
fn every_way_to_hold_can_name_a_route() {
    let routes = "[routes.one]\nask = \"hr\"\n[routes.two]\nask = \"boss\"\n";
    for what in [
        "hold = \"two\"",
        "hold = { route = \"two\" }",
        "hold = { route = \"two\", approve_when = { claim = \"city\", is = \"Bonn\" } }",
        "allow = { domains = [\"contoso.com\"] }\notherwise = { hold = \"two\" }",
        "require = { claim = \"city\" }\notherwise = { hold = \"two\" }",
        "deny = { domains = [\"evil.test\"] }\notherwise = { hold = \"two\" }",
    ] {
        let policy = routed(what, routes);
        assert!(policy.holds(), "{what}");
        let held = held(&policy, &from("a@evil.test"));
        assert_eq!(held.route, route("two"), "{what}");
        assert_eq!(held.plan.stages[0].asked, group("boss"), "{what}");
    }
}

#[test]
fn the_first_rule_that_holds_names_the_route() {
    let (one, two) = (named("one", "hold = \"one\""), named("two", "hold = \"two\""));
    let routes = "[routes.one]\nask = \"hr\"\n[routes.two]\nask = \"boss\"\n";
    for (rules, wanted) in [
        (format!("{one}{two}"), "one"),
        (format!("{two}{one}"), "two"),
        (
            format!("{}{two}{one}", named("zero", "mode = \"observe\"\nhold = true")),
            "two",
        ),
    ] {
        let policy = policy(&format!("{rules}{GROUPS}{routes}"));
        let sign_up = sign_up("{}");
        let verdict = policy.decide(&sign_up, NOW);
        assert_eq!(
            (verdict.rule, policy.held(&verdict).route),
            (Some(wanted), route(wanted))
        );
    }
}

#[test]
fn a_route_has_texts_of_its_own_for_those_who_are_on_it() {
    let policy = policy(&format!(
        "{}{GROUPS}{}",
        rule("hold = \"slow\""),
        r#"
        [routes.slow]
        ask = "hr"
        messages = { waiting = "a-week", denied = "no-luck" }
        [messages.a-week]
        en = "Come back in a week, {displayName}."
        [messages.no-luck]
        en = "Not this time."
        "#
    ));
    let text = |route: Option<&str>, built_in: MessageName| {
        let route = route.map(|name| RouteName::parse(name).unwrap());
        let name = policy.message_on(route.as_ref(), built_in);
        let sign_up = sign_up(r#"{"displayName":"Jo"}"#);
        let text = policy.message(&name, &sign_up.locales, &sign_up.claims);
        text.as_str().to_owned()
    };
    assert_eq!(text(Some("slow"), MessageName::WAITING), "Come back in a week, Jo.");
    assert_eq!(text(Some("slow"), MessageName::DENIED), "Not this time.");
    for (route, built_in) in [
        (Some("slow"), MessageName::PENDING),
        (Some("gone"), MessageName::WAITING),
        (None, MessageName::WAITING),
    ] {
        assert_eq!(
            policy.message_on(route.and_then(RouteName::parse).as_ref(), built_in.clone()),
            built_in
        );
    }
}

#[test]
fn an_administrator_is_told_whom_the_stages_ask() {
    let hold = "when = { claim = \"state\", present = false }\nhold = \"city\"";
    let policy = routed(hold, BY_CITY);
    let did = |body: &str| explained(&policy, &sign_up(body))[0].did.clone();
    assert_eq!(
        did(r#"{"city":"Wien"}"#),
        "holds by the route `city`: `near` asks `eve`, `far` asks the group `security`"
    );
    assert_eq!(did(r#"{"state":"x"}"#), "nothing: its `when` does not hold");
    let twice = routed("hold = \"two\"", "[routes.two]\nask = \"hr\"\napprove = 2\n");
    let seen = explained(&twice, &sign_up("{}"));
    assert_eq!(
        seen[0].did,
        "holds by the route `two`: `two` asks the group `hr` for 2 approvals"
    );
    let plain = routed("hold = true", "");
    assert_eq!(explained(&plain, &sign_up("{}"))[0].did, "holds");
    let looked = &explained(&policy, &sign_up(r#"{"city":"Wien"}"#))[0].saw;
    assert!(
        looked.iter().any(|sight| sight.what == "city"),
        "what routes look at, too"
    );
}
