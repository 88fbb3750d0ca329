use std::fmt;

use serde::{Deserialize, Serialize};

/// The place in the user flow that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// After federating with an identity provider.
    PostFederationSignup,
    /// Before creating the user.
    PostAttributeCollection,
    /// Before sending the token: B2C only, at sign-up and at every sign-in.
    PreTokenIssuance,
}

impl Step {
    /// Every step, in the order of the user flow.
    pub const ALL: [Step; 3] = [
        Step::PostFederationSignup,
        Step::PostAttributeCollection,
        Step::PreTokenIssuance,
    ];

    /// The name in URLs, policies and logs: `post-federation-signup`.
    pub fn name(self) -> &'static str {
        match self {
            Step::PostFederationSignup => "post-federation-signup",
            Step::PostAttributeCollection => "post-attribute-collection",
            Step::PreTokenIssuance => "pre-token-issuance",
        }
    }

    /// The step with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Whether this is one of the two steps of a sign-up, where a block is possible.
    pub fn is_sign_up(self) -> bool {
        self != Step::PreTokenIssuance
    }

    /// Whether a body's `step` claim means this step, in any case. One of Microsoft's examples spells the last step
    /// `PreTokenApplicationClaims`.
    pub fn is_meant_by(self, claim: &str) -> bool {
        let spellings: &[&str] = match self {
            Step::PostFederationSignup => &["PostFederationSignup"],
            Step::PostAttributeCollection => &["PostAttributeCollection"],
            Step::PreTokenIssuance => &["PreTokenIssuance", "PreTokenApplicationClaims"],
        };
        spellings.iter().any(|spelling| spelling.eq_ignore_ascii_case(claim))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
