//! Attacks on each step of each story. The name of a test begins with its rows of the catalogue.

use bulla_core::outputs::Leaves;
use bulla_core::schema::Rule;
use bulla_core::state::{State, StateKind};
use bulla_core::validator::Check;
use bulla_tests::kit::make::{Assignment, at, number, outputs, token, values};
use bulla_tests::kit::{Act, Fails, History, Kind, View, judge, refuse, refuse_under};

use super::stories::{
    ALLOWANCE, ASSET, NFT, all, contract, first, new_inflatable, standard_rules, step,
};

/// Changes the act of each frame of each story and requires that this very act is refused; gives
/// how many acts there were to change.
fn each_act(check: Check, change: impl Fn(&History, &mut Act) -> bool) -> usize {
    let says = match check {
        Check::Rule => "found rules[",
        Check::StateType => " is of kind ",
        _ => " occurs ",
    };
    each_act_says((check, says), change)
}

fn each_act_says(
    reason: (Check, &'static str),
    change: impl Fn(&History, &mut Act) -> bool,
) -> usize {
    let mut changed = 0;
    for story in all() {
        for frame in 0..story.drafts().len() {
            let mut attacked = story.clone();
            let mut applies = false;
            attacked.edit(frame, |draft| {
                applies = change(&story, &mut draft.acts[0]);
            });
            if !applies {
                continue;
            }
            changed += 1;
            let expected = Fails::invalid(reason)
                .operation(attacked.id(frame))
                .witness(attacked.txid(frame));
            refuse_under(&standard_rules(), &attacked.encode(), expected);
        }
    }
    changed
}

/// The assignments of an act.
fn assignments(act: &Act) -> Vec<Assignment> {
    let shown = act.transition.outputs.shown();
    shown
        .map(|(ty, shown)| (ty, shown.state, shown.seal))
        .collect()
}

/// The numbers that an act states.
fn stated(act: &Act) -> Vec<(u16, u64)> {
    let kinds = bulla_schemas::roles::meta::ALL.into_iter();
    let values = kinds.flat_map(|(ty, _)| act.transition.metadata.of(ty).map(move |v| (ty, v)));
    values
        .map(|(ty, value)| (ty, u64::from_le_bytes(value.try_into().expect("a number"))))
        .collect()
}

#[test]
fn b01_b12_b19_no_step_makes_more_than_it_may() {
    let more = |act: &mut Act, by: fn(u64) -> u64| {
        let mut list = assignments(act);
        let Some((_, state, _)) = list.first_mut() else {
            return false;
        };
        match state {
            State::Amount(amount) => *amount = by(*amount),
            State::Token(token) => token.fraction = by(token.fraction),
            State::Right | State::Data(_) => return false,
        }
        act.transition.outputs = outputs(&list);
        true
    };
    assert_eq!(each_act(Check::Rule, |_, act| more(act, |n| n + 1)), 20);
    assert_eq!(each_act(Check::Rule, |_, act| more(act, |n| n - 1)), 20);
}

#[test]
fn b01_b19_no_step_makes_its_first_output_twice() {
    let twice = |_: &History, act: &mut Act| {
        let mut list = assignments(act);
        let Some((ty, state, _)) = list.first().cloned() else {
            return false;
        };
        // A second `left` is refused for its number already.
        if act.transition.outputs.0.len() == 1 && ty == super::stories::LEFT {
            return false;
        }
        list.push((ty, state, at(0)));
        act.transition.outputs = outputs(&list);
        true
    };
    assert_eq!(each_act(Check::Rule, twice), 19);
}

#[test]
fn b10_no_step_makes_leaves_of_another_kind() {
    let other = |_: &History, act: &mut Act| {
        let mut list = assignments(act);
        let Some((ty, state, _)) = list.first().cloned() else {
            return false;
        };
        let other = match state.kind() {
            StateKind::Amount => State::Right,
            _ => State::Amount(10),
        };
        for (of, state, _) in &mut list {
            if *of == ty {
                *state = other.clone();
            }
        }
        act.transition.outputs = outputs(&list);
        true
    };
    assert_eq!(each_act(Check::StateType, other), 20);
}

#[test]
fn b14_no_step_states_another_number() {
    let another = |_: &History, act: &mut Act| {
        let list: Vec<_> = stated(act)
            .into_iter()
            .map(|(ty, value)| (ty, number(value + 1)))
            .collect();
        act.transition.metadata = values(&list);
        !list.is_empty()
    };
    assert_eq!(each_act(Check::Rule, another), 7);
}

#[test]
fn b15_no_step_leaves_its_number_out_or_says_it_twice() {
    let none = |_: &History, act: &mut Act| {
        let any = !stated(act).is_empty();
        act.transition.metadata = values(&[]);
        any
    };
    assert_eq!(each_act(Check::Occurrence, none), 7);
    let twice = |_: &History, act: &mut Act| {
        let list: Vec<_> = stated(act)
            .into_iter()
            .flat_map(|(ty, value)| [(ty, number(value)), (ty, number(value))])
            .collect();
        act.transition.metadata = values(&list);
        !list.is_empty()
    };
    assert_eq!(each_act(Check::Occurrence, twice), 7);
}

#[test]
fn refusals_speak_in_the_names_of_the_schema() {
    let said = |history: &History| {
        let failure = judge(&history.encode()).expect_err("refused");
        let report = failure.report().clone();
        (report.check, report.expected, report.found)
    };
    let is = |check, expected: &str, found: &str| (check, expected.to_owned(), found.to_owned());
    let mut unsaid = new_inflatable();
    let allowance = first(&unsaid, ALLOWANCE);
    step(&mut unsaid, "renounce", &[allowance], &[], &[]);
    let found = "metadata `renounced` occurs 0 times in transition `renounce`";
    assert_eq!(said(&unsaid), is(Check::Occurrence, "exactly 1", found));
    let amounts = [(ASSET, State::Amount(600))];
    let capless = contract(
        bulla_schemas::inflatable(),
        &[("supply", 600)],
        &[],
        &amounts,
    );
    let found = "global `cap` occurs 0 times";
    assert_eq!(said(&capless), is(Check::Occurrence, "exactly 1", found));
    let rights = [(ASSET, State::Right)];
    let numbers = [("supply", 0), ("cap", 0)];
    let typed = contract(bulla_schemas::inflatable(), &numbers, &[], &rights);
    let found = "output `asset` is of kind right, expected amount";
    let expected = "state as the schema declares it";
    assert_eq!(said(&typed), is(Check::StateType, expected, found));
    let tokens = [(NFT, token(1, 0))];
    let numbers = [("total", 1), ("fractions", 1), ("engravable", 0)];
    let empty = contract(bulla_schemas::unique(), &numbers, &[], &tokens);
    let found = "a token of `nft` with fraction 0";
    let expected = "fractions of at least 1";
    assert_eq!(said(&empty), is(Check::StateType, expected, found));
}

#[test]
fn b20_no_step_rewrites_what_the_genesis_says() {
    for global in ["ticker", "supply", "cap", "threshold", "total"] {
        let rewrite = |history: &History, act: &mut Act| {
            let Some(ty) = history.schema.global_number(global) else {
                return false;
            };
            act.transition.globals = values(&[(ty, number(1 << 40))]);
            true
        };
        assert!(each_act(Check::Occurrence, rewrite) > 1, "{global}");
    }
}

#[test]
fn g08_no_step_is_of_a_kind_that_the_schema_lacks() {
    let unknown = |_: &History, act: &mut Act| {
        act.transition.kind = 999;
        true
    };
    assert_eq!(
        each_act_says((Check::Occurrence, "found kind 999"), unknown),
        22
    );
}

#[test]
fn b11_g09_no_step_passes_for_another_of_its_schema() {
    let mut tried = 0;
    for story in all() {
        let kinds: Vec<u16> = story.schema.transitions.keys().copied().collect();
        for frame in 0..story.drafts().len() {
            let own = story.drafts()[frame].acts[0].transition.kind;
            for kind in kinds.iter().filter(|kind| **kind != own) {
                let mut attacked = story.clone();
                attacked.edit(frame, |draft| draft.acts[0].transition.kind = *kind);
                let expected = Fails::invalid((Check::Occurrence, " occurs "))
                    .operation(attacked.id(frame))
                    .witness(attacked.txid(frame));
                refuse(&attacked.encode(), expected);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 6 * 4 + 7 * 5 + 5 * 4);
}

#[test]
fn b16_no_genesis_makes_more_than_it_says() {
    for mut story in all() {
        story.edit_genesis(|genesis| {
            let shown = genesis.outputs.shown();
            let mut list: Vec<Assignment> = shown
                .map(|(ty, shown)| (ty, shown.state, shown.seal))
                .collect();
            match &mut list[0].1 {
                State::Amount(amount) => *amount += 1,
                State::Token(token) => token.fraction += 1,
                other => panic!("{other:?}"),
            }
            genesis.outputs = outputs(&list);
        });
        let expected = Fails::invalid((Check::Rule, "found rules[0] ")).operation(story.contract());
        refuse(&story.encode(), expected);
    }
}

#[test]
fn b06_b07_g02_a_schema_with_one_rule_less_is_not_the_one_of_the_genesis() {
    let mut dropped = 0;
    for story in all() {
        let contract = story.contract();
        let whole = story.consignment(View::Leaves);
        let drop = |list: fn(&mut bulla_core::schema::Schema) -> Vec<&mut Vec<Rule>>| {
            let mut schema = whole.header.schema.clone();
            let lists = list(&mut schema).len();
            let mut dropped = 0;
            for place in 0..lists {
                let mut weaker = whole.clone();
                let mut lists = list(&mut weaker.header.schema);
                lists[place].pop();
                let expected = Fails::invalid(Check::SchemaId).operation(contract);
                refuse(&weaker.encode(), expected);
                dropped += 1;
            }
            dropped
        };
        dropped += drop(|schema| {
            let genesis = std::iter::once(&mut schema.genesis.rules);
            let transitions = schema.transitions.values_mut().map(|def| &mut def.rules);
            genesis.chain(transitions).collect()
        });
    }
    assert_eq!(dropped, 6 + 19);
}

#[test]
fn g02_g10_a_schema_with_the_name_of_a_standard_one_is_unknown() {
    for mut story in all() {
        let last = story.schema.genesis.rules.pop();
        let again = last.clone();
        story.schema.genesis.rules.extend(last);
        story.schema.genesis.rules.extend(again);
        let id = story.schema.id();
        story.edit_genesis(|genesis| genesis.schema = id);
        let expected = Fails::new(Kind::Unresolved, Check::SchemaUnknown);
        let expected = expected.operation(story.contract());
        refuse_under(&standard_rules(), &story.encode(), expected);
    }
}

/// Nothing in a story has its state elsewhere than in whole lists, so that every attack above is
/// on what the validator reads.
#[test]
fn stories_are_whole() {
    for story in all() {
        for draft in story.drafts() {
            let mut lists = draft.acts[0].transition.outputs.0.values();
            assert!(!lists.any(|leaves| matches!(leaves, Leaves::Pruned(_))));
        }
    }
}
