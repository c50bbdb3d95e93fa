//! Each kind of asset that people issue, as a schema: it passes the guard, a good operation holds
//! and a bad one breaks the rule that is there for it.

use bulla_core::schema::{Broken, Facts, LockTime, Schema, Totals, Value};
use bulla_core::state::StateKind;

/// An operation as rules see it.
#[derive(Default)]
struct Operation {
    inputs: Totals,
    outputs: Totals,
    globals: Vec<(u16, Vec<u8>)>,
    metadata: Vec<(u16, Vec<u8>)>,
    genesis: Vec<(u16, Vec<u8>)>,
    locktime: Option<u32>,
}

/// Why an operation is refused.
#[derive(PartialEq, Eq, Debug)]
enum Refusal {
    Counts,
    Types,
    Signers,
    Rule(String, Broken),
}

fn operation() -> Operation {
    Operation::default()
}

impl Operation {
    fn amount_in(mut self, owned: u16, amount: u64) -> Self {
        self.inputs.add_amount(owned, amount);
        self
    }

    fn amount_out(mut self, owned: u16, amount: u64) -> Self {
        self.outputs.add_amount(owned, amount);
        self
    }

    fn token_in(mut self, owned: u16, id: u32, fraction: u64) -> Self {
        self.inputs.add_token(owned, id, fraction);
        self
    }

    fn token_out(mut self, owned: u16, id: u32, fraction: u64) -> Self {
        self.outputs.add_token(owned, id, fraction);
        self
    }

    fn right_in(mut self, owned: u16) -> Self {
        self.inputs.add_root(owned, StateKind::Right, 1, 0);
        self
    }

    fn right_out(mut self, owned: u16) -> Self {
        self.outputs.add_root(owned, StateKind::Right, 1, 0);
        self
    }

    fn global(mut self, number: u16, value: &[u8]) -> Self {
        self.globals.push((number, value.to_vec()));
        self
    }

    fn number(self, number: u16, value: u64) -> Self {
        self.global(number, &value.to_le_bytes())
    }

    fn meta(mut self, number: u16, value: u64) -> Self {
        self.metadata.push((number, value.to_le_bytes().to_vec()));
        self
    }

    fn born_with(mut self, number: u16, value: u64) -> Self {
        self.genesis.push((number, value.to_le_bytes().to_vec()));
        self
    }

    fn locked_until(mut self, locktime: u32) -> Self {
        self.locktime = Some(locktime);
        self
    }

    fn as_genesis(&self, schema: &Schema) -> Result<(), Refusal> {
        let globals = borrowed(&self.globals);
        let facts = Facts::of_genesis(&self.outputs, &globals);
        let genesis = &schema.genesis;
        genesis.check_counts(&facts).map_err(|_| Refusal::Counts)?;
        schema.check_types(&facts).map_err(|_| Refusal::Types)?;
        let rules = genesis.check_rules(&facts, schema);
        rules.map_err(|failure| Refusal::Rule(failure.text, failure.broken))?;
        schema.check_signers(&globals).map_err(|_| Refusal::Signers)
    }

    fn follows(&self, schema: &Schema, name: &str) -> Result<(), Refusal> {
        let (_, def) = schema.transition(name).expect("declared");
        let globals = borrowed(&self.globals);
        let metadata = borrowed(&self.metadata);
        let genesis = borrowed(&self.genesis);
        let facts = Facts {
            inputs: &self.inputs,
            outputs: &self.outputs,
            globals: &globals,
            metadata: &metadata,
            genesis: &genesis,
            locktime: self.locktime.map_or(LockTime::NONE, locktime),
        };
        def.check_counts(&facts).map_err(|_| Refusal::Counts)?;
        schema.check_types(&facts).map_err(|_| Refusal::Types)?;
        let rules = def.check_rules(&facts, schema);
        rules.map_err(|failure| Refusal::Rule(failure.text, failure.broken))
    }
}

fn locktime(value: u32) -> LockTime {
    let input = bitcoin::TxIn {
        sequence: bitcoin::Sequence::ENABLE_LOCKTIME_NO_RBF,
        ..bitcoin::TxIn::default()
    };
    LockTime::of(&bitcoin::Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::from_consensus(value),
        input: vec![input],
        output: Vec::new(),
    })
}

fn borrowed(values: &[(u16, Vec<u8>)]) -> Vec<Value<'_>> {
    let values = values.iter();
    values
        .map(|(number, value)| (*number, value.as_slice()))
        .collect()
}

fn schema(text: &str) -> Schema {
    let schema = Schema::from_toml(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(Schema::decode(&schema.encode()).as_ref(), Ok(&schema));
    assert_eq!(schema.warnings(), []);
    schema
}

fn breaks(rule: &str, broken: Broken) -> Result<(), Refusal> {
    Err(Refusal::Rule(rule.to_owned(), broken))
}

fn compared(rule: &str, left: u128, right: u128) -> Result<(), Refusal> {
    breaks(rule, Broken::Compared { left, right })
}

fn negative(rule: &str, left: u128, right: u128) -> Result<(), Refusal> {
    breaks(rule, Broken::Negative { left, right })
}

fn token(rule: &str, id: u32, found: u128, expected: u128) -> Result<(), Refusal> {
    let broken = Broken::Token {
        id,
        found,
        expected,
    };
    breaks(rule, broken)
}

const INFLATABLE: &str = r#"
name = "inflatable"
version = 0

[globals]
supply = { number = 0, type = "number" }    # issued at once
cap = { number = 1, type = "number" }       # that can ever be issued

[metadata]
burned = { number = 0, type = "number" }
renounced = { number = 1, type = "number" }

[owned]
asset = { number = 0, state = "amount" }
allowance = { number = 1, state = "amount" }

[genesis]
globals = { supply = "1", cap = "1" }
outputs = { asset = "0..", allowance = "0.." }
rules = [
    "out.asset == global.supply",
    "out.asset + out.allowance == global.cap",
]

[transitions.transfer]
number = 0
inputs = { asset = "0..", allowance = "0.." }
outputs = { asset = "0..", allowance = "0.." }
rules = ["in.asset == out.asset", "in.allowance == out.allowance"]

[transitions.issue]
number = 1
inputs = { allowance = "1.." }
outputs = { asset = "1..", allowance = "0.." }
rules = ["in.allowance == out.allowance + out.asset", "1 <= out.asset"]

[transitions.burn]
number = 2
inputs = { asset = "1.." }
outputs = { asset = "0.." }
metadata = { burned = "1" }
rules = ["in.asset == out.asset + meta.burned", "1 <= meta.burned"]

[transitions.renounce]
number = 3
inputs = { allowance = "1.." }
outputs = { allowance = "0.." }
metadata = { renounced = "1" }
rules = ["in.allowance == out.allowance + meta.renounced", "1 <= meta.renounced"]
"#;

#[test]
fn an_inflatable_asset_is_issued_up_to_its_cap() {
    let schema = schema(INFLATABLE);
    let genesis = |asset, allowance| {
        let outputs = operation().amount_out(0, asset).amount_out(1, allowance);
        outputs.number(0, 60).number(1, 100).as_genesis(&schema)
    };
    assert_eq!(genesis(60, 40), Ok(()));
    assert_eq!(
        genesis(61, 39),
        compared("out.asset == global.supply", 61, 60)
    );
    assert_eq!(
        genesis(60, 41),
        compared("out.asset + out.allowance == global.cap", 101, 100)
    );

    let issue = |left, asset| {
        let inputs = operation().amount_in(1, 40);
        let outputs = inputs.amount_out(0, asset).amount_out(1, left);
        outputs.follows(&schema, "issue")
    };
    let spent = "in.allowance == out.allowance + out.asset";
    assert_eq!(issue(30, 10), Ok(()));
    assert_eq!(issue(0, 40), Ok(()));
    assert_eq!(issue(40, 10), compared(spent, 40, 50));
    assert_eq!(issue(40, 0), compared("1 <= out.asset", 1, 0));
    let stolen = operation().amount_in(0, 40).amount_out(0, 40);
    assert_eq!(stolen.follows(&schema, "issue"), Err(Refusal::Counts));
}

#[test]
fn an_inflatable_asset_is_burned_and_its_allowance_renounced() {
    let schema = schema(INFLATABLE);
    let burn = |input, output, burned| {
        let moved = operation().amount_in(0, input).amount_out(0, output);
        moved.meta(0, burned).follows(&schema, "burn")
    };
    assert_eq!(burn(10, 7, 3), Ok(()));
    assert_eq!(
        burn(10, 7, 2),
        compared("in.asset == out.asset + meta.burned", 10, 9)
    );
    assert_eq!(burn(10, 10, 0), compared("1 <= meta.burned", 1, 0));
    let unsaid = operation().amount_in(0, 10).follows(&schema, "burn");
    assert_eq!(unsaid, Err(Refusal::Counts));
    let renounce = |renounced| {
        let all = operation().amount_in(1, 40).meta(1, renounced);
        all.follows(&schema, "renounce")
    };
    assert_eq!(renounce(40), Ok(()));
    assert_eq!(
        renounce(39),
        compared("in.allowance == out.allowance + meta.renounced", 40, 39)
    );
}

#[test]
fn an_inflatable_asset_moves_with_and_without_allowance() {
    let schema = schema(INFLATABLE);
    let asset = operation().amount_in(0, 5).amount_out(0, 5);
    let both = asset.amount_in(1, 9).amount_out(1, 9);
    assert_eq!(both.follows(&schema, "transfer"), Ok(()));
    let alone = operation().amount_in(1, 9).amount_out(1, 9);
    assert_eq!(alone.follows(&schema, "transfer"), Ok(()));
    let swapped = operation().amount_in(1, 9).amount_out(0, 9);
    assert_eq!(
        swapped.follows(&schema, "transfer"),
        compared("in.asset == out.asset", 0, 9)
    );
}

const UNIQUE: &str = r#"
name = "unique"
version = 0

[globals]
fractions = { number = 0, type = "number" }
media = { number = 1, type = "hash" }

[owned]
nft = { number = 0, state = "token" }

[genesis]
globals = { fractions = "1", media = "1" }
outputs = { nft = "1.." }
rules = ["tokens(out.nft) == range(0, 1, global.fractions)"]

[transitions.transfer]
number = 0
inputs = { nft = "1.." }
outputs = { nft = "1.." }
rules = ["tokens(in.nft) == tokens(out.nft)"]
"#;

#[test]
fn a_unique_token_splits_into_its_fractions_and_never_doubles() {
    let schema = schema(UNIQUE);
    let born = |outputs: Operation| {
        let named = outputs.number(0, 10).global(1, &[7; 32]);
        named.as_genesis(&schema)
    };
    let range = "tokens(out.nft) == range(0, 1, global.fractions)";
    assert_eq!(born(operation().token_out(0, 0, 10)), Ok(()));
    let split = operation().token_out(0, 0, 4).token_out(0, 0, 6);
    assert_eq!(born(split), Ok(()));
    let other = operation().token_out(0, 1, 10);
    assert_eq!(born(other), token(range, 1, 10, 0));
    let heavy = operation().token_out(0, 0, 11);
    assert_eq!(born(heavy), token(range, 0, 11, 10));
    let both = operation().token_out(0, 0, 10).token_out(0, 1, 10);
    assert_eq!(born(both), token(range, 1, 10, 0));

    let kept = "tokens(in.nft) == tokens(out.nft)";
    let whole = || operation().token_in(0, 0, 10);
    let moved = |transfer: Operation| transfer.follows(&schema, "transfer");
    assert_eq!(moved(whole().token_out(0, 0, 10)), Ok(()));
    let split = whole().token_out(0, 0, 3).token_out(0, 0, 7);
    assert_eq!(moved(split), Ok(()));
    let doubled = whole().token_out(0, 0, 10).token_out(0, 0, 10);
    assert_eq!(moved(doubled), token(kept, 0, 20, 10));
    let other = whole().token_out(0, 1, 10);
    assert_eq!(moved(other), token(kept, 0, 0, 10));
    let lighter = whole().token_out(0, 0, 9);
    assert_eq!(moved(lighter), token(kept, 0, 9, 10));
}

const EDITIONS: &str = r#"
name = "editions"
version = 0

[globals]
total = { number = 0, type = "number" }

[owned]
nft = { number = 0, state = "token" }
left = { number = 1, state = "amount" }     # editions that can still be minted, in one hand

[genesis]
globals = { total = "1" }
outputs = { left = "1" }
rules = ["out.left == global.total"]

[transitions.mint]
number = 0
inputs = { left = "1" }
outputs = { nft = "1..", left = "0..1" }
rules = ["tokens(out.nft) == range(genesis.total - in.left, in.left - out.left, 1)"]

[transitions.transfer]
number = 1
inputs = { nft = "1.." }
outputs = { nft = "1.." }
rules = ["tokens(in.nft) == tokens(out.nft)"]

[transitions.hand_over]
number = 2
inputs = { left = "1" }
outputs = { left = "1" }
rules = ["in.left == out.left"]
"#;

#[test]
fn numbered_editions_are_minted_once_each() {
    let schema = schema(EDITIONS);
    let range = "tokens(out.nft) == range(genesis.total - in.left, in.left - out.left, 1)";
    let mint = |before, after, ids: &[u32]| {
        let left = operation().amount_in(1, before).amount_out(1, after);
        let minted = ids.iter().fold(left, |mint, id| mint.token_out(0, *id, 1));
        minted.born_with(0, 100).follows(&schema, "mint")
    };
    assert_eq!(mint(100, 98, &[0, 1]), Ok(()));
    assert_eq!(mint(98, 97, &[2]), Ok(()));
    assert_eq!(mint(1, 0, &[99]), Ok(()));
    assert_eq!(mint(98, 97, &[1]), token(range, 1, 1, 0));
    assert_eq!(mint(98, 97, &[2, 3]), token(range, 3, 1, 0));
    assert_eq!(mint(98, 96, &[2]), token(range, 3, 0, 1));
    assert_eq!(mint(98, 97, &[2, 2]), token(range, 2, 2, 1));
    assert_eq!(mint(98, 99, &[2]), negative(range, 98, 99));
    assert_eq!(mint(101, 100, &[0]), negative(range, 100, 101));
}

#[test]
fn what_is_left_of_numbered_editions_stays_in_one_hand() {
    let schema = schema(EDITIONS);
    let born = operation().amount_out(1, 100).number(0, 100);
    assert_eq!(born.as_genesis(&schema), Ok(()));
    let split = operation().amount_out(1, 50).amount_out(1, 50);
    let split = split.number(0, 100).as_genesis(&schema);
    assert_eq!(split, Err(Refusal::Counts));
    let divided = operation().amount_in(1, 98).amount_out(1, 40);
    let divided = divided.amount_out(1, 57).token_out(0, 2, 1);
    let divided = divided.born_with(0, 100).follows(&schema, "mint");
    assert_eq!(divided, Err(Refusal::Counts));
    let joined = operation().amount_in(1, 98).amount_in(1, 1);
    let joined = joined.token_out(0, 2, 1).follows(&schema, "mint");
    assert_eq!(joined, Err(Refusal::Counts));
    let handed = operation().amount_in(1, 98).amount_out(1, 99);
    assert_eq!(
        handed.follows(&schema, "hand_over"),
        compared("in.left == out.left", 98, 99)
    );
}

const FRACTIONS: &str = r#"
name = "fractional collection"
version = 0

[globals]
items = { number = 0, type = "number" }
fractions = { number = 1, type = "number" }

[owned]
item = { number = 0, state = "token" }

[genesis]
globals = { items = "1", fractions = "1" }
outputs = { item = "1.." }
rules = ["tokens(out.item) == range(1, global.items, global.fractions)"]

[transitions.transfer]
number = 0
inputs = { item = "1.." }
outputs = { item = "1.." }
rules = ["tokens(in.item) == tokens(out.item)"]
"#;

#[test]
fn fractions_of_different_items_do_not_mix() {
    let schema = schema(FRACTIONS);
    let range = "tokens(out.item) == range(1, global.items, global.fractions)";
    let born = |second| {
        let outputs = operation().token_out(0, 1, 8).token_out(0, 2, second);
        outputs.number(0, 2).number(1, 8).as_genesis(&schema)
    };
    assert_eq!(born(8), Ok(()));
    assert_eq!(born(7), token(range, 2, 7, 8));
    let inputs = || operation().token_in(0, 1, 5).token_in(0, 2, 3);
    let apart = inputs().token_out(0, 1, 5).token_out(0, 2, 3);
    assert_eq!(apart.follows(&schema, "transfer"), Ok(()));
    let mixed = inputs().token_out(0, 1, 3).token_out(0, 2, 5);
    let kept = "tokens(in.item) == tokens(out.item)";
    assert_eq!(mixed.follows(&schema, "transfer"), token(kept, 1, 3, 5));
}

const PERMISSIONED: &str = r#"
name = "permissioned"
version = 0

[globals]
supply = { number = 0, type = "number" }
signatures = { number = 1, type = "number" }
signers = { number = 2, type = "key" }

[owned]
asset = { number = 0, state = "amount" }

[genesis]
globals = { supply = "1", signatures = "1", signers = "1.." }
outputs = { asset = "1.." }
rules = ["out.asset == global.supply"]

[transitions.transfer]
number = 0
inputs = { asset = "1.." }
outputs = { asset = "1.." }
rules = ["in.asset == out.asset", "signed(genesis.signatures, signers)"]
"#;

/// The x coordinate of the curve's generator times a small number.
fn key(times: u8) -> [u8; 32] {
    let mut secret = [0; 32];
    secret[31] = times;
    let secp = bitcoin::secp256k1::Secp256k1::new();
    let pair = bitcoin::key::Keypair::from_seckey_slice(&secp, &secret).expect("not zero");
    pair.x_only_public_key().0.serialize()
}

#[test]
fn a_permissioned_asset_names_its_signers_at_birth() {
    let schema = schema(PERMISSIONED);
    let keys = [1, 2, 3].map(key);
    let born = |signatures, keys: &[[u8; 32]]| {
        let asset = operation().amount_out(0, 5);
        let asset = asset.number(0, 5).number(1, signatures);
        let named = keys.iter().fold(asset, |asset, key| asset.global(2, key));
        named.as_genesis(&schema)
    };
    assert_eq!(born(2, &keys), Ok(()));
    assert_eq!(born(3, &keys), Ok(()));
    assert_eq!(born(4, &keys), Err(Refusal::Signers));
    assert_eq!(born(0, &keys), Err(Refusal::Signers));
    assert_eq!(born(1, &[]), Err(Refusal::Counts));
    assert_eq!(born(1, &[[0; 32]]), Err(Refusal::Signers));
}

#[test]
fn a_permissioned_transfer_asks_for_m_of_its_keys() {
    let schema = schema(PERMISSIONED);
    let (_, transfer) = schema.transition("transfer").expect("declared");
    let two = 2_u64.to_le_bytes();
    let keys = [1, 2, 3].map(key);
    let mut genesis: Vec<Value<'_>> = vec![(0, &two), (1, &two)];
    genesis.extend(keys.iter().map(|key| (2, key.as_slice())));
    let asked: Vec<_> = transfer.signature_rules(&genesis).collect();
    let asked = asked
        .iter()
        .map(|of| (of.rule, of.threshold, of.keys.len()));
    assert!(asked.eq([(1, 2, 3)]));
    let inflated = operation().amount_in(0, 5).amount_out(0, 6);
    assert_eq!(
        inflated.follows(&schema, "transfer"),
        compared("in.asset == out.asset", 5, 6)
    );
}

const COLLECTIBLE: &str = r#"
name = "collectible"
version = 0

[globals]
supply = { number = 0, type = "number" }
media = { number = 1, type = "hash" }       # SHA-256 of the file
media_type = { number = 2, type = "text" }  # such as image/png
terms = { number = 3, type = "text" }

[owned]
asset = { number = 0, state = "amount" }

[genesis]
globals = { supply = "1", media = "1", media_type = "1", terms = "0..1" }
outputs = { asset = "1.." }
rules = ["out.asset == global.supply"]

[transitions.transfer]
number = 0
inputs = { asset = "1.." }
outputs = { asset = "1.." }
rules = ["in.asset == out.asset"]
"#;

#[test]
fn a_collectible_names_its_media_for_ever() {
    let schema = schema(COLLECTIBLE);
    let asset = || operation().amount_out(0, 1).number(0, 1);
    let good = asset().global(1, &[9; 32]).global(2, b"image/png");
    assert_eq!(good.as_genesis(&schema), Ok(()));
    let short = asset().global(1, &[9; 31]).global(2, b"image/png");
    assert_eq!(short.as_genesis(&schema), Err(Refusal::Types));
    let none = asset().global(2, b"image/png");
    assert_eq!(none.as_genesis(&schema), Err(Refusal::Counts));
    let moved = || operation().amount_in(0, 1).amount_out(0, 1);
    assert_eq!(moved().follows(&schema, "transfer"), Ok(()));
    let changed = moved().global(1, &[8; 32]);
    assert_eq!(changed.follows(&schema, "transfer"), Err(Refusal::Counts));
}

/// Amounts handed in become claims of whoever replaces them, so no more is replaced than that.
const REPLACEABLE: &str = r#"
name = "replaceable"
version = 0

[globals]
supply = { number = 0, type = "number" }

[owned]
asset = { number = 0, state = "amount" }
claim = { number = 1, state = "amount" }

[genesis]
globals = { supply = "1" }
outputs = { asset = "1.." }
rules = ["out.asset == global.supply"]

[transitions.transfer]
number = 0
inputs = { asset = "0..", claim = "0.." }
outputs = { asset = "0..", claim = "0.." }
rules = ["in.asset == out.asset", "in.claim == out.claim"]

[transitions.hand_in]
number = 1
inputs = { asset = "1.." }
outputs = { asset = "0..", claim = "1.." }
rules = ["in.asset == out.asset + out.claim", "1 <= out.claim"]

[transitions.replace]
number = 2
inputs = { claim = "1.." }
outputs = { asset = "1..", claim = "0.." }
rules = ["in.claim == out.claim + out.asset", "1 <= out.asset"]
"#;

#[test]
fn no_more_is_replaced_than_was_handed_in() {
    let schema = schema(REPLACEABLE);
    let hand_in = |asset, claim| {
        let inputs = operation().amount_in(0, 10);
        let outputs = inputs.amount_out(0, asset).amount_out(1, claim);
        outputs.follows(&schema, "hand_in")
    };
    assert_eq!(hand_in(4, 6), Ok(()));
    assert_eq!(
        hand_in(5, 6),
        compared("in.asset == out.asset + out.claim", 10, 11)
    );
    let replace = |asset| {
        let claim = operation().amount_in(1, 6).amount_out(0, asset);
        claim.follows(&schema, "replace")
    };
    assert_eq!(replace(6), Ok(()));
    assert_eq!(
        replace(7),
        compared("in.claim == out.claim + out.asset", 6, 7)
    );
}

const VESTING: &str = r#"
name = "vesting"
version = 0

[globals]
supply = { number = 0, type = "number" }
unlock = { number = 1, type = "number" }    # a height, or a Unix time from 500,000,000

[owned]
asset = { number = 0, state = "amount" }
locked = { number = 1, state = "amount" }

[genesis]
globals = { supply = "1", unlock = "1" }
outputs = { asset = "0..", locked = "1.." }
rules = ["out.asset + out.locked == global.supply", "1 <= global.unlock"]

[transitions.transfer]
number = 0
inputs = { asset = "0..", locked = "0.." }
outputs = { asset = "0..", locked = "0.." }
rules = ["in.asset == out.asset", "in.locked == out.locked"]

[transitions.unlock]
number = 1
inputs = { locked = "1.." }
outputs = { asset = "1.." }
rules = ["in.locked == out.asset", "genesis.unlock <= witness.locktime"]
"#;

#[test]
fn a_vesting_genesis_says_what_is_locked_and_until_when() {
    let schema = schema(VESTING);
    let born = |asset, locked, unlock| {
        let outputs = operation().amount_out(0, asset).amount_out(1, locked);
        outputs.number(0, 10).number(1, unlock).as_genesis(&schema)
    };
    assert_eq!(born(4, 6, 900_000), Ok(()));
    let all = "out.asset + out.locked == global.supply";
    assert_eq!(born(4, 7, 900_000), compared(all, 11, 10));
    assert_eq!(born(4, 6, 0), compared("1 <= global.unlock", 1, 0));
}

#[test]
fn locked_amounts_are_not_freed_before_their_time() {
    let schema = schema(VESTING);
    let locked = || operation().amount_in(1, 6);
    let free = || locked().amount_out(0, 6).born_with(1, 900_000);
    let early = |locktime| {
        let broken = Broken::TooEarly {
            earliest: 900_000,
            locktime,
        };
        breaks("genesis.unlock <= witness.locktime", broken)
    };
    let unlock = |free: Operation| free.follows(&schema, "unlock");
    assert_eq!(unlock(free().locked_until(900_000)), Ok(()));
    assert_eq!(unlock(free().locked_until(899_999)), early(899_999));
    let time = 1_700_000_000;
    assert_eq!(unlock(free().locked_until(time)), early(time));
    assert_eq!(unlock(free()), early(0));
    let moved = locked().amount_out(1, 6);
    assert_eq!(moved.follows(&schema, "transfer"), Ok(()));
    let freed = locked().amount_out(0, 6);
    assert_eq!(
        freed.follows(&schema, "transfer"),
        compared("in.asset == out.asset", 0, 6)
    );
}

const TICKET: &str = r#"
name = "ticket"
version = 0

[globals]
redeemed = { number = 0, type = "text" }    # what for

[owned]
ticket = { number = 0, state = "right" }

[genesis]
outputs = { ticket = "1.." }

[transitions.transfer]
number = 0
inputs = { ticket = "1.." }
outputs = { ticket = "1.." }
rules = ["count(in.ticket) == count(out.ticket)"]

[transitions.redeem]
number = 1
inputs = { ticket = "1.." }
globals = { redeemed = "1.." }
rules = ["count(in.ticket) == count(global.redeemed)"]
"#;

#[test]
fn a_ticket_is_redeemed_once_and_says_what_for() {
    let schema = schema(TICKET);
    assert_eq!(operation().right_out(0).as_genesis(&schema), Ok(()));
    let redeem = |redeem: Operation| redeem.follows(&schema, "redeem");
    let ticket = || operation().right_in(0).global(0, b"seat 7");
    assert_eq!(redeem(ticket()), Ok(()));
    let rule = "count(in.ticket) == count(global.redeemed)";
    assert_eq!(redeem(ticket().global(0, b"seat 8")), compared(rule, 1, 2));
    assert_eq!(redeem(ticket().right_out(0)), Err(Refusal::Counts));
    let copied = operation().right_in(0).right_out(0).right_out(0);
    let rule = "count(in.ticket) == count(out.ticket)";
    assert_eq!(copied.follows(&schema, "transfer"), compared(rule, 1, 2));
}

/// The guard asks for an equality over `tokens(in.T)`, and the only form there is lets no token go.
#[test]
fn tokens_cannot_be_burned() {
    let burn = "\n[transitions.burn]\nnumber = 1\ninputs = { nft = \"1..\" }\n";
    let unguarded = Schema::from_toml(&format!("{UNIQUE}{burn}"));
    let error = unguarded.expect_err("nothing ties the token");
    assert_eq!(error.field, "transitions.burn.rules");
    let kept = "tokens(in.nft) == tokens(out.nft)";
    let schema = schema(&format!("{UNIQUE}{burn}rules = [\"{kept}\"]\n"));
    let lost = operation().token_in(0, 0, 10).follows(&schema, "burn");
    assert_eq!(lost, token(kept, 0, 0, 10));
}
