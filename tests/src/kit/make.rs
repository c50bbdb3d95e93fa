//! One-word makers of small things, the same in every run.

use amplify::confinement::Confined;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::key::{Keypair, Secp256k1, XOnlyPublicKey};
use bitcoin::secp256k1::{All, SecretKey};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::{State, StateKind, Token};
use bulla_core::value::Values;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The curve.
pub static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// 32 bytes that depend on the label alone.
pub fn bytes(label: &str) -> [u8; 32] {
    sha256::Hash::hash(label.as_bytes()).to_byte_array()
}

/// Key pair number `n`.
pub fn keypair(n: usize) -> Keypair {
    let secret = SecretKey::from_slice(&bytes(&format!("key {n}"))).expect("a hash is a scalar");
    Keypair::from_secret_key(&SECP, &secret)
}

/// Public key number `n`.
pub fn key(n: usize) -> XOnlyPublicKey {
    keypair(n).x_only_public_key().0
}

/// Output 0 of the made-up transaction number `n`.
pub fn coin(n: u32) -> OutPoint {
    let txid = Txid::from_byte_array(bytes(&format!("coin {n}")));
    OutPoint { txid, vout: 0 }
}

/// Blinding number `n`.
pub fn blinding(n: u32) -> Blinding {
    let mut blinding = [0; 16];
    blinding[..4].copy_from_slice(&n.to_le_bytes());
    Blinding(blinding)
}

/// A revealed seal over a coin.
pub fn on(coin: OutPoint) -> AssignedSeal {
    AssignedSeal::Revealed(Seal::outpoint(coin, blinding(coin.vout)))
}

/// A revealed seal over an output of the witness.
pub fn at(vout: u32) -> AssignedSeal {
    let blinding = blinding(vout);
    AssignedSeal::Revealed(Seal::Witness { vout, blinding })
}

/// A token state.
pub fn token(id: u32, fraction: u64) -> State {
    State::Token(Token { id, fraction })
}

/// A number as a value.
pub fn number(value: u64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// Values out of (number, bytes).
pub fn values(list: &[(u16, Vec<u8>)]) -> Values {
    Values::new(list.iter().cloned()).expect("few and short values")
}

/// An assignment: owned type, state, seal.
pub type Assignment = (u16, State, AssignedSeal);

/// Whole outputs out of assignments; those of one type keep their order.
pub fn outputs(list: &[Assignment]) -> Outputs {
    let mut types = BTreeMap::<u16, Vec<(State, AssignedSeal)>>::new();
    for (ty, state, seal) in list {
        types.entry(*ty).or_default().push((state.clone(), *seal));
    }
    let types: BTreeMap<_, _> = types
        .into_iter()
        .map(|(ty, list)| (ty, leaves(&list)))
        .collect();
    Outputs(Confined::try_from(types).expect("few types"))
}

/// A whole list of leaves, of the kind of the first.
pub fn leaves(list: &[(State, AssignedSeal)]) -> Leaves {
    fn of<S>(list: &[(State, AssignedSeal)], read: impl Fn(&State) -> Option<S>) -> Vec<Leaf<S>> {
        let leaf = |(state, seal): &(State, AssignedSeal)| Leaf {
            state: read(state).expect("one kind for all leaves of a type"),
            seal: *seal,
        };
        list.iter().map(leaf).collect()
    }
    let (kind, few) = (list[0].0.kind(), "few leaves");
    match kind {
        StateKind::Amount => {
            let list = of(list, |state| match state {
                State::Amount(amount) => Some(*amount),
                _ => None,
            });
            Leaves::Amount(Amounts::new(Confined::try_from(list).expect(few)).expect("a u64 sum"))
        }
        StateKind::Token => Leaves::Token(
            Confined::try_from(of(list, |state| match state {
                State::Token(token) => Some(*token),
                _ => None,
            }))
            .expect(few),
        ),
        StateKind::Right => {
            let list = of(list, |state| (*state == State::Right).then_some(()));
            Leaves::Right(Confined::try_from(list).expect(few))
        }
        StateKind::Data => Leaves::Data(
            Confined::try_from(of(list, |state| match state {
                State::Data(data) => Some(data.clone()),
                _ => None,
            }))
            .expect(few),
        ),
    }
}

/// A script that carries nothing.
pub fn p2wpkh() -> ScriptBuf {
    ScriptBuf::from_bytes([&[0x00, 0x14], [7; 20].as_slice()].concat())
}

/// The script of an output key, as it is.
pub fn p2tr(key: XOnlyPublicKey) -> ScriptBuf {
    ScriptBuf::from_bytes([&[0x51, 0x20], key.serialize().as_slice()].concat())
}

/// An unsigned transaction input.
pub fn spend(previous_output: OutPoint) -> TxIn {
    TxIn {
        previous_output,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        ..TxIn::default()
    }
}

/// An output of 1,000 sat.
pub fn pay(script_pubkey: ScriptBuf) -> TxOut {
    let value = Amount::from_sat(1_000);
    TxOut {
        value,
        script_pubkey,
    }
}

/// A transaction that spends these coins to `payments` plain outputs after a host output, whose
/// script is made when the commitment is known.
pub fn transaction(coins: impl IntoIterator<Item = OutPoint>, payments: usize) -> Transaction {
    let plain = std::iter::repeat_with(|| pay(p2wpkh())).take(payments);
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: coins.into_iter().map(spend).collect(),
        output: std::iter::once(pay(ScriptBuf::new()))
            .chain(plain)
            .collect(),
    }
}
