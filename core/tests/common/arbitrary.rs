//! Strategies for every object of core. Lists are short: limits have tests of their own.

use std::collections::{BTreeMap, BTreeSet};

use amplify::confinement::Confined;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::hex::FromHex;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::LeafVersion;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid};
use bulla_core::anchor::Anchor;
use bulla_core::bundle::{Bundle, BundleProof, Step};
use bulla_core::commit::mpc::{MpcProof, Proof};
use bulla_core::commit::{DbcProof, Partner, TapretProof};
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::schema::{
    Expr, GenesisDef, GlobalDef, MetaDef, Occurs, OwnedDef, RULE_VERSION, Rule, Schema, Side,
    Threshold, TransitionDef, ValueType,
};
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::{StateKind, Token};
use bulla_core::value::Values;
use bulla_core::witness::Witness;
use bulla_core::{ContractId, NetworkId, OperationId, SchemaId, SecretSeal};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;

/// Wraps a collection that is within its bounds.
pub fn confine<C: amplify::confinement::Collection, const MIN: usize, const MAX: usize>(
    collection: C,
) -> Confined<C, MIN, MAX> {
    Confined::try_from(collection).unwrap()
}

pub fn txid() -> impl Strategy<Value = Txid> {
    any::<[u8; 32]>().prop_map(Txid::from_byte_array)
}

pub fn seal() -> impl Strategy<Value = Seal> {
    let blinding = || any::<[u8; 16]>().prop_map(Blinding);
    prop_oneof![
        (any::<u32>(), blinding()).prop_map(|(vout, blinding)| Seal::Witness { vout, blinding }),
        (txid(), any::<u32>(), blinding()).prop_map(|(txid, vout, blinding)| Seal::Outpoint {
            txid,
            vout,
            blinding
        }),
    ]
}

pub fn assigned_seal() -> impl Strategy<Value = AssignedSeal> {
    prop_oneof![
        seal().prop_map(AssignedSeal::Revealed),
        any::<[u8; 32]>().prop_map(|hash| AssignedSeal::Secret(SecretSeal::from_bytes(hash))),
    ]
}

fn leaf<S: std::fmt::Debug>(state: impl Strategy<Value = S>) -> impl Strategy<Value = Leaf<S>> {
    (state, assigned_seal()).prop_map(|(state, seal)| Leaf { state, seal })
}

fn token() -> impl Strategy<Value = Token> {
    (any::<u32>(), any::<u64>()).prop_map(|(id, fraction)| Token { id, fraction })
}

fn amounts() -> impl Strategy<Value = Leaves> {
    let state = any::<u32>().prop_map(u64::from);
    vec(leaf(state), 1..12)
        .prop_map(|leaves| Leaves::Amount(Amounts::new(confine(leaves)).unwrap()))
}

fn leaves() -> impl Strategy<Value = Leaves> {
    let data = vec(any::<u8>(), 0..40).prop_map(confine);
    prop_oneof![
        3 => amounts(),
        1 => vec(leaf(token()), 1..4).prop_map(|list| Leaves::Token(confine(list))),
        1 => vec(leaf(Just(())), 1..4).prop_map(|list| Leaves::Right(confine(list))),
        1 => vec(leaf(data), 1..4).prop_map(|list| Leaves::Data(confine(list))),
    ]
}

/// Outputs of which an arbitrary part is shown.
pub fn outputs() -> impl Strategy<Value = Outputs> {
    let whole = btree_map(any::<u16>(), leaves(), 0..4).prop_map(|types| Outputs(confine(types)));
    (whole, prop_oneof![Just(u16::MAX), any::<u16>()])
        .prop_map(|(outputs, mask)| outputs.pruned(|_, index| mask >> (index % 16) & 1 == 1))
}

fn values() -> impl Strategy<Value = Values> {
    vec((any::<u16>(), vec(any::<u8>(), 0..20)), 0..4).prop_map(|list| Values::new(list).unwrap())
}

pub fn genesis() -> impl Strategy<Value = Genesis> {
    let ids = any::<([u8; 32], [u8; 32])>();
    (ids, any::<u64>(), values(), outputs()).prop_map(
        |((schema, network), timestamp, globals, outputs)| Genesis {
            format: OPERATION_FORMAT,
            schema: SchemaId::from_bytes(schema),
            network: NetworkId::from_bytes(network),
            timestamp,
            globals,
            outputs,
        },
    )
}

pub fn input() -> impl Strategy<Value = Input> {
    any::<([u8; 32], u16, u32)>().prop_map(|(operation, owned_type, index)| Input {
        operation: OperationId::from_bytes(operation),
        owned_type,
        index,
    })
}

fn inputs() -> impl Strategy<Value = BTreeSet<Input>> {
    btree_set(input(), 1..5)
}

pub fn transition() -> impl Strategy<Value = Transition> {
    let head = any::<([u8; 32], u16)>();
    (head, inputs(), values(), values(), outputs()).prop_map(
        |((contract, kind), inputs, globals, metadata, outputs)| Transition {
            format: OPERATION_FORMAT,
            contract: ContractId::from_bytes(contract),
            kind,
            inputs: confine(inputs),
            globals,
            metadata,
            outputs,
        },
    )
}

pub fn bundle() -> impl Strategy<Value = Bundle> {
    let operation = any::<[u8; 32]>().prop_map(OperationId::from_bytes);
    btree_map(input(), operation, 1..20).prop_map(|entries| Bundle(confine(entries)))
}

pub fn bundle_proof() -> impl Strategy<Value = BundleProof> {
    let step = prop_oneof![
        Just(Step::Leaf),
        Just(Step::Empty),
        any::<[u8; 32]>().prop_map(Step::Hidden)
    ];
    vec(step, 0..8).prop_map(|steps| BundleProof(confine(steps)))
}

fn script() -> impl Strategy<Value = ScriptBuf> {
    vec(any::<u8>(), 0..40).prop_map(ScriptBuf::from_bytes)
}

pub fn witness() -> impl Strategy<Value = Witness> {
    let input = (txid(), any::<u32>(), script(), any::<u32>());
    let input = input.prop_map(|(txid, vout, script_sig, sequence)| TxIn {
        previous_output: OutPoint { txid, vout },
        script_sig,
        sequence: Sequence(sequence),
        ..TxIn::default()
    });
    let output = (any::<u64>(), script()).prop_map(|(value, script_pubkey)| TxOut {
        value: Amount::from_sat(value),
        script_pubkey,
    });
    let numbers = any::<(i32, u32)>();
    (numbers, vec(input, 1..4), vec(output, 0..4)).prop_map(
        |((version, lock_time), input, output)| {
            Witness::new(&Transaction {
                version: Version(version),
                lock_time: LockTime::from_consensus(lock_time),
                input,
                output,
            })
        },
    )
}

pub fn mpc_path() -> impl Strategy<Value = MpcProof> {
    let path = vec(any::<[u8; 32]>(), 3..17);
    (any::<u32>(), 0_u16..8, path).prop_map(|(pos, cofactor, path)| MpcProof {
        pos,
        cofactor,
        path,
    })
}

pub fn mpc_proof() -> impl Strategy<Value = Proof> {
    prop_oneof![
        mpc_path().prop_map(Proof::Path),
        any::<u64>().prop_map(Proof::Entropy)
    ]
}

pub fn partner() -> impl Strategy<Value = Partner> {
    let script = vec(any::<u8>(), 0..100);
    let version = prop_oneof![Just(0xc0_u8), Just(0xfa)];
    prop_oneof![
        any::<[u8; 32]>().prop_map(Partner::LeftNode),
        (version, script).prop_map(|(version, script)| Partner::RightLeaf {
            version: LeafVersion::from_consensus(version).unwrap(),
            script,
        }),
        any::<([u8; 32], [u8; 32])>().prop_map(|(a, b)| Partner::RightBranch {
            a: a.min(b),
            b: a.max(b),
        }),
    ]
}

fn internal_key() -> impl Strategy<Value = XOnlyPublicKey> {
    let keys = [
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0",
        "c5f93479093e2b8f724a79844cc10928dd44e9a390b539843fb83fbf842723f3",
    ];
    prop::sample::select(keys.to_vec())
        .prop_map(|key| XOnlyPublicKey::from_slice(&Vec::from_hex(key).unwrap()).unwrap())
}

pub fn tapret_proof() -> impl Strategy<Value = TapretProof> {
    let partner = prop::option::of(partner());
    (partner, any::<u8>(), internal_key()).prop_map(|(partner, nonce, internal_key)| TapretProof {
        partner,
        nonce,
        internal_key: internal_key.serialize(),
    })
}

pub fn dbc_proof() -> impl Strategy<Value = DbcProof> {
    prop_oneof![
        Just(DbcProof::Opret),
        (tapret_proof(), any::<bool>()).prop_map(|(proof, odd)| DbcProof::Tapret { proof, odd }),
    ]
}

pub fn anchor() -> impl Strategy<Value = Anchor> {
    (mpc_proof(), dbc_proof()).prop_map(|(mpc, dbc)| Anchor { mpc, dbc })
}

fn expr() -> impl Strategy<Value = Expr> {
    let name = (0_u8..8, any::<u16>()).prop_map(|(which, number)| match which {
        0 => Expr::In(number),
        1 => Expr::Out(number),
        2 => Expr::CountIn(number),
        3 => Expr::CountOut(number),
        4 => Expr::CountGlobal(number),
        5 => Expr::Global(number),
        6 => Expr::Meta(number),
        _ => Expr::Genesis(number),
    });
    let leaf = prop_oneof![any::<u64>().prop_map(Expr::Const), name];
    leaf.prop_recursive(4, 20, 2, |inner| {
        (0_u8..3, inner.clone(), inner).prop_map(|(which, left, right)| {
            let (left, right) = (Box::new(left), Box::new(right));
            match which {
                0 => Expr::Add(left, right),
                1 => Expr::Sub(left, right),
                _ => Expr::Mul(left, right),
            }
        })
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let threshold = prop_oneof![
        any::<u64>().prop_map(Threshold::Const),
        any::<u16>().prop_map(Threshold::Genesis)
    ];
    let side = prop_oneof![Just(Side::Input), Just(Side::Output)];
    let range = (side, any::<u16>(), expr(), expr(), expr());
    prop_oneof![
        (expr(), expr()).prop_map(|(left, right)| Rule::Equal(left, right)),
        (expr(), expr()).prop_map(|(left, right)| Rule::AtMost(left, right)),
        (expr(), expr()).prop_map(|(left, right)| Rule::Less(left, right)),
        any::<u16>().prop_map(Rule::TokensKept),
        range.prop_map(|(side, owned, first, count, fraction)| Rule::TokensRange {
            side,
            owned,
            first,
            count,
            fraction
        }),
        (threshold, any::<u16>()).prop_map(|(threshold, keys)| Rule::Signed { threshold, keys }),
        expr().prop_map(Rule::NotBefore),
    ]
}

fn name() -> impl Strategy<Value = String> {
    vec(prop::char::any(), 0..8).prop_map(String::from_iter)
}

fn occurs() -> impl Strategy<Value = BTreeMap<u16, Occurs>> {
    let occurs = any::<(u32, u32)>().prop_map(|(min, max)| Occurs { min, max });
    btree_map(any::<u16>(), occurs, 0..3)
}

fn numbered<D: std::fmt::Debug>(
    def: impl Strategy<Value = D>,
) -> impl Strategy<Value = BTreeMap<u16, D>> {
    btree_map(any::<u16>(), def, 0..4)
}

/// Schemas as bytes can say them; most are no schemas (`Schema::check`).
pub fn schema() -> impl Strategy<Value = Schema> {
    let types = ValueType::ALL.map(|(_, ty)| ty).to_vec();
    let with_type = move || (name(), prop::sample::select(types.clone()));
    let kinds = (0..4)
        .filter_map(StateKind::from_number)
        .collect::<Vec<_>>();
    let owned = (name(), prop::sample::select(kinds));
    let rules = || vec(rule(), 0..4);
    let genesis = (occurs(), occurs(), rules());
    let transition = (name(), (occurs(), occurs(), occurs(), occurs()), rules());
    let transition =
        transition.prop_map(
            |(name, (inputs, outputs, globals, metadata), rules)| TransitionDef {
                name,
                inputs,
                outputs,
                globals,
                metadata,
                rules,
            },
        );
    let declared = (
        numbered(with_type().prop_map(|(name, ty)| GlobalDef { name, ty })),
        numbered(with_type().prop_map(|(name, ty)| MetaDef { name, ty })),
        numbered(owned.prop_map(|(name, kind)| OwnedDef { name, kind })),
    );
    (name(), declared, genesis, numbered(transition)).prop_map(
        |(name, (globals, metadata, owned), (genesis, outputs, rules), transitions)| Schema {
            version: RULE_VERSION,
            name,
            globals,
            metadata,
            owned,
            genesis: GenesisDef {
                globals: genesis,
                outputs,
                rules,
            },
            transitions,
        },
    )
}

pub fn header() -> impl Strategy<Value = Header> {
    (schema(), genesis()).prop_map(|(schema, genesis)| Header::new(schema, genesis))
}
