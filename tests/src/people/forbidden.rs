//! What a schema forbids, and that a receiver is told why.

use std::collections::{BTreeMap, BTreeSet};

use bulla_core::ContractId;
use bulla_core::consignment::parts;
use bulla_core::header::Header;
use bulla_core::schema::{CountFailure, Occurs, Part, Schema, TypeFailure};
use bulla_core::state::{State, StateKind, Token};
use bulla_core::validator::{Check, Rules, SchemaPolicy, validate};
use bulla_wallet::Error;
use bulla_wallet::transfer::error::TransferError;

use super::forged::Forged;
use super::forger::{Forger, Forgery};
use super::person::Person;
use crate::kit::Kind;
use crate::world::Chain;

/// An owned type, global or metadata that no standard schema has.
const UNKNOWN: u16 = 99;
/// An upper bound above this is one of the encoding, not of a schema.
const BOUND: u32 = 100;

/// A move that the schema forbids, and what the validator must say of it.
#[derive(Clone, Debug)]
pub struct Forbidden {
    /// The move in words.
    pub what: String,
    /// The move.
    pub forged: Forged,
    /// Whether it is wrong for ever.
    pub kind: Kind,
    /// The check.
    pub check: Check,
    /// Of a rule or signature what was expected, of anything else what was found.
    pub text: String,
}

/// A move that breaks a rule of this text.
pub fn breaks(what: &str, forged: Forged, rule: &str) -> Forbidden {
    says(what, forged, Check::Rule, rule)
}

/// A move that fails in this check with this text.
pub fn says(what: &str, forged: Forged, check: Check, text: impl ToString) -> Forbidden {
    Forbidden {
        what: what.to_owned(),
        forged,
        kind: Kind::Invalid,
        check,
        text: text.to_string(),
    }
}

/// How often each thing may occur in an operation of a kind.
struct Bounds {
    inputs: BTreeMap<u16, Occurs>,
    outputs: BTreeMap<u16, Occurs>,
    globals: BTreeMap<u16, Occurs>,
    metadata: BTreeMap<u16, Occurs>,
}

fn bounds(schema: &Schema, forged: &Forged) -> Bounds {
    let Some(kind) = forged.transition else {
        return Bounds {
            inputs: BTreeMap::new(),
            outputs: schema.genesis.outputs.clone(),
            globals: schema.genesis.globals.clone(),
            metadata: BTreeMap::new(),
        };
    };
    let def = schema.transitions[&kind].clone();
    Bounds {
        inputs: def.inputs,
        outputs: def.outputs,
        globals: def.globals,
        metadata: def.metadata,
    }
}

impl Forger<'_> {
    /// Everything of which an honest operation can have too few, too many, or another type.
    fn miscounts(&self, honest: &Forged) -> Vec<Forbidden> {
        let schema = &self.header.schema;
        let bounds = bounds(schema, honest);
        let mut all = self.inputs(honest, &bounds.inputs);
        let owned = schema.owned.keys().copied().chain([UNKNOWN]);
        for number in owned {
            let state = another_state(schema, number);
            all.extend(miscount(
                schema,
                honest,
                (Part::Output, number),
                &bounds.outputs,
                |forged| (&mut forged.gives, state.clone()),
            ));
        }
        for number in schema.globals.keys().copied().chain([UNKNOWN]) {
            let part = (Part::Global, number);
            all.extend(miscount(schema, honest, part, &bounds.globals, |forged| {
                (&mut forged.globals, vec![7; 8])
            }));
        }
        if honest.transition.is_some() {
            for number in schema.metadata.keys().copied().chain([UNKNOWN]) {
                let part = (Part::Metadata, number);
                all.extend(miscount(schema, honest, part, &bounds.metadata, |forged| {
                    (&mut forged.metadata, vec![7; 8])
                }));
            }
        }
        all.extend(mistypes(schema, honest));
        all
    }

    /// Takes what it must not, beside what it must and in its place. (A second leaf of a type of which
    /// there is one in the world cannot be taken.)
    fn inputs(&self, honest: &Forged, bounds: &BTreeMap<u16, Occurs>) -> Vec<Forbidden> {
        let mut all = Vec::new();
        let owned = self.header.schema.owned.keys().copied();
        let others = owned.filter(|number| self.holds(*number) > 0 && !bounds.contains_key(number));
        for other in others.filter(|_| honest.transition.is_some()) {
            let found = self.holds(other);
            let foreign = (other, found, Occurs::NEVER);
            let missing = bounds.iter().filter(|(_, occurs)| occurs.min > 0);
            let missing = missing.map(|(number, occurs)| (*number, 0, *occurs));
            let first = missing.chain([foreign]).min_by_key(|(number, ..)| *number);
            let mut instead = honest.clone();
            instead.takes = vec![other];
            let mut as_well = honest.clone();
            as_well.takes.push(other);
            for (forged, (number, found, expected)) in
                [(instead, first.expect("one")), (as_well, foreign)]
            {
                let part = (Part::Input, number);
                all.push(counted(&self.header.schema, forged, part, found, expected));
            }
        }
        all
    }

    /// Has a receiver refuse each forbidden move, that is: those given, and each with too few, too many
    /// or the wrong kind of something. The last one is mined. All of `honest` would be accepted.
    ///
    /// The receiver has nothing more and nothing less afterwards. Gives what was refused.
    pub fn refused(
        &mut self,
        chain: &dyn Chain,
        victim: &mut Person,
        honest: &[Forged],
        mut forbidden: Vec<Forbidden>,
    ) -> Vec<Forbidden> {
        for act in honest.iter().filter(|act| act.transition.is_some()) {
            let forgery = self.forge(chain, act);
            let allowed = victim.view().allowed_schemas().expect("a list");
            let network = victim.view().network().id();
            let rules = Rules::new(network, SchemaPolicy::Only(allowed));
            let answer = validate(&forgery.bytes, &rules);
            assert!(answer.is_ok(), "{act:?}: {:?}", answer.err());
        }
        for act in honest {
            forbidden.extend(self.miscounts(act));
        }
        let mut last = None;
        victim.unchanged(|victim| {
            for row in &forbidden {
                let forgery = self.forge(chain, &row.forged);
                assert_told(victim, chain, &forgery, row);
                last = row
                    .forged
                    .transition
                    .map(|_| (forgery, row))
                    .or(last.take());
            }
        });
        let (_, row) = last.expect("something is forbidden");
        let mined = self.forge(chain, &row.forged);
        chain.mine(1);
        victim.sync(chain);
        victim.unchanged(|victim| assert_told(victim, chain, &mined, row));
        forbidden
    }
}

fn assert_told(victim: &mut Person, chain: &dyn Chain, forgery: &Forgery, row: &Forbidden) {
    let what = &row.what;
    let answer = victim.try_accept(chain, &forgery.bytes);
    let Err(Error::Transfer(cause)) = answer else {
        panic!("{what}: {answer:?}");
    };
    let TransferError::Refused(failure) = *cause else {
        panic!("{what}: {cause}");
    };
    let report = failure.report();
    assert_eq!(
        (
            Kind::of(&failure),
            report.check,
            report.operation,
            report.witness
        ),
        (
            row.kind,
            row.check,
            Some(forgery.operation),
            forgery.witness
        ),
        "{what}: {failure}"
    );
    let text = match row.check {
        Check::Rule | Check::Signature => &report.expected,
        _ => &report.found,
    };
    assert_eq!(*text, row.text, "{what}: {failure}");
}

/// Asserts that every rule of a schema is among those that were broken.
pub fn assert_every_rule_broken(schema: &Schema, refused: &[Forbidden]) {
    let broken: BTreeSet<_> = refused
        .iter()
        .filter(|row| row.check == Check::Rule)
        .map(|row| (row.forged.transition, row.text.as_str()))
        .collect();
    let genesis = (None, &schema.genesis.rules);
    let transitions = schema.transitions.iter();
    let transitions = transitions.map(|(kind, def)| (Some(*kind), &def.rules));
    for (kind, rules) in std::iter::once(genesis).chain(transitions) {
        for rule in rules {
            let text = rule.text(schema);
            // A missing signature is no broken rule.
            let signature = text.starts_with("signed(");
            let found = broken.contains(&(kind, text.as_str()));
            assert!(found || signature, "{kind:?}: nobody broke `{text}`");
        }
    }
}

fn counted(
    schema: &Schema,
    forged: Forged,
    of: (Part, u16),
    found: u32,
    expected: Occurs,
) -> Forbidden {
    let (part, number) = of;
    let failure = CountFailure {
        part,
        what: called(schema, part, number),
        found,
        expected,
    };
    let what = format!("{:?}: {failure}", forged.transition);
    let def = forged
        .transition
        .and_then(|kind| schema.transitions.get(&kind));
    let place = def.map_or_else(String::new, |def| format!(" in transition `{}`", def.name));
    says(&what, forged, Check::Occurrence, failure.seen() + &place)
}

/// A part of an operation as refusals name it.
fn called(schema: &Schema, part: Part, number: u16) -> String {
    let name = match part {
        Part::Input | Part::Output => schema.owned.get(&number).map(|def| &def.name),
        Part::Global => schema.globals.get(&number).map(|def| &def.name),
        Part::Metadata => schema.metadata.get(&number).map(|def| &def.name),
    };
    let word = part.word();
    name.map_or_else(
        || format!("{word} number {number}, which is not declared,"),
        |name| format!("{word} `{name}`"),
    )
}

/// A list of what an operation has, and one more item of it.
type List<'f, T> = (&'f mut Vec<(u16, T)>, T);

/// Leaves something out that must be there, and adds one more than there may be.
fn miscount<T: Clone>(
    schema: &Schema,
    honest: &Forged,
    of: (Part, u16),
    bounds: &BTreeMap<u16, Occurs>,
    list: impl Fn(&mut Forged) -> List<'_, T>,
) -> Vec<Forbidden> {
    let number = of.1;
    let occurs = bounds.get(&number).copied().unwrap_or(Occurs::NEVER);
    let mut all = Vec::new();
    if occurs.min > 0 {
        let mut without = honest.clone();
        list(&mut without).0.retain(|(other, _)| *other != number);
        all.push(counted(schema, without, of, 0, occurs));
    }
    if occurs.max < BOUND {
        let mut more = honest.clone();
        let (items, item) = list(&mut more);
        let mut found = 0;
        for (other, _) in items.iter() {
            found += u32::from(*other == number);
        }
        for _ in found..=occurs.max {
            items.push((number, item.clone()));
        }
        all.push(counted(schema, more, of, occurs.max + 1, occurs));
    }
    all
}

fn another_state(schema: &Schema, owned: u16) -> State {
    match schema.owned.get(&owned).map(|def| def.kind) {
        Some(StateKind::Token) => State::Token(Token { id: 9, fraction: 1 }),
        _ => State::Amount(1),
    }
}

/// Leaves of another kind, values of another type.
fn mistypes(schema: &Schema, honest: &Forged) -> Vec<Forbidden> {
    let mut all = Vec::new();
    let owned: BTreeSet<_> = honest.gives.iter().map(|(owned, _)| *owned).collect();
    for owned in owned {
        let expected = schema.owned.get(&owned).expect("declared").kind;
        let mut forged = honest.clone();
        for (_, state) in forged.gives.iter_mut().filter(|(of, _)| *of == owned) {
            *state = State::Right;
        }
        all.push(mistyped(
            forged,
            TypeFailure::Kind {
                what: called(schema, Part::Output, owned),
                found: StateKind::Right,
                expected,
            },
        ));
    }
    for place in 0..honest.globals.len() {
        let number = honest.globals[place].0;
        let mut forged = honest.clone();
        forged.globals[place].1 = vec![0xff; 7];
        let expected = schema.globals.get(&number).expect("declared").ty;
        all.push(mistyped(
            forged,
            TypeFailure::Value {
                what: called(schema, Part::Global, number),
                length: 7,
                expected,
            },
        ));
    }
    for place in 0..honest.metadata.len() {
        let number = honest.metadata[place].0;
        let mut forged = honest.clone();
        forged.metadata[place].1 = vec![0xff; 7];
        let expected = schema.metadata.get(&number).expect("declared").ty;
        all.push(mistyped(
            forged,
            TypeFailure::Value {
                what: called(schema, Part::Metadata, number),
                length: 7,
                expected,
            },
        ));
    }
    all
}

fn mistyped(forged: Forged, failure: TypeFailure) -> Forbidden {
    let what = format!("{:?}: {failure}", forged.transition);
    says(&what, forged, Check::StateType, failure)
}

/// The contract's own genesis, to be changed.
pub fn genesis_of(person: &Person, contract: ContractId) -> Forged {
    let file = person.view().contract_file(contract).expect("a contract");
    let mut parts = parts(&file);
    let header = parts.next().expect("a header").expect("a header");
    let header = Header::decode(header).expect("a header");
    Forged::genesis(&header.genesis)
}
