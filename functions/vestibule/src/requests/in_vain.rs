//! Approvals that let nobody in.

use approvals::AccountBy;
use policy::Rechecked;
use store::{Request, State};

use super::{Opened, recheck::judge};

/// Why somebody who is approved, and for whom no account is created, cannot come in all the same, as far as the request
/// tells: a rule is stronger than an approval.
pub(super) async fn approved(opened: &Opened, request: &Request) -> Option<String> {
    let State::Approved {
        account: AccountBy::Flow,
        ..
    } = request.state
    else {
        return None;
    };
    if !request.proven && !opened.desk.terms.trust_email {
        let why = "nothing but an e-mail address says who they are, and the policy does not say `trust_email = true`";
        return Some(why.to_owned());
    }
    let rules = opened.policy.recheck();
    match judge(opened, &rules.without(&request.dropped), request).await {
        Rechecked::Refused(rule) => Some(format!("the rule `{rule}` turns them away, and wins over an approval")),
        Rechecked::Waits | Rechecked::NotLetIn | Rechecked::Failed(_) => None,
    }
}
