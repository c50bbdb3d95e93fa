//! From a plan of a transaction to an unsigned one.

use std::collections::BTreeSet;

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, FeeRate, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
};

use super::select::{KEY_SPEND, select, worth_spending};
use super::{Coin, Coins, CoinsError, Place};

/// What a transaction is to spend and to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxPlan {
    /// Coins that have to be spent: the sealed ones, whose seals close.
    pub spend: Vec<OutPoint>,
    /// Outputs in their final order; change comes after them.
    pub outputs: Vec<TxOut>,
    /// Which plain coins may be spent besides.
    pub plain: PlainInputs,
    /// Coins that are not touched unless they are named in `spend`.
    pub avoid: BTreeSet<OutPoint>,
    /// Where the rest goes.
    pub leftover: Leftover,
    /// The fee rate.
    pub fee_rate: FeeRate,
    /// The highest fee.
    pub max_fee: Amount,
}

/// Which plain coins a transaction spends. Sealed coins are spent only if they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainInputs {
    /// None.
    None,
    /// As many as it takes.
    AsNeeded,
    /// All that are worth their fee.
    All,
}

/// What happens to the satoshis that the outputs and the fee leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// Change, as the last output; less than dust is added to the fee.
    Change(ScriptBuf),
    /// The last output, which has to be there.
    Drain(ScriptBuf),
}

impl Leftover {
    const fn script(&self) -> &ScriptBuf {
        match self {
            Self::Change(script) | Self::Drain(script) => script,
        }
    }
}

/// An unsigned transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxDraft {
    /// With everything a signer needs.
    pub psbt: Psbt,
    /// What it spends, in the order of its inputs: ascending by outpoint.
    pub inputs: Vec<Coin>,
    /// The fee.
    pub fee: Amount,
    /// The virtual size when signed, in vB.
    pub vbytes: u64,
    /// The number of the output that holds the rest.
    pub leftover: Option<u32>,
}

impl Coins {
    /// Builds the unsigned transaction of a plan. Nothing changes: no slot is given out, no coin
    /// is kept.
    ///
    /// # Errors
    /// [`CoinsError::InsufficientSats`] and the other variants about coins, outputs and fees.
    pub fn draft(&self, plan: &TxPlan) -> Result<TxDraft, CoinsError> {
        check_outputs(&plan.outputs)?;
        let coins = self.list();
        let mut required = named(coins, &plan.spend)?;
        let mut optional = spendable(coins, plan);
        if plan.plain == PlainInputs::All {
            required.append(&mut optional);
        }
        if required.is_empty() && optional.is_empty() && plan.outputs.is_empty() {
            return Err(CoinsError::NothingToSpend);
        }
        let (inputs, outputs) = balance(plan, &required, &optional)?;
        let tx = unsigned(
            &inputs,
            outputs,
            LockTime::from_height(self.tip().height).unwrap_or(LockTime::ZERO),
        );
        let fee = total(inputs.iter().map(|coin| coin.value))?
            .checked_sub(total(tx.output.iter().map(|output| output.value))?)
            .ok_or(CoinsError::Overflow)?;
        check_weight(&tx)?;
        let vbytes = signed_vbytes(&tx);
        if fee > plan.max_fee {
            return Err(CoinsError::FeeTooHigh {
                fee,
                vbytes,
                limit: plan.max_fee,
            });
        }
        let leftover = (tx.output.len() > plan.outputs.len())
            .then(|| u32::try_from(plan.outputs.len()))
            .transpose()
            .map_err(|_| CoinsError::Overflow)?;
        Ok(TxDraft {
            psbt: self.psbt(tx, &inputs),
            inputs,
            fee,
            vbytes,
            leftover,
        })
    }

    fn psbt(&self, tx: Transaction, inputs: &[Coin]) -> Psbt {
        let mut psbt = Psbt::from_unsigned_tx(tx).expect("no input has a script or a witness");
        for (field, coin) in psbt.inputs.iter_mut().zip(inputs) {
            *field = self.psbt_input(coin);
        }
        for (field, output) in psbt.outputs.iter_mut().zip(&psbt.unsigned_tx.output) {
            *field = self.psbt_output(&output.script_pubkey);
        }
        psbt
    }
}

/// The plain coins that may pay.
fn spendable(coins: &[Coin], plan: &TxPlan) -> Vec<Coin> {
    if plan.plain == PlainInputs::None {
        return Vec::new();
    }
    let named: BTreeSet<_> = plan.spend.iter().collect();
    let free = |coin: &&Coin| {
        coin.place == Place::Plain
            && coin.trusted
            && !named.contains(&coin.outpoint)
            && !plan.avoid.contains(&coin.outpoint)
            && worth_spending(coin, plan.fee_rate)
    };
    coins.iter().filter(free).cloned().collect()
}

fn check_outputs(outputs: &[TxOut]) -> Result<(), CoinsError> {
    for (
        output,
        TxOut {
            value,
            script_pubkey,
        },
    ) in outputs.iter().enumerate()
    {
        let least = script_pubkey.minimal_non_dust();
        if *value < least && !script_pubkey.is_op_return() {
            return Err(CoinsError::Dust {
                output,
                value: *value,
                least,
            });
        }
    }
    Ok(())
}

/// The coins that a plan names.
fn named(coins: &[Coin], spend: &[OutPoint]) -> Result<Vec<Coin>, CoinsError> {
    let mut seen = BTreeSet::new();
    spend
        .iter()
        .map(|&outpoint| {
            if !seen.insert(outpoint) {
                return Err(CoinsError::CoinTwice { outpoint });
            }
            let coin = coins.iter().find(|coin| coin.outpoint == outpoint);
            let coin = coin.ok_or(CoinsError::UnknownCoin { outpoint })?;
            if !coin.mature {
                return Err(CoinsError::Immature {
                    outpoint,
                    depth: coin.depth,
                });
            }
            Ok(coin.clone())
        })
        .collect()
}

/// Chooses inputs and adds the last output, such that the fee is exact for the signed size.
/// Coin selection estimates; where it falls short, it is asked for that much more.
fn balance(
    plan: &TxPlan,
    required: &[Coin],
    optional: &[Coin],
) -> Result<(Vec<Coin>, Vec<TxOut>), CoinsError> {
    let fixed = total(plan.outputs.iter().map(|output| output.value))?;
    let mut outputs = plan.outputs.clone();
    if let Leftover::Drain(script) = &plan.leftover {
        let value = script.minimal_non_dust();
        outputs.push(TxOut {
            value,
            script_pubkey: script.clone(),
        });
    }
    let least = total(outputs.iter().map(|output| output.value))?;
    let base = unsigned(&[], outputs, LockTime::ZERO);
    let mut target = add(least, fee_of(plan.fee_rate, base.vsize() as u64)?)?;
    loop {
        let chosen = select(
            required,
            optional,
            plan.fee_rate,
            target,
            plan.leftover.script(),
        )?;
        let mut inputs: Vec<_> = required
            .iter()
            .chain(optional)
            .filter(|coin| chosen.contains(&coin.outpoint))
            .cloned()
            .collect();
        inputs.sort_by_key(|coin| coin.outpoint);
        match settle(plan, &inputs, fixed)? {
            Ok(outputs) => return Ok((inputs, outputs)),
            Err(missing) => target = add(target, missing)?,
        }
    }
}

/// The final outputs for these inputs, or what is missing.
fn settle(
    plan: &TxPlan,
    inputs: &[Coin],
    fixed: Amount,
) -> Result<Result<Vec<TxOut>, Amount>, CoinsError> {
    let available = total(inputs.iter().map(|coin| coin.value))?;
    let script = plan.leftover.script();
    let mut outputs = plan.outputs.clone();
    outputs.push(TxOut {
        value: Amount::ZERO,
        script_pubkey: script.clone(),
    });
    let fee_with = fee_of(
        plan.fee_rate,
        signed_vbytes(&unsigned(inputs, outputs.clone(), LockTime::ZERO)),
    )?;
    let needed_with = add(fixed, fee_with)?;
    let rest = available
        .checked_sub(needed_with)
        .filter(|rest| *rest >= script.minimal_non_dust());
    if let (Some(rest), Some(last)) = (rest, outputs.last_mut()) {
        last.value = rest;
        return Ok(Ok(outputs));
    }
    if let Leftover::Drain(_) = plan.leftover {
        return Ok(Err(shortfall(
            add(needed_with, script.minimal_non_dust())?,
            available,
        )));
    }
    outputs.pop();
    let fee = fee_of(
        plan.fee_rate,
        signed_vbytes(&unsigned(inputs, outputs.clone(), LockTime::ZERO)),
    )?;
    let needed = add(fixed, fee)?;
    // A transaction has at least one output.
    if outputs.is_empty() {
        return Ok(Err(shortfall(
            add(needed_with, script.minimal_non_dust())?,
            available,
        )));
    }
    Ok(if available >= needed {
        Ok(outputs)
    } else {
        Err(shortfall(needed, available))
    })
}

/// More than nothing, so that asking again ends.
fn shortfall(needed: Amount, available: Amount) -> Amount {
    needed
        .checked_sub(available)
        .unwrap_or(Amount::ZERO)
        .max(Amount::ONE_SAT)
}

/// Replaceable (BIP125), and not before the next block, as Bitcoin Core does against fee sniping.
fn unsigned(inputs: &[Coin], output: Vec<TxOut>, lock_time: LockTime) -> Transaction {
    let input = |coin: &Coin| TxIn {
        previous_output: coin.outpoint,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    };
    Transaction {
        version: Version::TWO,
        lock_time,
        input: inputs.iter().map(input).collect(),
        output,
    }
}

/// That nodes relay it: Bitcoin Core's `MAX_STANDARD_TX_WEIGHT`.
fn check_weight(tx: &Transaction) -> Result<(), CoinsError> {
    let limit = u64::from(bitcoin::policy::MAX_STANDARD_TX_WEIGHT);
    let weight = signed_weight(tx);
    if weight <= limit {
        return Ok(());
    }
    let mut left = weight;
    let beyond = tx.output.iter().rev().take_while(|output| {
        let beyond = left > limit;
        left = left.saturating_sub(output.weight().to_wu());
        beyond
    });
    let beyond = beyond.count();
    Err(CoinsError::TooHeavy {
        weight,
        limit,
        outputs: tx.output.len(),
        fit: tx.output.len().saturating_sub(beyond),
    })
}

/// The weight with a 64-byte signature in each input.
fn signed_weight(tx: &Transaction) -> u64 {
    // Marker and flag; the empty witnesses are not serialised in the unsigned form.
    let witness = KEY_SPEND.to_wu() * tx.input.len() as u64 + 2;
    tx.weight().to_wu() + witness
}

/// The size with a 64-byte signature in each input, in vB.
fn signed_vbytes(tx: &Transaction) -> u64 {
    signed_weight(tx).div_ceil(4)
}

fn fee_of(fee_rate: FeeRate, vbytes: u64) -> Result<Amount, CoinsError> {
    fee_rate.fee_vb(vbytes).ok_or(CoinsError::Overflow)
}

fn add(a: Amount, b: Amount) -> Result<Amount, CoinsError> {
    a.checked_add(b)
        .filter(|sum| *sum <= Amount::MAX_MONEY)
        .ok_or(CoinsError::Overflow)
}

fn total(values: impl Iterator<Item = Amount>) -> Result<Amount, CoinsError> {
    values
        .map(Ok)
        .reduce(|a, b| add(a?, b?))
        .unwrap_or(Ok(Amount::ZERO))
}
