//! Outputs in the wire form.

use std::collections::BTreeMap;

use amplify::confinement::Confined;

use super::{seal, varint};
use crate::codec::{DecodeError, Reader, confine};
use crate::limits::{AMOUNT_LEAVES, DATA_BYTES, OTHER_LEAVES, OWNED_TYPES};
use crate::outputs::{Amounts, Leaf, Leaves, Outputs, PRUNED, Pruned, Sibling, overflow, refused};
use crate::state::{DataBytes, StateKind, Token};

/// The state of a leaf in the wire form.
trait WireState: Sized {
    /// The least number of bytes one takes.
    const MIN_BYTES: usize;

    fn put(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

impl WireState for u64 {
    const MIN_BYTES: usize = 1;

    fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, *self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.varint("amount")
    }
}

impl WireState for Token {
    const MIN_BYTES: usize = 2;

    fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.id);
        varint::put(out, self.fraction);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: reader.number("token id")?,
            fraction: reader.varint("token fraction")?,
        })
    }
}

impl WireState for () {
    const MIN_BYTES: usize = 0;

    fn put(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

impl WireState for DataBytes {
    const MIN_BYTES: usize = 1;

    fn put(&self, out: &mut Vec<u8>) {
        varint::put_bytes(out, self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.bytes("data state", DATA_BYTES)?;
        confine("data state", bytes.to_vec())
    }
}

pub(super) fn put(out: &mut Vec<u8>, outputs: &Outputs) {
    varint::put_count(out, outputs.0.len());
    for (ty, leaves) in &outputs.0 {
        varint::put(out, *ty);
        let kind = leaves.kind().number();
        match leaves {
            Leaves::Amount(amounts) => put_list(out, kind, amounts.leaves()),
            Leaves::Pruned(pruned) => put_pruned(out, kind, pruned),
            Leaves::Token(leaves) => put_list(out, kind, leaves),
            Leaves::Right(leaves) => put_list(out, kind, leaves),
            Leaves::Data(leaves) => put_list(out, kind, leaves),
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Outputs, DecodeError> {
    let what = "owned types with outputs";
    let count = reader.count(what, 0, OWNED_TYPES)?;
    let mut types = BTreeMap::new();
    for _ in 0..count {
        let ty: u16 = reader.number("owned type")?;
        if types.last_key_value().is_some_and(|(last, _)| *last >= ty) {
            let what = "owned types of outputs do not ascend";
            return Err(DecodeError::not_canonical(what));
        }
        types.insert(ty, read_leaves(reader)?);
    }
    let found = types.len() as u64;
    let types =
        Confined::try_from(types).map_err(|_| DecodeError::limit(what, 0, OWNED_TYPES, found))?;
    Ok(Outputs(types))
}

fn read_leaves(reader: &mut Reader<'_>) -> Result<Leaves, DecodeError> {
    match Leaves::read_kind(reader)? {
        (StateKind::Amount, true) => read_pruned(reader).map(Leaves::Pruned),
        (StateKind::Amount, false) => {
            let list = Amounts::new(read_list(reader, AMOUNT_LEAVES)?);
            list.map(Leaves::Amount).map_err(|_| overflow())
        }
        (StateKind::Token, _) => read_list(reader, OTHER_LEAVES).map(Leaves::Token),
        (StateKind::Right, _) => read_list(reader, OTHER_LEAVES).map(Leaves::Right),
        (StateKind::Data, _) => read_list(reader, OTHER_LEAVES).map(Leaves::Data),
    }
}

fn put_leaf<S: WireState>(out: &mut Vec<u8>, leaf: &Leaf<S>) {
    leaf.state.put(out);
    seal::put(out, &leaf.seal);
}

fn read_leaf<S: WireState>(reader: &mut Reader<'_>) -> Result<Leaf<S>, DecodeError> {
    Ok(Leaf {
        state: S::read(reader)?,
        seal: seal::read(reader)?,
    })
}

fn put_list<S: WireState>(out: &mut Vec<u8>, kind: u8, leaves: &[Leaf<S>]) {
    out.push(kind);
    varint::put_count(out, leaves.len());
    for leaf in leaves {
        put_leaf(out, leaf);
    }
}

fn read_list<S: WireState, const MAX: usize>(
    reader: &mut Reader<'_>,
    max: usize,
) -> Result<Confined<Vec<Leaf<S>>, 1, MAX>, DecodeError> {
    let what = "leaves of one owned type";
    let least = S::MIN_BYTES + seal::MIN_BYTES;
    confine(what, reader.items(what, (1, max), least, read_leaf)?)
}

fn put_pruned(out: &mut Vec<u8>, kind: u8, pruned: &Pruned) {
    out.push(kind | PRUNED);
    varint::put(out, pruned.count());
    varint::put_count(out, pruned.leaves().len());
    for (number, leaf) in pruned.leaves() {
        varint::put(out, *number);
        put_leaf(out, leaf);
    }
    varint::put_count(out, pruned.siblings().len());
    for sibling in pruned.siblings() {
        out.extend_from_slice(&sibling.hash);
        varint::put(out, sibling.amount);
    }
}

fn read_pruned(reader: &mut Reader<'_>) -> Result<Pruned, DecodeError> {
    let count = reader.count("leaves of a pruned tree", 1, AMOUNT_LEAVES)?;
    let what = "shown leaves of a pruned tree";
    let shown = reader.items(what, (0, AMOUNT_LEAVES), 2 + seal::MIN_BYTES, |reader| {
        Ok((reader.number("number of a leaf")?, read_leaf(reader)?))
    })?;
    let shown = confine(what, shown)?;
    let what = "siblings of a pruned tree";
    let siblings = reader.items(what, (1, AMOUNT_LEAVES), 33, |reader| {
        Ok(Sibling {
            hash: reader.array("hash of a sibling")?,
            amount: reader.varint("sum of a sibling")?,
        })
    })?;
    // The limit is below 2^32.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Pruned::new(count, shown, confine(what, siblings)?).map_err(refused)
}
