//! The scenarios.

mod chain;
mod coins;
mod handshake;
mod kinds;
mod offline;
mod ownership;
mod refusals;
mod transfers;

pub use chain::*;
pub use coins::*;
pub use handshake::*;
pub use kinds::*;
pub use offline::*;
pub use ownership::*;
pub use refusals::*;
pub use transfers::*;

use bulla_core::ContractId;
use bulla_tests::people::Person;
use bulla_tests::world::Chain;

/// What everybody starts with, in satoshis.
pub const FUNDS: u64 = 200_000;
/// What is issued, in smallest units.
pub const SUPPLY: u64 = 1_000_000;

/// Somebody with plain bitcoin.
pub fn funded(chain: &dyn Chain, name: &'static str) -> Person {
    let mut person = Person::new(name);
    person.fund(chain, FUNDS);
    person
}

/// Alice, who issued an asset, and Bob, who has bitcoin.
pub fn issued(chain: &dyn Chain) -> (Person, Person, ContractId) {
    let mut alice = funded(chain, "alice");
    let contract = alice.issue(chain, "CLAY", SUPPLY);
    (alice, funded(chain, "bob"), contract)
}
