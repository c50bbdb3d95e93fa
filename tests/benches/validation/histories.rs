//! Histories of any length, made witness by witness, so that a long one needs no more memory than its file.

use std::collections::{BTreeMap, VecDeque};

use amplify::confinement::Confined;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::key::{Parity, XOnlyPublicKey};
use bitcoin::transaction::Version;
use bitcoin::{OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid};
use bulla_core::ContractId;
use bulla_core::anchor::Anchor;
use bulla_core::bundle::Bundle;
use bulla_core::commit::mpc::{Proof, entropy_root};
use bulla_core::commit::{Commitment, DbcProof, TapretProof, opret};
use bulla_core::consignment::Writer;
use bulla_core::frame::{Frame, Signatures, Signed, Terminal, Terminals, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::operation::{Input, OPERATION_FORMAT, Transition};
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::State;
use bulla_core::value::Values;
use bulla_core::witness::Witness;
use bulla_tests::kit::make::{outputs, p2tr};
use bulla_tests::kit::{History, leaf};

/// The supply of every contract.
const SUPPLY: u64 = 21_000_000_000_000;

/// How witnesses carry commitments.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Method {
    Opret,
    Tapret,
}

/// How transitions follow each other.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Each takes the payment of the one before, and makes a payment and a change.
    Line,
    /// Each moves all that the one before moved: one leaf is open.
    Chain,
    /// The first half splits one leaf into two each, the second half joins two into one.
    Tree,
}

/// A leaf that the maker can consume.
#[derive(Copy, Clone)]
struct Owned {
    input: Input,
    amount: u64,
    outpoint: OutPoint,
}

struct Maker {
    contract: ContractId,
    kind: u16,
    method: Method,
    writer: Writer,
    made: u64,
}

/// The bytes of a history of `transitions` of this shape; the last leaf is handed over.
pub fn make(shape: Shape, method: Method, transitions: u32) -> Vec<u8> {
    let coin = random_coin("genesis", 0);
    let genesis = History::new(
        bulla_schemas::fixed(),
        bulla_tests::kit::fixed_globals(SUPPLY),
        &[(0, State::Amount(SUPPLY), on(coin, 0))],
    );
    let header = Header::new(genesis.schema.clone(), genesis.genesis().clone());
    let (kind, _) = genesis.schema.transition("transfer").expect("a transfer");
    let mut maker = Maker {
        contract: genesis.contract(),
        kind,
        method,
        writer: Writer::new(&header).expect("a small header"),
        made: 0,
    };
    let first = Owned {
        input: genesis.seed(0),
        amount: SUPPLY,
        outpoint: coin,
    };
    let last = match shape {
        Shape::Line => maker.line(first, transitions),
        Shape::Chain => maker.chain(first, transitions),
        Shape::Tree => maker.tree(first, transitions),
    };
    let terminals = Terminals::new([Terminal::Leaf(last)]).expect("one terminal");
    maker.writer.finish(terminals).expect("a small frame")
}

impl Maker {
    fn line(&mut self, first: Owned, transitions: u32) -> Input {
        let mut payment = first;
        for n in 0..transitions {
            let change = 1 + u64::from(n % 1_000);
            let made = self.transfer(&[payment], &[change, payment.amount - change], 1);
            payment = made[1];
        }
        payment.input
    }

    fn chain(&mut self, first: Owned, transitions: u32) -> Input {
        let mut leaf = first;
        for _ in 0..transitions {
            leaf = self.transfer(&[leaf], &[leaf.amount], 0)[0];
        }
        leaf.input
    }

    fn tree(&mut self, first: Owned, transitions: u32) -> Input {
        let mut open = VecDeque::from([first]);
        for _ in 0..transitions / 2 {
            let leaf = open.pop_front().expect("a leaf to split");
            let half = leaf.amount / 2;
            open.extend(self.transfer(&[leaf], &[half, leaf.amount - half], 0));
        }
        while let (Some(a), Some(b)) = (open.pop_front(), open.pop_front()) {
            open.extend(self.transfer(&[a, b], &[a.amount + b.amount], 0));
            if open.len() == 1 {
                break;
            }
        }
        open[0].input
    }

    /// One witness with one transition. The first `changes` leaves stand on output 1 of the witness, the
    /// others on coins of their own, which later transitions consume.
    fn transfer(&mut self, inputs: &[Owned], amounts: &[u64], changes: usize) -> Vec<Owned> {
        let number = self.made;
        self.made += 1;
        let leaves: Vec<_> = (0_u64..)
            .zip(amounts)
            .map(|(n, amount)| (*amount, random_coin("coin", number * 2 + n)))
            .collect();
        let assignments: Vec<_> = (0..)
            .zip(&leaves)
            .map(|(n, (amount, coin))| {
                let seal = if n < changes {
                    change(number)
                } else {
                    on(*coin, number)
                };
                (0, State::Amount(*amount), seal)
            })
            .collect();
        let transition = Transition {
            format: OPERATION_FORMAT,
            contract: self.contract,
            kind: self.kind,
            inputs: Confined::try_from_iter(inputs.iter().map(|owned| owned.input))
                .expect("inputs"),
            globals: Values::default(),
            metadata: Values::default(),
            outputs: outputs(&assignments),
        };
        let id = transition.id();
        let frame = self.anchor(inputs, transition, number);
        self.writer
            .frame(&Frame::Witness(Box::new(frame)))
            .expect("a small frame");
        (0_u32..)
            .zip(leaves)
            .map(|(index, (amount, outpoint))| Owned {
                input: leaf(id, 0, index),
                amount,
                outpoint,
            })
            .collect()
    }

    fn anchor(&self, inputs: &[Owned], transition: Transition, number: u64) -> WitnessFrame {
        let id = transition.id();
        let map: BTreeMap<_, _> = inputs.iter().map(|owned| (owned.input, id)).collect();
        let bundle = Bundle(Confined::try_from(map).expect("at least one input"));
        let entropy =
            u64::from_le_bytes(random("entropy", number)[..8].try_into().expect("8 bytes"));
        let commitment = entropy_root(entropy, self.contract.to_bytes(), bundle.id().to_bytes());
        let (script, dbc) = carry(self.method, commitment, number);
        let signed = Signed {
            transition,
            signatures: Signatures::default(),
        };
        WitnessFrame {
            witness: Witness::new(&transaction(inputs, script, number)),
            anchor: Anchor {
                mpc: Proof::Entropy(entropy),
                dbc,
            },
            bundle: bundle.view().prove(|shown| *shown == id).expect("no step"),
            transitions: Confined::try_from(vec![signed]).expect("one transition"),
        }
    }
}

/// The host output's script and the proof.
fn carry(method: Method, commitment: Commitment, number: u64) -> (ScriptBuf, DbcProof) {
    match method {
        Method::Opret => (opret::script(commitment), DbcProof::Opret),
        Method::Tapret => {
            let built = TapretProof::build(random_key(number), None, commitment);
            let (proof, output, parity) = built.expect("no partner");
            let odd = parity == Parity::Odd;
            (p2tr(output), DbcProof::Tapret { proof, odd })
        }
    }
}

/// Spends the coins to the host output and a P2WPKH one.
fn transaction(inputs: &[Owned], host: ScriptBuf, number: u64) -> Transaction {
    let key_hash = &random("p2wpkh", number)[..20];
    let change = ScriptBuf::from_bytes([&[0x00, 0x14], key_hash].concat());
    let spend = |owned: &Owned| TxIn {
        previous_output: owned.outpoint,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        ..TxIn::default()
    };
    let pay = |sat, script_pubkey| TxOut {
        value: bitcoin::Amount::from_sat(sat),
        script_pubkey,
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: inputs.iter().map(spend).collect(),
        output: vec![pay(1_000, host), pay(99_998_000, change)],
    }
}

/// 32 bytes that depend on label and number alone, and do not compress.
fn random(label: &str, number: u64) -> [u8; 32] {
    let mut bytes = label.as_bytes().to_vec();
    bytes.extend(number.to_le_bytes());
    sha256::Hash::hash(&bytes).to_byte_array()
}

fn random_coin(label: &str, number: u64) -> OutPoint {
    OutPoint {
        txid: Txid::from_byte_array(random(label, number)),
        vout: u32::try_from(number % 3).expect("small"),
    }
}

/// Half of all numbers are x coordinates of points.
fn random_key(number: u64) -> XOnlyPublicKey {
    let mut tries = (0..).map(|n| random(&format!("key {n}"), number));
    tries
        .find_map(|bytes| XOnlyPublicKey::from_slice(&bytes).ok())
        .expect("a point")
}

fn on(coin: OutPoint, number: u64) -> AssignedSeal {
    AssignedSeal::Revealed(Seal::outpoint(coin, blinding("blinding", number)))
}

fn change(number: u64) -> AssignedSeal {
    let blinding = blinding("change", number);
    AssignedSeal::Revealed(Seal::Witness { vout: 1, blinding })
}

fn blinding(label: &str, number: u64) -> Blinding {
    Blinding(*random(label, number).first_chunk().expect("16 bytes"))
}
