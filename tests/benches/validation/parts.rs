//! The parts of a validation, one after the other, on one core.

use std::hint::black_box;

use amplify::confinement::Confined;
use bitcoin::TxMerkleNode;
use bitcoin::hashes::{Hash, sha256d};
use bulla_core::commit::Commitment;
use bulla_core::commit::tapret::CurveCheck;
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::{BlockProof, Frame, WitnessFrame};
use bulla_core::header::Header;
use bulla_core::headers::check_proof;
use bulla_core::validator::validate;
use bulla_core::{BundleId, ContractId, OperationId, wire};
use bulla_tests::kit::rules;

use crate::Plan;
use crate::floor::{self, Tweaks};
use crate::histories::{self, Method, Shape};
use crate::report::Report;
use crate::speed::fastest;

/// Hashes of a block proof: a block of 4,096 transactions.
const BRANCH: u8 = 12;

/// A line of transfers, taken apart.
struct Line {
    bytes: Vec<u8>,
    contract: ContractId,
    frames: Vec<WitnessFrame>,
    /// Of the one transition of each frame.
    ids: Vec<OperationId>,
    bundles: Vec<BundleId>,
    commitments: Vec<Commitment>,
    checks: Vec<CurveCheck>,
}

pub fn measure(plan: &Plan, report: &mut Report) {
    let transfers = plan.longest.min(1_000);
    let (opret, tapret) = (
        Line::new(Method::Opret, transfers),
        Line::new(Method::Tapret, transfers),
    );
    let (tweaks, proof) = (Tweaks::new(transfers), block_proof());
    let frame = &opret.frames[0];
    let transaction = frame.witness.transaction().base_size();
    let blocks = floor::compressions(u32::try_from(transaction).expect("a small transaction"));
    let list = fastest(
        plan.rounds(transfers),
        [
            &mut || opret.decode(),
            &mut || opret.ids(),
            &mut || opret.bundles(),
            &mut || opret.trees(),
            &mut || opret.carried(),
            &mut || tapret.carried(),
            &mut || tapret.curve(),
            &mut || opret.block_proofs(&proof),
            &mut || opret.whole(),
            &mut || tweaks.lift(),
            &mut || tweaks.run(),
            &mut || (0..transfers).for_each(|_| floor::compress(blocks)),
        ],
    );
    let each = list.map(|seconds| seconds * 1e6 / f64::from(transfers));
    let [
        decode,
        ids,
        bundles,
        trees,
        opret,
        hashes,
        curve,
        proofs,
        whole,
        lift,
        tweak,
        floor,
    ] = each;
    let rest = whole - decode - ids - bundles - trees - opret;
    println!("\nparts of a transfer, microseconds, one core, line of {transfers}\n");
    for (name, each) in [
        ("decode (references not resolved)", decode),
        ("ids (transition, outputs)", ids),
        ("bundle", bundles),
        ("mpc (from the entropy)", trees),
        ("opret", opret),
        ("tapret, hashes", hashes),
        ("tapret, curve", curve),
        ("block proof of 12 hashes", proofs),
        ("references, txid, state, rules: the rest of opret", rest),
        ("floor: lift_x", lift),
        ("floor: lift_x and tweak addition", tweak),
        ("floor: SHA-256 compressions of an opret transfer", floor),
    ] {
        println!("{name:<50}  {each:>7.2}");
    }
    println!(
        "compressions: {blocks} for opret, {} more for tapret",
        floor::TAPRET
    );
    report.compressions_us = Some(floor);
}

impl Line {
    fn new(method: Method, transfers: u32) -> Self {
        let bytes = histories::make(Shape::Line, method, transfers);
        let mut parts = parts(&bytes).map(|part| part.expect("a part"));
        let header = Header::decode(parts.next().expect("a header")).expect("a header");
        let mut explicit = Explicit::new(&header);
        let frames: Vec<_> = parts
            .filter_map(|part| match explicit.frame(part).expect("a frame") {
                Frame::Witness(frame) => Some(*frame),
                _ => None,
            })
            .collect();
        let contract = header.genesis.contract_id();
        let ids: Vec<_> = frames
            .iter()
            .map(|frame| frame.transitions[0].transition.id())
            .collect();
        let bundles: Vec<_> = frames
            .iter()
            .zip(&ids)
            .map(|(frame, id)| bundle(frame, *id))
            .collect();
        let commitments: Vec<_> = frames
            .iter()
            .zip(&bundles)
            .map(|(frame, bundle)| frame.anchor.commitment(contract, *bundle).expect("a tree"))
            .collect();
        let checks = frames
            .iter()
            .zip(&commitments)
            .filter_map(|(frame, commitment)| carried(frame, *commitment))
            .collect();
        Self {
            bytes,
            contract,
            frames,
            ids,
            bundles,
            commitments,
            checks,
        }
    }

    fn decode(&self) {
        for part in parts(&self.bytes).skip(1) {
            black_box(wire::Frame::decode(part.expect("a part")).expect("a frame"));
        }
    }

    fn ids(&self) {
        for signed in self.frames.iter().flat_map(|frame| &frame.transitions) {
            black_box(signed.transition.id());
        }
    }

    fn bundles(&self) {
        for (frame, id) in self.frames.iter().zip(&self.ids) {
            black_box(bundle(frame, *id));
        }
    }

    fn trees(&self) {
        for (frame, bundle) in self.frames.iter().zip(&self.bundles) {
            black_box(
                frame
                    .anchor
                    .commitment(self.contract, *bundle)
                    .expect("a tree"),
            );
        }
    }

    fn carried(&self) {
        for (frame, commitment) in self.frames.iter().zip(&self.commitments) {
            black_box(carried(frame, *commitment));
        }
    }

    fn curve(&self) {
        for check in &self.checks {
            check.verify().expect("a good check");
        }
    }

    fn block_proofs(&self, proof: &BlockProof) {
        for frame in &self.frames {
            let root = TxMerkleNode::from_byte_array([0; 32]);
            assert!(black_box(check_proof(frame.witness.txid(), proof, root)).is_err());
        }
    }

    fn whole(&self) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.expect("a pool of one thread");
        black_box(
            pool.install(|| validate(&self.bytes, &rules()).map_err(Box::new))
                .expect("a good history"),
        );
    }
}

fn bundle(frame: &WitnessFrame, id: OperationId) -> BundleId {
    let inputs = frame.transitions[0].transition.inputs.iter();
    let shown = inputs.map(|input| (*input, id));
    frame.bundle.bundle_id(shown).expect("a bundle")
}

fn carried(frame: &WitnessFrame, commitment: Commitment) -> Option<CurveCheck> {
    let outputs = &frame.witness.transaction().output;
    frame
        .anchor
        .curve_check(commitment, outputs)
        .expect("carried")
}

/// All hashes are walked before the root is compared, which differs.
fn block_proof() -> BlockProof {
    let branch = (0..BRANCH).map(|n| sha256d::Hash::hash(&[n]).to_byte_array());
    BlockProof {
        height: 1,
        position: 0,
        branch: Confined::try_from(branch.collect::<Vec<_>>()).expect("few hashes"),
    }
}
