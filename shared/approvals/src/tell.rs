use store::{Effect, News, Request};

use crate::Terms;

/// A mail to the applicant, if the terms want one: only to an address that a one-time passcode proved, unless they say
/// otherwise. Anybody can write somebody else's address into the form.
pub(crate) fn tell(request: &Request, news: News, terms: &Terms) -> Option<Effect> {
    let reachable = request.proven_address().is_some() || (terms.tell_unproven && request.email().is_some());
    (reachable && terms.tell_applicants.contains(&news)).then_some(Effect::TellApplicant { news, redeem_url: None })
}
