//! `vestibule invitations list`

use std::io::{self, BufWriter, Write};

use clap::Args;
use store::{Invitation, Rows};

use super::{
    find::Pages,
    shape::{self, State},
};
use crate::{existing::Place, failure::Failure, text::clean};

#[derive(Args)]
pub(crate) struct List {
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    #[command(flatten)]
    place: Place,
}

impl List {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let rows = self.place.open().await?;
        let invitations = self.all(&*rows).await?;
        let mut out = BufWriter::new(io::stdout().lock());
        let now = assembly::clock().now();
        for invitation in &invitations {
            writeln!(
                out,
                "{}  {:8} {:>9}  until {}  {}{}",
                shape::id(&invitation.code),
                State::of(invitation, now).name(),
                format!("{}/{}", invitation.taken, invitation.uses),
                invitation.until,
                shape::bound(invitation),
                note(invitation),
            )?;
        }
        if invitations.is_empty() {
            writeln!(out, "There are none.")?;
        }
        Ok(out.flush()?)
    }

    /// The latest first.
    async fn all(&self, rows: &dyn Rows) -> Result<Vec<Invitation>, Failure> {
        let (mut pages, mut all) = (Pages::of(rows), Vec::new());
        let now = assembly::clock().now();
        while let Some(mut page) = pages.next().await? {
            page.retain(|invitation| self.state.is_none_or(|state| state == State::of(invitation, now)));
            all.extend(page);
        }
        all.sort_by_key(|invitation| std::cmp::Reverse(invitation.made_at));
        Ok(all)
    }
}

fn note(invitation: &Invitation) -> String {
    let note = invitation.note.as_deref().map(clean);
    note.map(|note| format!("  {note}")).unwrap_or_default()
}
