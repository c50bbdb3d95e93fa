//! What a node relays and keeps, beyond what is valid: Bitcoin Core's defaults since version 30.

use bitcoin::opcodes::all::{OP_PUSHNUM_1, OP_PUSHNUM_3};
use bitcoin::script::Instruction;
use bitcoin::taproot::TAPROOT_ANNEX_PREFIX;
use bitcoin::{Amount, FeeRate, Script, Transaction, TxIn, TxOut, Weight, Witness};

use super::Rejection;
use super::ledger::Coin;

/// The least fee rate relayed, and the least increase of a replacement: 0.1 sat/vB.
pub(super) const MIN_RELAY_FEE: FeeRate = FeeRate::from_sat_per_kwu(25);
/// Signature operations of one transaction, in the unit of BIP 141.
pub(super) const MAX_TX_SIGOPS_COST: usize = 16_000;

const MAX_WEIGHT: Weight = Weight::from_wu(400_000);
const MAX_SCRIPTSIG: usize = 1_650;
const MIN_STRIPPED_SIZE: usize = 65;
const MAX_P2SH_SIGOPS: usize = 15;
/// sat/vB of the fee at which an output that costs more to spend than it holds is dust.
const DUST_FEE_PER_BYTE: u64 = 3;
const MAX_WSH_SCRIPT: usize = 3_600;
const MAX_WSH_ITEMS: usize = 100;
const MAX_WITNESS_ITEM: usize = 80;
const TAPSCRIPT_LEAF: u8 = 0xc0;
const LEAF_MASK: u8 = 0xfe;

/// The fee for a size at [`MIN_RELAY_FEE`], rounded up.
pub(super) fn relay_fee_for(vsize: u64) -> Amount {
    Amount::from_sat(vsize.div_ceil(10))
}

/// The form of a transaction that is relayed (Core: `IsStandardTx`, and the least size).
pub(super) fn check_standard(tx: &Transaction) -> Result<(), Rejection> {
    if !(1..=3).contains(&tx.version.0) {
        return Err(Rejection::Version);
    }
    if tx.weight() > MAX_WEIGHT {
        return Err(Rejection::Weight);
    }
    tx.input.iter().try_for_each(check_script_sig)?;
    check_outputs(&tx.output)?;
    if tx.output.iter().filter(|output| is_dust(output)).count() > 1 {
        return Err(Rejection::Dust);
    }
    if tx.base_size() < MIN_STRIPPED_SIZE {
        return Err(Rejection::TooSmall);
    }
    Ok(())
}

fn check_script_sig(input: &TxIn) -> Result<(), Rejection> {
    if input.script_sig.len() > MAX_SCRIPTSIG {
        return Err(Rejection::ScriptSigSize);
    }
    if !input.script_sig.is_push_only() {
        return Err(Rejection::ScriptSigNotPushOnly);
    }
    Ok(())
}

/// How long `OP_RETURN` outputs may be needs no check: Core's limit for them is the whole weight of a
/// standard transaction.
fn check_outputs(outputs: &[TxOut]) -> Result<(), Rejection> {
    let unknown = |output: &TxOut| Form::of(&output.script_pubkey) == Form::Unknown;
    if outputs.iter().any(unknown) {
        Err(Rejection::OutputScript)
    } else {
        Ok(())
    }
}

/// Whether the output holds less than it costs to spend (Core: `GetDustThreshold`).
pub(super) fn is_dust(output: &TxOut) -> bool {
    let script = &output.script_pubkey;
    if script.is_op_return() {
        return false;
    }
    let to_spend = if script.is_witness_program() { 67 } else { 148 };
    output.value.to_sat() < (output.size() as u64 + to_spend) * DUST_FEE_PER_BYTE
}

/// One dust output is allowed to a transaction without a fee only, which then needs a child.
pub(super) fn check_ephemeral_dust(tx: &Transaction, fee: Amount) -> Result<(), Rejection> {
    let keeps_dust = fee > Amount::ZERO && tx.output.iter().any(is_dust);
    if keeps_dust {
        Err(Rejection::Dust)
    } else {
        Ok(())
    }
}

/// What the inputs spend and how (Core: `ValidateInputsStandardness`, `IsWitnessStandard`).
pub(super) fn check_inputs(tx: &Transaction, coins: &[Coin]) -> Result<(), Rejection> {
    for (input, coin) in tx.input.iter().zip(coins) {
        match Form::of(&coin.output.script_pubkey) {
            Form::Unknown | Form::UndefinedWitness => return Err(Rejection::NonstandardInput),
            Form::ScriptHash => check_redeem_script(input)?,
            Form::Data | Form::Other => {}
        }
    }
    for (input, coin) in tx.input.iter().zip(coins) {
        if !input.witness.is_empty() && !is_witness_standard(input, &coin.output.script_pubkey) {
            return Err(Rejection::NonstandardWitness);
        }
    }
    Ok(())
}

fn check_redeem_script(input: &TxIn) -> Result<(), Rejection> {
    match redeem_script(input) {
        Some(script) if script.count_sigops() <= MAX_P2SH_SIGOPS => Ok(()),
        _ => Err(Rejection::NonstandardInput),
    }
}

/// The last push of an input script.
fn redeem_script(input: &TxIn) -> Option<&Script> {
    match input.script_sig.instructions().last()?.ok()? {
        Instruction::PushBytes(bytes) => Some(Script::from_bytes(bytes.as_bytes())),
        Instruction::Op(_) => None,
    }
}

fn is_witness_standard(input: &TxIn, spent: &Script) -> bool {
    if is_anchor(spent) {
        return false;
    }
    let wrapped = spent.is_p2sh();
    let program = if wrapped {
        redeem_script(input)
    } else {
        Some(spent)
    };
    match program {
        Some(program) if program.is_p2wsh() => is_wsh_witness_standard(&input.witness),
        Some(program) if program.is_p2tr() && !wrapped => is_tr_witness_standard(&input.witness),
        Some(program) => program.is_witness_program(),
        None => false,
    }
}

fn is_wsh_witness_standard(witness: &Witness) -> bool {
    let items = witness.len().saturating_sub(1);
    witness
        .last()
        .is_some_and(|script| script.len() <= MAX_WSH_SCRIPT)
        && items <= MAX_WSH_ITEMS
        && witness
            .iter()
            .take(items)
            .all(|item| item.len() <= MAX_WITNESS_ITEM)
}

/// No annex, and no large items before a tapscript.
fn is_tr_witness_standard(witness: &Witness) -> bool {
    let count = witness.len();
    let annex = witness.last().and_then(|item| item.first()) == Some(&TAPROOT_ANNEX_PREFIX);
    if count >= 2 && annex {
        return false;
    }
    if count < 2 {
        return count == 1;
    }
    match witness.last().and_then(|control| control.first()) {
        None => false,
        Some(first) if first & LEAF_MASK == TAPSCRIPT_LEAF => witness
            .iter()
            .take(count - 2)
            .all(|item| item.len() <= MAX_WITNESS_ITEM),
        Some(_) => true,
    }
}

/// Pay to anchor: a witness program that anyone can spend.
fn is_anchor(script: &Script) -> bool {
    script.as_bytes() == [0x51, 0x02, 0x4e, 0x73]
}

/// The standard forms of an output script, as far as the rules tell them apart (Core: `Solver`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `OP_RETURN` and pushes.
    Data,
    ScriptHash,
    /// A witness program without a meaning yet: may be paid to, not spent.
    UndefinedWitness,
    /// Key, key hash, small multisig, and the defined witness programs.
    Other,
    Unknown,
}

impl Form {
    fn of(script: &Script) -> Form {
        let bytes = script.as_bytes();
        if script.is_p2sh() {
            Form::ScriptHash
        } else if script.is_witness_program() {
            let version_0 = bytes.first() == Some(&0);
            let defined = script.is_p2wpkh() || script.is_p2wsh() || script.is_p2tr();
            match (defined || is_anchor(script), version_0) {
                (true, _) => Form::Other,
                (false, false) => Form::UndefinedWitness,
                (false, true) => Form::Unknown,
            }
        } else if script.is_op_return() {
            let pushes = bytes
                .get(1..)
                .is_some_and(|rest| Script::from_bytes(rest).is_push_only());
            if pushes { Form::Data } else { Form::Unknown }
        } else if script.is_p2pk() || script.is_p2pkh() || is_small_multisig(script) {
            Form::Other
        } else {
            Form::Unknown
        }
    }
}

/// m of n keys, n at most 3.
fn is_small_multisig(script: &Script) -> bool {
    let bytes = script.as_bytes();
    let keys = bytes.len().checked_sub(2).and_then(|at| bytes.get(at));
    script.is_multisig()
        && keys.is_some_and(|n| (OP_PUSHNUM_1.to_u8()..=OP_PUSHNUM_3.to_u8()).contains(n))
}
