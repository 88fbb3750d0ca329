use std::{collections::BTreeMap, fmt};

use store::Person;

/// The groups of reviewers that the policy names, and who belongs to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<String, Group>);

/// Who belongs to a group: who is named, and whose log-in claims so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// By name.
    pub people: Vec<Person>,
    /// By any of these. Who that is, nobody knows before they log in.
    pub claims: Vec<GroupClaim>,
}

/// What a log-in can claim about the groups of whoever it is, such as `hr-approvers`. Compared letter by letter, as what
/// directories give out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupClaim(String);

impl GroupClaim {
    /// What one looks like.
    pub const WANTS: &str = "1 to 120 characters without `[`, `]`, `;`, `,` and `:`, and no space at either end";

    /// Reads one: 1 to 120 characters, as many as an app role's value in Entra has. `VESTIBULE_REVIEWERS` lists them in
    /// brackets, with `;` between them and `:` behind, and deployment templates put commas between its lines.
    pub fn parse(text: &str) -> Option<GroupClaim> {
        let legal = |c: char| !c.is_control() && !"[];,:".contains(c);
        let is_one = (1..=120).contains(&text.chars().count()) && text.chars().all(legal) && text.trim() == text;
        is_one.then(|| GroupClaim(text.to_owned()))
    }
}

impl fmt::Display for GroupClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Groups {
    /// Whether there is a group of this name.
    pub fn has(&self, group: &str) -> bool {
        self.0.contains_key(group)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The groups that somebody belongs to who logs in under this name and with these claims.
    pub fn of(&self, name: &str, claims: &[GroupClaim]) -> Vec<String> {
        let person = Person::of(name);
        let groups = self.0.iter().filter(|(_, group)| group.belongs(&person, claims));
        groups.map(|(name, _)| name.clone()).collect()
    }

    /// The same groups where these are all who can log in, each with a name and claims: of whoever is named and cannot, they
    /// know nothing, and nobody else will ever claim to belong.
    pub fn among<'l>(&self, log_ins: impl Iterator<Item = (&'l str, &'l [GroupClaim])>) -> Groups {
        let log_ins: Vec<_> = log_ins.map(|(name, claims)| (Person::of(name), claims)).collect();
        let known = |group: &Group| {
            let belong = log_ins.iter().filter(|(person, claims)| group.belongs(person, claims));
            Group {
                people: belong.map(|(person, _)| person.clone()).collect(),
                claims: Vec::new(),
            }
        };
        let groups = self.0.iter().map(|(name, group)| (name.clone(), known(group)));
        groups.collect()
    }

    /// Who is known to belong to a group; nobody to one that there is not.
    pub fn people(&self, group: &str) -> &[Person] {
        self.0.get(group).map_or(&[], |group| &group.people)
    }

    /// Whether more people may belong to a group than are known.
    pub fn is_open(&self, group: &str) -> bool {
        self.0.get(group).is_some_and(|group| !group.claims.is_empty())
    }
}

impl Group {
    fn belongs(&self, person: &Person, claims: &[GroupClaim]) -> bool {
        self.people.contains(person) || claims.iter().any(|claim| self.claims.contains(claim))
    }
}

impl From<Vec<Person>> for Group {
    fn from(people: Vec<Person>) -> Group {
        Group {
            people,
            claims: Vec::new(),
        }
    }
}

impl<G: Into<Group>> FromIterator<(String, G)> for Groups {
    fn from_iter<I: IntoIterator<Item = (String, G)>>(groups: I) -> Groups {
        Groups(groups.into_iter().map(|(name, group)| (name, group.into())).collect())
    }
}
