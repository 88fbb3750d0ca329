//! `vestibule requests list`

use std::io::{self, BufWriter, Write};

use clap::Args;
use store::{Order, Request, StateName};

use super::{filters::Filters, shape, walk::Walk};
use crate::{
    existing::Place,
    failure::Failure,
    text::{clean, json},
};

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    filters: Filters,
    /// Those that were opened last come first
    #[arg(long)]
    newest: bool,
    /// How many at the most [all]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Print an object of JSON a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl List {
    pub(super) async fn run(self) -> Result<bool, Failure> {
        let rows = self.place.open().await?;
        let mut lists = self.filters.listings(&[StateName::Pending]);
        if self.newest {
            lists.iter_mut().for_each(|list| list.order = Order::NewestFirst);
        }
        let mut walk = Walk::through(&*rows, lists);
        let mut out = BufWriter::new(io::stdout().lock());
        let mut printed = 0;
        let mut told = false;
        while printed < self.limit.unwrap_or(usize::MAX)
            && let Some(page) = walk.next().await?
        {
            for request in page.iter().take(self.limit.map_or(usize::MAX, |limit| limit - printed)) {
                if printed == 0 && !self.json {
                    line(&mut out, ["ID", "OPENED", "STATE", "ROUTE", "WAITS FOR", "E-MAIL"])?;
                }
                printed += 1;
                self.print(&mut out, request)?;
            }
            // Whoever waits sees what there is.
            out.flush()?;
            if walk.was_cut_short() && !told {
                told = true;
                writeln!(
                    io::stderr(),
                    "Few of many belong to this list: it takes longer, and goes on."
                )?;
            }
        }
        if printed == 0 {
            self.filters.refuse_unknown_group(&self.place.settings()?)?;
            if !self.json {
                writeln!(out, "There is no such request.")?;
            }
        }
        out.flush()?;
        Ok(true)
    }

    fn print(&self, out: &mut impl Write, request: &Request) -> io::Result<()> {
        if self.json {
            return writeln!(out, "{}", json(&shape::summary(request)));
        }
        let route = request.route.as_ref().map_or("-", |route| route.as_str());
        let asked = request.asked().map(|asked| asked.key());
        let columns = [
            &*request.id.to_string(),
            &request.opened_at.to_string(),
            request.state.name().as_str(),
            route,
            asked.as_deref().unwrap_or("-"),
            request.email().unwrap_or("-"),
        ];
        line(out, columns)
    }
}

/// An id has 64 digits, and a round of one digit as a rule.
fn line(out: &mut impl Write, [id, opened, state, route, asked, email]: [&str; 6]) -> io::Result<()> {
    let (asked, email) = (clean(asked), clean(email));
    writeln!(
        out,
        "{id:<66}  {opened:<20}  {state:<11}  {route:<16}  {asked:<24}  {email}"
    )
}
