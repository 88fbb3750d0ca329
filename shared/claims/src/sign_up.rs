use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{Claims, Locales, Step, Value, json};

/// One call: the step, the claims, the identities, the locale, the app.
#[derive(Clone)]
pub struct SignUp {
    /// The step whose address was called.
    pub step: Step,
    /// What the body's own `step` says, where it has one. B2B sends none.
    pub claimed_step: Option<String>,
    /// The claims about the applicant, unknown ones included, in the order they came.
    pub claims: Claims,
    /// How the applicant signed in: absent for Entra and Microsoft accounts in B2B.
    pub identities: Vec<Identity>,
    /// The languages the applicant's browser asks for.
    pub locales: Locales,
    /// The app signed in to; B2C only.
    pub client_id: Option<String>,
    /// Every member of the body that had a value, as one text that does not depend on key order.
    pub(crate) canonical: String,
}

impl SignUp {
    /// A sign-up as far as it was kept, to ask rules about it again. It is nobody's call: its call key means nothing.
    pub fn kept(
        step: Step,
        claims: Claims,
        identities: Vec<Identity>,
        locales: Locales,
        client_id: Option<String>,
    ) -> SignUp {
        SignUp {
            step,
            claimed_step: None,
            claims,
            identities,
            locales,
            client_id,
            canonical: String::new(),
        }
    }

    /// Whether the body names another step than the address that was called.
    pub fn contradicts_its_step(&self) -> bool {
        self.claimed_step
            .as_deref()
            .is_some_and(|claimed| !self.step.is_meant_by(claimed))
    }

    /// Whether Azure AD B2C calls: B2B names neither the step nor the app.
    pub fn is_b2c(&self) -> bool {
        self.claimed_step.is_some() || self.client_id.is_some()
    }

    /// Every address that the call gives the applicant: the `email` claim, and ids that are addresses, which their
    /// issuer vouches for.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.email()
            .into_iter()
            .chain(self.identities.iter().filter_map(Identity::address))
    }

    /// The address of the applicant's machine, where the body has it as `ipAddress`: policies of Azure AD B2C can send
    /// their `{Context:IPAddress}` so. Whatever stands in a forwarding header does not count.
    pub fn client_address(&self) -> Option<IpAddr> {
        self.claims.at_key("ipAddress")?.text()?.trim().parse().ok()
    }

    /// The `email` claim: what the applicant says, not a proof.
    pub fn email(&self) -> Option<&str> {
        self.claims.at_key("email").and_then(Value::text)
    }
}

/// Prints the step and the keys only: the rest is personal data, or whatever the caller wrote.
impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp")
            .field("step", &self.step)
            .field("claims", &self.claims)
            .field("identities", &self.identities)
            .finish_non_exhaustive()
    }
}

/// One entry of the `identities` claim.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `federated`, `emailAddress`, `userName`, …: an open set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_in_type: Option<String>,
    /// Who vouches for the id: `google.com`, `facebook.com`, `mail`, a tenant's domain, …
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// The applicant's id there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer_assigned_id: Option<String>,
}

impl Identity {
    /// The issuer in one spelling.
    pub fn issuer(&self) -> Option<String> {
        issuer_name(self.issuer.as_deref()?)
    }

    /// The id, where it is an e-mail address: that of a one-time passcode, or of a local account.
    pub fn address(&self) -> Option<&str> {
        let by_mail = self.issuer().as_deref() == Some("mail") || self.sign_in_type.as_deref() == Some("emailAddress");
        self.issuer_assigned_id.as_deref().filter(|_| by_mail)
    }

    /// The identities that a claim's JSON holds; members of the wrong type count as absent.
    pub(crate) fn parse_all(raw: &str) -> Vec<Identity> {
        let elements: Vec<&serde_json::value::RawValue> = serde_json::from_str(raw).unwrap_or_default();
        elements
            .into_iter()
            .filter_map(|element| Identity::parse(element.get()))
            .collect()
    }

    fn parse(raw: &str) -> Option<Identity> {
        let members: json::Members<'_> = serde_json::from_str(raw).ok()?;
        let member = |key: &str| {
            let raw = members.0.iter().find(|(k, _)| k == key).map(|(_, raw)| *raw)?;
            json::text(raw)
                .filter(|text| !text.is_empty())
                .map(std::borrow::Cow::into_owned)
        };
        let (sign_in_type, issuer, issuer_assigned_id) =
            (member("signInType"), member("issuer"), member("issuerAssignedId"));
        Some(Identity {
            sign_in_type,
            issuer,
            issuer_assigned_id,
        })
    }
}

/// An issuer in one spelling: lower case, `google` as `google.com`, `facebook` as `facebook.com`; none if it is empty.
pub fn issuer_name(text: &str) -> Option<String> {
    let issuer = text.trim().to_lowercase();
    match issuer.as_str() {
        "" => None,
        "google" => Some("google.com".to_owned()),
        "facebook" => Some("facebook.com".to_owned()),
        _ => Some(issuer),
    }
}

/// Prints the issuer only: an id is personal data.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
