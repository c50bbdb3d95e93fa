//! The limits that are consensus, in one place (PROTOCOL.md §3 has the same table).
//!
//! The width of a length prefix follows from the limit (strict encoding), so none can change
//! within a format. Limits of a machine (file size, time) are `Limits` of the validator instead.

use crate::state::StateKind;

/// Inputs of one transition, at least 1.
pub const INPUTS: usize = 65_535;
/// Transitions shown in one frame, at least 1.
pub const TRANSITIONS: usize = 65_535;
/// Owned types with an output in one operation.
pub const OWNED_TYPES: usize = 255;
/// Global values, and as many metadata values, of one operation.
pub const VALUES: usize = 255;
/// Bytes of one global or metadata value.
pub const VALUE_BYTES: usize = 65_535;
/// Bytes of one Data state.
pub const DATA_BYTES: usize = 65_535;
/// Leaves of one Amount type in one operation, at least 1 for a type that is present.
pub const AMOUNT_LEAVES: usize = 1 << 20;
/// Leaves of one Token, Right or Data type in one operation.
pub const OTHER_LEAVES: usize = 4_096;
/// Bytes of an encoded schema.
pub const SCHEMA_BYTES: usize = 65_535;
/// Globals, metadata, owned types or transitions that a schema declares, of each.
pub const DECLARED: usize = 255;
/// Bytes of a name in a schema.
pub const NAME_BYTES: usize = 255;
/// Rules of one schema, over the genesis and all transitions.
pub const SCHEMA_RULES: usize = 255;
/// Nodes of one rule: the rule itself and every constant, name and operator in it.
pub const RULE_NODES: usize = 255;
/// Bytes of a header, of a frame, and of a witness transaction.
pub const FRAME_BYTES: usize = (1 << 24) - 1;
/// Bytes of a witness transaction without its witness data: no block has room for more.
pub const TRANSACTION_BYTES: usize = 1_000_000;
/// Inputs of a witness transaction: as many as fit [`TRANSACTION_BYTES`], at least 1.
pub const TRANSACTION_INPUTS: usize = 24_390;
/// Outputs of a witness transaction: as many as fit [`TRANSACTION_BYTES`].
pub const TRANSACTION_OUTPUTS: usize = 111_111;
/// Terminals of one consignment.
pub const TERMINALS: usize = 65_535;
/// Entries of a base frame, at least 1.
pub const BASE_ENTRIES: usize = 65_535;
/// Signatures beside one transition.
pub const SIGNATURES: usize = 255;
/// Steps of a bundle proof: more than the inputs that fit a frame can need.
pub const BUNDLE_STEPS: usize = 1 << 20;
/// Levels of a bundle tree.
pub const BUNDLE_DEPTH: usize = 256;
/// Hashes of a block proof's branch.
pub const BRANCH: usize = 25;
/// Bytes of the script of a tapret partner leaf.
pub const PARTNER_SCRIPT: usize = 10_000;
/// Depth of an MPC tree.
pub const MPC_DEPTH: u8 = 16;
/// Cofactor of an MPC tree; it is below the tree's width, too.
pub const MPC_COFACTOR: u16 = 500;

/// The most leaves of one type of this kind in one operation.
pub const fn leaves(kind: StateKind) -> usize {
    match kind {
        StateKind::Amount => AMOUNT_LEAVES,
        StateKind::Token | StateKind::Right | StateKind::Data => OTHER_LEAVES,
    }
}
