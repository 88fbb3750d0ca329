//! How rules write claims.

use std::ops::Range;

use claims::{ClaimName, SettableName, Value};

use super::{Node, Reader, quoted_list, warnings::Warning};
use crate::{
    demand::CountryFrom,
    mistakes::suggestion,
    normalise::Normaliser,
    rule::{Action, Source},
    template::{BadTemplate, Template},
};

impl Reader<'_> {
    pub(super) fn normalise(&mut self, node: &Node<'_>) -> Option<Action> {
        let mut section = self.section(Some(node))?;
        let (claims, with) = (section.take("claims"), section.take("with"));
        let country = section.take("country");
        if claims.is_none() || with.is_none() {
            let what = "`normalise` says which `claims`, and `with` what";
            section.lacks(["claims", "with"], node.span(), what);
        }
        self.end(section);
        let claims = self.settables(claims?);
        let home = match country {
            Some(node) => self.country(node),
            None => ClaimName::parse("country").ok().map(CountryFrom::Claim),
        };
        let names = self.some_texts(with?);
        if let Some(node) = country.filter(|_| !names.iter().any(|(name, _)| name == "phone-e164")) {
            let what = "`country` says where telephone numbers belong; without `phone-e164` it means nothing here";
            self.mistakes.add(node.span(), what);
        }
        let home = home?;
        let with = names
            .into_iter()
            .filter_map(|(name, span)| self.normaliser(&name, &home, span))
            .collect();
        Some(Action::Normalise { claims, with })
    }

    pub(super) fn set(&mut self, node: &Node<'_>) -> Option<Action> {
        let mut section = self.section(Some(node))?;
        let claim = match section.take("claim") {
            Some(node) => self.text(node).and_then(|name| self.settable(&name, node.span())),
            None => {
                let what = "`set` says which `claim`, and `to` what";
                section.lacks(["claim"], section.span.clone(), what);
                None
            }
        };
        let (to, copy, template) = (section.take("to"), section.take("copy"), section.take("template"));
        let to = match (to, copy, template) {
            (Some(node), None, None) => self.set_value(node).map(Source::Constant),
            (None, Some(node), None) => self.claim(node).map(Source::Copy),
            (None, None, Some(node)) => self.template(node).map(Source::Template),
            _ => {
                let what =
                    "`set` says what the claim becomes, one of `to`, `copy` and `template`; `to = \"\"` takes it away";
                section.lacks(["to", "copy", "template"], section.span.clone(), what);
                None
            }
        };
        self.end(section);
        Some(Action::Set { claim: claim?, to: to? })
    }

    pub(super) fn drop_claims(&mut self, node: &Node<'_>) -> Action {
        Action::Drop(self.settables(node))
    }

    fn settables(&mut self, node: &Node<'_>) -> Vec<SettableName> {
        let names = self.some_texts(node);
        names
            .into_iter()
            .filter_map(|(name, span)| self.settable(&name, span))
            .collect()
    }

    fn normaliser(&mut self, name: &str, home: &CountryFrom, span: Range<usize>) -> Option<Normaliser> {
        let found = Normaliser::named(name, home);
        if found.is_none() {
            let known = Normaliser::NAMES;
            let what = format!("`{name}` is no way to normalise; there are {}", quoted_list(&known));
            self.mistakes.add(span, what + &suggestion(name, known));
        }
        found
    }

    /// What a claim is set to: a value, or the `""` that takes it away.
    fn set_value(&mut self, node: &Node<'_>) -> Option<Value> {
        let value = self.value(node)?;
        let blank = matches!(value, Value::Texts(_)) && value.is_blank();
        if blank {
            let what = "a list without a text is no value; `\"\"` takes the claim away";
            self.mistakes.add(node.span(), what);
        }
        let claim = |text: &str| Template::parse(text).is_ok_and(|template| template.claims().next().is_some());
        if value.text().is_some_and(claim) {
            let what =
                "this text is set as it stands, with its braces; to put claims in their place, write `template = …`";
            self.warn(Some(Warning::LiteralBraces), node.span(), what);
        }
        (!blank).then_some(value)
    }

    fn template(&mut self, node: &Node<'_>) -> Option<Template> {
        let text = self.text(node)?;
        let template = Template::parse(&text).map_err(|bad| match bad {
            BadTemplate::Brace => {
                "a `{` or `}` stands alone; a claim is written in braces, such as `{displayName}`, and a brace twice"
                    .to_owned()
            }
            BadTemplate::Name(name, error) => format!("`{{{name}}}` is no claim: {error}"),
        });
        match template {
            Ok(template) if template.claims().next().is_some() => return Some(template),
            Ok(_) => self
                .mistakes
                .add(node.span(), "this template names no claim; write `to = …`"),
            Err(what) => self.mistakes.add(node.span(), what),
        }
        None
    }
}
