//! Every object of core once more, declared with `strict_encoding`'s own derive.
//!
//! These declarations are the objects' form as that crate understands it. Bounds from below do not
//! change bytes and are left out.

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use strict_encoding::{StrictDecode, StrictEncode, StrictType};

pub type List<T, const MAX: usize> = Confined<Vec<T>, 0, MAX>;
pub type Set<T, const MAX: usize> = Confined<BTreeSet<T>, 0, MAX>;
pub type Map<T, const MAX: usize> = Confined<BTreeMap<u16, T>, 0, MAX>;
pub type Text = Confined<String, 0, 255>;

const MEDIUM: usize = (1 << 24) - 1;

/// A struct with every derive.
macro_rules! structs {
    ($($name:ident { $($field:ident: $ty:ty),* $(,)? })*) => {$(
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        #[derive(StrictType, StrictEncode, StrictDecode)]
        #[strict_type(lib = "Mirror")]
        pub struct $name { $(pub $field: $ty),* }
    )*};
}

/// Unions need a default value for the type descriptions that the derive builds.
macro_rules! defaults {
    ($($name:ident = $value:expr;)*) => {$(
        impl Default for $name {
            fn default() -> Self { $value }
        }
    )*};
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = custom)]
pub enum Seal {
    #[strict_type(tag = 0)]
    Witness { vout: u32, blinding: [u8; 16] },
    #[strict_type(tag = 1)]
    Outpoint {
        txid: [u8; 32],
        vout: u32,
        blinding: [u8; 16],
    },
    #[strict_type(tag = 0xff)]
    Secret { hash: [u8; 32] },
}

structs! {
    AmountLeaf { amount: u64, seal: Seal }
    TokenLeaf { id: u32, fraction: u64, seal: Seal }
    RightLeaf { seal: Seal }
    DataLeaf { data: List<u8, 65_535>, seal: Seal }
    ShownLeaf { number: u32, leaf: AmountLeaf }
    Sibling { hash: [u8; 32], amount: u64 }
    Pruned {
        count: u32,
        shown: List<ShownLeaf, { 1 << 20 }>,
        siblings: List<Sibling, { 1 << 20 }>,
    }
    Value { number: u16, bytes: List<u8, 65_535> }
    Genesis {
        format: u8,
        schema: [u8; 32],
        network: [u8; 32],
        timestamp: u64,
        globals: List<Value, 255>,
        outputs: Map<Leaves, 255>,
    }
    Input { operation: [u8; 32], owned_type: u16, index: u32 }
    Transition {
        format: u8,
        contract: [u8; 32],
        kind: u16,
        inputs: Set<Input, 65_535>,
        globals: List<Value, 255>,
        metadata: List<Value, 255>,
        outputs: Map<Leaves, 255>,
    }
    Commitment { kind: u8, root: [u8; 32], aggregate: u64, count: u32 }
    CanonicalGenesis {
        format: u8,
        schema: [u8; 32],
        network: [u8; 32],
        timestamp: u64,
        globals: List<Value, 255>,
        outputs: Map<Commitment, 255>,
    }
    CanonicalTransition {
        format: u8,
        contract: [u8; 32],
        kind: u16,
        inputs: Set<Input, 65_535>,
        globals: List<Value, 255>,
        metadata: List<Value, 255>,
        outputs: Map<Commitment, 255>,
    }
    Bundle { entries: Confined<BTreeMap<Input, [u8; 32]>, 0, MEDIUM> }
    BundleProof { steps: List<Step, { 1 << 20 }> }
    Witness { transaction: List<u8, MEDIUM> }
    MpcPath { slot: u32, cofactor: u16, path: List<[u8; 32], 16> }
    TapretProof { partner: Option<Partner>, nonce: u8, internal_key: [u8; 32] }
    Anchor { mpc: MpcProof, dbc: DbcProof }
    Header { format: u8, schema: List<u8, 65_535>, genesis: Genesis }
    NameAndType { name: Text, ty: u8 }
    Occurs { min: u32, max: u32 }
    GenesisDef { globals: Map<Occurs, 255>, outputs: Map<Occurs, 255>, rules: List<Rule, 255> }
    TransitionDef {
        name: Text,
        inputs: Map<Occurs, 255>,
        outputs: Map<Occurs, 255>,
        globals: Map<Occurs, 255>,
        metadata: Map<Occurs, 255>,
        rules: List<Rule, 255>,
    }
    Schema {
        version: u8,
        name: Text,
        globals: Map<NameAndType, 255>,
        metadata: Map<NameAndType, 255>,
        owned: Map<NameAndType, 255>,
        genesis: GenesisDef,
        transitions: Map<TransitionDef, 255>,
    }
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = custom)]
pub enum Leaves {
    #[strict_type(tag = 0)]
    Amount(List<AmountLeaf, { 1 << 20 }>),
    #[strict_type(tag = 1)]
    Token(List<TokenLeaf, 4_096>),
    #[strict_type(tag = 2)]
    Right(List<RightLeaf, 4_096>),
    #[strict_type(tag = 3)]
    Data(List<DataLeaf, 4_096>),
    #[strict_type(tag = 0x80)]
    Pruned(Pruned),
}

#[derive(
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    StrictType,
    StrictEncode,
    StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum Step {
    #[default]
    Leaf,
    Empty,
    Hidden([u8; 32]),
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum MpcProof {
    Path(MpcPath),
    Entropy(u64),
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum Partner {
    LeftNode([u8; 32]),
    RightLeaf {
        version: u8,
        script: List<u8, { u32::MAX as usize }>,
    },
    RightBranch {
        a: [u8; 32],
        b: [u8; 32],
    },
}

#[derive(
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    StrictType,
    StrictEncode,
    StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum DbcProof {
    #[default]
    Opret,
    Tapret {
        proof: TapretProof,
        odd: bool,
    },
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum Expr {
    Const(u64),
    In(u16),
    Out(u16),
    CountIn(u16),
    CountOut(u16),
    CountGlobal(u16),
    Global(u16),
    Meta(u16),
    Genesis(u16),
    Add { left: Box<Expr>, right: Box<Expr> },
    Sub { left: Box<Expr>, right: Box<Expr> },
    Mul { left: Box<Expr>, right: Box<Expr> },
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum Threshold {
    Const(u64),
    Genesis(u16),
}

#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, StrictType, StrictEncode, StrictDecode,
)]
#[strict_type(lib = "Mirror", tags = order)]
pub enum Rule {
    Equal {
        left: Expr,
        right: Expr,
    },
    AtMost {
        left: Expr,
        right: Expr,
    },
    Less {
        left: Expr,
        right: Expr,
    },
    TokensKept(u16),
    TokensRange {
        owned: u16,
        first: Expr,
        count: Expr,
        fraction: Expr,
    },
    Signed {
        threshold: Threshold,
        keys: u16,
    },
    NotBefore(Expr),
    TokensTaken {
        owned: u16,
        first: Expr,
        count: Expr,
        fraction: Expr,
    },
}

defaults! {
    Seal = Self::Secret { hash: [0; 32] };
    Leaves = Self::Pruned(Pruned::default());
    MpcProof = Self::Entropy(0);
    Partner = Self::LeftNode([0; 32]);
    Expr = Self::Const(0);
    Threshold = Self::Const(0);
    Rule = Self::TokensKept(0);
}
