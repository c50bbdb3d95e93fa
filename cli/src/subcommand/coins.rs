//! `coins`: the unspent outputs of the wallet and what lies on them.

use bitcoin::OutPoint;
use bulla_core::ContractId;
use bulla_wallet::api::{Coin, CoinAllocation, CoinKind};
use serde::Serialize;

use super::Result;
use crate::claim;
use crate::output::Human;
use crate::session::Session;
use crate::settings::Settings;
use crate::table::table;

/// What `coins` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The coins.
    pub coins: Vec<CoinOutput>,
}
