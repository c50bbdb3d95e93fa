//! From a schema to its mirror.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bulla_core::schema::{Expr, Occurs, Rule, Schema, Side, Threshold};

use crate::convert::{Mirrored, confine};
use crate::mirror;

fn text(text: &str) -> mirror::Text {
    Confined::try_from(text.to_owned()).unwrap()
}

fn map<D, M>(defs: &BTreeMap<u16, D>, of: impl Fn(&D) -> M) -> mirror::Map<M, 255> {
    let mirrors = defs.iter().map(|(number, def)| (*number, of(def)));
    confine(mirrors.collect::<BTreeMap<_, _>>())
}

fn occurs(map_of: &BTreeMap<u16, Occurs>) -> mirror::Map<mirror::Occurs, 255> {
    map(map_of, |occurs| mirror::Occurs {
        min: occurs.min,
        max: occurs.max,
    })
}

fn rules(rules: &[Rule]) -> mirror::List<mirror::Rule, 255> {
    confine(rules.iter().map(Mirrored::mirror).collect::<Vec<_>>())
}

fn named(name: &str, ty: u8) -> mirror::NameAndType {
    mirror::NameAndType {
        name: text(name),
        ty,
    }
}

impl Mirrored for Expr {
    type Mirror = mirror::Expr;

    fn mirror(&self) -> mirror::Expr {
        use mirror::Expr as M;
        let both = |left: &Self, right: &Self| (Box::new(left.mirror()), Box::new(right.mirror()));
        match self {
            Self::Const(value) => M::Const(*value),
            Self::In(owned) => M::In(*owned),
            Self::Out(owned) => M::Out(*owned),
            Self::CountIn(owned) => M::CountIn(*owned),
            Self::CountOut(owned) => M::CountOut(*owned),
            Self::CountGlobal(global) => M::CountGlobal(*global),
            Self::Global(global) => M::Global(*global),
            Self::Meta(meta) => M::Meta(*meta),
            Self::Genesis(global) => M::Genesis(*global),
            Self::Add(left, right) => {
                let (left, right) = both(left, right);
                M::Add { left, right }
            }
            Self::Sub(left, right) => {
                let (left, right) = both(left, right);
                M::Sub { left, right }
            }
            Self::Mul(left, right) => {
                let (left, right) = both(left, right);
                M::Mul { left, right }
            }
        }
    }
}

impl Mirrored for Rule {
    type Mirror = mirror::Rule;

    fn mirror(&self) -> mirror::Rule {
        use mirror::Rule as M;
        match self {
            Self::Equal(left, right) => M::Equal {
                left: left.mirror(),
                right: right.mirror(),
            },
            Self::AtMost(left, right) => M::AtMost {
                left: left.mirror(),
                right: right.mirror(),
            },
            Self::Less(left, right) => M::Less {
                left: left.mirror(),
                right: right.mirror(),
            },
            Self::TokensKept(owned) => M::TokensKept(*owned),
            Self::TokensRange {
                side,
                owned,
                first,
                count,
                fraction,
            } => {
                let owned = *owned;
                let (first, count, fraction) = (first.mirror(), count.mirror(), fraction.mirror());
                match side {
                    Side::Output => M::TokensRange {
                        owned,
                        first,
                        count,
                        fraction,
                    },
                    Side::Input => M::TokensTaken {
                        owned,
                        first,
                        count,
                        fraction,
                    },
                }
            }
            Self::Signed { threshold, keys } => M::Signed {
                threshold: match threshold {
                    Threshold::Const(m) => mirror::Threshold::Const(*m),
                    Threshold::Genesis(global) => mirror::Threshold::Genesis(*global),
                },
                keys: *keys,
            },
            Self::NotBefore(earliest) => M::NotBefore(earliest.mirror()),
        }
    }
}

impl Mirrored for Schema {
    type Mirror = mirror::Schema;

    fn mirror(&self) -> mirror::Schema {
        mirror::Schema {
            version: self.version,
            name: text(&self.name),
            globals: map(&self.globals, |def| named(&def.name, def.ty as u8)),
            metadata: map(&self.metadata, |def| named(&def.name, def.ty as u8)),
            owned: map(&self.owned, |def| named(&def.name, def.kind.number())),
            genesis: mirror::GenesisDef {
                globals: occurs(&self.genesis.globals),
                outputs: occurs(&self.genesis.outputs),
                rules: rules(&self.genesis.rules),
            },
            transitions: map(&self.transitions, |def| mirror::TransitionDef {
                name: text(&def.name),
                inputs: occurs(&def.inputs),
                outputs: occurs(&def.outputs),
                globals: occurs(&def.globals),
                metadata: occurs(&def.metadata),
                rules: rules(&def.rules),
            }),
        }
    }
}
