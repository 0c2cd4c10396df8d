#[path = "../../../src/draft/claims/mod.rs"]
pub mod claims;
