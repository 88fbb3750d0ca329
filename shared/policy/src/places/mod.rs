//! Countries, their postal codes and telephone numbers. What a country has stands in three sorted tables, which
//! `scripts/places` makes and names the sources of; they are text, looked up as it lies there, because a program that has
//! to make something of them at its start is slower in every cold start.

pub(crate) mod country;
pub(crate) mod phone;
pub(crate) mod postal;
mod table;
