//! The gate after federating with an identity provider.

use claims::Step;
use gate::Gate;
use host::{Settings, StartError};

/// The step that this function serves.
pub const STEP: Step = Step::PostFederationSignup;

/// The function, as its settings say.
///
/// # Errors
/// [`StartError`], saying which setting is wrong, or what is wrong with the policy.
pub async fn service(settings: &Settings) -> Result<Gate, StartError> {
    assembly::own_gate(STEP, settings).await
}
