//! The steps of the demo. Each one is checked: a demo that goes otherwise than it tells is an error.

use std::path::Path;

use bulla_core::ContractId;
use bulla_core::validator::validate;
use bulla_wallet::Network;
use bulla_wallet::api::InvoiceTarget;
use bulla_wallet::sandbox::Sandbox;

use super::actor::{Actor, Paid};
use super::telling::{described, held, leaf, mine, read, settled, step, unlike, view};
use super::{FILES, Output, Step};
use crate::error::Error;
use crate::source::SANDBOX;
use crate::subcommand::validate::{Verdict, judge_on, rules};
use crate::subcommand::{Result, balance};

const SUPPLY: u64 = 1_000_000;
const FIRST: u64 = 250_000;
const BACK: u64 = 50_000;
/// Amounts of the three invoices.
pub const BATCH: [u64; 3] = [1_000, 2_000, 3_000];

/// The scene.
pub struct Story {
    pub chain: Sandbox,
    pub alice: Actor,
    pub bob: Actor,
    pub contract: ContractId,
    steps: Vec<Step>,
}

/// Tells the whole story in a new folder.
pub fn tell(folder: &Path) -> Result<Output> {
    let mut story = Story::begin(folder)?;
    let out = folder.join(FILES);
    story.blinded(&out)?;
    story.back(&out)?;
    let paid = story.batch(&out)?;
    story.balances()?;
    let last = story.verdict(&paid)?;
    story.tampered(&last, &out)?;
    story.forged(&out)?;
    let Story {
        chain,
        mut alice,
        mut bob,
        steps,
        ..
    } = story;
    Ok(Output {
        folder: folder.to_owned(),
        steps,
        alice: alice.balance(&chain)?,
        bob: bob.balance(&chain)?,
    })
}

impl Story {
    fn begin(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|cause| Error::file("make", folder, cause))?;
        let chain = Sandbox::open(folder.join(SANDBOX))?;
        let mut alice = Actor::new(&folder.join("alice"), &chain)?;
        let bob = Actor::new(&folder.join("bob"), &chain)?;
        let mut steps = Vec::new();
        steps.push(step(
            "Alice and Bob make a wallet each, on a chain in a file",
            [
                format!("{} and bob beside it", folder.join("alice").display()),
                "the sandbox gives each 1,000,000 sat".to_owned(),
            ],
        ));
        let carrier = alice.carrier(&chain)?;
        mine(&chain)?;
        alice.wallet.sync(&chain)?;
        let contract = alice.issue("CLAY", SUPPLY)?;
        steps.push(step(
            "Alice issues 1,000,000 CLAY",
            [
                format!("the contract is {contract}"),
                format!(
                    "its supply lies on a sealed coin of hers, made by {}",
                    carrier.txid
                ),
            ],
        ));
        let story = Self {
            chain,
            alice,
            bob,
            contract,
            steps,
        };
        Ok(story)
    }

    /// A blinded invoice: the payer does not learn on which coin the asset comes to lie.
    fn blinded(&mut self, out: &Path) -> Result<()> {
        self.bob.carrier(&self.chain)?;
        mine(&self.chain)?;
        self.bob.wallet.sync(&self.chain)?;
        let invoice = self
            .bob
            .invoice(self.contract, FIRST, InvoiceTarget::Blind(None))?;
        self.tell(
            "Bob asks for 250,000 CLAY on a coin he has, without showing which",
            [invoice.to_string()],
        );
        let paid = self.alice.pay(&[&invoice], &self.chain, out)?;
        self.tell(
            "Alice sends: a transaction for the network, a file for Bob",
            [
                format!(
                    "transaction {}, {} sat fee",
                    paid.prepared.txid, paid.prepared.fee_sats
                ),
                described(&paid, 0)?,
            ],
        );
        let received = self.bob.accept(&read(&paid, 0)?, &self.chain)?;
        let pending = received.confirmations;
        mine(&self.chain)?;
        self.expect(SUPPLY - FIRST, FIRST)?;
        self.tell(
            "Bob replays the history in the file, and finds what is his",
            [
                format!(
                    "{} CLAY on {}, {pending} confirmations",
                    received.amount,
                    leaf(&received)
                ),
                "a block is mined, and they are settled".to_owned(),
            ],
        );
        Ok(())
    }

    /// An invoice to a new output, which the payer makes.
    fn back(&mut self, out: &Path) -> Result<()> {
        let invoice = self
            .alice
            .invoice(self.contract, BACK, InvoiceTarget::Witness)?;
        let paid = self.bob.pay(&[&invoice], &self.chain, out)?;
        let received = self.alice.accept(&read(&paid, 0)?, &self.chain)?;
        mine(&self.chain)?;
        self.expect(SUPPLY - FIRST + BACK, FIRST - BACK)?;
        self.tell(
            "Bob sends 50,000 CLAY back, to a new output that he makes for Alice",
            [
                format!(
                    "transaction {}, {} sat fee",
                    paid.prepared.txid, paid.prepared.fee_sats
                ),
                described(&paid, 0)?,
                format!("they lie on {}", leaf(&received)),
            ],
        );
        Ok(())
    }

    /// Three invoices in one transaction.
    fn batch(&mut self, out: &Path) -> Result<Paid> {
        let ask = |amount: u64| {
            self.bob
                .invoice(self.contract, amount, InvoiceTarget::Witness)
        };
        let invoices = BATCH.map(ask);
        let [a, b, c] = invoices;
        let (a, b, c) = (a?, b?, c?);
        let paid = self.alice.pay(&[&a, &b, &c], &self.chain, out)?;
        for number in 0..BATCH.len() {
            self.bob.accept(&read(&paid, number)?, &self.chain)?;
        }
        mine(&self.chain)?;
        let batch: u64 = BATCH.iter().sum();
        self.expect(SUPPLY - FIRST + BACK - batch, FIRST - BACK + batch)?;
        let mut lines = vec![format!(
            "transaction {}, {} sat fee, {} vB",
            paid.prepared.txid, paid.prepared.fee_sats, paid.prepared.vbytes
        )];
        for number in 0..BATCH.len() {
            lines.push(described(&paid, number)?);
        }
        self.tell(
            "Alice pays three invoices of 1,000, 2,000 and 3,000 CLAY at once",
            lines,
        );
        Ok(paid)
    }

    fn balances(&mut self) -> Result<()> {
        let (alice, bob) = (
            self.alice.balance(&self.chain)?,
            self.bob.balance(&self.chain)?,
        );
        self.tell(
            "Both look at what they hold",
            [
                format!("Alice: {}", held(&alice)),
                format!("Bob:   {}", held(&bob)),
            ],
        );
        Ok(())
    }

    /// Anybody can judge a consignment, without a wallet.
    fn verdict(&mut self, paid: &Paid) -> Result<Vec<u8>> {
        let bytes = read(paid, BATCH.len() - 1)?;
        let consistent = validate(&bytes, &rules(&Network::Regtest, false))
            .map_err(|failure| unlike("validation", "settled", failure))?;
        let answer = judge_on(consistent, &view(&self.chain), 1);
        if answer.verdict != Verdict::Settled {
            return Err(unlike(
                "validation",
                "settled",
                format!("{:?}", answer.verdict),
            ));
        }
        let count = |count: Option<u64>| count.unwrap_or_default();
        self.tell(
            "A third party validates the last file, which needs no wallet",
            [format!(
                "settled: {} operations, {} witnesses, the weakest {} deep",
                count(answer.operations),
                answer.witnesses.unwrap_or_default(),
                answer.confirmations.unwrap_or_default()
            )],
        );
        Ok(bytes)
    }

    /// What both hold.
    pub fn held(&mut self) -> Result<(balance::Output, balance::Output)> {
        Ok((
            self.alice.balance(&self.chain)?,
            self.bob.balance(&self.chain)?,
        ))
    }

    fn expect(&mut self, alice: u64, bob: u64) -> Result<()> {
        let found = self.held()?;
        let (found, expected) = (
            (settled(&found.0), settled(&found.1)),
            (alice.to_string(), bob.to_string()),
        );
        if found == expected {
            return Ok(());
        }
        Err(unlike(
            "balances",
            format!("{expected:?}"),
            format!("{found:?}"),
        ))
    }

    /// Adds a step.
    pub fn tell(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        self.steps.push(step(title, lines));
    }
}
