//! Finding invitations in the store.

use claims::Hash;
use store::{Invitation, InvitationCode, Rows, StoreError};

use super::shape::ID_DIGITS;
use crate::failure::Failure;

/// How many invitations are read at once.
const PAGE: usize = 1000;

/// The invitation that somebody names.
pub(super) async fn one(rows: &dyn Rows, named: &Named) -> Result<Invitation, Failure> {
    let from = named.first();
    let mut found = rows.invitations(&from, 2).await?;
    found.retain(|invitation| named.is(invitation));
    match (found.pop(), found.pop()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => Err(Failure::Refused(format!(
            "several invitations have an id that begins with {named}: give more of it"
        ))),
        (None, _) => Err(Failure::Refused(format!("there is no invitation {named}"))),
    }
}

/// All invitations, page by page.
pub(super) struct Pages<'r> {
    rows: &'r dyn Rows,
    next: Option<Hash>,
}

impl<'r> Pages<'r> {
    pub(super) fn of(rows: &'r dyn Rows) -> Pages<'r> {
        Pages {
            rows,
            next: Some(Hash::from_bytes([0; 32])),
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Invitation>>, StoreError> {
        let Some(from) = self.next.take() else { return Ok(None) };
        let page = self.rows.invitations(&from, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE);
        self.next = last.and_then(|last| after(&last.code));
        Ok(Some(page))
    }
}

/// How somebody names an invitation: by its code, or by the beginning of its id.
#[derive(Clone)]
pub(super) enum Named {
    Code(Hash),
    /// Hex digits of its hash.
    Id(String),
}

impl Named {
    pub(super) fn parse(text: &str) -> Result<Named, &'static str> {
        let id = text.trim().to_ascii_lowercase();
        let is_id = (4..=ID_DIGITS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (is_id, InvitationCode::parse(text)) {
            (true, _) => Ok(Named::Id(id)),
            (false, Some(code)) => Ok(Named::Code(code.hash())),
            (false, None) => Err("an invitation is named by its code, or by the id that `invitations list` prints"),
        }
    }

    fn is(&self, invitation: &Invitation) -> bool {
        match self {
            Named::Code(code) => invitation.code == *code,
            Named::Id(id) => invitation.code.to_string().starts_with(id),
        }
    }

    /// The first hash that it may mean.
    fn first(&self) -> Hash {
        match self {
            Named::Code(code) => *code,
            Named::Id(id) => Hash::from_hex(&format!("{id:0<64}")).unwrap_or(Hash::from_bytes([0; 32])),
        }
    }
}

/// Never a code.
impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Named::Code(_) => f.write_str("with this code"),
            Named::Id(id) => f.write_str(id),
        }
    }
}

/// The hash after one; nothing after the last.
pub(super) fn after(hash: &Hash) -> Option<Hash> {
    let mut bytes = *hash.as_bytes();
    let last = bytes.iter().rposition(|byte| *byte < u8::MAX)?;
    bytes[last] += 1;
    bytes[last + 1..].fill(0);
    Some(Hash::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_an_order() {
        let hash = |end: [u8; 3]| {
            let mut bytes = [7; 32];
            bytes[29..].copy_from_slice(&end);
            Hash::from_bytes(bytes)
        };
        assert_eq!(after(&hash([1, 2, 3])), Some(hash([1, 2, 4])));
        assert_eq!(after(&hash([1, 255, 255])), Some(hash([2, 0, 0])));
        assert_eq!(after(&Hash::from_bytes([255; 32])), None);
    }
}
