//! What a forger would do.

use crate::error::Error;
use crate::subcommand::Result;

/// A copy of a consignment in which an amount is another one, in the last place where it stands: the
/// payee's own leaf.
pub fn tamper(consignment: &[u8], amount: u64, instead: u64) -> Result<Vec<u8>> {
    let (found, forged) = (amount.to_le_bytes(), instead.to_le_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_of_an_amount_is_changed_and_nothing_else() {
        let bytes = [7u64.to_le_bytes(), 7u64.to_le_bytes()].concat();
        let expected = [7u64.to_le_bytes(), 9u64.to_le_bytes()].concat();
        assert_eq!(tamper(&bytes, 7, 9).unwrap(), expected);
        assert!(tamper(&bytes, 8, 9).is_err());
    }
}
