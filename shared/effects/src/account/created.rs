use std::{fmt, str::FromStr};

/// An account that is there, and what came with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Created {
    /// The account's id in the directory.
    pub object_id: ObjectId,
    /// Where an invited person redeems the invitation, if Graph does not tell them itself.
    pub redeem_url: Option<RedeemUrl>,
    /// The names of claims that the account did not get: the directory does not know them, or cannot hold the value.
    /// All of them, by their names in the directory, where the applicant had an account that is older than the request.
    pub left_out: Vec<String>,
}

/// The id of an object in the directory: a GUID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(String);

impl ObjectId {
    /// The id in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectId {
    type Err = BadObjectId;

    fn from_str(text: &str) -> Result<ObjectId, BadObjectId> {
        let groups: Vec<_> = text.split('-').map(str::len).collect();
        let legal = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        if legal && groups == [8, 4, 4, 4, 12] {
            Ok(ObjectId(text.to_ascii_lowercase()))
        } else {
            Err(BadObjectId)
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no object's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadObjectId;

impl fmt::Display for BadObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object's id is a GUID: 00000000-0000-0000-0000-000000000000")
    }
}

impl std::error::Error for BadObjectId {}

/// The link by which an invited person comes in. Whoever has it can use it: a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RedeemUrl(String);

impl RedeemUrl {
    /// The link, for the mail to the person.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn new(url: String) -> RedeemUrl {
        RedeemUrl(url)
    }
}

/// Prints nothing of the link.
impl fmt::Debug for RedeemUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedeemUrl(..)")
    }
}
