//! Sums over made-up histories of the standard schemas.

use std::collections::BTreeMap;

use amplify::confinement::Confined;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Txid};
use bulla_core::header::Header;
use bulla_core::operation::{Genesis, Input, OPERATION_FORMAT, Transition};
use bulla_core::outputs::{Amounts, Leaf, Leaves, Outputs};
use bulla_core::schema::Schema;
use bulla_core::seal::AssignedSeal;
use bulla_core::state::{State, Token};
use bulla_core::value::Values;
use bulla_core::{NetworkId, OperationId, SecretSeal};

use super::tally::{Settled, Types, tally};
use super::{Entry, Happened, OpenLeaf, Status, Supply, Unit};

/// Tokens 1 to n as a made-up type's leaves, or an amount.
#[derive(Copy, Clone)]
enum Made {
    Amount(u64),
    Tokens(u32, u32),
}

fn leaves(made: Made) -> Leaves {
    let seal = AssignedSeal::Secret(SecretSeal::from_bytes([9; 32]));
    match made {
        Made::Amount(state) => {
            let list = Confined::try_from(vec![Leaf { state, seal }]).unwrap();
            Leaves::Amount(Amounts::new(list).unwrap())
        }
        Made::Tokens(first, last) => {
            let token = |id| Leaf {
                state: Token { id, fraction: 1 },
                seal,
            };
            let tokens: Vec<_> = (first..=last).map(token).collect();
            Leaves::Token(Confined::try_from(tokens).unwrap())
        }
    }
}

fn outputs(list: &[(u16, Made)]) -> Outputs {
    let types = list.iter().map(|(ty, made)| (*ty, leaves(*made)));
    Outputs(Confined::try_from_iter(types).unwrap())
}

fn header(schema: Schema, made: &[(u16, Made)]) -> Header {
    let genesis = Genesis {
        format: OPERATION_FORMAT,
        schema: schema.id(),
        network: NetworkId::from_bytes([1; 32]),
        timestamp: 0,
        globals: Values::default(),
        outputs: outputs(made),
    };
    Header::new(schema, genesis)
}

/// Settled operations on top of a genesis.
struct History {
    header: Header,
    operations: BTreeMap<OperationId, Settled>,
}

impl History {
    fn new(schema: Schema, made: &[(u16, Made)]) -> Self {
        Self {
            header: header(schema, made),
            operations: BTreeMap::new(),
        }
    }

    fn genesis(&self) -> OperationId {
        self.header.genesis.contract_id().into()
    }

    /// Consumes the first leaves of these types of an operation.
    fn then(
        &mut self,
        kind: u16,
        takes: &[(OperationId, u16)],
        made: &[(u16, Made)],
    ) -> OperationId {
        let input = |(operation, owned_type): &(OperationId, u16)| Input {
            operation: *operation,
            owned_type: *owned_type,
            index: 0,
        };
        let transition = Transition {
            format: OPERATION_FORMAT,
            contract: self.header.genesis.contract_id(),
            kind,
            inputs: Confined::try_from_iter(takes.iter().map(input)).unwrap(),
            globals: Values::default(),
            metadata: Values::default(),
            outputs: outputs(made),
        };
        let id = transition.id();
        let settled = Settled {
            transition,
            witness: Txid::from_byte_array([7; 32]),
            confirmations: 6,
        };
        self.operations.insert(id, settled);
        id
    }

    fn supply(&self) -> Supply {
        let types = Types::of(&self.header.schema).unwrap();
        tally(&self.header, types, &self.operations)
    }
}

fn sums(supply: &Supply) -> [u128; 3] {
    [supply.issued(), supply.burned(), supply.renounced()]
}

const ASSET: u16 = 0;
const ALLOWANCE: u16 = 1;
const NFT: u16 = 2;
const LEFT: u16 = 3;
const REPLACEMENT: u16 = 4;

use Made::{Amount, Tokens};

#[test]
fn a_fixed_supply_is_known_from_the_genesis_alone() {
    let mut history = History::new(bulla_schemas::fixed(), &[(ASSET, Amount(1_000))]);
    let genesis = history.genesis();
    history.then(0, &[(genesis, ASSET)], &[(ASSET, Amount(1_000))]);
    let supply = history.supply();
    assert_eq!(sums(&supply), [1_000, 0, 0]);
    assert_eq!(supply.issued_at_most(), Some(1_000));
    assert_eq!(supply.circulating_at_most(), Some(1_000));
    assert_eq!(supply.changes, [], "a transfer changes nothing");
}

/// 600 at once and 400 allowed; of these 100 issued, 50 renounced; 30 burned.
fn inflated() -> History {
    let made = [(ASSET, Amount(600)), (ALLOWANCE, Amount(400))];
    let mut history = History::new(bulla_schemas::inflatable(), &made);
    let genesis = history.genesis();
    let made = [(ASSET, Amount(100)), (ALLOWANCE, Amount(300))];
    let issue = history.then(1, &[(genesis, ALLOWANCE)], &made);
    history.then(4, &[(issue, ALLOWANCE)], &[(ALLOWANCE, Amount(250))]);
    history.then(2, &[(genesis, ASSET)], &[(ASSET, Amount(570))]);
    history
}

#[test]
fn issues_burns_and_renouncements_are_summed_up_with_their_operations() {
    let supply = inflated().supply();
    assert_eq!(sums(&supply), [700, 30, 50]);
    let names: std::collections::BTreeSet<_> = supply
        .changes
        .iter()
        .map(|change| change.transition.as_str())
        .collect();
    assert_eq!(names, ["burn", "issue", "renounce"].into());
    // Whoever holds the other 250 of allowance may have used them: this wallet cannot know.
    assert_eq!(supply.issued_at_most(), Some(950));
    assert_eq!(supply.circulating_at_most(), Some(920));
    assert_eq!(supply.circulating_at_least(), 0);
}

#[test]
fn allowance_that_is_seen_unspent_lowers_the_bound() {
    let mut supply = inflated().supply();
    let open = |owned_type, amount| OpenLeaf {
        leaf: Input {
            operation: OperationId::from_bytes([1; 32]),
            owned_type,
            index: 0,
        },
        state: State::Amount(amount),
        outpoint: OutPoint::null(),
    };
    supply.rights.push(open(ALLOWANCE, 250));
    supply.held.push(open(ASSET, 570));
    assert_eq!(supply.issued_at_most(), Some(700));
    assert_eq!(supply.circulating_at_most(), Some(670));
    assert_eq!(supply.circulating_at_least(), 570);
}

#[test]
fn an_operation_that_is_not_known_changes_no_proven_figure() {
    let whole = inflated();
    for (id, _) in whole.operations.clone() {
        let mut part = inflated();
        part.operations.remove(&id);
        if part.operations.values().any(|settled| {
            let mut inputs = settled.transition.inputs.iter();
            inputs.any(|input| input.operation == id)
        }) {
            continue; // no history lacks a parent
        }
        let (part, whole) = (part.supply(), whole.supply());
        assert!(part.issued() <= whole.issued());
        assert!(part.burned() <= whole.burned());
        assert!(part.issued_at_most() >= whole.issued_at_most());
        assert!(part.circulating_at_most() >= whole.circulating_at_most());
    }
}

#[test]
fn editions_are_counted_as_tokens() {
    let made = [(NFT, Tokens(1, 2)), (LEFT, Amount(8))];
    let mut history = History::new(bulla_schemas::unique(), &made);
    let genesis = history.genesis();
    let made = [(NFT, Tokens(3, 5)), (LEFT, Amount(5))];
    let mint = history.then(5, &[(genesis, LEFT)], &made);
    history.then(4, &[(mint, LEFT)], &[]);
    let supply = history.supply();
    assert_eq!(supply.unit, Unit::Token);
    assert_eq!(sums(&supply), [5, 0, 5]);
    assert_eq!(supply.issued_at_most(), Some(5));
}

#[test]
fn what_is_reissued_counts_as_issued_and_what_is_handed_in_as_burned() {
    let made = [(ASSET, Amount(100)), (REPLACEMENT, Amount(100))];
    let mut history = History::new(bulla_schemas::replaceable(), &made);
    let genesis = history.genesis();
    history.then(8, &[(genesis, ASSET)], &[(ASSET, Amount(60))]);
    let made = [(ASSET, Amount(40)), (REPLACEMENT, Amount(60))];
    history.then(9, &[(genesis, REPLACEMENT)], &made);
    let supply = history.supply();
    assert_eq!(sums(&supply), [140, 40, 0]);
    assert_eq!(supply.issued_at_most(), Some(200));
}

#[test]
fn a_schema_of_ones_own_has_no_upper_bound() {
    let text = bulla_schemas::INFLATABLE.replacen("\"inflatable\"", "\"mine\"", 1);
    let schema = Schema::from_toml(&text).unwrap();
    let supply = History::new(schema, &[(ASSET, Amount(5))]).supply();
    assert_eq!(supply.issued(), 5);
    assert_eq!(supply.issued_at_most(), None);
    assert_eq!(supply.circulating_at_most(), None);
}

/// What is called an allowance there may be what the units were before: they come back unissued.
#[test]
fn what_moves_between_types_of_a_schema_of_ones_own_is_neither_issued_nor_burned() {
    let text = bulla_schemas::INFLATABLE.replacen("\"inflatable\"", "\"escrow\"", 1);
    let schema = Schema::from_toml(&text).unwrap();
    let genesis = [(ASSET, Amount(100)), (ALLOWANCE, Amount(50))];
    let mut history = History::new(schema, &genesis);
    let first = history.genesis();
    history.then(1, &[(first, ALLOWANCE)], &[(ASSET, Amount(50))]);
    history.then(2, &[(first, ASSET)], &[(ASSET, Amount(90))]);
    assert_eq!(sums(&history.supply()), [100, 10, 0]);
}

#[test]
fn a_list_is_compared_with_what_is_proven() {
    let mut history = inflated();
    let first = history.genesis();
    let moved = history.then(0, &[(first, ASSET)], &[(ASSET, Amount(1_000))]);
    let supply = history.supply();
    let burn = supply.changes.iter().find(|change| change.burned > 0);
    let operation = burn.unwrap().operation;
    let entry = |happened, operation, units| Entry {
        happened,
        operation,
        units,
    };
    let unknown = OperationId::from_bytes([5; 32]);
    let entries = [
        entry(Happened::Burned, operation, 30),
        entry(Happened::Burned, operation, 31),
        entry(Happened::Issued, operation, 30),
        entry(Happened::Burned, moved, 30),
        entry(Happened::Burned, unknown, 30),
    ];
    let found: Vec<_> = supply
        .compare(&entries)
        .iter()
        .map(|one| one.status)
        .collect();
    let expected = [
        Status::Proven,
        Status::Contradicted,
        Status::Contradicted,
        Status::Contradicted,
        Status::Claimed,
    ];
    assert_eq!(found, expected);
}
