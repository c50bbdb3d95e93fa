//! Places for new outputs.

use bdk_wallet::KeychainKind;
use bdk_wallet::miniscript::ToPublicKey;
use bdk_wallet::miniscript::descriptor::{DefiniteDescriptorKey, Descriptor};
use bitcoin::key::XOnlyPublicKey;
use bitcoin::{Script, ScriptBuf};
use bulla_core::commit::Commitment;

use super::{Coins, Place};

/// A derived output script with the key behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What the output is for.
    pub place: Place,
    /// Index of the key.
    pub index: u32,
    /// P2TR of the key alone (BIP86).
    pub script: ScriptBuf,
    /// The key before any tweak.
    pub internal_key: XOnlyPublicKey,
}

/// Whose an output script is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// What the output is for.
    pub place: Place,
    /// Index of the key.
    pub index: u32,
    /// The commitment that tweaks the key.
    pub tapret: Option<Commitment>,
}

impl Owner {
    pub(super) const fn derived((keychain, index): (KeychainKind, u32)) -> Self {
        Self {
            place: Place::of(keychain),
            index,
            tapret: None,
        }
    }
}

impl Coins {
    /// The slot at an index, whether it was given out or not.
    pub fn slot(&self, place: Place, index: u32) -> Slot {
        let descriptor = self.descriptor(place, index);
        let Descriptor::Tr(ref key) = descriptor else {
            unreachable!("both descriptors are tr(), checked when they are loaded")
        };
        let internal_key = key.internal_key().to_x_only_pubkey();
        Slot {
            place,
            index,
            script: descriptor.script_pubkey(),
            internal_key,
        }
    }

    /// The index of the next slot that was never given out.
    pub fn next_index(&self, place: Place) -> u32 {
        self.bdk.next_derivation_index(place.keychain())
    }

    /// The `n`-th of the slots that were never given out. Changes nothing: two plans may show the
    /// same slot, and only [`Coins::take`] gives it out.
    pub fn peek(&self, place: Place, n: u32) -> Slot {
        self.slot(place, self.next_index(place).saturating_add(n))
    }

    /// Gives out the next slot.
    pub fn reveal(&mut self, place: Place) -> Slot {
        let slot = self.peek(place, 0);
        self.take(&slot);
        slot
    }

    /// Gives out a slot that was peeked at, and all before it. `false` if it was given out already.
    pub fn take(&mut self, slot: &Slot) -> bool {
        let fresh = slot.index >= self.next_index(slot.place);
        let keychain = slot.place.keychain();
        self.bdk
            .reveal_addresses_to(keychain, slot.index)
            .for_each(drop);
        self.bdk.mark_used(keychain, slot.index);
        fresh
    }

    /// A slot to be paid to: a new one each time. Only where half as many as the gap were given
    /// out and never used, the first of them again: a wallet restored from its words looks no further
    /// than the gap, and change needs the other half.
    pub fn address_slot(&mut self, place: Place) -> Slot {
        let slot = self.fresh(place, self.gap.div_ceil(2));
        self.bdk
            .reveal_addresses_to(slot.place.keychain(), slot.index)
            .for_each(drop);
        slot
    }

    /// The plain slot for the change of a transaction, to be given out by [`Coins::take`]: a new one,
    /// as long as a restored wallet would find it.
    pub fn change_slot(&self) -> Slot {
        self.fresh(Place::Plain, self.gap)
    }

    /// The next slot, or the first unused one if `limit` in a row are unused.
    fn fresh(&self, place: Place, limit: u32) -> Slot {
        let used = self.bdk.spk_index().last_used_index(place.keychain());
        let first_unused = used.map_or(0, |last| last + 1);
        let next = self.next_index(place);
        let index = if next.saturating_sub(first_unused) < limit {
            next
        } else {
            first_unused
        };
        self.slot(place, index)
    }

    /// Whose an output script is; `None` if it is not ours.
    pub fn owner(&self, script: &Script) -> Option<Owner> {
        if let Some(slot) = self.bdk.spk_index().index_of_spk(script.to_owned()) {
            return Some(Owner::derived(*slot));
        }
        let row = self.rows.get(script)?;
        Some(Owner {
            place: Place::Sealed,
            index: row.index,
            tapret: Some(row.commitment),
        })
    }

    /// Whether an output script is ours.
    pub fn is_ours(&self, script: &Script) -> bool {
        self.owner(script).is_some()
    }

    pub(super) fn descriptor(&self, place: Place, index: u32) -> Descriptor<DefiniteDescriptorKey> {
        self.bdk
            .public_descriptor(place.keychain())
            .at_derivation_index(index)
            .expect("an index of BDK is below 2^31, and the wildcard is not hardened")
    }
}
