use std::collections::BTreeMap;

use store::Person;

/// The groups of reviewers that the policy names, and who belongs to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<String, Vec<Person>>);

impl Groups {
    /// Whether there is a group of this name.
    pub fn has(&self, group: &str) -> bool {
        self.0.contains_key(group)
    }

    /// The groups that somebody belongs to.
    pub fn of(&self, name: &str) -> Vec<String> {
        let person = Person::of(name);
        let belongs = |people: &Vec<Person>| people.contains(&person);
        let groups = self.0.iter().filter(|(_, people)| belongs(people));
        groups.map(|(group, _)| group.clone()).collect()
    }

    /// The same groups with those of their people alone.
    pub fn only(&self, is: impl Fn(&Person) -> bool) -> Groups {
        let kept = |people: &Vec<Person>| people.iter().filter(|person| is(person)).cloned().collect();
        self.0
            .iter()
            .map(|(group, people)| (group.clone(), kept(people)))
            .collect()
    }

    /// Who belongs to a group; nobody to one that there is not.
    pub fn people(&self, group: &str) -> &[Person] {
        self.0.get(group).map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<(String, Vec<Person>)> for Groups {
    fn from_iter<I: IntoIterator<Item = (String, Vec<Person>)>>(groups: I) -> Groups {
        Groups(groups.into_iter().collect())
    }
}
