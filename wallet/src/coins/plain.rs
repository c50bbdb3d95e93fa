//! Transactions that move plain bitcoin alone.

use std::collections::BTreeSet;

use bitcoin::{Amount, FeeRate, OutPoint, ScriptBuf, TxOut};

use super::{Leftover, PlainInputs, Slot, TxPlan};
use crate::defaults;

/// Pays an amount, or all plain bitcoin; change goes to a slot.
pub fn pay(to: ScriptBuf, amount: Option<Amount>, change: &Slot, fee_rate: FeeRate) -> TxPlan {
    match amount {
        Some(value) => TxPlan {
            outputs: vec![TxOut {
                value,
                script_pubkey: to,
            }],
            plain: PlainInputs::AsNeeded,
            ..plan(Leftover::Change(change.script.clone()), fee_rate)
        },
        None => TxPlan {
            plain: PlainInputs::All,
            ..plan(Leftover::Drain(to), fee_rate)
        },
    }
}

/// Brings sealed coins that carry nothing back to plain, at a slot. They pay the fee themselves.
pub fn sweep(empty: Vec<OutPoint>, to: &Slot, fee_rate: FeeRate) -> TxPlan {
    TxPlan {
        spend: empty,
        ..plan(Leftover::Drain(to.script.clone()), fee_rate)
    }
}

fn plan(leftover: Leftover, fee_rate: FeeRate) -> TxPlan {
    TxPlan {
        spend: Vec::new(),
        outputs: Vec::new(),
        plain: PlainInputs::None,
        avoid: BTreeSet::new(),
        leftover,
        fee_rate,
        max_fee: defaults::MAX_FEE,
    }
}
