//! One contract of each standard schema, told with every transition that it has.

use std::collections::BTreeSet;

use bulla_core::operation::Input;
use bulla_core::schema::Schema;
use bulla_core::state::State;
use bulla_core::validator::{Rules, SchemaPolicy, validate};
use bulla_tests::kit::make::{Assignment, at, coin, key, number, on, token, values};
use bulla_tests::kit::{Act, History, leaf, network};

pub const ASSET: u16 = 0;
pub const ALLOWANCE: u16 = 1;
pub const NFT: u16 = 2;
pub const LEFT: u16 = 3;
pub const REPLACEMENT: u16 = 4;

/// The number of a global in the standard schemas.
fn global(name: &str) -> u16 {
    let mut all = bulla_schemas::roles::global::ALL.into_iter();
    let found = all.find(|(_, role)| role.name == name);
    found.expect("a conventional name").0
}

/// The number of a metadata in the standard schemas.
fn meta(name: &str) -> u16 {
    let mut all = bulla_schemas::roles::meta::ALL.into_iter();
    let found = all.find(|(_, role)| role.name == name);
    found.expect("a conventional name").0
}

/// An amount on an output of the witness.
pub fn amount(ty: u16, amount: u64, vout: u32) -> Assignment {
    (ty, State::Amount(amount), at(vout))
}

/// Fractions of a token on an output of the witness.
pub fn nft(id: u32, fraction: u64, vout: u32) -> Assignment {
    (NFT, token(id, fraction), at(vout))
}

/// A contract with claims, these numbers, other values, and assignments to coins 0, 1, and so on.
pub fn contract(
    schema: Schema,
    numbers: &[(&str, u64)],
    others: &[(&str, &[u8])],
    states: &[(u16, State)],
) -> History {
    let mut globals = vec![
        (global("ticker"), b"TEST".to_vec()),
        (global("name"), b"Test".to_vec()),
    ];
    if schema.global_number("precision").is_some() {
        globals.push((global("precision"), number(0)));
    }
    globals.extend(
        numbers
            .iter()
            .map(|(name, value)| (global(name), number(*value))),
    );
    globals.extend(
        others
            .iter()
            .map(|(name, value)| (global(name), value.to_vec())),
    );
    globals.sort_by_key(|(number, _)| *number);
    let states = (0..).zip(states);
    let assignments: Vec<_> = states
        .map(|(n, (ty, state))| (*ty, state.clone(), on(coin(n))))
        .collect();
    History::new(schema, values(&globals), &assignments)
}

/// A leaf of the genesis.
pub fn first(history: &History, ty: u16) -> Input {
    leaf(history.contract().into(), ty, 0)
}

/// A leaf of the only act of a frame.
pub fn of(history: &History, frame: usize, ty: u16, index: u32) -> Input {
    leaf(history.id(frame), ty, index)
}

/// An act with numbers for its rules.
pub fn act(
    history: &History,
    verb: &str,
    inputs: &[Input],
    outputs: &[Assignment],
    stated: &[(&str, u64)],
) -> Act {
    let mut act = history.act(verb, inputs, outputs);
    let stated = stated.iter();
    let list: Vec<_> = stated.map(|(name, n)| (meta(name), number(*n))).collect();
    act.transition.metadata = values(&list);
    act
}

/// Anchors an act in a witness of its own.
pub fn push(history: &mut History, act: Act) -> usize {
    let draft = history.draft(vec![act]);
    history.push(draft)
}

/// [`act`], then [`push`].
pub fn step(
    history: &mut History,
    verb: &str,
    inputs: &[Input],
    outputs: &[Assignment],
    stated: &[(&str, u64)],
) -> usize {
    let act = act(history, verb, inputs, outputs, stated);
    push(history, act)
}

pub fn fixed() -> History {
    let supply = [("supply", 1_000)];
    let mut history = contract(
        bulla_schemas::fixed(),
        &supply,
        &[],
        &[(ASSET, State::Amount(1_000))],
    );
    let all = first(&history, ASSET);
    let outputs = [amount(ASSET, 400, 1), amount(ASSET, 600, 2)];
    step(&mut history, "transfer", &[all], &outputs, &[]);
    history
}

/// 600 of the asset, an allowance of 400.
pub fn new_inflatable() -> History {
    contract(
        bulla_schemas::inflatable(),
        &[("supply", 600), ("cap", 1_000)],
        &[],
        &[(ASSET, State::Amount(600)), (ALLOWANCE, State::Amount(400))],
    )
}

pub fn inflatable() -> History {
    let mut history = new_inflatable();
    let h = &mut history;
    let (asset, allowance) = (first(h, ASSET), first(h, ALLOWANCE));
    let outputs = [amount(ASSET, 100, 1), amount(ALLOWANCE, 300, 2)];
    let issue = step(h, "issue", &[allowance], &outputs, &[]);
    let inputs = [of(h, issue, ALLOWANCE, 0)];
    let outputs = [amount(ALLOWANCE, 100, 1), amount(ALLOWANCE, 200, 2)];
    let split = step(h, "move_allowance", &inputs, &outputs, &[]);
    let inputs = [asset, of(h, issue, ASSET, 0)];
    let outputs = [amount(ASSET, 300, 1), amount(ASSET, 400, 2)];
    let moved = step(h, "transfer", &inputs, &outputs, &[]);
    let inputs = [of(h, moved, ASSET, 0)];
    step(
        h,
        "burn",
        &inputs,
        &[amount(ASSET, 200, 1)],
        &[("burned", 100)],
    );
    let inputs = [of(h, split, ALLOWANCE, 0)];
    let outputs = [amount(ALLOWANCE, 40, 1)];
    step(h, "renounce", &inputs, &outputs, &[("renounced", 60)]);
    let inputs = [of(h, split, ALLOWANCE, 1)];
    step(h, "issue", &inputs, &[amount(ASSET, 200, 1)], &[]);
    history
}

/// Token 1 of 5 with 10 fractions, four left to mint, and engraving as asked.
pub fn new_unique(engravable: u64) -> History {
    let numbers = [("total", 5), ("fractions", 10), ("engravable", engravable)];
    let states = [(NFT, token(1, 10)), (LEFT, State::Amount(4))];
    contract(bulla_schemas::unique(), &numbers, &[], &states)
}

pub fn engrave(history: &History, token: u64, inputs: &[Input], outputs: &[Assignment]) -> Act {
    let mut act = act(history, "engrave", inputs, outputs, &[("token", token)]);
    act.transition.globals = values(&[(global("engraving"), b"for Ada".to_vec())]);
    act
}

pub fn unique() -> History {
    let mut history = new_unique(1);
    let h = &mut history;
    let (one, left) = (first(h, NFT), first(h, LEFT));
    let outputs = [nft(2, 10, 1), nft(3, 10, 2), amount(LEFT, 2, 3)];
    let mint = step(h, "mint", &[left], &outputs, &[]);
    let split = step(h, "transfer", &[one], &[nft(1, 4, 1), nft(1, 6, 2)], &[]);
    let parts = [of(h, split, NFT, 0), of(h, split, NFT, 1)];
    let joined = step(h, "transfer", &parts, &[nft(1, 10, 1)], &[]);
    let engraved = engrave(h, 1, &[of(h, joined, NFT, 0)], &[nft(1, 10, 1)]);
    push(h, engraved);
    let inputs = [of(h, mint, LEFT, 0)];
    let handed = step(h, "move_left", &inputs, &[amount(LEFT, 2, 1)], &[]);
    let inputs = [of(h, mint, NFT, 0)];
    step(h, "burn", &inputs, &[], &[("token", 2)]);
    let inputs = [of(h, handed, LEFT, 0)];
    step(h, "renounce", &inputs, &[], &[("renounced", 2)]);
    history
}

/// A thousand units; so many of the keys 0, 1 and 2 must sign.
pub fn new_permissioned(threshold: u64) -> History {
    let keys = [0, 1, 2].map(|n| key(n).serialize());
    let signers = keys.each_ref().map(|key| ("signers", key.as_slice()));
    contract(
        bulla_schemas::permissioned(),
        &[("supply", 1_000), ("threshold", threshold)],
        &signers,
        &[(ASSET, State::Amount(1_000))],
    )
}

pub fn signed(history: &History, input: Input, signers: &[u8]) -> Act {
    let mut act = act(
        history,
        "transfer",
        &[input],
        &[amount(ASSET, 1_000, 1)],
        &[],
    );
    act.signers = signers.to_vec();
    act
}

pub fn permissioned() -> History {
    let mut history = new_permissioned(2);
    let h = &mut history;
    let act = signed(h, first(h, ASSET), &[0, 1]);
    let moved = push(h, act);
    let act = signed(h, of(h, moved, ASSET, 0), &[0, 1, 2]);
    push(h, act);
    history
}

/// Five units with so many content types for one picture.
pub fn new_collectible(types: usize) -> History {
    let mut others = vec![("terms", &b"none"[..]), ("media", &[9; 32])];
    others.extend(vec![("media_type", &b"image/png"[..]); types]);
    contract(
        bulla_schemas::collectible(),
        &[("supply", 5), ("media_size", 1_000)],
        &others,
        &[(ASSET, State::Amount(5))],
    )
}

pub fn collectible() -> History {
    let mut history = new_collectible(1);
    let all = first(&history, ASSET);
    let outputs = [amount(ASSET, 1, 1), amount(ASSET, 4, 2)];
    step(&mut history, "transfer", &[all], &outputs, &[]);
    history
}

/// A thousand units, of which 500 can be reissued.
pub fn new_replaceable() -> History {
    contract(
        bulla_schemas::replaceable(),
        &[("supply", 1_000), ("replaceable", 500)],
        &[],
        &[
            (ASSET, State::Amount(1_000)),
            (REPLACEMENT, State::Amount(500)),
        ],
    )
}

pub fn replaceable() -> History {
    let mut history = new_replaceable();
    let h = &mut history;
    let (asset, replacement) = (first(h, ASSET), first(h, REPLACEMENT));
    let handed = [("handed", 300)];
    let outputs = [amount(ASSET, 700, 1)];
    let hand_in = step(h, "hand_in", &[asset], &outputs, &handed);
    let outputs = [amount(ASSET, 300, 1), amount(REPLACEMENT, 200, 2)];
    let reissue = step(h, "reissue", &[replacement], &outputs, &[]);
    let inputs = [of(h, reissue, REPLACEMENT, 0)];
    let outputs = [amount(REPLACEMENT, 200, 1)];
    let moved = step(h, "move_replacement", &inputs, &outputs, &[]);
    let inputs = [of(h, moved, REPLACEMENT, 0)];
    let outputs = [amount(REPLACEMENT, 150, 1)];
    step(h, "renounce", &inputs, &outputs, &[("renounced", 50)]);
    let inputs = [of(h, hand_in, ASSET, 0), of(h, reissue, ASSET, 0)];
    step(h, "transfer", &inputs, &[amount(ASSET, 1_000, 1)], &[]);
    history
}

/// All of them.
pub fn all() -> [History; 6] {
    [
        fixed(),
        inflatable(),
        unique(),
        permissioned(),
        collectible(),
        replaceable(),
    ]
}

/// Rules of a wallet that has allowed no schema of its own.
pub fn standard_rules() -> Rules<'static> {
    let ids = bulla_schemas::standard().iter().map(Schema::id).collect();
    Rules::new(network(), SchemaPolicy::Only(ids))
}

#[test]
fn every_transition_of_every_standard_schema_is_told_and_accepted() {
    for history in all() {
        let schema = &history.schema;
        let consistent = validate(&history.encode(), &standard_rules());
        let consistent = consistent.unwrap_or_else(|failure| panic!("{}: {failure}", schema.name));
        let frames = u64::try_from(history.drafts().len());
        assert_eq!(Ok(consistent.get().operations), frames);
        let drafts = history.drafts().iter();
        let told: BTreeSet<u16> = drafts
            .flat_map(|draft| &draft.acts)
            .map(|act| act.transition.kind)
            .collect();
        let declared: BTreeSet<u16> = schema.transitions.keys().copied().collect();
        assert_eq!(told, declared, "{}", schema.name);
    }
}
