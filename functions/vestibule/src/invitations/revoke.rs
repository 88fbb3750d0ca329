//! `vestibule invitations revoke`

use std::io::{self, Write};

use clap::Args;
use store::{Commit, Committed, Invitation, Rows, Write as Row};

use super::{
    find::{self, Named},
    shape,
};
use crate::{confirm, existing::Place, failure::Failure};

#[derive(Args)]
pub(crate) struct Revoke {
    /// The code, or the id that `list` prints
    #[arg(required = true, value_name = "INVITATION", value_parser = Named::parse)]
    named: Vec<Named>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Revoke {
    pub(super) async fn run(self) -> Result<(), Failure> {
        confirm::may_ask(
            self.yes,
            "`invitations revoke` asks before it does what cannot be undone",
        )?;
        let rows = self.place.open().await?;
        let mut found = Vec::new();
        for named in &self.named {
            found.push(find::one(&*rows, named).await?);
        }
        let question = match &found[..] {
            [one] => format!("Make the invitation {} void for good?", shape::id(&one.code)),
            more => format!("Make {} invitations void for good?", more.len()),
        };
        confirm::ask(self.yes, &question, "nothing was revoked")?;
        for invitation in &found {
            revoke(&*rows, invitation).await?;
        }
        Ok(())
    }
}

async fn revoke(rows: &dyn Rows, invitation: &Invitation) -> Result<(), Failure> {
    let (code, id) = (invitation.code, shape::id(&invitation.code));
    let at = assembly::clock().now();
    let writes = vec![Row::RevokeInvitation { code, at }];
    let mut out = io::stdout();
    match rows.commit(&Commit { writes }).await? {
        Committed::Applied => writeln!(
            out,
            "{id} is revoked. Uses that are taken stay so: {}.",
            invitation.taken
        )?,
        Committed::Conflict => writeln!(out, "{id} was revoked before.")?,
    }
    Ok(())
}
