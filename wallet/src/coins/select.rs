//! Which plain coins pay.

use std::collections::BTreeSet;

use bdk_wallet::chain::ChainPosition;
use bdk_wallet::coin_selection::{
    BranchAndBoundCoinSelection, CoinSelectionAlgorithm, SingleRandomDraw,
};
use bdk_wallet::{LocalOutput, Utxo, WeightedUtxo};
use bitcoin::{Amount, FeeRate, OutPoint, Script, TxOut, Weight};
use rand_core::OsRng;

use super::{Coin, CoinsError};

/// Weight of the witness of a key-path input with a 64-byte signature: number of items, length,
/// signature (BIP341).
pub(super) const KEY_SPEND: Weight = Weight::from_wu(66);

/// An input as the whole transaction pays for it: outpoint, empty script, sequence, witness.
const INPUT: Weight = Weight::from_wu((32 + 4 + 1 + 4) * 4 + 66);

/// Size of a P2TR change output: value, length, script.
const CHANGE: u64 = 8 + 1 + 34;

/// All of `required`, and as many of `optional` as reach the target: what the outputs hold and the
/// fee of everything but the inputs. BDK's branch and bound, else a random draw.
///
/// # Errors
/// [`CoinsError::InsufficientSats`].
pub(super) fn select(
    required: &[Coin],
    optional: &[Coin],
    fee_rate: FeeRate,
    target: Amount,
    change: &Script,
) -> Result<BTreeSet<OutPoint>, CoinsError> {
    let weighted = |coins: &[Coin]| coins.iter().map(weighted).collect();
    BranchAndBoundCoinSelection::new(CHANGE, SingleRandomDraw)
        .coin_select(
            weighted(required),
            weighted(optional),
            fee_rate,
            target,
            change,
            &mut OsRng,
        )
        .map(|result| result.selected.iter().map(Utxo::outpoint).collect())
        .map_err(|cause| CoinsError::InsufficientSats {
            missing: cause
                .needed
                .checked_sub(cause.available)
                .unwrap_or(Amount::ZERO),
            available: cause.available,
            needed: cause.needed,
        })
}

/// Whether a coin is worth more than it costs to spend.
pub(super) fn worth_spending(coin: &Coin, fee_rate: FeeRate) -> bool {
    fee_rate.fee_wu(INPUT).is_some_and(|fee| coin.value > fee)
}

fn weighted(coin: &Coin) -> WeightedUtxo {
    let output = LocalOutput {
        outpoint: coin.outpoint,
        txout: TxOut {
            value: coin.value,
            script_pubkey: coin.script.clone(),
        },
        keychain: coin.place.keychain(),
        is_spent: false,
        derivation_index: coin.index,
        // Not looked at by these algorithms, and the same for every coin.
        chain_position: ChainPosition::Unconfirmed {
            first_seen: None,
            last_seen: None,
        },
    };
    WeightedUtxo {
        satisfaction_weight: KEY_SPEND,
        utxo: Utxo::Local(output),
    }
}
