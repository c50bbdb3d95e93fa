//! The commands, one file each: what it takes, what it does, what it answers.

use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use bulla_wallet::Network;
use clap::Subcommand as Commands;

use crate::error::Error;
use crate::output::Output;
use crate::settings::Settings;

pub mod accept;
pub mod act;
pub mod address;
pub mod assets;
pub mod balance;
pub mod cancel;
pub mod carrier;
pub mod coins;
pub mod conformance;
pub mod contract;
pub mod demo;
pub mod headers;
pub mod init;
pub mod inspect;
pub mod invoice;
pub mod issue;
pub mod issuer;
pub mod keys;
pub mod media;
pub mod pay;
pub mod prove;
pub mod sandbox;
pub mod schema;
pub mod send;
pub mod supply;
pub mod sweep;
pub mod sync;
pub mod transactions;
pub mod transfers;
pub mod validate;
pub mod verify;

/// What a command answers, or why it does not.
pub type Result<T = Box<dyn Output>> = std::result::Result<T, Error>;

/// A command.
#[derive(Commands, Debug)]
pub enum Subcommand {
    /// Two wallets on a chain in a file: issue, pay, refuse a forgery; ends in seconds
    Demo(demo::Demo),
    /// Make a wallet, with new words or from words
    Init(init::Init),
    /// What the coins are found by, and what spends them
    #[command(subcommand)]
    Keys(keys::Keys),
    /// A new address
    Address(address::Address),
    /// What the wallet holds
    Balance,
    /// The unspent outputs and what lies on them
    Coins,
    /// Make a new contract
    Issue(Box<issue::Issue>),
    /// Make more: units by allowance, or the next tokens
    Mint(act::Make),
    /// Make units again for those that were handed in
    Reissue(act::Make),
    /// Destroy units or a token; the file is the evidence
    Burn(act::Burn),
    /// Destroy units that the issuer is to reissue; the file is the evidence
    HandIn(act::HandIn),
    /// Give up the right to make more
    Renounce(act::Renounce),
    /// Write a text on a token
    Engrave(act::Engrave),
    /// Use any transition of a contract's schema
    Act(act::General),
    /// What a contract publishes for people: terms, files, attributes, engravings
    Media(media::Media),
    /// The contracts that the wallet knows
    Assets,
    /// Contract files: schema and genesis alone, for whoever has no transfer yet
    #[command(subcommand)]
    Contract(contract::Contract),
    /// Sign as an issuer: transfers of contracts that ask for it, and who issued a contract
    #[command(subcommand)]
    Issuer(issuer::Issuer),
    /// Ask for an asset
    Invoice(invoice::Invoice),
    /// Pay invoices, or go on with a transfer that waits
    Send(send::Send),
    /// Take a consignment that pays this wallet
    Accept(accept::Accept),
    /// Check a consignment against Bitcoin; needs no wallet
    Validate(validate::Validate),
    /// Check this program against a suite of consignments; needs no wallet
    Conformance(conformance::Conformance),
    /// What can be proven of what was issued, is burned and circulates
    Supply(supply::Supply),
    /// Prove what the wallet owns to whoever asks a challenge
    Prove(prove::Prove),
    /// Check a proof of ownership; needs no wallet
    Verify(verify::Verify),
    /// Show what is in a consignment, without a verdict
    Inspect(inspect::Inspect),
    /// What went out and what came in
    Transfers(transfers::PageArgs),
    /// Give up a transfer that was not broadcast, or an invoice
    Cancel(cancel::Cancel),
    /// The transactions of the wallet
    Transactions(transfers::PageArgs),
    /// Read the chain; safe to repeat
    Sync(sync::Sync),
    /// The block headers by which this wallet checks its source, and `validate` works offline
    #[command(subcommand)]
    Headers(headers::Headers),
    /// Pay plain bitcoin
    Pay(pay::Pay),
    /// Make free sealed coins, for blind invoices and new assets
    Carrier(carrier::Carrier),
    /// Bring empty carriers back to plain bitcoin
    Sweep(sweep::Sweep),
    /// What contracts may do, in words, and which schemas are accepted
    #[command(subcommand)]
    Schema(schema::Schema),
    /// The embedded regtest chain
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
}

impl Subcommand {
    /// Runs it.
    ///
    /// # Errors
    /// As the command says.
    pub fn run(self, settings: &Settings) -> Result {
        match self {
            Self::Demo(command) => boxed(command.run()),
            Self::Init(command) => boxed(command.run(settings)),
            Self::Keys(command) => boxed(command.run(settings)),
            Self::Address(command) => boxed(command.run(settings)),
            Self::Balance => boxed(balance::run(settings)),
            Self::Coins => boxed(coins::run(settings)),
            Self::Issue(command) => command.run(settings),
            Self::Mint(command) => command.mint(settings),
            Self::Reissue(command) => command.reissue(settings),
            Self::Burn(command) => command.run(settings),
            Self::HandIn(command) => command.run(settings),
            Self::Renounce(command) => command.run(settings),
            Self::Engrave(command) => command.run(settings),
            Self::Act(command) => command.run(settings),
            Self::Media(command) => boxed(command.run(settings)),
            Self::Assets => boxed(assets::run(settings)),
            Self::Contract(command) => command.run(settings),
            Self::Issuer(command) => command.run(settings),
            Self::Invoice(command) => command.run(settings),
            Self::Send(command) => command.run(settings),
            Self::Accept(command) => boxed(command.run(settings)),
            Self::Validate(command) => boxed(command.run(settings)),
            Self::Conformance(command) => boxed(command.run()),
            Self::Supply(command) => boxed(command.run(settings)),
            Self::Prove(command) => boxed(command.run(settings)),
            Self::Verify(command) => boxed(command.run(settings)),
            Self::Inspect(command) => boxed(command.run()),
            Self::Transfers(arguments) => boxed(transfers::run(&arguments, settings)),
            Self::Cancel(command) => boxed(command.run(settings)),
            Self::Transactions(arguments) => boxed(transactions::run(&arguments, settings)),
            Self::Sync(command) => boxed(command.run(settings)),
            Self::Headers(command) => boxed(command.run(settings)),
            Self::Pay(command) => command.run(settings),
            Self::Carrier(command) => command.run(settings),
            Self::Sweep(command) => command.run(settings),
            Self::Schema(command) => command.run(settings),
            Self::Sandbox(command) => command.run(settings),
        }
    }
}

fn boxed<T: Output + 'static>(result: Result<T>) -> Result {
    result.map(|output| Box::new(output) as Box<dyn Output>)
}

/// An address that is checked to be one of a network.
fn address_on(address: Address<NetworkUnchecked>, network: &Network) -> Result<Address> {
    let checked = address.clone().require_network(network.bitcoin());
    checked.map_err(|_| Error::AddressNetwork {
        address,
        network: network.clone(),
    })
}
