//! `vestibule invitations show`

use std::io::{self, BufWriter, Write};

use claims::Hash;
use clap::Args;
use serde_json::{Value, json};
use store::{Invitation, InvitationUse, Keys, MOST_LISTED, Request, RequestId, Rows, StoreError};

use super::{
    find::{self, Named},
    shape::{self, State},
};
use crate::{
    existing::Place,
    failure::Failure,
    text::{self, clean},
};

/// How many of those who use it are named.
const MOST_NAMED: usize = 100;

#[derive(Args)]
pub(crate) struct Show {
    /// The code, or the id that `list` prints
    #[arg(value_name = "INVITATION", value_parser = Named::parse)]
    named: Named,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let rows = self.place.open().await?;
        let invitation = find::one(&*rows, &self.named).await?;
        let first = Hash::from_bytes([0; 32]);
        let uses = rows.uses(&invitation.code, &first, MOST_NAMED).await?;
        let mut users = Vec::new();
        for usage in uses {
            users.push((request(&*rows, &usage).await?, usage));
        }
        let mut out = BufWriter::new(io::stdout().lock());
        match self.json {
            true => writeln!(out, "{}", text::json(&document(&invitation, &users)))?,
            false => print(&mut out, &invitation, &users)?,
        }
        Ok(out.flush()?)
    }
}

/// The request for which somebody took a use, the latest that has to do with the invitation; nothing where they were let in
/// without one.
async fn request(rows: &dyn Rows, usage: &InvitationUse) -> Result<Option<RequestId>, StoreError> {
    let keys = Keys {
        applicant: Some(usage.applicant),
        ..Keys::default()
    };
    let Some(latest) = rows.look_up(&keys).await?.request else {
        return Ok(None);
    };
    let with_code = |request: &Request| request.invitation.is_some_and(|held| held.code == usage.code);
    if with_code(&latest) {
        return Ok(Some(latest.id));
    }
    let earlier = rows.earlier(&latest.id, MOST_LISTED).await?;
    Ok(earlier.into_iter().find(with_code).map(|request| request.id))
}

fn document(invitation: &Invitation, users: &[(Option<RequestId>, InvitationUse)]) -> Value {
    let user = |(request, usage): &(Option<RequestId>, InvitationUse)| {
        json!({
            "request": request.map(|id| id.to_string()),
            "since": usage.at.to_string(),
            "used_up_at": usage.spent_at.map(|at| at.to_string()),
        })
    };
    let mut document = shape::document(invitation, assembly::clock().now());
    document["used_by"] = users.iter().map(user).collect();
    document
}

fn print(
    out: &mut impl Write,
    invitation: &Invitation,
    users: &[(Option<RequestId>, InvitationUse)],
) -> Result<(), Failure> {
    let now = assembly::clock().now();
    writeln!(out, "id       {}", shape::id(&invitation.code))?;
    writeln!(out, "state    {}", State::of(invitation, now).name())?;
    writeln!(out, "uses     {} of {} taken", invitation.taken, invitation.uses)?;
    writeln!(out, "for      {}", shape::bound(invitation))?;
    writeln!(out, "made     {}", invitation.made_at)?;
    writeln!(out, "until    {}", invitation.until)?;
    if let Some(at) = invitation.revoked_at {
        writeln!(out, "revoked  {at}")?;
    }
    if let Some(note) = &invitation.note {
        writeln!(out, "note     {}", clean(note))?;
    }
    for (request, usage) in users {
        let who = request.map_or("without a request".to_owned(), |id| id.to_string());
        match usage.spent_at {
            None => writeln!(out, "held since {}: {who}", usage.at)?,
            Some(at) => writeln!(out, "used up at {at}: {who}")?,
        }
    }
    if users.len() == MOST_NAMED {
        writeln!(out, "There may be more.")?;
    }
    Ok(())
}
