use store::Block;

use crate::{http_io::Call, refusal::Refusal, session::Session};

const FORM: &str = "application/x-www-form-urlencoded";

/// The name of the field that brings back a session's secret.
pub(super) const SECRET: &str = "csrf";

/// The fields of a form that a browser sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) async fn read(call: Call) -> Result<Form, Refusal> {
        let body = call.body(FORM).await?;
        Ok(Form(form_urlencoded::parse(&body).into_owned().collect()))
    }

    /// A field's value, if the field is there exactly once.
    pub(super) fn only(&self, name: &str) -> Option<&str> {
        let mut values = self
            .0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// What a denial is to block for good.
    pub(super) fn blocks(&self) -> Result<Vec<Block>, Refusal> {
        let wanted = self.0.iter().filter(|(name, _)| name == "block");
        let known = |value: &str| Block::ALL.into_iter().find(|block| block.name() == value);
        let blocks = wanted.map(|(_, value)| known(value)).collect::<Option<_>>();
        blocks.ok_or(Refusal::input("The form wants something blocked that cannot be."))
    }

    /// Refuses a form that this session was not given.
    pub(super) fn check(&self, session: &Session<'_>) -> Result<(), Refusal> {
        let issued = self.only(SECRET).is_some_and(|secret| session.issued(secret));
        issued.then_some(()).ok_or(Refusal::Forged)
    }
}
