//! Quorums that can never be met.

use std::{collections::BTreeSet, ops::Range};

use store::{Asked, Person, Share, Stage, TimeOut};

use super::{Node, Reader};
use crate::route::RouteStage;

/// Some people, or, where nothing says who they are, nobody knows how many.
type People = Option<BTreeSet<Person>>;

impl Reader<'_> {
    /// Refuses what a stage asks of fewer people than that takes. After `escalate` others are asked instead, so that each
    /// of the two has to suffice alone. The nodes are those of `approve`, `deny` and `with`.
    pub(super) fn refuse_unmet(&mut self, stage: &RouteStage, nodes: [Option<&Node<'_>>; 3]) {
        for asked in each_asked(stage) {
            let place = format!("where {} is asked, the stage wants", said(asked));
            self.refuse_unmet_by(asked, &stage.fallback, nodes, &place, "ask more people");
        }
        if let Some(escalate) = &stage.fallback.escalate {
            let place = format!(
                "after `escalate` only {} is asked, and the stage still wants",
                said(&escalate.to)
            );
            self.refuse_unmet_by(&escalate.to, &stage.fallback, nodes, &place, "escalate to more people");
        }
    }

    fn refuse_unmet_by(
        &mut self,
        asked: &Asked,
        stage: &Stage,
        [approve, deny, with]: [Option<&Node<'_>>; 3],
        place: &str,
        more: &str,
    ) {
        let people = self.people_of(asked);
        let quorums = [(stage.approve, "approval", approve), (stage.deny, "denial", deny)];
        for (wanted, what, node) in quorums {
            if let Some(few) = fewer(people.as_ref(), wanted) {
                let wanted = some(wanted, what);
                self.add_at(node, format!("{place} {wanted} from {few}; want fewer, or {more}"));
            }
        }
        for Share { group, at_least } in &stage.among {
            let few = self.too_few_of(group, *at_least, people.as_ref());
            if let Some(few) = few {
                let wanted = some(*at_least, "approval");
                let what = format!("{place} {wanted} of the group `{group}` from {few}; want fewer, or {more}");
                self.add_at(with, what);
            }
        }
    }

    /// Refuses stages that ask the same people as those before them, of whom then too few are left: a person counts once.
    pub(super) fn refuse_tired_people(&mut self, stages: &[(RouteStage, Range<usize>)]) {
        for (at, (stage, span)) in stages.iter().enumerate() {
            let Some(people) = self.who_may_ever_answer(stage) else {
                continue;
            };
            let asks_only_them = |(stage, _): &&(RouteStage, _)| {
                let them = self.who_may_ever_answer(stage);
                them.is_some_and(|them| them.is_subset(&people)) && stage.fallback.then != TimeOut::Approve
            };
            let before = stages[..=at].iter().filter(asks_only_them);
            let wanted = before.map(|(stage, _)| stage.fallback.approve);
            let wanted = wanted.fold(0, u32::saturating_add);
            // What one stage asks in vain is told there.
            if wanted > stage.fallback.approve
                && let Some(few) = fewer(Some(&people), wanted)
            {
                let what = format!(
                    "up to the stage `{}` this route wants {} from {few}, and a person counts once in all stages",
                    stage.fallback.name,
                    some(wanted, "approval")
                );
                self.mistakes.add(span.clone(), what);
            }
        }
    }

    /// How many of those who are asked belong to a group, in words, if they are fewer than that.
    fn too_few_of(&self, group: &str, wanted: u32, people: Option<&BTreeSet<Person>>) -> Option<String> {
        let group = self.people_of(&Asked::Group(group.to_owned()))?;
        let among = people.map_or_else(|| group.clone(), |people| people & &group);
        fewer(Some(&among), wanted)
    }

    fn add_at(&mut self, node: Option<&Node<'_>>, what: String) {
        if let Some(node) = node {
            self.mistakes.add(node.span(), what);
        }
    }

    /// All whom a stage can ask, whatever the claims are.
    fn who_may_ever_answer(&self, stage: &RouteStage) -> People {
        let sets = each_asked(stage).map(|asked| self.who_may_answer(asked, &stage.fallback));
        sets.reduce(both)?
    }

    /// Who is asked, and who is when they have not answered.
    fn who_may_answer(&self, asked: &Asked, stage: &Stage) -> People {
        let first = self.people_of(asked);
        match &stage.escalate {
            Some(escalate) => both(first, self.people_of(&escalate.to)),
            None => first,
        }
    }

    /// Of a group that names nobody nothing is known, nor of one to which people belong by what their log-in claims.
    fn people_of(&self, asked: &Asked) -> People {
        match asked {
            Asked::Anybody => None,
            Asked::Person(person) => Some(BTreeSet::from([person.clone()])),
            Asked::Group(group) => {
                let group = self.groups.get(group)?;
                let all_known = group.claims.is_empty() && !group.people.is_empty();
                all_known.then(|| group.people.iter().cloned().collect())
            }
        }
    }
}

fn each_asked(stage: &RouteStage) -> impl Iterator<Item = &Asked> {
    let chosen = stage.choices.iter().map(|(_, asked)| asked);
    chosen.chain([&stage.fallback.asked])
}

fn both(one: People, other: People) -> People {
    Some(&one? | &other?)
}

/// How many people there are, in words, if they are fewer than that.
fn fewer(people: Option<&BTreeSet<Person>>, wanted: u32) -> Option<String> {
    let count = people?.len();
    let few = u32::try_from(count).unwrap_or(u32::MAX) < wanted;
    few.then(|| match count {
        0 => "nobody".to_owned(),
        1 => "one person".to_owned(),
        _ => format!("{count} people"),
    })
}

fn some(count: u32, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn said(asked: &Asked) -> String {
    match asked {
        Asked::Anybody => "`anybody`".to_owned(),
        Asked::Group(group) => format!("the group `{group}`"),
        // An address is personal, and mistakes are logged where there is no terminal.
        Asked::Person(_) => "this `person`".to_owned(),
    }
}
