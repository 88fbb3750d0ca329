use std::time::Duration;

use crate::common::*;

#[test]
fn approvals_and_denials_last_thirty_days_by_default() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let lasting = |file: &str| {
        let approvals = policy(file).terms().clone();
        (approvals.cool_down, approvals.unused, approvals.trust_email)
    };
    assert_eq!(lasting(""), (30 * DAY, 30 * DAY, false));
    assert_eq!(lasting("[approvals]\nunused = \"1 day\""), (30 * DAY, DAY, false));
    assert_eq!(
        lasting("[approvals]\ncool_down = \"0 days\""),
        (Duration::ZERO, 30 * DAY, false)
    );
}

#[test]
fn requests_are_kept_for_ever_or_as_long_as_the_file_says() {
    let keep = |file: &str| policy(file).terms().keep;
    assert_eq!(keep("[approvals]\nunused = \"1 day\""), None);
    let days = |days: u64| Some(Duration::from_secs(days * 24 * 60 * 60));
    assert_eq!(keep("[approvals]\nkeep = \"730 days\""), days(730));
    assert_eq!(keep("[approvals]\nkeep = \"24 hours\""), days(1));
}

#[test]
fn accounts_and_mails_are_chosen_in_the_file() {
    use approvals::AccountBy;
    use store::News;
    let terms = |file: &str| policy(file).terms().clone();
    let nothing = terms("");
    assert_eq!(
        (nothing.account, nothing.tell_reviewers, nothing.tell_unproven),
        (AccountBy::Flow, false, false)
    );
    assert!(nothing.tell_applicants.is_empty());
    let chosen = "[approvals]\naccount = \"graph\"\n[mail]\napplicants = [\"received\", \"denied\"]\nunproven = true\nreviewers = [\"Rita@Contoso.com\"]\n";
    let terms = terms(chosen);
    assert_eq!(
        (terms.account, terms.tell_reviewers, terms.tell_unproven),
        (AccountBy::Graph, true, true)
    );
    assert_eq!(terms.tell_applicants, [News::Received, News::Denied]);
    let reviewers = policy(chosen).mail().reviewers.clone();
    assert_eq!(
        reviewers.iter().map(|r| r.as_str()).collect::<Vec<_>>(),
        ["rita@contoso.com"]
    );
    assert!(refused("[approvals]\naccount = \"grap\"").contains("did you mean `graph`?"));
    assert!(refused("[mail]\napplicants = [\"recieved\"]").contains("did you mean `received`?"));
    assert!(refused("[mail]\nreviewers = []").contains("leave it out to tell nobody"));
    assert!(refused("[mail]\nreviewers = [\"rita\"]").contains("no e-mail address"));
    assert!(refused("[mail]\nreviewer = [\"rita@contoso.com\"]").contains("did you mean `reviewers`?"));
}

#[test]
fn accounts_that_we_create_join_the_groups_of_the_file() {
    let graph = "[approvals]\naccount = \"graph\"\n";
    let none = policy(graph).accounts().clone();
    assert!(none.groups.is_empty() && !none.invite_others);
    let group = "2F1C0B6E-4c4f-4f0f-9d3b-0a4a4d1f3e11";
    let chosen = policy(&format!(
        "{graph}[accounts]\ngroups = [\"{group}\"]\ninvite_others = true"
    ))
    .accounts()
    .clone();
    assert_eq!(chosen.groups, [group.to_lowercase()]);
    assert!(chosen.invite_others);
    assert!(refused(&format!("{graph}[accounts]\ngroups = [\"partners\"]")).contains("object id"));
    assert!(refused("[accounts]\ninvite_others = true").contains("account = \"graph\""));
}
