//! Calls other systems for the policy.
