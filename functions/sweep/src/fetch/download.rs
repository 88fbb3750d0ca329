//! Getting a list's text into a file.

use std::{fs::File, io};

use http::{
    StatusCode,
    header::{IF_NONE_MATCH, USER_AGENT},
};
use outgoing::{Failure, Outgoing, Request, Streamed, Url};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::{NotFetched, tag};

/// What an address serves.
pub(super) enum Served {
    /// What it served before.
    Same,
    /// A text.
    Text(Text),
}

/// A text in a file that has no name: it goes with the process.
pub(super) struct Text {
    pub(super) file: File,
    /// What it is told by: the address's word, or the digest of the text.
    pub(super) mark: String,
}

/// Asks an address for its text, unless that is still the one with this mark.
pub(super) async fn download(outgoing: &Outgoing, url: &Url, known: Option<&str>) -> Result<Served, NotFetched> {
    let known = known.filter(|mark| tag::is_their_own(mark));
    let mut request = Request::get(url.clone()).header(USER_AGENT, "vestibule");
    if let Some(known) = known {
        request = request.and_then(|request| request.header(IF_NONE_MATCH, known));
    }
    // A mark that no header can hold was never kept.
    let request = request.map_err(|_| NotFetched::Tag)?;
    let reply = outgoing.stream(request).await.map_err(unserved)?;
    match reply.status {
        StatusCode::OK => Ok(Served::Text(keep(reply).await?)),
        StatusCode::NOT_MODIFIED if known.is_some() => Ok(Served::Same),
        status => Err(NotFetched::Status(status)),
    }
}

async fn keep(mut reply: Streamed) -> Result<Text, NotFetched> {
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(unkept)?);
    let mut digest = Sha256::new();
    while let Some(piece) = reply.piece().await.map_err(unserved)? {
        digest.update(&piece);
        file.write_all(&piece).await.map_err(unkept)?;
    }
    file.flush().await.map_err(unkept)?;
    file.rewind().await.map_err(unkept)?;
    let theirs = reply.tag.filter(|mark| tag::is_their_own(mark));
    Ok(Text {
        file: file.into_std().await,
        mark: theirs.unwrap_or_else(|| tag::of_digest(&digest.finalize())),
    })
}

/// That a request may have arrived is of no interest: it changes nothing.
fn unserved(failure: Failure) -> NotFetched {
    match failure {
        Failure::NotSent(cause) | Failure::PerhapsSent(cause) => NotFetched::Unserved(cause),
    }
}

fn unkept(error: io::Error) -> NotFetched {
    NotFetched::File(error.to_string())
}
