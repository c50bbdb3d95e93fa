//! The chains that every scenario runs on: one list of scenarios, three of these.

mod bitcoind;
mod electrs;
mod liar;
mod sandbox;

use std::env;
use std::fs::OpenOptions;
use std::io::Write;

use bitcoin::{Address, Transaction};
use bulla_wallet::chain::ChainSource;

pub use self::bitcoind::OnBitcoind;
pub use self::electrs::OnElectrs;
pub use self::liar::{Lie, OnLiar};
pub use self::sandbox::OnSandbox;

/// A chain under a scenario's control. It panics where it does not do as it is told.
pub trait Chain {
    /// Starts a chain of its own, with coins to fund from.
    fn start() -> Self
    where
        Self: Sized;

    /// What run.sh counts scenarios under.
    fn name(&self) -> &'static str;

    /// The chain as a wallet sees it.
    fn source(&self) -> Box<dyn ChainSource>;

    /// The chain as `--source` of the command line, where it is not the sandbox's default.
    fn url(&self) -> String;

    /// Pays an address and mines the payment.
    fn fund(&self, address: &Address, sats: u64);

    /// Mines what the mempool holds, and waits until the source has seen it.
    fn mine(&self, blocks: u32);

    /// Replaces the last `depth` blocks by one more of empty ones; what they held is in the
    /// mempool again.
    fn reorg(&self, depth: u32);

    /// Replaces the last `depth` blocks, and whatever they held, by one more that hold only these.
    fn reorg_to(&self, depth: u32, transactions: &[Transaction]);
}

/// Runs one scenario on one chain, and notes that it ran in the file that run.sh counts.
///
/// # Panics
/// When the scenario does, and when the file cannot be written.
pub fn run<C: Chain>(scenario: &str, body: impl FnOnce(&dyn Chain)) {
    let chain = C::start();
    body(&chain);
    if let Some(path) = env::var_os("BULLA_SCENARIOS_RAN") {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("a log file");
        writeln!(file, "{} {scenario}", chain.name()).expect("the log can be written");
    }
}

/// A test of each scenario on each chain.
#[macro_export]
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        /// How many scenarios there are; run.sh fails unless each chain ran as many.
        #[test]
        fn the_declared_number_of_scenarios() {
            let names = [$(stringify!($name)),*];
            assert_eq!(names.len().to_string(), include_str!("../../scenarios.count").trim());
        }
        $crate::scenarios!(@on sandbox $crate::world::OnSandbox; $($name),*);
        $crate::scenarios!(@on bitcoind $crate::world::OnBitcoind; $($name),*);
        $crate::scenarios!(@on electrs $crate::world::OnElectrs; $($name),*);
    };
    (@on $module:ident $chain:ty; $($name:ident),*) => {
        mod $module {
            $(#[test]
            fn $name() {
                $crate::world::run::<$chain>(stringify!($name), super::list::$name);
            })*
        }
    };
}
