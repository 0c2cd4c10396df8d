//! Evidence to drafts to claims.

pub mod claims;
