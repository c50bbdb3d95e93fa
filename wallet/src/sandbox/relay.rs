//! Scripts and signatures that are valid, but that a node does not relay: those whose meaning a
//! later rule may change, and those that anybody could change on their way.
//!
//! Of the flags with which Core runs scripts of the mempool beyond consensus, these stand here:
//! `LOW_S`, `STRICTENC` and `WITNESS_PUBKEYTYPE` for key hashes, `DISCOURAGE_OP_SUCCESS` and
//! `DISCOURAGE_UPGRADABLE_TAPROOT_VERSION` for script paths. The others need an interpreter.

use bitcoin::opcodes::{Class, ClassifyContext};
use bitcoin::script::{Instruction, Instructions};
use bitcoin::taproot::TAPROOT_ANNEX_PREFIX;
use bitcoin::{Script, Transaction, TxIn, TxOut, ecdsa};

const TAPSCRIPT_LEAF: u8 = 0xc0;
const LEAF_MASK: u8 = 0xfe;
const COMPRESSED_KEY: usize = 33;

/// Checks inputs that verify by the consensus rules. `spent` has one output for each, in order.
///
/// # Errors
/// The first input that is not relayed.
pub(super) fn check(tx: &Transaction, spent: &[TxOut]) -> Result<(), usize> {
    let inputs = tx.input.iter().zip(spent);
    let mut relayed = inputs.map(|(input, output)| is_relayed(input, &output.script_pubkey));
    relayed.position(|relayed| !relayed).map_or(Ok(()), Err)
}

fn is_relayed(input: &TxIn, spent: &Script) -> bool {
    if spent.is_p2tr() {
        is_script_path_relayed(input)
    } else if spent.is_p2wpkh() {
        let items: Vec<&[u8]> = input.witness.iter().collect();
        matches!(items.as_slice(), [signature, key]
            if is_canonical(signature) && key.len() == COMPRESSED_KEY)
    } else if spent.is_p2pkh() {
        let first = input.script_sig.instructions().next();
        matches!(first, Some(Ok(Instruction::PushBytes(signature)))
            if is_canonical(signature.as_bytes()))
    } else {
        true
    }
}

/// Whether nobody without the key can change the signature, and its hash type has a meaning.
fn is_canonical(signature: &[u8]) -> bool {
    ecdsa::Signature::from_slice(signature).is_ok_and(|found| {
        let mut low = found.signature;
        low.normalize_s();
        low == found.signature
    })
}

/// Whether the leaf, if one is revealed, is of today's version and without opcodes that a later rule
/// may give a meaning (BIP 342). Until then such an opcode makes a leaf succeed without being run.
fn is_script_path_relayed(input: &TxIn) -> bool {
    let mut items: Vec<&[u8]> = input.witness.iter().collect();
    let is_annex = |item: &&[u8]| item.first() == Some(&TAPROOT_ANNEX_PREFIX);
    if items.len() > 1 && items.last().is_some_and(is_annex) {
        items.pop();
    }
    let [.., script, control] = items.as_slice() else {
        return true;
    };
    let version = control.first().map(|first| first & LEAF_MASK);
    version == Some(TAPSCRIPT_LEAF) && !may_change(Script::from_bytes(script).instructions())
}

fn may_change(instructions: Instructions<'_>) -> bool {
    instructions.map_while(Result::ok).any(|instruction| {
        instruction
            .opcode()
            .is_some_and(|code| code.classify(ClassifyContext::TapScript) == Class::SuccessOp)
    })
}
