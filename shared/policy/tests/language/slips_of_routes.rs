//! Routes and groups that say what cannot be.

use crate::{common::*, routes::GROUPS};

/// Each route `x`, to which a rule hands people, is refused with this at this place.
fn assert_route_refused(cases: &[(&str, &str, &str)]) {
    for (route, wanted, place) in cases {
        let text = format!("hold = \"x\"\n{GROUPS}[routes.x]\n{route}");
        assert_refused(&[(&text, wanted, place)]);
    }
}

#[test]
fn what_a_rule_hands_people_to_has_to_be_there() {
    let unknown = "no route is called `germny`; write `[routes.germny]`; did you mean `germany`?";
    for what in [
        "hold = \"germny\"",
        "hold = { route = \"germny\" }",
        "require = { claim = \"city\" }\notherwise = { hold = \"germny\" }",
    ] {
        let text = format!("{what}\n{GROUPS}[routes.germany]\nask = \"hr\"");
        assert_refused(&[(&text, unknown, "\"germny\"")]);
    }
    assert_refused(&[
        ("hold = { rout = \"x\" }", "did you mean `route`?", "rout"),
        (
            "deny = { domains = [\"a.test\"] }\notherwise = { block = \"blocked\", hold = \"x\" }",
            "`{ hold = \"route\" }`",
            "{ block",
        ),
    ]);
}

#[test]
fn a_route_asks_somebody_who_is_there() {
    assert_route_refused(&[
        ("", "this does not say whom it asks", "[routes.x]"),
        (
            "ask = \"hrr\"",
            "no group is called `hrr`; write who is in it under `[groups]`; did you mean `hr`?",
            "\"hrr\"",
        ),
        ("ask = \"anbody\"", "did you mean `anybody`?", "\"anbody\""),
        ("ask = { group = \"bos\" }", "did you mean `boss`?", "\"bos\""),
        ("ask = { grup = \"boss\" }", "did you mean `group`?", "grup"),
        (
            "ask = { group = \"hr\", person = \"ada\" }",
            "a `group` or a `person`",
            "{ group",
        ),
        (
            "ask = { person = \"a@b@c\" }",
            "a reviewer is named as in `VESTIBULE_REVIEWERS`",
            "\"a@b@c\"",
        ),
        ("ask = { person = \"ada:token\" }", "without `:`", "\"ada:token\""),
        ("ask = { person = \" \" }", "a reviewer is named", "\" \""),
        ("ask = []", "this list is empty", "[]"),
        ("ask = 1", "a table is wanted", "1"),
        (
            "ask = { group = \"hr\", when = { claim = \"city\", present = true } }",
            "nobody is asked where this `when` does not hold",
            "{ group",
        ),
        (
            "ask = [\"boss\", { group = \"hr\", when = { claim = \"city\", present = true } }]",
            "nobody is asked where this `when` does not hold",
            "{ group",
        ),
        (
            "ask = [\"boss\", \"hr\"]",
            "nobody behind this is ever asked",
            "\"boss\"",
        ),
        (
            "ask = [{ group = \"hr\", when = { claim = \"ctiy\", present = true } }, \"boss\"]",
            "`ctiy`",
            "\"ctiy\"",
        ),
        (
            "ask = \"hr\"\nreasons = \"to-dney\"",
            "did you mean `to-deny`?",
            "\"to-dney\"",
        ),
        ("ask = \"hr\"\ncool_down = \"soon\"", "`soon`", "\"soon\""),
        ("ask = \"hr\"\naprove = 1", "did you mean `approve`?", "aprove"),
        ("ask = \"hr\"\nname = \"a\"", "`name` means nothing here", "name"),
        (
            "ask = \"hr\"\nmessages = { waitng = \"blocked\" }",
            "did you mean `waiting`?",
            "waitng",
        ),
        (
            "ask = \"hr\"\nmessages = { waiting = \"bloked\" }",
            "did you mean `blocked`?",
            "\"bloked\"",
        ),
    ]);
}

#[test]
fn stages_stand_in_a_list_and_have_names() {
    let nine = "[[routes.x.stages]]\nname = \"N\"\nask = \"anybody\"\n";
    let nine: String = (1..=9).map(|n| nine.replace('N', &n.to_string())).collect();
    assert_route_refused(&[
        ("stages = []", "`[[routes.NAME.stages]]`", "[]"),
        ("stages = \"a\"", "`[[routes.NAME.stages]]`", "\"a\""),
        ("stages = [{ ask = \"hr\" }]", "the stage has no `name`", "{ ask"),
        (
            "stages = [{ name = \"a \", ask = \"hr\" }]",
            "a stage's name is one line",
            "\"a \"",
        ),
        (
            "stages = [{ name = \"a\" }]",
            "this does not say whom it asks",
            "{ name",
        ),
        (
            "stages = [{ name = \"a\", ask = \"hr\", aprove = 1 }]",
            "did you mean `approve`?",
            "aprove",
        ),
        (
            "stages = [{ name = \"a\", ask = \"hr\" }, { name = \"a\", ask = \"boss\" }]",
            "another stage of this route has the same name",
            "{ name = \"a\", ask = \"boss\"",
        ),
        (
            "ask = \"hr\"\nstages = [{ name = \"a\", ask = \"boss\" }]",
            "this route has `stages`: each of them says its own `ask`",
            "\"hr\"",
        ),
        (&nine, "a route has at most 8 stages", "[[routes.x.stages]]"),
    ]);
    let eight = nine.rsplit_once("[[").unwrap().0;
    assert_taken(&[&format!("hold = \"x\"\n{GROUPS}{eight}")]);
}

#[test]
fn times_of_a_stage_stand_in_order() {
    let over = "the stage is over before that";
    let many: Vec<_> = (1..=17).map(|n| format!("\"{n} hours\"")).collect();
    let (many, most) = (many.join(", "), many[..16].join(", "));
    for (times, wanted, place) in [
        (
            "remind = [\"1 day\", \"1 day\"]",
            "each later than the one before",
            "\"1 day\"]",
        ),
        (
            "remind = [\"2 days\", \"1 day\"]",
            "each later than the one before",
            "\"1 day\"",
        ),
        (
            "remind = [\"0 days\"]",
            "nobody can do anything in no time",
            "\"0 days\"",
        ),
        ("remind = []", "this list is empty", "[]"),
        ("remind = [\"90 days\"]", over, "\"90 days\""),
        (
            "remind = \"3 days\"\ntime_out = { after = \"2 days\" }",
            over,
            "\"3 days\"",
        ),
        ("remind = \"90 seconds\"", "a time such as", "\"90 seconds\""),
        (&format!("remind = [{many}]"), "at most 16 reminders", "\"17 hours\""),
        (
            "escalate = { after = \"2 days\", ask = \"boss\" }\ntime_out = { after = \"2 days\" }",
            over,
            "\"2 days\", ask",
        ),
        (
            "escalate = { after = \"0 days\", ask = \"boss\" }",
            "no time",
            "\"0 days\"",
        ),
        ("escalate = { after = \"1 day\" }", "who is asked then", "{ after"),
        ("escalate = { ask = \"boss\" }", "`escalate` says when", "{ ask"),
        (
            "escalate = { after = \"1 day\", ask = \"bos\" }",
            "did you mean `boss`?",
            "\"bos\"",
        ),
        (
            "escalate = { after = \"1 day\", ask = { group = \"boss\", when = { claim = \"city\", present = true } } }",
            "leave `when` out",
            "{ group",
        ),
        ("time_out = {}", "`time_out` says when", "{}"),
        ("time_out = { after = \"0 days\" }", "no time", "\"0 days\""),
        (
            "time_out = { then = \"expires\" }",
            "did you mean `expire`?",
            "\"expires\"",
        ),
        ("time_out = { thn = \"expire\" }", "did you mean `then`?", "thn"),
    ] {
        assert_route_refused(&[(&format!("ask = \"hr\"\n{times}"), wanted, place)]);
    }
    assert_taken(&[
        &format!("hold = \"x\"\n{GROUPS}[routes.x]\nask = \"hr\"\nremind = [{most}]"),
        &format!(
            "hold = \"x\"\n{GROUPS}[routes.x]\nask = \"hr\"\nremind = \"89 days\"\nescalate = {{ after = \"89 days\", ask = \"anybody\" }}"
        ),
    ]);
}

#[test]
fn groups_and_routes_are_named_as_a_store_can_keep_them() {
    for (table, wanted) in [
        ("[groups]\n\"a b\" = [\"ada\"]", "a group's name has 1 to 64 letters"),
        (
            "[groups]\nanybody = [\"ada\"]",
            "`anybody` stands for everybody who may review",
        ),
        ("[groups]\na = \"ada\"", "a list in brackets"),
        ("[groups]\na = [\"ada\", \"ADA\"]", "this stands in the list twice"),
        ("[groups]\na = [\"ada@\"]", "where there is an `@`, an e-mail address"),
        (
            "[groups]\na = [\"ri[ta]\"]",
            "up to 80 characters without `:`, `[` and `]`",
        ),
        ("[groups.a]\npeople = [\"ada\"]", "does not say which `claim`"),
        ("[groups.a]\nclaims = \"hr\"", "did you mean `claim`?"),
        ("[groups.a]\nclaim = []", "this list is empty"),
        (
            "[groups.a]\nclaim = \"a:b\"",
            "what a log-in claims has 1 to 120 characters",
        ),
        (
            "[groups.a]\nclaim = [\"a; b\"]",
            "what a log-in claims has 1 to 120 characters",
        ),
        ("[groups.a]\nclaim = [\"a\", \"a\"]", "this stands in the list twice"),
        ("groups = 1", "a table"),
        (
            "[routes.\"a b\"]\nask = \"anybody\"",
            "a route's name has 1 to 64 letters",
        ),
        ("[routes]\na = \"hr\"", "a table is wanted"),
        (
            "[routes.a]\nask = \"anybody\"\n[routes.a]\nask = \"anybody\"",
            "duplicate key",
        ),
    ] {
        let said = mistakes(&format!("{table}\n{STEPS}"));
        assert!(said.contains(wanted), "{table}: {said}");
    }
}

#[test]
fn a_route_that_cannot_be_read_is_one_mistake_and_not_called_missing() {
    let said = read(&format!("{}{GROUPS}[routes.x]\nask = \"hrr\"\n", rule("hold = \"x\""))).unwrap_err();
    assert_eq!(said.matches('^').count(), 1, "{said}");
    let message = "mesages = { waiting = \"waitng\" }\n[messages.waitng]\nen = \"x\"\n";
    let said = read(&format!(
        "{}{GROUPS}[routes.x]\nask = \"hr\"\n{message}",
        rule("hold = \"x\"")
    ))
    .unwrap_err();
    assert!(
        said.contains("did you mean `messages`?") && !said.contains("no rule shows"),
        "{said}"
    );
}

#[test]
fn reviewers_add_to_lists_that_people_edit() {
    let lists = "[lists]\nbad = { stored = \"addresses\" }\nevil = { stored = \"domains\" }\nfixed = [\"a.test\"]\n\
        fetched = { url = \"https://a.test/x\", holds = \"domains\", every = \"1 day\" }\n";
    let approvals = |line: &str| format!("{STEPS}[approvals]\n{line}\n{lists}");
    for (line, wanted) in [
        (
            "block_addresses = \"evil\"",
            "the list `evil` holds domains, and addresses are added here",
        ),
        (
            "block_domains = \"bad\"",
            "the list `bad` holds addresses, and domains are added here",
        ),
        (
            "block_domains = \"fixed\"",
            "write `fixed = { stored = \"domains\" }` under `[lists]`",
        ),
        (
            "block_domains = \"fetched\"",
            "reviewers can add nothing to the list `fetched`",
        ),
        (
            "block_domains = \"disposable\"",
            "reviewers can add nothing to the list `disposable`",
        ),
        (
            "block_domains = \"evl\"",
            "no list is called `evl`; write `evl = { stored = \"domains\" }` under `[lists]`; did you mean `evil`?",
        ),
        ("block_domains = [\"a.test\"]", "a text in quotes is wanted"),
        ("block_domain = \"evil\"", "did you mean `block_domains`?"),
    ] {
        let said = mistakes(&approvals(line));
        assert!(said.contains(wanted), "{line}: {said}");
    }
    let policy = Policy::parse(&approvals("block_addresses = \"bad\"\nblock_domains = \"evil\"")).unwrap();
    let block = &policy.terms().block;
    let names = [&block.addresses, &block.domains].map(|list| list.as_ref().unwrap().as_str());
    assert_eq!(names, ["bad", "evil"]);
}
