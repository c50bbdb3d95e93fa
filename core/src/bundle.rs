//! A bundle: what one contract does in one witness transaction, as a map from each consumed
//! input to the operation that consumes it (PROTOCOL.md §6).
//!
//! The map is committed to as a binary tree over the tagged hashes of the inputs. A key has one
//! leaf only, so no two operations, shown or hidden, can claim one input.

use std::collections::BTreeMap;

use amplify::confinement::Confined;

use crate::codec::{Decode, DecodeError, Encode, Reader, confine, objects, put_length};
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
        BundleId::from_bytes(tree(&self.entries(), 0))
    }

    /// The bundle with everything shown.
    pub fn view(&self) -> BundleView {
        BundleView {
            root: tree(&self.entries(), 0),
        }
    }

    fn entries(&self) -> Vec<Entry> {
        entries(self.0.iter().map(|(input, operation)| (*input, *operation)))
    }
}

/// One entry with its key.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
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

/// Entries with their keys, ascending by key.
fn entries(entries: impl IntoIterator<Item = (Input, OperationId)>) -> Vec<Entry> {
    let mut entries: Vec<_> = entries
        .into_iter()
        .map(|(input, operation)| {
            let key = tags::BUNDLE_KEY.hash(&input.encode());
            Entry {
                key,
                input,
                operation,
            }
        })
        .collect();
    entries.sort_unstable_by_key(|entry| entry.key);
    entries
}

/// Bit `depth` of a key, from the first.
fn bit(key: &[u8; 32], depth: usize) -> bool {
    key.get(depth / 8)
        .is_some_and(|byte| byte & (0x80 >> (depth % 8)) != 0)
}

/// The entries whose next bit is 0, and those whose next bit is 1.
fn split(entries: &[Entry], depth: usize) -> (&[Entry], &[Entry]) {
    entries.split_at(entries.partition_point(|entry| !bit(&entry.key, depth)))
}

/// What a walk over the tree makes of it: the tree as far as it is shown, or nothing but its hash.
/// A step of one byte makes a node of more than two hundred, so a validator takes the hash.
trait Subtree: Sized {
    const EMPTY: Self;
    fn leaf(entry: &Entry) -> Self;
    fn hidden(hash: [u8; 32]) -> Self;
    fn inner(left: Self, right: Self) -> Self;
}

impl Subtree for [u8; 32] {
    const EMPTY: Self = EMPTY;

    fn leaf(entry: &Entry) -> Self {
        entry.leaf()
    }

    fn hidden(hash: [u8; 32]) -> Self {
        hash
    }

    fn inner(left: Self, right: Self) -> Self {
        let mut message = [0; 64];
        let (to_left, to_right) = message.split_at_mut(32);
        to_left.copy_from_slice(&left);
        to_right.copy_from_slice(&right);
        tags::BUNDLE_NODE.hash(&message)
    }
}

/// A subtree, as far as it is shown. Its depth is at most 256.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    Empty,
    Leaf(Entry),
    Hidden([u8; 32]),
    Inner(Box<(Node, Node)>),
}

impl Subtree for Node {
    const EMPTY: Self = Self::Empty;

    fn leaf(entry: &Entry) -> Self {
        Self::Leaf(*entry)
    }

    fn hidden(hash: [u8; 32]) -> Self {
        Self::Hidden(hash)
    }

    fn inner(left: Self, right: Self) -> Self {
        Self::Inner(Box::new((left, right)))
    }
}

impl Node {
    fn hash(&self) -> [u8; 32] {
        match self {
            Self::Empty => EMPTY,
            Self::Leaf(entry) => entry.leaf(),
            Self::Hidden(hash) => *hash,
            Self::Inner(children) => Subtree::inner(children.0.hash(), children.1.hash()),
        }
    }

    /// The subtree without the entries for which `keep` does not hold.
    fn narrow(&self, keep: &impl Fn(&OperationId) -> bool) -> Self {
        match self {
            Self::Leaf(entry) if !keep(&entry.operation) => Self::Hidden(self.hash()),
            Self::Inner(children) => match (children.0.narrow(keep), children.1.narrow(keep)) {
                (Self::Empty | Self::Hidden(_), Self::Empty | Self::Hidden(_)) => {
                    Self::Hidden(self.hash())
                }
                (left, right) => Self::inner(left, right),
            },
            Self::Leaf(_) | Self::Hidden(_) | Self::Empty => self.clone(),
        }
    }

    /// What both views of one subtree show.
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Inner(a), Self::Inner(b)) => {
                let ((a_left, a_right), (b_left, b_right)) = (*a, *b);
                Self::inner(a_left.merge(b_left), a_right.merge(b_right))
            }
            // Equal hashes: one side is hidden, or both are the same.
            (Self::Hidden(_), shown) | (shown, _) => shown,
        }
    }

    fn hides(&self) -> bool {
        match self {
            Self::Hidden(_) => true,
            Self::Inner(children) => children.0.hides() || children.1.hides(),
            Self::Empty | Self::Leaf(_) => false,
        }
    }

    fn steps(&self, steps: &mut Vec<Step>) {
        let other = |node: &Self| match node {
            Self::Empty => Some(Step::Empty),
            Self::Hidden(hash) => Some(Step::Hidden(*hash)),
            Self::Leaf(_) | Self::Inner(_) => None,
        };
        match self {
            Self::Leaf(_) => steps.push(Step::Leaf),
            Self::Inner(children) => {
                steps.extend(other(&children.0).or_else(|| other(&children.1)));
                children.0.steps(steps);
                children.1.steps(steps);
            }
            Self::Empty | Self::Hidden(_) => {}
        }
    }

    fn entries(&self, found: &mut Vec<(Input, OperationId)>) {
        match self {
            Self::Leaf(entry) => found.push((entry.input, entry.operation)),
            Self::Inner(children) => {
                children.0.entries(found);
                children.1.entries(found);
            }
            Self::Empty | Self::Hidden(_) => {}
        }
    }
}

/// The tree of these entries alone; distinct keys part within 256 levels.
fn tree<T: Subtree>(entries: &[Entry], depth: usize) -> T {
    match entries {
        [] => T::EMPTY,
        [entry] => T::leaf(entry),
        _ => {
            let (left, right) = split(entries, depth);
            T::inner(tree(left, depth + 1), tree(right, depth + 1))
        }
    }
}

/// A bundle as far as it is known: some entries, the rest as hashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BundleView {
    root: Node,
}

impl BundleView {
    /// The view that a proof gives of a bundle.
    ///
    /// # Errors
    /// If the proof does not fit the shown inputs, or says something in a second way.
    pub fn new(
        proof: &BundleProof,
        shown: impl IntoIterator<Item = (Input, OperationId)>,
    ) -> Result<Self, BundleError> {
        root(proof, shown).map(|root| Self { root })
    }

    /// The bundle's id.
    pub fn id(&self) -> BundleId {
        BundleId::from_bytes(self.root.hash())
    }

    /// The entries that are shown.
    pub fn entries(&self) -> Vec<(Input, OperationId)> {
        let mut found = Vec::new();
        self.root.entries(&mut found);
        found
    }

    /// Everything that either of two views of one bundle shows; none if they are of two bundles.
    #[must_use]
    pub fn merge(self, other: Self) -> Option<Self> {
        (self.id() == other.id()).then(|| Self {
            root: self.root.merge(other.root),
        })
    }

    /// The proof that the inputs of those operations for which `shown` holds map to them.
    ///
    /// # Errors
    /// If it needs more steps than a proof can have.
    pub fn prove(&self, shown: impl Fn(&OperationId) -> bool) -> Result<BundleProof, BundleError> {
        let root = self.root.narrow(&shown);
        let mut steps = Vec::new();
        if root.hides() {
            root.steps(&mut steps);
        }
        BundleProof::of(steps)
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
    /// A proof that would have more steps than the limit.
    #[error(
        "the bundle proof needs {found} steps; at most {BUNDLE_STEPS} are allowed: show fewer transitions at once"
    )]
    TooManySteps {
        /// How many.
        found: usize,
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
    fn of(steps: Vec<Step>) -> Result<Self, BundleError> {
        let found = steps.len();
        let steps = Confined::try_from(steps);
        steps
            .map(Self)
            .map_err(|_| BundleError::TooManySteps { found })
    }

    /// The bundle id that the proof and the shown transitions' inputs give.
    ///
    /// # Errors
    /// If the proof does not fit the shown inputs, or says something in a second way.
    pub fn bundle_id(
        &self,
        shown: impl IntoIterator<Item = (Input, OperationId)>,
    ) -> Result<BundleId, BundleError> {
        root(self, shown).map(BundleId::from_bytes)
    }
}

/// The root that a proof and the shown entries give.
fn root<T: Subtree>(
    proof: &BundleProof,
    shown: impl IntoIterator<Item = (Input, OperationId)>,
) -> Result<T, BundleError> {
    let entries = entries(shown);
    let mut pairs = entries.iter().zip(entries.iter().skip(1));
    if let Some((first, _)) = pairs.find(|(a, b)| a.key == b.key) {
        return Err(BundleError::InputTwice { input: first.input });
    }
    if proof.0.is_empty() {
        return Ok(tree(&entries, 0));
    }
    if !proof.0.iter().any(|step| matches!(step, Step::Hidden(_))) {
        let what = "nothing is hidden, but there are steps";
        return Err(BundleError::NotCanonical { what });
    }
    let mut steps = proof.0.iter();
    let root = walk(&entries, 0, &mut steps)?;
    match steps.len() {
        0 => Ok(root),
        left => Err(BundleError::TooLong { left }),
    }
}

/// The subtree that the shown entries (at least one) and the steps give.
fn walk<T: Subtree>(
    entries: &[Entry],
    depth: usize,
    steps: &mut std::slice::Iter<'_, Step>,
) -> Result<T, BundleError> {
    let (left, right) = split(entries, depth);
    if !left.is_empty() && !right.is_empty() {
        let left = walk(left, depth + 1, steps)?;
        return Ok(T::inner(left, walk(right, depth + 1, steps)?));
    }
    let not_canonical = |what| Err(BundleError::NotCanonical { what });
    let other = match (steps.next().ok_or(BundleError::TooShort)?, entries) {
        (Step::Leaf, [entry]) => return Ok(T::leaf(entry)),
        (Step::Leaf, _) => return not_canonical("a leaf where several shown keys lie"),
        (Step::Hidden(EMPTY), _) => {
            return not_canonical("an empty subtree is said as a hidden one");
        }
        (Step::Hidden(hash), _) => T::hidden(*hash),
        (Step::Empty, [_]) if matches!(steps.as_slice().first(), Some(Step::Leaf)) => {
            return not_canonical("a shown leaf whose sibling is empty");
        }
        (Step::Empty, _) => T::EMPTY,
    };
    if depth + 1 > BUNDLE_DEPTH {
        return Err(BundleError::TooDeep);
    }
    let below = walk(entries, depth + 1, steps)?;
    Ok(if left.is_empty() {
        T::inner(other, below)
    } else {
        T::inner(below, other)
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

    /// A step can take 33 times the memory of its byte, so all are read once before a list is made.
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length(Step::NAME, 0, BUNDLE_STEPS)?;
        let mut ahead = reader.clone();
        for _ in 0..length {
            Step::decode_from(&mut ahead)?;
        }
        let mut steps = Vec::with_capacity(length);
        for _ in 0..length {
            steps.push(Step::decode_from(reader)?);
        }
        confine(Step::NAME, steps).map(Self)
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
                let proof = bundle.view().prove(|op| *op == id).unwrap();
                assert_eq!(
                    proof.bundle_id(shown(&bundle, operation)),
                    Ok(bundle.id()),
                    "{n}"
                );
                assert_eq!(BundleProof::decode(&proof.encode()), Ok(proof));
            }
            assert!(bundle.view().prove(|_| true).unwrap().0.is_empty());
        }
    }

    #[test]
    fn two_views_merge_into_one_that_proves_both() {
        let bundle = bundle(23);
        let of = |operation: u8| {
            let id = OperationId::from_bytes([operation; 32]);
            let proof = bundle.view().prove(|op| *op == id).unwrap();
            BundleView::new(&proof, shown(&bundle, operation)).unwrap()
        };
        let merged = of(1).merge(of(3)).unwrap();
        assert_eq!(merged.id(), bundle.id());
        let both = [
            OperationId::from_bytes([1; 32]),
            OperationId::from_bytes([3; 32]),
        ];
        assert_eq!(
            merged.prove(|_| true),
            bundle.view().prove(|op| both.contains(op))
        );
        assert_eq!(
            merged.prove(|op| *op == both[0]),
            bundle.view().prove(|op| *op == both[0])
        );
        assert_eq!(of(1).merge(self::bundle(22).view()), None);
    }

    #[test]
    fn another_operation_under_a_shown_key_changes_the_id() {
        let bundle = bundle(10);
        let proof = bundle
            .view()
            .prove(|op| *op == OperationId::from_bytes([0; 32]))
            .unwrap();
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

    #[test]
    fn a_proof_with_too_many_steps_is_an_error() {
        let steps = |count| BundleProof::of(vec![Step::Empty; count]);
        assert_eq!(steps(BUNDLE_STEPS).unwrap().0.len(), BUNDLE_STEPS);
        let found = BUNDLE_STEPS + 1;
        assert_eq!(steps(found), Err(BundleError::TooManySteps { found }));
    }
}
