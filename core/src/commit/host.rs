//! Which output carries the commitment: the first that is `OP_RETURN` or P2TR, and no other
//! (PROTOCOL.md §7.3).

use std::fmt;

use bitcoin::{Script, Transaction, TxOut};

/// How an output carries a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// In an `OP_RETURN` output.
    Opret,
    /// In the script tree of a P2TR output.
    Tapret,
}

impl Method {
    /// The method of an output with this script, if it can carry a commitment at all.
    pub fn of(script_pubkey: &Script) -> Option<Self> {
        if script_pubkey.is_op_return() {
            Some(Self::Opret)
        } else if script_pubkey.is_p2tr() {
            Some(Self::Tapret)
        } else {
            None
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opret => "opret",
            Self::Tapret => "tapret",
        })
    }
}

/// Index of the output that carries the commitment, and the method it fixes.
///
/// A foreign `OP_RETURN` or P2TR output in front takes that place for good; there is no second
/// chance, or one transaction could carry two commitments.
pub fn host_output(transaction: &Transaction) -> Option<(usize, Method)> {
    host_of_outputs(&transaction.output).map(|(vout, method, _)| (vout, method))
}

/// [`host_output`] over the outputs alone, with the output itself.
pub fn host_of_outputs(outputs: &[TxOut]) -> Option<(usize, Method, &TxOut)> {
    outputs.iter().enumerate().find_map(|(vout, output)| {
        Method::of(&output.script_pubkey).map(|method| (vout, method, output))
    })
}
