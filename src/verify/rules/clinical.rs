//! (to come)

use super::Rule;

pub const RULES: &[Rule] = &[];
