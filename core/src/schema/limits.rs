//! Consensus limits of schemas and of the operations that follow them (DESIGN §2.3).

use super::standin::StateKind;

/// Bytes of an encoded schema.
pub const SCHEMA_BYTES: usize = 65_535;
/// Rules in one schema, over the genesis and all transitions.
pub const SCHEMA_RULES: usize = 255;
/// Nodes of one rule: the rule itself and every constant, name and operator in it.
pub const RULE_NODES: usize = 255;
/// Globals, metadata, owned types or transitions that a schema declares, of each.
pub const DECLARED: usize = 255;
/// Bytes of a name.
pub const NAME_BYTES: usize = 255;
/// Inputs of an operation.
pub const INPUTS: u32 = 65_535;
/// Global values, and metadata values, of an operation.
pub const VALUES: u32 = 255;
/// Leaves of one Amount type of an operation.
pub const AMOUNT_LEAVES: u32 = 1 << 20;
/// Leaves of one type of any other kind of an operation.
pub const OTHER_LEAVES: u32 = 4_096;

/// The most leaves of one type an operation can have.
pub fn leaves(kind: StateKind) -> u32 {
    match kind {
        StateKind::Amount => AMOUNT_LEAVES,
        StateKind::Token | StateKind::Right | StateKind::Data => OTHER_LEAVES,
    }
}
