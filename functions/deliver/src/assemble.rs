//! From settings to what delivers.

use host::{Settings, StartError};

use crate::Deliverer;

/// Puts the receivers together that the settings name.
///
/// # Errors
/// [`StartError`], saying which setting is wrong.
pub async fn assemble(_settings: &Settings) -> Result<Deliverer, StartError> {
    Err(StartError::new("no settings for receivers yet"))
}
