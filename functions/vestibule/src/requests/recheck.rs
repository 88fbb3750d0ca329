//! `vestibule requests recheck`

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};

use claims::{SignUp, Step};
use clap::Args;
use desk::NotDone;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use policy::{
    Facts, Recheck as Rules, Rechecked,
    outside::{Answer, Question},
};
use store::{Counts, ListQuestion, Listing, MOST_LISTED, Request, RequestId, StateName, Which};

use super::{Opened, Place, decide::requests, walk::Walk, who};
use crate::{confirm, failure::Failure, progress::Progress};

/// How many requests are asked about at once.
const AT_ONCE: usize = 8;

#[derive(Args)]
pub(crate) struct Recheck {
    /// Turn away whom a rule would turn away now. Without it, nothing is changed
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    name: who::Name,
    /// Do not ask before
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

/// What came of one request.
enum Came {
    /// It waits as before, or is decided.
    Nothing,
    /// A rule turns its applicant away, or would.
    Refused(String),
    /// No rule does, and the step's `otherwise` would.
    NotLetIn,
    /// Nobody can say, or nobody could do it; why.
    Failed(String),
}

/// What came of all.
#[derive(Default)]
struct Found {
    asked: usize,
    refused: Vec<(RequestId, String)>,
    not_let_in: usize,
    failed: Vec<(RequestId, String)>,
    /// The rules that are asked as a rule, and how many requests they were not asked about.
    passed_over: BTreeMap<String, usize>,
}

impl Recheck {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        let why = "`requests recheck --apply` asks before it turns people away";
        confirm::may_ask(self.yes || !self.apply, why)?;
        let opened = self.place.open().await?;
        let rules = opened.policy.recheck();
        let mut found = look(&opened, &rules).await?;
        if self.apply && !found.refused.is_empty() {
            self.confirm(&found)?;
            found = self.refuse(&opened, &rules, found).await?;
        }
        found.print(self.apply, rules.passed_over())?;
        Ok(found.failed.is_empty())
    }

    fn confirm(&self, found: &Found) -> Result<(), Failure> {
        let (refused, asked, name) = (found.refused.len(), requests(found.asked), self.name.name());
        let question = format!("Turn away {refused} of {asked} as `{name}`?");
        confirm::ask(self.yes, &question, "nothing was changed")
    }

    /// Turns away those who were found.
    async fn refuse(&self, opened: &Opened, rules: &Rules<'_>, mut found: Found) -> Result<Found, Failure> {
        let refused = std::mem::take(&mut found.refused);
        let mut progress = Progress::of(Some(refused.len()));
        let by = self.name.name();
        let done = stream::iter(refused).map(|(id, _)| {
            let by = &by;
            async move {
                Ok::<_, Failure>(match opened.rows.request(&id).await? {
                    Some(request) => (id, apply(opened, rules, request, by).await?),
                    None => (id, Came::Nothing),
                })
            }
        });
        let mut done = done.buffered(AT_ONCE);
        while let Some((id, came)) = done.try_next().await? {
            found.add(id, came);
            progress.advance(1)?;
        }
        progress.end()?;
        Ok(found)
    }
}

/// Asks about all that wait.
async fn look(opened: &Opened, rules: &Rules<'_>) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut progress = Progress::of(pending(&opened.rows.counts().await?));
    let pending = Listing::of(Which::State(StateName::Pending), MOST_LISTED);
    let mut walk = Walk::through(&*opened.rows, vec![pending]);
    while let Some(page) = walk.next().await? {
        let asked = page.len();
        let judged = stream::iter(page).map(|request| async move {
            let rules = rules.without(&request.dropped);
            (came(judge(opened, &rules, &request).await), request.id, rules)
        });
        let judged: Vec<_> = judged.buffered(AT_ONCE).collect().await;
        for (came, id, of_it) in judged {
            found.asked += 1;
            found.add(id, came);
            found.pass_over(rules, &of_it);
        }
        progress.advance(asked)?;
    }
    progress.end()?;
    Ok(found)
}

fn came(rechecked: Rechecked<'_>) -> Came {
    match rechecked {
        Rechecked::Refused(rule) => Came::Refused(rule.to_owned()),
        Rechecked::Waits => Came::Nothing,
        Rechecked::NotLetIn => Came::NotLetIn,
        Rechecked::Failed(why) => Came::Failed(why),
    }
}

/// Turns away the applicant of a request if a rule still does. A request that changed since it was read is asked about once
/// more.
async fn apply(opened: &Opened, rules: &Rules<'_>, read: Request, by: &str) -> Result<Came, Failure> {
    let mut request = read;
    for _ in 0..2 {
        if request.review().is_none() {
            return Ok(Came::Nothing);
        }
        let rule = match judge(opened, &rules.without(&request.dropped), &request).await {
            Rechecked::Refused(rule) => rule,
            otherwise => return Ok(came(otherwise)),
        };
        match opened.desk.refuse(&request.id, rule, by, request.version).await {
            Ok(done) if done.applied() => return Ok(Came::Refused(rule.to_owned())),
            Ok(_) => return Ok(Came::Nothing),
            Err(NotDone::Changed | NotDone::Moved) => {}
            // The others may fare better: one row may be broken.
            Err(NotDone::Store(error)) => return Ok(Came::Failed(error.to_string())),
            Err(other) => return Err(other.into()),
        }
        match opened.rows.request(&request.id).await? {
            Some(now) => request = now,
            None => return Ok(Came::Nothing),
        }
    }
    Ok(Came::Failed("it changes all the time: do the same again".to_owned()))
}

/// What the rules say of a request as it is, with what the store says of the lists that they look things up in.
pub(super) async fn judge<'p>(opened: &Opened, rules: &Rules<'p>, request: &Request) -> Rechecked<'p> {
    let sign_up = SignUp::kept(
        Step::PostAttributeCollection,
        request.received.clone(),
        request.identities.clone(),
        request.locales.clone(),
        request.app.clone(),
    );
    let (now, mut facts) = (opened.desk.clock.now(), Facts::none());
    loop {
        // Every question is answered, if only by a failure, and there are as many as the policy has lists.
        match rules.ask(&sign_up, now, &facts) {
            Ok(rechecked) => return rechecked,
            Err(questions) => {
                let answers = listed(opened, &questions).await;
                facts.learn(questions, answers);
            }
        }
    }
}

/// What the store says of lists. Rules that ask anything else are passed over.
async fn listed(opened: &Opened, questions: &[Question]) -> Vec<Result<Answer, String>> {
    let of_lists = questions.iter().map(|question| match question {
        Question::Listed(question) => Some(question.clone()),
        _ => None,
    });
    let asked: Vec<_> = of_lists.clone().flatten().collect();
    let mut answers = match opened.rows.listed(&asked).await {
        Ok(answers) => answers.into_iter(),
        Err(error) => return vec![Err(error.to_string()); questions.len()],
    };
    let answer = |is_list: Option<ListQuestion>| {
        let answer = is_list.and_then(|_| answers.next());
        answer
            .map(Answer::Listed)
            .ok_or_else(|| "it is not asked here".to_owned())
    };
    of_lists.map(answer).collect()
}

impl Found {
    fn add(&mut self, id: RequestId, came: Came) {
        match came {
            Came::Nothing => {}
            Came::Refused(rule) => self.refused.push((id, rule)),
            Came::NotLetIn => self.not_let_in += 1,
            Came::Failed(why) => self.failed.push((id, why)),
        }
    }

    /// The rules that were not asked about a request, and are about others.
    fn pass_over(&mut self, rules: &Rules<'_>, of_it: &Rules<'_>) {
        let more = of_it
            .passed_over()
            .iter()
            .filter(|rule| !rules.passed_over().contains(rule));
        for rule in more {
            *self.passed_over.entry((*rule).to_owned()).or_default() += 1;
        }
    }

    fn print(&self, applied: bool, passed_over: &[&str]) -> io::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        for (id, rule) in &self.refused {
            writeln!(out, "{id}  {rule}")?;
        }
        let mut by_rule = BTreeMap::<_, usize>::new();
        for (_, rule) in &self.refused {
            *by_rule.entry(rule).or_default() += 1;
        }
        for (rule, count) in by_rule {
            writeln!(out, "By the rule `{rule}`: {}.", requests(count))?;
        }
        let (asked, refused) = (requests(self.asked), self.refused.len());
        match applied {
            true => writeln!(out, "Turned away: {refused} of {asked}.")?,
            false if refused == 0 => writeln!(out, "No rule would turn away any of {asked}.")?,
            false => writeln!(out, "Would be turned away: {refused} of {asked}. `--apply` does it.")?,
        }
        if self.not_let_in > 0 {
            let count = requests(self.not_let_in);
            writeln!(
                out,
                "Not turned away: {count}. No rule turns these people away, so that they go on waiting for reviewers. None lets \
                 them in either: if no rule held them, the step's `otherwise` would block them."
            )?;
        }
        for rule in passed_over {
            let why = "it asks others, or looks at what is not kept: the day or time of the call, and claims that the \
                       policy drops or looks up";
            writeln!(out, "The rule `{rule}` was not asked: {why}.")?;
        }
        for (rule, count) in &self.passed_over {
            let why = "it looks at claims that the policy dropped when they came";
            writeln!(
                out,
                "The rule `{rule}` was not asked about {}: {why}.",
                requests(*count)
            )?;
        }
        out.flush()?;
        for (id, why) in &self.failed {
            writeln!(io::stderr(), "vestibule: {id}: not changed: {why}")?;
        }
        Ok(())
    }
}

/// How many wait, by what was counted so far.
fn pending(counts: &Counts) -> Option<usize> {
    let pending = counts.iter().filter(|(counter, _)| counter.state == StateName::Pending);
    usize::try_from(pending.map(|(_, count)| count).sum::<i64>()).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use approvals::{AuditKey, Decide, Decider, Held, Ruling, Submission, Terms, Wish};
    use claims::{Changes, Claims, Hash, Locales, Value};
    use desk::Desk;
    use host::Settings;
    use policy::Policy;
    use store::{Committed, Keys};
    use store_sqlite::SqliteStore;
    use tempfile::TempDir;

    use super::*;

    const POLICY: &str = "[steps.post-attribute-collection]\notherwise = \"continue\"\n\n[[rules]]\nname = \"not Graz\"\n\
                          step = \"post-attribute-collection\"\nwhen = { claim = \"city\", is = \"Graz\" }\nblock = true\n";

    /// Between the list and the change, an applicant or a reviewer was there.
    #[tokio::test]
    async fn who_changed_meanwhile_is_asked_about_once_more() {
        let folder = TempDir::new().unwrap();
        for (cities, ruling, expected, state) in [
            (["Graz", "Wien"].as_slice(), None, None, StateName::Pending),
            (&["Graz", "Linz", "Graz"], None, Some("not Graz"), StateName::Denied),
            (&["Graz"], Some(Ruling::Approve), None, StateName::Approved),
        ] {
            let opened = opened(&folder, cities.len());
            let read = submit(&opened, cities[0], 0).await;
            for (city, n) in cities[1..].iter().zip(1..) {
                submit(&opened, city, n).await;
            }
            if let Some(ruling) = ruling {
                let decision = Decide::new(ruling, Decider::Override("ops".to_owned()));
                assert!(opened.desk.decide(&read.id, &decision, None).await.unwrap().applied());
            }
            let id = read.id;
            let came = apply(&opened, &opened.policy.recheck(), read, "ops").await;
            let refused = match came.unwrap_or_else(|_| panic!("{cities:?}")) {
                Came::Refused(rule) => Some(rule),
                Came::Nothing => None,
                Came::NotLetIn | Came::Failed(_) => panic!("{cities:?}"),
            };
            assert_eq!(refused.as_deref(), expected, "{cities:?}");
            let request = opened.rows.request(&id).await.unwrap().unwrap();
            assert_eq!(request.state.name(), state, "{cities:?}");
        }
    }

    fn opened(folder: &TempDir, n: usize) -> Opened {
        let rows = Arc::new(SqliteStore::open(folder.path().join(format!("{n}.db"))).unwrap());
        Opened {
            settings: Settings::read(&|_| None).unwrap(),
            policy: Policy::parse(POLICY).unwrap(),
            rows: rows.clone(),
            desk: Desk {
                store: rows,
                terms: Terms::default(),
                audit: AuditKey::parse(&"0123456789abcdef".repeat(4)).unwrap(),
                clock: assembly::clock(),
            },
        }
    }

    /// The applicant's claims so many minutes after the first ones.
    async fn submit(opened: &Opened, city: &str, minutes: u32) -> Request {
        let claims = Claims::from_iter([("city".to_owned(), Value::Text(city.to_owned()))]);
        let submission = Submission {
            applicant: Hash::of(&["jane"]),
            proven: true,
            kept: claims.clone(),
            received: claims.clone(),
            reviewed: claims,
            changes: Changes::none(),
            identities: Vec::new(),
            app: None,
            locales: Locales::default(),
            addresses: Vec::new(),
            invitation: None,
            wish: Wish::Hold(Held::by_anybody()),
            rule: "hold".to_owned(),
        };
        let keys = Keys {
            applicant: Some(submission.applicant),
            ..Keys::default()
        };
        let known = opened.rows.look_up(&keys).await.unwrap().request;
        let now = opened
            .desk
            .clock
            .now()
            .plus(minutes * std::time::Duration::from_secs(61));
        let transition = approvals::submit(known.as_ref(), &[], &submission, now, &opened.desk.terms).1;
        let transition = transition.unwrap();
        let request = transition.request.id;
        let commit = transition.commit(None, &[], &opened.desk.audit.seal().unwrap());
        assert_eq!(opened.rows.commit(&commit).await, Ok(Committed::Applied));
        opened.rows.request(&request).await.unwrap().unwrap()
    }
}
