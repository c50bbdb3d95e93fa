//! Which leaves of a consignment are ours: by the seals of our invoices, and by those that derive
//! from our outputs.

use std::collections::{BTreeMap, BTreeSet};

use bdk_wallet::rusqlite::Connection;
use bitcoin::consensus::serialize;
use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};
use bulla_core::frame::WitnessFrame;
use bulla_core::header::Header;
use bulla_core::operation::Input;
use bulla_core::outputs::Outputs;
use bulla_core::seal::{AssignedSeal, Blinding, Seal};
use bulla_core::state::State;
use bulla_core::{OperationId, SecretSeal};

use crate::coins::{Coins, Mark, Owner, Place};
use crate::defaults::BLINDING_COUNTERS;
use crate::keys::ViewSecret;
use crate::store::invoices::InvoiceRow;
use crate::store::{StoreError, invoices};

/// A leaf that is ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ours {
    pub leaf: Input,
    pub state: State,
    pub seal: Seal,
    /// The output that holds it.
    pub outpoint: OutPoint,
    /// The witness of its operation; none for a genesis.
    pub witness: Option<Txid>,
    /// The invoice that its seal was made for.
    pub invoice: Option<i64>,
}

/// A seal that could be ours.
#[derive(Copy, Clone)]
struct Candidate {
    seal: Seal,
    invoice: Option<i64>,
}

/// What is tried for the outputs of one script in one transaction.
struct Script {
    /// Each with the invoice that it was made for.
    blindings: Vec<(Blinding, Option<i64>)>,
    /// How many there were so far.
    outputs: u32,
}

/// How many outputs of one script in one transaction are looked at: nobody who means to pay makes more,
/// and the transaction of somebody who does not is free as long as it is not mined.
const OUTPUTS_OF_A_SCRIPT: u32 = 16;

type Candidates = BTreeMap<SecretSeal, Candidate>;

/// The seals that could be ours. Kept from one consignment to the next: what is new since then is added.
#[derive(Default)]
pub(crate) struct OwnSeals {
    /// Unspent sealed coins, up to a mark.
    sealed: BTreeSet<OutPoint>,
    mark: Option<Mark>,
    /// The seals over those coins that derive from them.
    derived: BTreeMap<SecretSeal, Seal>,
    /// The seals of invoices over coins.
    outpoints: Candidates,
    /// The blindings of invoices, by their scripts.
    scripts: BTreeMap<ScriptBuf, (i64, Blinding)>,
    /// The number of the last invoice that is in.
    invoice: i64,
}

impl OwnSeals {
    /// Takes in coins and invoices that came, and lets coins go that were spent.
    pub fn update(
        &mut self,
        db: &Connection,
        coins: &Coins,
        view: &ViewSecret,
    ) -> Result<(), StoreError> {
        let all = || {
            let coins = coins.list().iter().map(|coin| coin.outpoint);
            self.sealed.iter().copied().chain(coins).collect()
        };
        let news = self.mark.as_ref().and_then(|mark| coins.news(mark));
        let changed = news.map_or_else(all, <[OutPoint]>::to_vec);
        for outpoint in changed {
            let coin = coins.get(outpoint);
            let is_sealed = coin.is_some_and(|coin| coin.place == Place::Sealed);
            if is_sealed && self.sealed.insert(outpoint) {
                let seals = derived(view, outpoint);
                self.derived
                    .extend(seals.map(|seal| (seal.conceal(), seal)));
            } else if !is_sealed && self.sealed.remove(&outpoint) {
                for seal in derived(view, outpoint) {
                    self.derived.remove(&seal.conceal());
                }
            }
        }
        self.mark = Some(coins.mark());
        for (number, row) in invoices::after(db, self.invoice)? {
            self.add(number, &row);
            self.invoice = number;
        }
        Ok(())
    }

    /// One of an invoice is that, also where it derives.
    fn outpoint(&self, secret: &SecretSeal) -> Option<Candidate> {
        let derived = || {
            let seal = *self.derived.get(secret)?;
            let invoice = None;
            Some(Candidate { seal, invoice })
        };
        self.outpoints.get(secret).copied().or_else(derived)
    }

    fn add(&mut self, number: i64, row: &InvoiceRow) {
        let blinding = Blinding(row.blinding);
        if let Some(outpoint) = row.outpoint {
            let seal = Seal::outpoint(outpoint, blinding);
            let invoice = Some(number);
            self.outpoints
                .insert(seal.conceal(), Candidate { seal, invoice });
        }
        if let Some(script) = &row.script {
            self.scripts.insert(script.clone(), (number, blinding));
        }
    }
}

/// The seals over an outpoint that derive from it.
fn derived(view: &ViewSecret, outpoint: OutPoint) -> impl Iterator<Item = Seal> {
    let place = serialize(&outpoint);
    (0..BLINDING_COUNTERS).map(move |counter| {
        let blinding = Blinding(view.blinding(&place, counter));
        Seal::outpoint(outpoint, blinding)
    })
}

/// What is known of our seals.
pub(crate) struct Seals<'a> {
    pub coins: &'a Coins,
    pub view: &'a ViewSecret,
    pub own: &'a OwnSeals,
}

impl Seals<'_> {
    /// Our leaves of a genesis.
    pub fn of_genesis(&self, header: &Header) -> Vec<Ours> {
        let genesis = OperationId::from(header.genesis.contract_id());
        self.among(genesis, &header.genesis.outputs, None, &Candidates::new())
    }

    /// Our leaves of a frame, whose transitions have these ids.
    pub fn of_frame(&self, frame: &WitnessFrame, ids: &[OperationId]) -> Vec<Ours> {
        let made = self.made(frame.witness.transaction());
        let transitions = frame.transitions.iter().zip(ids);
        let found = transitions.flat_map(|(signed, id)| {
            self.among(*id, &signed.transition.outputs, Some(frame), &made)
        });
        found.collect()
    }

    /// Seals over the outputs of a witness that are ours: those of invoices by their script, so a
    /// payer cannot point to another output (ATTACKS L11), and those that derive from our keys.
    fn made(&self, witness: &Transaction) -> Candidates {
        let mut made = Candidates::new();
        let mut scripts: BTreeMap<&ScriptBuf, Script> = BTreeMap::new();
        for (vout, output) in (0..).zip(&witness.output) {
            let script = &output.script_pubkey;
            let ours = scripts.entry(script).or_insert_with(|| self.script(script));
            ours.outputs = ours.outputs.saturating_add(1);
            let is_looked_at = ours.outputs <= OUTPUTS_OF_A_SCRIPT;
            let blindings = ours.blindings.iter().filter(|_| is_looked_at);
            made.extend(blindings.map(|(blinding, invoice)| {
                let (blinding, invoice) = (*blinding, *invoice);
                let seal = Seal::Witness { vout, blinding };
                (seal.conceal(), Candidate { seal, invoice })
            }));
        }
        made
    }

    /// The blindings that seals over outputs with this script can have.
    fn script(&self, script: &ScriptBuf) -> Script {
        let place = self.place(script);
        let derived = place.iter().flat_map(|place| {
            let blinding = |counter| Blinding(self.view.blinding(place, counter));
            (0..BLINDING_COUNTERS).map(move |counter| (blinding(counter), None))
        });
        let invoice = self.own.scripts.get(script);
        let invoice = invoice.map(|(number, blinding)| (*blinding, Some(*number)));
        Script {
            blindings: derived.chain(invoice).collect(),
            outputs: 0,
        }
    }

    /// What the blinding of a witness seal over one of our sealed outputs derives from.
    fn place(&self, script: &ScriptBuf) -> Option<Vec<u8>> {
        self.coins
            .owner(script)
            .and_then(|owner| place(self.coins, script, &owner))
    }

    fn among(
        &self,
        operation: OperationId,
        outputs: &Outputs,
        frame: Option<&WitnessFrame>,
        made: &Candidates,
    ) -> Vec<Ours> {
        let witness = frame.map(|frame| frame.witness.txid());
        let ours = outputs.shown().filter_map(|(owned_type, shown)| {
            let secret = shown.seal.conceal();
            let found = made.get(&secret).copied();
            let found = found.or_else(|| self.own.outpoint(&secret));
            let found = found.or_else(|| self.revealed(&shown.seal, frame))?;
            Some(Ours {
                leaf: Input {
                    operation,
                    owned_type,
                    index: shown.index,
                },
                state: shown.state,
                seal: found.seal,
                outpoint: found.seal.resolve(witness)?,
                witness,
                invoice: found.invoice,
            })
        });
        // A leaf of amount 0 never opens.
        ours.filter(|ours| ours.state != State::Amount(0)).collect()
    }

    /// A shown seal over a sealed output of ours that nobody asked for: it has to be known all the
    /// same, or it would be lost when the coin is spent.
    fn revealed(&self, seal: &AssignedSeal, frame: Option<&WitnessFrame>) -> Option<Candidate> {
        let AssignedSeal::Revealed(seal) = seal else {
            return None;
        };
        let sealed = match *seal {
            Seal::Witness { vout, .. } => {
                let outputs = &frame?.witness.transaction().output;
                let output = outputs.get(usize::try_from(vout).ok()?)?;
                self.coins.owner(&output.script_pubkey)?.place == Place::Sealed
            }
            // Of a history every consumed seal is shown: this must not list the coins each time.
            Seal::Outpoint { txid, vout, .. } => self.own.sealed.contains(&OutPoint { txid, vout }),
        };
        sealed.then_some(Candidate {
            seal: *seal,
            invoice: None,
        })
    }
}

/// What the blinding of a witness seal over an output of ours derives from: its script, or for a
/// tapret output the key before the tweak, which is known before the commitment is.
pub(crate) fn place(coins: &Coins, script: &ScriptBuf, owner: &Owner) -> Option<Vec<u8>> {
    if owner.place != Place::Sealed {
        return None;
    }
    Some(match owner.tapret {
        None => script.to_bytes(),
        Some(_) => coins
            .slot(Place::Sealed, owner.index)
            .internal_key
            .serialize()
            .to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use bitcoin::{Amount, TxOut};

    use super::*;
    use crate::Network;
    use crate::keys::{Descriptors, Keys, Words};

    #[test]
    fn outputs_that_repeat_one_script_are_not_all_looked_at() {
        let network = Network::Regtest;
        let keys = Keys::generate(Words::Twelve, None).unwrap();
        let view = ViewSecret::of(&keys, &network);
        let mut coins = Coins::create(&Descriptors::of(&keys, &network), &network, 20).unwrap();
        let sealed = coins.reveal(Place::Sealed).script;
        let own = OwnSeals {
            scripts: [(sealed.clone(), (7, Blinding([7; 16])))].into(),
            ..OwnSeals::default()
        };
        let seals = Seals {
            coins: &coins,
            view: &view,
            own: &own,
        };
        let made = |outputs: usize| {
            let output = TxOut {
                value: Amount::from_sat(330),
                script_pubkey: sealed.clone(),
            };
            seals.made(&Transaction {
                version: bitcoin::transaction::Version::TWO,
                lock_time: bitcoin::absolute::LockTime::ZERO,
                input: Vec::new(),
                output: vec![output; outputs],
            })
        };
        assert_eq!(made(1).len(), 17);
        assert_eq!(made(16).len(), 16 * 17);
        assert_eq!(made(1_000).len(), 16 * 17);
    }
}
