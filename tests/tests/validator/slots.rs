//! A tree of contracts made by hand: what the builder never makes, an attacker does.

use bitcoin::hashes::{Hash, HashEngine, sha256};
use bulla_core::commit::Commitment;
use bulla_core::commit::mpc::{MpcProof, Proof};
use bulla_core::frame::WitnessFrame;
use bulla_core::validator::Check;
use bulla_core::witness::Witness;
use bulla_core::{BundleId, ContractId};
use bulla_tests::kit::{
    Carry, Consignment, Fails, History, View, accept, amounts_at, carry, refuse,
};

fn tagged(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let tag = sha256::Hash::hash(tag.as_bytes());
    let mut engine = sha256::Hash::engine();
    engine.input(tag.as_ref());
    engine.input(tag.as_ref());
    for part in parts {
        engine.input(part);
    }
    sha256::Hash::from_engine(engine).to_byte_array()
}

fn node(parts: &[&[u8]]) -> [u8; 32] {
    tagged("urn:ubideco:merkle:node#2024-01-31", parts)
}

/// Every level of a tree over these leaves, the leaves last (PROTOCOL.md §7.2).
struct Tree {
    levels: Vec<Vec<[u8; 32]>>,
    cofactor: u16,
}

impl Tree {
    fn new(leaves: Vec<[u8; 32]>, cofactor: u16) -> Self {
        let mut width = [0; 32];
        width[..8].copy_from_slice(&(leaves.len() as u64).to_le_bytes());
        let depth = u8::try_from(leaves.len().ilog2()).unwrap();
        let mut levels = vec![leaves];
        for level in (0..depth).rev() {
            let pairs = levels[0].chunks(2);
            let up = pairs.map(|pair| node(&[&[2, level], &width, &pair[0], &pair[1]]));
            levels.insert(0, up.collect());
        }
        Self { levels, cofactor }
    }

    fn commitment(&self) -> Commitment {
        let depth = u8::try_from(self.levels.len() - 1).unwrap();
        let shape = [&[depth], self.cofactor.to_le_bytes().as_slice()].concat();
        let root = self.levels[0][0];
        let tag = "urn:ubideco:mpc:commitment#2024-01-31";
        Commitment::from_byte_array(tagged(tag, &[&shape, &root]))
    }

    fn path(&self, slot: usize) -> MpcProof {
        let depth = self.levels.len() - 1;
        let sibling = |level: usize| self.levels[level][(slot >> (depth - level)) ^ 1];
        MpcProof {
            pos: u32::try_from(slot).unwrap(),
            cofactor: self.cofactor,
            path: (1..=depth).map(sibling).collect(),
        }
    }
}

/// Two ways to spend one leaf, as two histories whose witness differs in the commitment only.
struct Rivals {
    histories: [History; 2],
}

impl Rivals {
    fn new() -> Self {
        let histories = [&[1_000][..], &[999, 1]].map(|amounts| {
            let mut history = History::fixed(1_000);
            let act = history.act("transfer", &[history.seed(0)], &amounts_at(amounts));
            let mut draft = history.draft(vec![act]);
            draft.transaction =
                bulla_tests::kit::make::transaction([bulla_tests::kit::make::coin(0)], 2);
            history.push(draft);
            history
        });
        Self { histories }
    }

    fn contract(&self) -> ContractId {
        self.histories[0].contract()
    }

    fn bundles(&self) -> [BundleId; 2] {
        [0, 1].map(|i| self.histories[i].anchored(0).bundle.id())
    }

    fn leaf(&self, rival: usize) -> [u8; 32] {
        let (contract, bundle) = (self.contract(), self.bundles()[rival]);
        node(&[&[0x10], contract.as_bytes(), bundle.as_bytes()])
    }

    /// One rival under a witness that carries this commitment, with this proof.
    fn shown(&self, rival: usize, commitment: Commitment, proof: MpcProof) -> Consignment {
        let history = &self.histories[rival];
        let mut transaction = history.anchored(0).witness.transaction().clone();
        carry(&Carry::Opret, commitment, &mut transaction, 0);
        let mut consignment = history.consignment(View::Leaves);
        consignment.tamper(0, |frame: &mut WitnessFrame| {
            frame.witness = Witness::new(&transaction);
            frame.anchor.mpc = Proof::Path(proof);
        });
        consignment
    }

    /// The slot of the contract.
    fn slot(&self, width: usize, cofactor: u16) -> usize {
        slot(self.contract(), width, cofactor)
    }
}

/// The slot of a contract (PROTOCOL.md §7.2), by long division from the highest byte.
pub fn slot(contract: ContractId, width: usize, cofactor: u16) -> usize {
    let modulus = width - usize::from(cofactor);
    let bytes = contract.to_bytes();
    let bytes = bytes.iter().rev();
    bytes.fold(0, |rest, byte| (rest * 256 + usize::from(*byte)) % modulus)
}

fn witness(consignment: &Consignment) -> bitcoin::Txid {
    match &consignment.frames[0] {
        bulla_core::frame::Frame::Witness(frame) => frame.witness.txid(),
        other => panic!("the first frame is a witness frame: {other:?}"),
    }
}

#[test]
fn a14_a_second_bundle_of_the_contract_in_another_slot_proves_nothing() {
    let rivals = Rivals::new();
    for depth in 1..=5 {
        let width = 1 << depth;
        for cofactor in [0, 1, width / 2, width - 1] {
            let own = rivals.slot(width, u16::try_from(cofactor).unwrap());
            // Each slot but its own holds the rival.
            let mut leaves = vec![rivals.leaf(1); width];
            leaves[own] = rivals.leaf(0);
            let tree = Tree::new(leaves, u16::try_from(cofactor).unwrap());
            let commitment = tree.commitment();
            accept(&rivals.shown(0, commitment, tree.path(own)).encode());
            for slot in 0..width {
                let honest = rivals.shown(1, commitment, tree.path(slot));
                let check = if slot == own { Check::Dbc } else { Check::Mpc };
                refuse(
                    &honest.encode(),
                    Fails::invalid(check).witness(witness(&honest)),
                );
                let mut moved = tree.path(slot);
                moved.pos = u32::try_from(own).unwrap();
                if slot != own {
                    let moved = rivals.shown(1, commitment, moved);
                    let expected = Fails::invalid(Check::Dbc).witness(witness(&moved));
                    refuse(&moved.encode(), expected);
                }
            }
        }
    }
}

#[test]
fn f12_one_commitment_has_one_bundle_over_every_depth_and_cofactor_that_can_be_claimed() {
    let rivals = Rivals::new();
    // The tree is full of both rivals, so that every path of every shape leads to one of them.
    for seed in 0..8_usize {
        let width = 8;
        let leaves = (0..width).map(|slot| rivals.leaf((slot ^ seed).count_ones() as usize % 2));
        let tree = Tree::new(leaves.collect(), 0);
        let commitment = tree.commitment();
        let mut accepted = Vec::new();
        for (slot, depth) in (0..width).flat_map(|slot| (0..=3).map(move |depth| (slot, depth))) {
            for (cofactor, pos) in
                (0..1 << depth).flat_map(|c| (0..1 << depth).map(move |p| (c, p)))
            {
                let mut proof = tree.path(slot);
                proof.path.truncate(depth);
                proof.cofactor = cofactor;
                proof.pos = pos;
                for (rival, bundle) in rivals.bundles().iter().enumerate() {
                    let root = proof.root(rivals.contract().to_bytes(), bundle.to_bytes());
                    if root == Ok(commitment) {
                        accept(&rivals.shown(rival, commitment, proof.clone()).encode());
                        accepted.push(rival);
                    }
                }
            }
        }
        assert_eq!(accepted.len(), 1, "{accepted:?}");
    }
}

#[test]
fn f18_what_another_system_puts_under_the_id_of_a_contract_is_no_bundle() {
    // Its slot holds another message; and the message alone, untagged, is no leaf of the tree.
    let rivals = Rivals::new();
    let own = rivals.slot(8, 0);
    let (contract, bundle) = (rivals.contract(), rivals.bundles()[0]);
    let foreign = tagged("another system", &[bundle.as_bytes()]);
    for leaf in [
        node(&[&[0x10], contract.as_bytes(), &foreign]),
        tagged("another system", &[contract.as_bytes(), bundle.as_bytes()]),
        bundle.to_bytes(),
    ] {
        let mut leaves = vec![rivals.leaf(1); 8];
        leaves[own] = leaf;
        let tree = Tree::new(leaves, 0);
        let shown = rivals.shown(0, tree.commitment(), tree.path(own));
        let expected = Fails::invalid(Check::Dbc).witness(witness(&shown));
        refuse(&shown.encode(), expected);
    }
}

#[test]
fn a_contract_of_the_whole_width_shares_one_slot_with_nobody() {
    // A cofactor of width - 1 puts every contract into slot 0: only one of them can be there.
    let rivals = Rivals::new();
    let stranger = node(&[&[0x10], &[7; 32], &[8; 32]]);
    let mut leaves = vec![rivals.leaf(0); 8];
    leaves[0] = stranger;
    let tree = Tree::new(leaves, 7);
    let shown = rivals.shown(0, tree.commitment(), tree.path(0));
    refuse(
        &shown.encode(),
        Fails::invalid(Check::Dbc).witness(witness(&shown)),
    );
}

#[test]
fn a_commitment_to_the_bundle_alone_or_to_the_root_alone_is_none() {
    let rivals = Rivals::new();
    let leaves = vec![rivals.leaf(0); 8];
    let tree = Tree::new(leaves, 0);
    let own = rivals.slot(8, 0);
    let bundle = rivals.bundles()[0].to_bytes();
    for bare in [
        bundle,
        tree.levels[0][0],
        rivals.leaf(0),
        rivals.contract().to_bytes(),
    ] {
        let bare = Commitment::from_byte_array(bare);
        let shown = rivals.shown(0, bare, tree.path(own));
        refuse(
            &shown.encode(),
            Fails::invalid(Check::Dbc).witness(witness(&shown)),
        );
        let mut alone = tree.path(0);
        alone.path.clear();
        let shown = rivals.shown(0, bare, alone);
        refuse(
            &shown.encode(),
            Fails::invalid(Check::Dbc).witness(witness(&shown)),
        );
    }
}
