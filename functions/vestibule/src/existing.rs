//! The store of a command that looks after what is there.

use std::sync::Arc;

use host::{Settings, StartError, StoreAddress};
use store::Rows;

/// Opens the store that the settings name, if it is there: opening would make a file, in which nothing is, and a slip of
/// the keyboard must not look like good news.
///
/// # Errors
/// [`StartError`].
pub(crate) async fn open_rows(settings: &Settings) -> Result<Arc<dyn Rows>, StartError> {
    if let Some(StoreAddress::Sqlite(path)) = &settings.store
        && !path.exists()
    {
        let got = format!("sqlite:{}", path.display());
        return Err(StartError::setting("VESTIBULE_STORE", got, "a file that is there"));
    }
    assembly::open_rows(settings).await
}
