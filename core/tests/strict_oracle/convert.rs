//! From core's objects to their mirrors, field by field.

use amplify::confinement::{Collection, Confined};
use bitcoin::hashes::Hash;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleProof, Step};
use bulla_core::commit::mpc::{MpcProof, Proof};
use bulla_core::commit::{DbcProof, Partner, TapretProof};
use bulla_core::header::{Header, WIRE_FORMAT};
use bulla_core::operation::{Genesis, Input, Transition};
use bulla_core::outputs::{Leaf, Leaves, Outputs};
use bulla_core::seal::{AssignedSeal, Seal};
use bulla_core::value::Values;
use bulla_core::witness::Witness;

use crate::mirror;

pub fn confine<C: Collection, const MIN: usize, const MAX: usize>(
    collection: C,
) -> Confined<C, MIN, MAX> {
    Confined::try_from(collection).unwrap()
}

/// An object that has a mirror.
pub trait Mirrored {
    type Mirror;
    fn mirror(&self) -> Self::Mirror;
}

fn list<T: Mirrored, const MAX: usize>(items: &[T]) -> mirror::List<T::Mirror, MAX> {
    confine(items.iter().map(Mirrored::mirror).collect::<Vec<_>>())
}

impl Mirrored for Seal {
    type Mirror = mirror::Seal;

    fn mirror(&self) -> mirror::Seal {
        match *self {
            Self::Witness { vout, blinding } => mirror::Seal::Witness {
                vout,
                blinding: blinding.0,
            },
            Self::Outpoint {
                txid,
                vout,
                blinding,
            } => mirror::Seal::Outpoint {
                txid: txid.to_byte_array(),
                vout,
                blinding: blinding.0,
            },
        }
    }
}

impl Mirrored for AssignedSeal {
    type Mirror = mirror::Seal;

    fn mirror(&self) -> mirror::Seal {
        match self {
            Self::Revealed(seal) => seal.mirror(),
            Self::Secret(secret) => mirror::Seal::Secret {
                hash: secret.to_bytes(),
            },
        }
    }
}

impl Mirrored for Leaf<u64> {
    type Mirror = mirror::AmountLeaf;

    fn mirror(&self) -> mirror::AmountLeaf {
        mirror::AmountLeaf {
            amount: self.state,
            seal: self.seal.mirror(),
        }
    }
}

impl Mirrored for Leaves {
    type Mirror = mirror::Leaves;

    fn mirror(&self) -> mirror::Leaves {
        match self {
            Self::Amount(amounts) => mirror::Leaves::Amount(list(amounts.leaves())),
            Self::Pruned(pruned) => {
                let shown = pruned
                    .leaves()
                    .iter()
                    .map(|(number, leaf)| mirror::ShownLeaf {
                        number: *number,
                        leaf: leaf.mirror(),
                    });
                let siblings = pruned.siblings().iter().map(|sibling| mirror::Sibling {
                    hash: sibling.hash,
                    amount: sibling.amount,
                });
                mirror::Leaves::Pruned(mirror::Pruned {
                    count: pruned.count(),
                    shown: confine(shown.collect::<Vec<_>>()),
                    siblings: confine(siblings.collect::<Vec<_>>()),
                })
            }
            Self::Token(leaves) => {
                let leaves = leaves.iter().map(|leaf| mirror::TokenLeaf {
                    id: leaf.state.id,
                    fraction: leaf.state.fraction,
                    seal: leaf.seal.mirror(),
                });
                mirror::Leaves::Token(confine(leaves.collect::<Vec<_>>()))
            }
            Self::Right(leaves) => {
                let leaves = leaves.iter().map(|leaf| mirror::RightLeaf {
                    seal: leaf.seal.mirror(),
                });
                mirror::Leaves::Right(confine(leaves.collect::<Vec<_>>()))
            }
            Self::Data(leaves) => {
                let leaves = leaves.iter().map(|leaf| mirror::DataLeaf {
                    data: leaf.state.clone(),
                    seal: leaf.seal.mirror(),
                });
                mirror::Leaves::Data(confine(leaves.collect::<Vec<_>>()))
            }
        }
    }
}

impl Mirrored for Outputs {
    type Mirror = mirror::Map<mirror::Leaves, 255>;

    fn mirror(&self) -> Self::Mirror {
        let types = self.0.iter().map(|(ty, leaves)| (*ty, leaves.mirror()));
        confine(types.collect::<std::collections::BTreeMap<_, _>>())
    }
}

/// What an operation id commits to instead of outputs.
pub fn commitments(outputs: &Outputs) -> mirror::Map<mirror::Commitment, 255> {
    let types = outputs.0.iter().map(|(ty, leaves)| {
        let root = leaves.root();
        let commitment = mirror::Commitment {
            kind: leaves.kind().number(),
            root: root.hash,
            aggregate: root.aggregate,
            count: root.count,
        };
        (*ty, commitment)
    });
    confine(types.collect::<std::collections::BTreeMap<_, _>>())
}

impl Mirrored for Values {
    type Mirror = mirror::List<mirror::Value, 255>;

    fn mirror(&self) -> Self::Mirror {
        let values = self.0.iter().map(|value| mirror::Value {
            number: value.number,
            bytes: value.bytes.clone(),
        });
        confine(values.collect::<Vec<_>>())
    }
}

impl Mirrored for Genesis {
    type Mirror = mirror::Genesis;

    fn mirror(&self) -> mirror::Genesis {
        mirror::Genesis {
            format: self.format,
            schema: self.schema.to_bytes(),
            network: self.network.to_bytes(),
            timestamp: self.timestamp,
            globals: self.globals.mirror(),
            outputs: self.outputs.mirror(),
        }
    }
}

impl Mirrored for Input {
    type Mirror = mirror::Input;

    fn mirror(&self) -> mirror::Input {
        mirror::Input {
            operation: self.operation.to_bytes(),
            owned_type: self.owned_type,
            index: self.index,
        }
    }
}

impl Mirrored for Transition {
    type Mirror = mirror::Transition;

    fn mirror(&self) -> mirror::Transition {
        let inputs = self.inputs.iter().map(Mirrored::mirror);
        mirror::Transition {
            format: self.format,
            contract: self.contract.to_bytes(),
            kind: self.kind,
            inputs: confine(inputs.collect::<std::collections::BTreeSet<_>>()),
            globals: self.globals.mirror(),
            metadata: self.metadata.mirror(),
            outputs: self.outputs.mirror(),
        }
    }
}

impl Mirrored for Bundle {
    type Mirror = mirror::Bundle;

    fn mirror(&self) -> mirror::Bundle {
        let entries = self.0.iter();
        let entries = entries.map(|(input, operation)| (input.mirror(), operation.to_bytes()));
        mirror::Bundle {
            entries: confine(entries.collect::<std::collections::BTreeMap<_, _>>()),
        }
    }
}

impl Mirrored for Step {
    type Mirror = mirror::Step;

    fn mirror(&self) -> mirror::Step {
        match self {
            Self::Leaf => mirror::Step::Leaf,
            Self::Empty => mirror::Step::Empty,
            Self::Hidden(hash) => mirror::Step::Hidden(*hash),
        }
    }
}

impl Mirrored for BundleProof {
    type Mirror = mirror::BundleProof;

    fn mirror(&self) -> mirror::BundleProof {
        mirror::BundleProof {
            steps: list(&self.0),
        }
    }
}

impl Mirrored for Witness {
    type Mirror = mirror::Witness;

    fn mirror(&self) -> mirror::Witness {
        mirror::Witness {
            transaction: confine(bitcoin::consensus::serialize(self.transaction())),
        }
    }
}

impl Mirrored for MpcProof {
    type Mirror = mirror::MpcPath;

    fn mirror(&self) -> mirror::MpcPath {
        mirror::MpcPath {
            slot: self.pos,
            cofactor: self.cofactor,
            path: confine(self.path.clone()),
        }
    }
}

impl Mirrored for Proof {
    type Mirror = mirror::MpcProof;

    fn mirror(&self) -> mirror::MpcProof {
        match self {
            Self::Path(path) => mirror::MpcProof::Path(path.mirror()),
            Self::Entropy(entropy) => mirror::MpcProof::Entropy(*entropy),
        }
    }
}

impl Mirrored for Partner {
    type Mirror = mirror::Partner;

    fn mirror(&self) -> mirror::Partner {
        match self {
            Self::LeftNode(hash) => mirror::Partner::LeftNode(*hash),
            Self::RightLeaf { version, script } => mirror::Partner::RightLeaf {
                version: version.to_consensus(),
                script: confine(script.clone()),
            },
            Self::RightBranch { a, b } => mirror::Partner::RightBranch { a: *a, b: *b },
        }
    }
}

impl Mirrored for TapretProof {
    type Mirror = mirror::TapretProof;

    fn mirror(&self) -> mirror::TapretProof {
        mirror::TapretProof {
            partner: self.partner.as_ref().map(Mirrored::mirror),
            nonce: self.nonce,
            internal_key: self.internal_key,
        }
    }
}

impl Mirrored for DbcProof {
    type Mirror = mirror::DbcProof;

    fn mirror(&self) -> mirror::DbcProof {
        match self {
            Self::Opret => mirror::DbcProof::Opret,
            Self::Tapret { proof, odd } => mirror::DbcProof::Tapret {
                proof: proof.mirror(),
                odd: *odd,
            },
        }
    }
}

impl Mirrored for Anchor {
    type Mirror = mirror::Anchor;

    fn mirror(&self) -> mirror::Anchor {
        mirror::Anchor {
            mpc: self.mpc.mirror(),
            dbc: self.dbc.mirror(),
        }
    }
}

impl Mirrored for Header {
    type Mirror = mirror::Header;

    fn mirror(&self) -> mirror::Header {
        mirror::Header {
            format: WIRE_FORMAT,
            schema: confine(self.schema.encode()),
            genesis: self.genesis.mirror(),
        }
    }
}
