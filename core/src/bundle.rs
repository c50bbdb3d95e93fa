//! A bundle: what one contract does in one witness transaction, as a map from each consumed
//! input to the operation that consumes it (PROTOCOL.md §6).
//!
//! The map is committed to as a binary tree over the tagged hashes of the inputs. A key has one
//! leaf only, so no two operations, shown or hidden, can claim one input.

use std::collections::BTreeMap;

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, objects, put_length};
use crate::hash::tags;
use crate::limits::{BUNDLE_DEPTH, BUNDLE_STEPS, FRAME_BYTES};
use crate::operation::Input;
use crate::{BundleId, OperationId};

const EMPTY: [u8; 32] = [0; 32];

/// Every input that the contract consumes in one witness, with the operation that consumes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle(pub Confined<BTreeMap<Input, OperationId>, 1, FRAME_BYTES>);

impl Bundle {
    /// The bundle's id: the root of its tree.
    pub fn id(&self) -> BundleId {
        let entries = Entries::new(self.0.iter().map(|(input, operation)| (*input, *operation)));
        BundleId::from_bytes(root(&entries.0, 0))
    }

    /// The proof that the inputs for which `shown` holds map to their operations.
    pub fn prove(&self, shown: impl Fn(&OperationId) -> bool) -> BundleProof {
        let entries = Entries::new(self.0.iter().map(|(input, operation)| (*input, *operation)));
        let kept: Vec<bool> = entries
            .0
            .iter()
            .map(|entry| shown(&entry.operation))
            .collect();
        let mut steps = Vec::new();
        if kept.iter().any(|kept| !kept) {
            prove(&entries.0, &kept, 0, &mut steps);
        }
        // A whole bundle fits a frame, so its steps do.
        BundleProof(Confined::try_from(steps).unwrap_or_default())
    }
}

/// One entry with its key.
#[derive(Copy, Clone, Debug)]
struct Entry {
    key: [u8; 32],
    input: Input,
    operation: OperationId,
}

impl Entry {
    fn leaf(&self) -> [u8; 32] {
        let mut message = Vec::with_capacity(70);
        self.input.encode_to(&mut message);
        self.operation.encode_to(&mut message);
        tags::BUNDLE_LEAF.hash(&message)
    }
}

/// Entries ascending by key.
struct Entries(Vec<Entry>);

impl Entries {
    fn new(entries: impl IntoIterator<Item = (Input, OperationId)>) -> Self {
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|(input, operation)| Entry {
                key: tags::BUNDLE_KEY.hash(&input.encode()),
                input,
                operation,
            })
            .collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        Self(entries)
    }
}

/// Bit `depth` of a key, from the first.
fn bit(key: &[u8; 32], depth: usize) -> bool {
    key.get(depth / 8)
        .is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

fn split(entries: &[Entry], depth: usize) -> usize {
    entries.partition_point(|entry| !bit(&entry.key, depth))
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    let mut message = [0; 64];
    let (l, r) = message.split_at_mut(32);
    l.copy_from_slice(&left);
    r.copy_from_slice(&right);
    tags::BUNDLE_NODE.hash(&message)
}

/// The hash of the subtree of these entries; distinct keys part within 256 levels.
fn root(entries: &[Entry], depth: usize) -> [u8; 32] {
    match entries {
        [] => EMPTY,
        [entry] => entry.leaf(),
        _ => {
            let (left, right) = entries.split_at(split(entries, depth));
            node(root(left, depth + 1), root(right, depth + 1))
        }
    }
}

/// One step of a bundle proof, where the shown keys alone do not say what the tree looks like.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The only shown key of this subtree is its only key: a leaf.
    Leaf,
    /// No key lies on the other side.
    Empty,
    /// The other side holds keys that are not shown.
    Hidden([u8; 32]),
}

/// What the shown transitions leave open about a bundle's tree: from the root, left before right,
/// a step for each node with shown keys on one side only. Empty if nothing is hidden.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BundleProof(pub Confined<Vec<Step>, 0, BUNDLE_STEPS>);

fn prove(entries: &[Entry], kept: &[bool], depth: usize, steps: &mut Vec<Step>) {
    if entries.len() == 1 {
        steps.push(Step::Leaf);
        return;
    }
    let middle = split(entries, depth);
    let (left, right) = entries.split_at(middle);
    let (kept_left, kept_right) = kept.split_at(middle.min(kept.len()));
    let shows = |kept: &[bool]| kept.iter().any(|kept| *kept);
    let step = |other: &[Entry]| match other {
        [] => Step::Empty,
        hidden => Step::Hidden(root(hidden, depth + 1)),
    };
    match (shows(kept_left), shows(kept_right)) {
        (true, true) => {
            prove(left, kept_left, depth + 1, steps);
            prove(right, kept_right, depth + 1, steps);
        }
        (true, false) => {
            steps.push(step(right));
            prove(left, kept_left, depth + 1, steps);
        }
        (false, true) => {
            steps.push(step(left));
            prove(right, kept_right, depth + 1, steps);
        }
        (false, false) => {}
    }
}

/// Why a bundle proof does not hold.
#[derive(Copy, Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BundleError {
    /// Two shown operations claim one input.
    #[error("two shown transitions consume one input")]
    InputTwice {
        /// The input.
        input: Input,
    },
    /// The proof has too few steps.
    #[error("the bundle proof ends before the tree does")]
    TooShort,
    /// The proof has steps left over.
    #[error("{left} steps of the bundle proof are left over")]
    TooLong {
        /// How many.
        left: usize,
    },
    /// A path goes deeper than keys have bits.
    #[error("the bundle proof goes deeper than 256 levels")]
    TooDeep,
    /// A step that the shape does not allow.
    #[error("the bundle proof is not canonical: {what}")]
    NotCanonical {
        /// What is wrong.
        what: &'static str,
    },
}

impl BundleProof {
    /// The bundle id that the proof and the shown transitions' inputs give.
    ///
    /// # Errors
    /// If the proof does not fit the shown inputs, or says something in a second way.
    pub fn bundle_id(
        &self,
        shown: impl IntoIterator<Item = (Input, OperationId)>,
    ) -> Result<BundleId, BundleError> {
        let entries = Entries::new(shown);
        let mut pairs = entries.0.iter().zip(entries.0.iter().skip(1));
        if let Some((first, _)) = pairs.find(|(a, b)| a.key == b.key) {
            return Err(BundleError::InputTwice { input: first.input });
        }
        if self.0.is_empty() {
            return Ok(BundleId::from_bytes(root(&entries.0, 0)));
        }
        if !self.0.iter().any(|step| matches!(step, Step::Hidden(_))) {
            let what = "nothing is hidden, but there are steps";
            return Err(BundleError::NotCanonical { what });
        }
        let mut steps = self.0.iter();
        let hash = walk(&entries.0, 0, &mut steps)?;
        match steps.len() {
            0 => Ok(BundleId::from_bytes(hash)),
            left => Err(BundleError::TooLong { left }),
        }
    }
}

fn walk(
    entries: &[Entry],
    depth: usize,
    steps: &mut std::slice::Iter<'_, Step>,
) -> Result<[u8; 32], BundleError> {
    let (left, right) = entries.split_at(split(entries, depth));
    if !left.is_empty() && !right.is_empty() {
        let left = walk(left, depth + 1, steps)?;
        return Ok(node(left, walk(right, depth + 1, steps)?));
    }
    let other = match (steps.next().ok_or(BundleError::TooShort)?, entries) {
        (Step::Leaf, [entry]) => return Ok(entry.leaf()),
        (Step::Leaf, _) => {
            let what = "a leaf where several shown keys lie";
            return Err(BundleError::NotCanonical { what });
        }
        (Step::Hidden(EMPTY), _) => {
            let what = "an empty subtree is said as a hidden one";
            return Err(BundleError::NotCanonical { what });
        }
        (Step::Hidden(hash), _) => *hash,
        (Step::Empty, [_]) if matches!(steps.as_slice().first(), Some(Step::Leaf)) => {
            let what = "a shown leaf whose sibling is empty";
            return Err(BundleError::NotCanonical { what });
        }
        (Step::Empty, _) => EMPTY,
    };
    if depth + 1 > BUNDLE_DEPTH {
        return Err(BundleError::TooDeep);
    }
    let below = walk(entries, depth + 1, steps)?;
    Ok(if left.is_empty() {
        node(other, below)
    } else {
        node(below, other)
    })
}

impl Encode for Step {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf => out.push(0),
            Self::Empty => out.push(1),
            Self::Hidden(hash) => {
                out.push(2);
                out.extend_from_slice(hash);
            }
        }
    }
}

impl Decode for Step {
    const NAME: &'static str = "steps of a bundle proof";
    const MIN_BYTES: usize = 1;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8("step of a bundle proof")? {
            0 => Ok(Self::Leaf),
            1 => Ok(Self::Empty),
            2 => reader.array("hidden subtree").map(Self::Hidden),
            tag => Err(DecodeError::value(
                "step of a bundle proof",
                "0, 1 or 2",
                tag,
            )),
        }
    }
}

impl Encode for BundleProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.0.encode_to(out);
    }
}

impl Decode for BundleProof {
    const NAME: &'static str = "bundle proof";
    const MIN_BYTES: usize = 3;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Confined::decode_from(reader).map(Self)
    }
}

impl Encode for Bundle {
    fn encode_to(&self, out: &mut Vec<u8>) {
        put_length(out, self.0.len(), FRAME_BYTES);
        for (input, operation) in &self.0 {
            input.encode_to(out);
            operation.encode_to(out);
        }
    }
}

impl Decode for Bundle {
    const NAME: &'static str = "bundle";
    const MIN_BYTES: usize = 73;

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length("entries of a bundle", 1, FRAME_BYTES)?;
        let mut entries = BTreeMap::new();
        for _ in 0..length {
            let input = Input::decode_from(reader)?;
            if entries
                .last_key_value()
                .is_some_and(|(last, _)| *last >= input)
            {
                return Err(DecodeError::not_canonical(
                    "entries of a bundle do not ascend",
                ));
            }
            entries.insert(input, OperationId::decode_from(reader)?);
        }
        let found = entries.len() as u64;
        Confined::try_from(entries)
            .map(Self)
            .map_err(|_| DecodeError::Limit {
                what: "entries of a bundle",
                min: 1,
                max: FRAME_BYTES as u64,
                found,
            })
    }
}

objects!(Bundle, BundleProof);

#[cfg(test)]
mod tests {
    use super::*;

    fn input(n: u32) -> Input {
        Input {
            operation: OperationId::from_bytes([1; 32]),
            owned_type: 1,
            index: n,
        }
    }

    fn bundle(n: u32) -> Bundle {
        let entries: BTreeMap<_, _> = (0..n)
            .map(|i| {
                (
                    input(i),
                    OperationId::from_bytes([u8::try_from(i % 5).unwrap(); 32]),
                )
            })
            .collect();
        Bundle(Confined::try_from(entries).unwrap())
    }

    fn shown(bundle: &Bundle, operation: u8) -> Vec<(Input, OperationId)> {
        let id = OperationId::from_bytes([operation; 32]);
        bundle
            .0
            .iter()
            .filter(|(_, op)| **op == id)
            .map(|(input, op)| (*input, *op))
            .collect()
    }

    #[test]
    fn every_subset_gives_the_same_id() {
        for n in 1..40 {
            let bundle = bundle(n);
            for operation in 0..u8::try_from(n.min(5)).unwrap() {
                let id = OperationId::from_bytes([operation; 32]);
                let proof = bundle.prove(|op| *op == id);
                assert_eq!(
                    proof.bundle_id(shown(&bundle, operation)),
                    Ok(bundle.id()),
                    "{n}"
                );
                assert_eq!(BundleProof::decode(&proof.encode()), Ok(proof));
            }
            assert!(bundle.prove(|_| true).0.is_empty());
        }
    }

    #[test]
    fn another_operation_under_a_shown_key_changes_the_id() {
        let bundle = bundle(10);
        let proof = bundle.prove(|op| *op == OperationId::from_bytes([0; 32]));
        let forged = shown(&bundle, 0)
            .into_iter()
            .map(|(input, _)| (input, OperationId::from_bytes([9; 32])));
        assert_ne!(proof.bundle_id(forged), Ok(bundle.id()));
    }

    #[test]
    fn an_input_claimed_twice_is_refused() {
        let twice = [
            (input(1), OperationId::from_bytes([1; 32])),
            (input(1), OperationId::from_bytes([2; 32])),
        ];
        let error = BundleProof::default().bundle_id(twice);
        assert_eq!(error, Err(BundleError::InputTwice { input: input(1) }));
    }

    #[test]
    fn a_shown_leaf_with_an_empty_sibling_is_not_canonical() {
        let entry = [(input(1), OperationId::from_bytes([1; 32]))];
        let steps = vec![Step::Hidden([7; 32]), Step::Empty, Step::Leaf];
        let error = BundleProof(Confined::try_from(steps).unwrap()).bundle_id(entry);
        let what = "a shown leaf whose sibling is empty";
        assert_eq!(error, Err(BundleError::NotCanonical { what }));
    }

    #[test]
    fn steps_that_hide_nothing_are_not_canonical() {
        let entry = [(input(1), OperationId::from_bytes([1; 32]))];
        let error = BundleProof(Confined::try_from(vec![Step::Leaf]).unwrap()).bundle_id(entry);
        let what = "nothing is hidden, but there are steps";
        assert_eq!(error, Err(BundleError::NotCanonical { what }));
    }

    #[test]
    fn a_path_beyond_the_bits_of_a_key_is_refused() {
        let entry = [(input(1), OperationId::from_bytes([1; 32]))];
        let mut steps = vec![Step::Hidden([7; 32]); 257];
        steps.push(Step::Leaf);
        let error = BundleProof(Confined::try_from(steps).unwrap()).bundle_id(entry);
        assert_eq!(error, Err(BundleError::TooDeep));
    }

    #[test]
    fn missing_and_surplus_steps_are_refused() {
        let entry = || [(input(1), OperationId::from_bytes([1; 32]))];
        let short = BundleProof(Confined::try_from(vec![Step::Hidden([7; 32])]).unwrap());
        assert_eq!(short.bundle_id(entry()), Err(BundleError::TooShort));
        let steps = vec![Step::Hidden([7; 32]), Step::Leaf, Step::Leaf];
        let long = BundleProof(Confined::try_from(steps).unwrap());
        assert_eq!(
            long.bundle_id(entry()),
            Err(BundleError::TooLong { left: 1 })
        );
    }
}
