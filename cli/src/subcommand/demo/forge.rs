//! What a forger would do, and what comes of it.

use std::path::Path;

use bulla_core::validator::{Check, Failure, validate};
use bulla_wallet::Network;
use bulla_wallet::api::InvoiceTarget;
use bulla_wallet::invoice::Invoice;

use super::FORGED;
use super::actor::Actor;
use super::story::{BATCH, Story};
use super::telling::{held, unlike, view};
use crate::error::Error;
use crate::file;
use crate::session::WALLET;
use crate::subcommand::Result;
use crate::subcommand::validate::{Verdict, judge_on, rules};

impl Story {
    /// Somebody writes another amount into a copy.
    pub fn tampered(&mut self, consignment: &[u8], out: &Path) -> Result<()> {
        let [.., amount] = BATCH;
        let copy = tamper(consignment, amount, amount * 3)?;
        let path = out.join("tampered.bulla");
        file::write(&path, &copy)?;
        let report = match validate(&copy, &rules(&Network::Regtest, false)) {
            Err(Failure::Invalid(report)) if report.check != Check::Decode => report,
            other => return Err(unlike("tampering", "invalid", format!("{other:?}"))),
        };
        self.tell(
            "Somebody writes 9,000 instead of 3,000 into a copy of the file",
            [
                format!(
                    "{} is invalid, check {}:",
                    path.display(),
                    report.check.code()
                ),
                format!("expected {}", report.expected),
                format!("found {}", report.found),
            ],
        );
        Ok(())
    }

    /// A thief has a copy of Alice's wallet file, but not her passphrase. What he builds passes every
    /// check of content, for the witnesses in a consignment are unsigned; nobody will ever mine it.
    pub fn forged(&mut self, out: &Path) -> Result<()> {
        let before = self.held()?;
        let invoice = self
            .bob
            .invoice(self.contract, BATCH[0], InvoiceTarget::Witness)?;
        let bytes = self.steal(&invoice)?;
        let path = out.join(FORGED);
        file::write(&path, &bytes)?;
        let consistent = validate(&bytes, &rules(&Network::Regtest, false))
            .map_err(|failure| unlike("forgery", "consistent", failure))?;
        let answer = judge_on(consistent, &view(&self.chain), 1);
        if answer.verdict != Verdict::Consistent {
            return Err(unlike(
                "forgery",
                "consistent",
                format!("{:?}", answer.verdict),
            ));
        }
        let received = self.bob.accept(&bytes, &self.chain)?;
        let after = self.held()?;
        if before != after {
            return Err(unlike("forgery", "unchanged balances", "changed ones"));
        }
        self.tell(
            "A thief with Alice's wallet file, but not her passphrase, pays Bob with her CLAY",
            [
                format!(
                    "{} is consistent: its content breaks no rule,",
                    path.display()
                ),
                "but its transaction is unsigned, and in no block and no mempool".to_owned(),
                format!(
                    "Bob's wallet lists {} CLAY as {}, and counts nothing:",
                    received.amount, received.state
                ),
                format!("Alice: {}", held(&after.0)),
                format!("Bob:   {}", held(&after.1)),
            ],
        );
        Ok(())
    }

    /// The consignment of a payment that a copy of Alice's wallet builds, unsigned.
    fn steal(&self, invoice: &Invoice) -> Result<Vec<u8>> {
        let den = tempfile::tempdir()
            .map_err(|cause| Error::file("make", Path::new("a folder"), cause))?;
        let path = den.path().join(WALLET);
        file::write(&path, &file::read_consignment(&self.alice.path)?)?;
        let mut thief = Actor::open(path)?;
        let mut consignments = thief.build(invoice, &self.chain)?.consignments;
        let consignment = consignments.next().transpose()?;
        let bytes = consignment.map(|consignment| consignment.bytes);
        bytes.ok_or_else(|| unlike("forgery", "a consignment", "none"))
    }
}

/// A copy of a consignment in which an amount is another one, in the last place where it stands: the
/// payee's own leaf.
fn tamper(consignment: &[u8], amount: u64, instead: u64) -> Result<Vec<u8>> {
    let (found, forged) = (varint(amount), varint(instead));
    let mut copy = consignment.to_vec();
    let place = copy
        .windows(found.len())
        .rposition(|window| window == found);
    let place = place.ok_or_else(|| Error::Demo {
        step: "tampering",
        found: "no such amount in the consignment".to_owned(),
        expected: amount.to_string(),
    })?;
    copy.splice(place..place + found.len(), forged);
    Ok(copy)
}

/// A number as it stands in a frame: seven bits a byte, the low ones first.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_of_an_amount_is_changed_and_nothing_else() {
        // 3,000 is 23 * 128 + 56, and 9,000 is 70 * 128 + 40.
        let bytes = [0xb8, 23, 7, 0xb8, 23, 7];
        let expected = [0xb8, 23, 7, 0xa8, 70, 7];
        assert_eq!(tamper(&bytes, 3_000, 9_000).unwrap(), expected);
        assert!(tamper(&bytes, 3_001, 9_000).is_err());
    }
}
