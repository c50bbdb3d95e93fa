//! A cheat with a real wallet: he takes its coins, its history and its keys, and commits to operations
//! that the wallet would refuse to make, in transactions that he signs and broadcasts.

use std::collections::BTreeSet;

use amplify::confinement::Confined;
use bitcoin::{Amount, Psbt, ScriptBuf, Transaction, TxOut, Txid};
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::{Frame, Terminal, Terminals};
use bulla_core::header::Header;
use bulla_core::operation::{Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::Outputs;
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::State;
use bulla_core::{ContractId, OperationId};
use bulla_wallet::coins::{Coin, Place, finalize};
use bulla_wallet::invoice::{Beneficiary, Invoice};
use bulla_wallet::keys::Keys;

use super::forged::Forged;
use super::person::Person;
use crate::kit::make::{Assignment, on, outputs, transaction, values};
use crate::kit::{Act, Consignment, Draft, leaf};
use crate::world::Chain;

/// A cheat, what he holds of a contract, and whom he is to pay.
pub struct Forger<'a> {
    cheat: &'a Person,
    keys: Keys,
    /// The contract as everybody knows it.
    pub header: Header,
    /// The real history of what he holds.
    history: Vec<Frame>,
    /// What he holds.
    held: BTreeSet<Input>,
    /// The coins under it, and one for the fees.
    spends: Vec<Coin>,
    /// The output that the victim asked for.
    victim: (TxOut, Blinding),
    change: ScriptBuf,
    fee_sats: u64,
}

/// A forged operation that was broadcast.
#[derive(Clone, Debug)]
pub struct Forgery {
    /// The consignment for the victim.
    pub bytes: Vec<u8>,
    /// The operation.
    pub operation: OperationId,
    /// Its witness; none for a genesis.
    pub witness: Option<Txid>,
}

impl Person {
    /// Turns into a cheat who pays this invoice with everything that he holds of its contract.
    pub fn forger(&mut self, contract: ContractId, invoice: &Invoice) -> Forger<'_> {
        let change = self.address().script_pubkey();
        let cheat: &Self = self;
        let view = cheat.view();
        let passphrase = Self::passphrase();
        let challenge = "show me".parse().expect("a challenge");
        let proof = view.prove(contract, &challenge, &BTreeSet::new(), &passphrase, None);
        let proof = proof.expect("something is held and settled");
        let (header, history, held) = read(&proof.consignment);
        let under: BTreeSet<_> = proof.coins.iter().map(|coin| coin.outpoint).collect();
        let (mut spends, others): (Vec<Coin>, Vec<Coin>) = view
            .coins()
            .into_iter()
            .partition(|coin| under.contains(&coin.outpoint));
        let plain = others.into_iter().filter(|coin| coin.place == Place::Plain);
        spends.push(plain.max_by_key(|coin| coin.value).expect("a plain coin"));
        let Beneficiary::Address { address, blinding } = &invoice.to else {
            panic!("an invoice for a new output");
        };
        let payment = TxOut {
            value: Amount::from_sat(1_000),
            script_pubkey: address.clone().assume_checked().script_pubkey(),
        };
        Forger {
            cheat,
            keys: view.spending_keys(&passphrase).expect("the keys"),
            header,
            history,
            held,
            spends,
            victim: (payment, *blinding),
            change,
            fee_sats: 0,
        }
    }
}

/// The header, the frames before the last, and the leaves that the last one names.
fn read(consignment: &[u8]) -> (Header, Vec<Frame>, BTreeSet<Input>) {
    let mut parts = parts(consignment).map(|part| part.expect("a part"));
    let header = Header::decode(parts.next().expect("a header")).expect("a header");
    let mut explicit = Explicit::new(&header);
    let frames = parts.map(|part| explicit.frame(part).expect("a frame"));
    let mut frames: Vec<_> = frames.collect();
    let Some(Frame::Terminals(terminals)) = frames.pop() else {
        panic!("terminals come last");
    };
    let leaves = terminals.0.iter().filter_map(|terminal| match terminal {
        Terminal::Leaf(input) => Some(*input),
        Terminal::Evidence(_) => None,
    });
    let leaves = leaves.collect();
    (header, frames, leaves)
}

impl Forger<'_> {
    /// How many leaves he holds of an owned type.
    pub fn holds(&self, owned: u16) -> u32 {
        let of = self.held.iter().filter(|input| input.owned_type == owned);
        u32::try_from(of.count()).expect("few leaves")
    }

    /// Commits to an operation in a transaction that spends all that he holds and pays the victim. It
    /// replaces the one before.
    pub fn forge(&mut self, chain: &dyn Chain, forged: &Forged) -> Forgery {
        let (header, history) = self.ground(forged);
        let act = self.act(&header, forged);
        let draft = Draft::new(vec![act], self.transaction());
        let anchored = draft.anchor(header.genesis.contract_id());
        let source = chain.source();
        let signed = self.sign(anchored.witness.transaction());
        source.broadcast(&signed).expect("the network takes it");
        let shown = history.iter().flat_map(operations);
        let mut terminals: Vec<_> = shown.map(Terminal::Evidence).collect();
        let operation = anchored.ids[0];
        terminals.extend(made(operation, &draft.acts[0].transition.outputs));
        let mut frames = history;
        frames.push(Frame::Witness(Box::new(draft.frame(&anchored))));
        frames.push(Frame::Terminals(Terminals::default()));
        let mut consignment = Consignment { header, frames };
        consignment.hand_over(terminals);
        let (operation, witness) = match forged.transition {
            Some(_) => (operation, Some(anchored.witness.txid())),
            None => (consignment.header.genesis.contract_id().into(), None),
        };
        Forgery {
            bytes: consignment.encode(),
            operation,
            witness,
        }
    }

    /// What an operation builds on: the real history, or a genesis that is forged itself.
    fn ground(&self, forged: &Forged) -> (Header, Vec<Frame>) {
        if forged.transition.is_some() {
            return (self.header.clone(), self.history.clone());
        }
        let mut header = self.header.clone();
        let seal = on(self.spends[0].outpoint);
        header.genesis.globals = values(&forged.globals);
        header.genesis.outputs = outputs(&assigned(&forged.gives, seal));
        (header, Vec::new())
    }

    fn act(&self, header: &Header, forged: &Forged) -> Act {
        let contract = header.genesis.contract_id();
        let (vout, blinding) = (1, self.victim.1);
        let seal = AssignedSeal::Revealed(Seal::Witness { vout, blinding });
        let takes = |input: &&Input| forged.takes.contains(&input.owned_type);
        let mut inputs: BTreeSet<_> = self.held.iter().filter(takes).copied().collect();
        if forged.transition.is_none() {
            let owned = forged.gives.first().map_or(0, |(owned, _)| *owned);
            inputs.insert(leaf(contract.into(), owned, 0));
        }
        Act {
            transition: Transition {
                format: OPERATION_FORMAT,
                contract,
                kind: forged.transition.unwrap_or(0),
                inputs: Confined::try_from(inputs).expect("something is taken"),
                globals: values(&forged.globals),
                metadata: values(&forged.metadata),
                outputs: outputs(&assigned(&forged.gives, seal)),
            },
            shown: true,
            signers: forged.signers.clone(),
        }
    }

    /// Host, payment to the victim, change; the fee beats that of the transaction before.
    fn transaction(&mut self) -> Transaction {
        self.fee_sats += 100 * (self.spends.len() as u64 + 3);
        let all: Amount = self.spends.iter().map(|coin| coin.value).sum();
        let fee = Amount::from_sat(self.fee_sats);
        let mut made = transaction(self.spends.iter().map(|coin| coin.outpoint), 0);
        made.output[0].value = Amount::ZERO;
        made.output.push(self.victim.0.clone());
        made.output.push(TxOut {
            value: all - self.victim.0.value - fee,
            script_pubkey: self.change.clone(),
        });
        made
    }

    /// With the keys alone, past everything that the wallet looks at before it signs.
    fn sign(&self, transaction: &Transaction) -> Transaction {
        let mut psbt = Psbt::from_unsigned_tx(transaction.clone()).expect("unsigned");
        for (field, coin) in psbt.inputs.iter_mut().zip(&self.spends) {
            field.witness_utxo = Some(TxOut {
                value: coin.value,
                script_pubkey: coin.script.clone(),
            });
        }
        let coins = self.cheat.view().coin_set();
        coins.sign(&mut psbt, &self.keys).expect("his coins");
        finalize(&psbt).expect("signatures")
    }
}

fn assigned(states: &[(u16, State)], seal: AssignedSeal) -> Vec<Assignment> {
    let states = states.iter();
    states
        .map(|(owned, state)| (*owned, state.clone(), seal))
        .collect()
}

fn operations(frame: &Frame) -> Vec<OperationId> {
    match frame {
        Frame::Witness(frame) => {
            let shown = frame.transitions.iter();
            shown.map(|signed| signed.transition.id()).collect()
        }
        _ => Vec::new(),
    }
}

/// The open leaves of an operation, or the operation itself if it has none.
fn made(operation: OperationId, outputs: &Outputs) -> Vec<Terminal> {
    let open = outputs
        .shown()
        .filter(|(_, shown)| shown.state != State::Amount(0));
    let leaves: Vec<_> = open
        .map(|(owned, shown)| Terminal::Leaf(leaf(operation, owned, shown.index)))
        .collect();
    if leaves.is_empty() {
        return vec![Terminal::Evidence(operation)];
    }
    leaves
}
