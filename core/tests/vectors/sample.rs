//! The objects of the vectors, made of numbers that are easy to tell apart.

use std::collections::BTreeMap;

use amplify::confinement::{Collection, Confined};
use bitcoin::hashes::Hash;
use bitcoin::{Network, Txid};
use bulla_core::operation::{Genesis, Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::schema::Schema;
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::{DataBytes, Token};
use bulla_core::value::Values;
use bulla_core::{ContractId, NetworkId, OperationId};

pub fn confine<C: Collection, const MIN: usize, const MAX: usize>(
    collection: C,
) -> Confined<C, MIN, MAX> {
    Confined::try_from(collection).unwrap()
}

pub fn txid(byte: u8) -> Txid {
    Txid::from_byte_array([byte; 32])
}

pub fn operation(byte: u8) -> OperationId {
    OperationId::from_bytes([byte; 32])
}

pub fn witness_seal(vout: u32) -> Seal {
    let blinding = Blinding([0x40 + u8::try_from(vout).unwrap(); 16]);
    Seal::Witness { vout, blinding }
}

pub fn outpoint_seal(byte: u8, vout: u32) -> Seal {
    Seal::Outpoint {
        txid: txid(byte),
        vout,
        blinding: Blinding([byte; 16]),
    }
}

fn leaf<S>(state: S, vout: u32) -> Leaf<S> {
    Leaf {
        state,
        seal: AssignedSeal::Revealed(witness_seal(vout)),
    }
}

/// Amounts 10, 20, 30 … with seals over outputs 0, 1, 2 …
pub fn amounts(count: u32) -> Leaves {
    let leaves: Vec<_> = (0..count).map(|i| leaf(u64::from(i + 1) * 10, i)).collect();
    Leaves::Amount(Amounts::new(confine(leaves)).unwrap())
}

pub fn tokens() -> Leaves {
    let token = |id, fraction| Token { id, fraction };
    Leaves::Token(confine(vec![leaf(token(7, 1), 0), leaf(token(8, 5), 1)]))
}

pub fn rights() -> Leaves {
    Leaves::Right(confine(vec![leaf((), 0), leaf((), 2)]))
}

pub fn data() -> Leaves {
    let data = |bytes: &[u8]| DataBytes::try_from(bytes.to_vec()).unwrap();
    Leaves::Data(confine(vec![leaf(data(b""), 0), leaf(data(b"data"), 1)]))
}

pub fn outputs(types: impl IntoIterator<Item = (u16, Leaves)>) -> Outputs {
    Outputs(confine(types.into_iter().collect::<BTreeMap<_, _>>()))
}

pub fn fixed() -> Schema {
    Schema::from_toml(include_str!("../../../schemas/fixed.toml")).unwrap()
}

fn number(value: u64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// A genesis of the fixed schema with a supply of 60 in three leaves.
pub fn genesis() -> Genesis {
    let seals = [1, 2, 3].map(|byte| outpoint_seal(byte, byte.into()));
    let leaves: Vec<_> = [10, 20, 30]
        .into_iter()
        .zip(seals)
        .map(|(state, seal)| Leaf {
            state,
            seal: AssignedSeal::Revealed(seal),
        })
        .collect();
    let amounts = Leaves::Amount(Amounts::new(confine(leaves)).unwrap());
    let globals = [
        (0, b"TICK".to_vec()),
        (1, b"A name".to_vec()),
        (2, number(2)),
        (5, number(60)),
    ];
    Genesis {
        format: OPERATION_FORMAT,
        schema: fixed().id(),
        network: NetworkId::of_network(Network::Regtest),
        timestamp: 1_700_000_000,
        globals: Values::new(globals).unwrap(),
        outputs: outputs([(0, amounts)]),
    }
}

pub fn input(operation: OperationId, index: u32) -> Input {
    Input {
        operation,
        owned_type: 0,
        index,
    }
}

/// Moves leaves 0 and 1 of the genesis into two others.
pub fn transfer() -> Transition {
    let contract = genesis().contract_id();
    let leaves = vec![leaf(25, 0), leaf(5, 1)];
    let amounts = Leaves::Amount(Amounts::new(confine(leaves)).unwrap());
    let inputs = [0, 1].map(|index| input(contract.into(), index));
    Transition {
        format: OPERATION_FORMAT,
        contract,
        kind: 0,
        inputs: confine(std::collections::BTreeSet::from(inputs)),
        globals: Values::default(),
        metadata: Values::default(),
        outputs: outputs([(0, amounts)]),
    }
}

/// A transition with one of everything; its schema does not exist.
pub fn everything() -> Transition {
    let inputs = [(1, 0, 0), (1, 0, 1), (1, 300, 0), (2, 0, 70_000)];
    let inputs = inputs.map(|(byte, owned_type, index)| Input {
        operation: operation(byte),
        owned_type,
        index,
    });
    Transition {
        format: OPERATION_FORMAT,
        contract: ContractId::from_bytes([9; 32]),
        kind: 0x0102,
        inputs: confine(std::collections::BTreeSet::from(inputs)),
        globals: Values::new([(3, b"x".to_vec()), (3, b"a".to_vec()), (4, vec![])]).unwrap(),
        metadata: Values::new([(0, number(7))]).unwrap(),
        outputs: outputs([(0, amounts(5)), (1, tokens()), (2, rights()), (300, data())]),
    }
}
