//! Attacks that concern one standard schema.

use bulla_core::seal::AssignedSeal;
use bulla_core::state::State;
use bulla_core::validator::Check;
use bulla_tests::kit::{Act, Fails, History, Kind, Reason, View, accept, judge, refuse};

use super::stories::{
    ALLOWANCE, ASSET, LEFT, NFT, REPLACEMENT, act, amount, contract, engrave, first,
    new_collectible, new_inflatable, new_permissioned, new_replaceable, new_unique, nft, of, push,
    signed, step,
};

/// What the validator must say of the act of a frame.
fn at_frame(history: &History, frame: usize, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason)
        .operation(history.id(frame))
        .witness(history.txid(frame))
}

/// Adds an act to a history and requires that it is refused.
#[track_caller]
fn refuse_act(mut history: History, make: impl FnOnce(&History) -> Act, reason: impl Into<Reason>) {
    let act = make(&history);
    let frame = push(&mut history, act);
    refuse(&history.encode(), at_frame(&history, frame, reason));
}

#[test]
fn b11_units_are_no_allowance_and_allowance_is_no_unit() {
    let issue = |h: &History| {
        act(
            h,
            "issue",
            &[first(h, ASSET)],
            &[amount(ASSET, 600, 1)],
            &[],
        )
    };
    refuse_act(new_inflatable(), issue, (Check::Occurrence, " occurs "));
    let moved = |h: &History| {
        let outputs = [amount(ASSET, 400, 1)];
        act(h, "transfer", &[first(h, ALLOWANCE)], &outputs, &[])
    };
    refuse_act(new_inflatable(), moved, (Check::Occurrence, " occurs "));
    let turned = |h: &History| {
        let outputs = [amount(ASSET, 1, 1), amount(ALLOWANCE, 600, 2)];
        act(h, "transfer", &[first(h, ASSET)], &outputs, &[])
    };
    refuse_act(new_inflatable(), turned, (Check::Occurrence, " occurs "));
}

#[test]
fn b12_nobody_issues_beyond_the_allowance_or_nothing_at_all() {
    let issue = |asset, allowance| {
        move |h: &History| {
            let outputs = [amount(ASSET, asset, 1), amount(ALLOWANCE, allowance, 2)];
            act(h, "issue", &[first(h, ALLOWANCE)], &outputs, &[])
        }
    };
    refuse_act(
        new_inflatable(),
        issue(401, 0),
        (Check::Rule, "left is 400, right is 401"),
    );
    refuse_act(
        new_inflatable(),
        issue(100, 400),
        (Check::Rule, "left is 400, right is 500"),
    );
    refuse_act(
        new_inflatable(),
        issue(0, 400),
        (Check::Rule, "`1 <= out.asset`: left is 1, right is 0"),
    );
    refuse_act(
        new_inflatable(),
        issue(100, 200),
        (Check::Rule, "left is 400, right is 300"),
    );
}

#[test]
fn b12_an_allowance_is_used_once() {
    let mut history = new_inflatable();
    let allowance = first(&history, ALLOWANCE);
    let outputs = [amount(ASSET, 400, 1)];
    step(&mut history, "issue", &[allowance], &outputs, &[]);
    let again = [amount(ASSET, 399, 1), amount(ALLOWANCE, 1, 2)];
    let frame = step(&mut history, "issue", &[allowance], &again, &[]);
    let expected = at_frame(&history, frame, Check::OutpointSpentTwice);
    refuse(&history.encode(), expected.without_operation());
}

#[test]
fn b14_b16_a_cap_holds_in_the_genesis_and_a_burn_does_not_raise_it() {
    let schema = bulla_schemas::inflatable();
    let numbers = [("supply", 600), ("cap", 999)];
    let states = [(ASSET, State::Amount(600)), (ALLOWANCE, State::Amount(400))];
    let history = contract(schema, &numbers, &[], &states);
    let expected = Fails::invalid((Check::Rule, "`out.asset + out.allowance == global.cap`"))
        .operation(history.contract());
    refuse(&history.encode(), expected);
    let burn = |h: &History| {
        let outputs = [amount(ASSET, 500, 1), amount(ALLOWANCE, 100, 2)];
        act(h, "burn", &[first(h, ASSET)], &outputs, &[("burned", 100)])
    };
    refuse_act(new_inflatable(), burn, (Check::Occurrence, " occurs "));
    let empty = |h: &History| {
        let outputs = [amount(ASSET, 600, 1)];
        act(h, "burn", &[first(h, ASSET)], &outputs, &[("burned", 0)])
    };
    refuse_act(
        new_inflatable(),
        empty,
        (Check::Rule, "`1 <= meta.burned`: left is 1, right is 0"),
    );
}

#[test]
fn a_burn_is_shown_as_evidence_by_its_operation_id() {
    let mut history = new_inflatable();
    let asset = first(&history, ASSET);
    let frame = step(&mut history, "burn", &[asset], &[], &[("burned", 600)]);
    let consignment = history.consignment(View::Narrow);
    let evidence = bulla_core::frame::Terminal::Evidence(history.id(frame));
    assert_eq!(consignment.terminals(), [evidence]);
    assert_eq!(accept(&consignment.encode()).operations, 1);
}

const MINTED: &str = "`tokens(out.nft) == range(genesis.total - in.left + 1, in.left - out.left, genesis.fractions)`";

#[test]
fn b19_no_edition_is_minted_twice_out_of_its_order_or_out_of_a_second_counter() {
    let mint = |outputs: Vec<bulla_tests::kit::make::Assignment>| {
        move |h: &History| act(h, "mint", &[first(h, LEFT)], &outputs, &[])
    };
    for (outputs, reason) in [
        (
            vec![nft(1, 10, 1), amount(LEFT, 3, 2)],
            (Check::Rule, MINTED),
        ),
        (
            vec![nft(3, 10, 1), amount(LEFT, 3, 2)],
            (Check::Rule, MINTED),
        ),
        (
            vec![nft(2, 10, 1), amount(LEFT, 4, 2)],
            (Check::Rule, MINTED),
        ),
        (
            vec![nft(2, 10, 1), nft(2, 10, 3), amount(LEFT, 3, 2)],
            (Check::Rule, MINTED),
        ),
        (
            vec![nft(2, 11, 1), amount(LEFT, 3, 2)],
            (Check::Rule, MINTED),
        ),
        (
            vec![nft(2, 10, 1), nft(3, 0, 3), amount(LEFT, 3, 2)],
            (Check::StateType, "with fraction 0"),
        ),
        (vec![nft(6, 10, 1)], (Check::Rule, MINTED)),
        (
            vec![nft(2, 10, 1), amount(LEFT, 1, 2), amount(LEFT, 2, 3)],
            (Check::Occurrence, " occurs "),
        ),
        (vec![amount(LEFT, 4, 1)], (Check::Occurrence, " occurs ")),
    ] {
        refuse_act(new_unique(1), mint(outputs), reason);
    }
    let split = |h: &History| {
        let outputs = [amount(LEFT, 2, 1), amount(LEFT, 2, 2)];
        act(h, "move_left", &[first(h, LEFT)], &outputs, &[])
    };
    refuse_act(new_unique(1), split, (Check::Occurrence, " occurs "));
}

#[test]
fn b19_one_counter_mints_once_in_each_of_its_states() {
    let mut history = new_unique(1);
    let left = first(&history, LEFT);
    let outputs = [nft(2, 10, 1), amount(LEFT, 3, 2)];
    let minted = step(&mut history, "mint", &[left], &outputs, &[]);
    let mut again = history.clone();
    let frame = step(
        &mut again,
        "mint",
        &[left],
        &[nft(2, 10, 3), amount(LEFT, 3, 4)],
        &[],
    );
    let expected = at_frame(&again, frame, Check::OutpointSpentTwice);
    refuse(&again.encode(), expected.without_operation());
    let next = of(&history, minted, LEFT, 0);
    let outputs = [nft(3, 10, 1), nft(4, 10, 2), nft(5, 10, 3)];
    step(&mut history, "mint", &[next], &outputs, &[]);
    assert_eq!(accept(&history.encode()).operations, 2);
}

#[test]
fn only_who_has_the_whole_token_engraves_or_burns_it() {
    let split = || {
        let mut history = new_unique(1);
        let one = first(&history, NFT);
        step(
            &mut history,
            "transfer",
            &[one],
            &[nft(1, 4, 1), nft(1, 6, 2)],
            &[],
        );
        history
    };
    let part = |h: &History| engrave(h, 1, &[of(h, 0, NFT, 1)], &[nft(1, 6, 1)]);
    refuse_act(
        split(),
        part,
        (
            Check::Rule,
            "`tokens(out.nft) == range(meta.token, 1, genesis.fractions)`",
        ),
    );
    let other = |h: &History| engrave(h, 2, &[first(h, NFT)], &[nft(1, 10, 1)]);
    refuse_act(
        new_unique(1),
        other,
        (
            Check::Rule,
            "`tokens(out.nft) == range(meta.token, 1, genesis.fractions)`",
        ),
    );
    let forbidden = |h: &History| engrave(h, 1, &[first(h, NFT)], &[nft(1, 10, 1)]);
    refuse_act(
        new_unique(0),
        forbidden,
        (
            Check::Rule,
            "`genesis.engravable == 1`: left is 0, right is 1",
        ),
    );
    let burn = |h: &History| act(h, "burn", &[of(h, 0, NFT, 0)], &[], &[("token", 1)]);
    refuse_act(
        split(),
        burn,
        (Check::Rule, "range(meta.token, 1, genesis.fractions)`"),
    );
    let said = |h: &History| act(h, "burn", &[first(h, NFT)], &[], &[("token", 2)]);
    refuse_act(
        new_unique(1),
        said,
        (Check::Rule, "range(meta.token, 1, genesis.fractions)`"),
    );
    let kept = |h: &History| {
        act(
            h,
            "burn",
            &[first(h, NFT)],
            &[nft(1, 10, 1)],
            &[("token", 1)],
        )
    };
    refuse_act(new_unique(1), kept, (Check::Occurrence, " occurs "));
}

#[test]
fn b16_no_genesis_of_a_collection_names_what_cannot_be() {
    let born = |numbers: [u64; 3], left: u64, says: &'static str| {
        let [total, fractions, engravable] = numbers;
        let numbers = [
            ("total", total),
            ("fractions", fractions),
            ("engravable", engravable),
        ];
        let history = contract(
            bulla_schemas::unique(),
            &numbers,
            &[],
            &[(LEFT, State::Amount(left))],
        );
        let expected = Fails::invalid((Check::Rule, says)).operation(history.contract());
        refuse(&history.encode(), expected);
    };
    born([1 << 32, 1, 0], 1 << 32, "`global.total < 4294967296`");
    born([5, 0, 0], 5, "`1 <= global.fractions`");
    born([5, 1, 2], 5, "`global.engravable <= 1`");
    let minted = "`tokens(out.nft) == range(1, global.total - out.left, global.fractions)`";
    born([5, 1, 0], 4, minted);
    born([5, 1, 0], 6, minted);
}

#[test]
fn a_transfer_without_enough_signatures_is_unsigned_and_can_be_signed_later() {
    let mut history = new_permissioned(2);
    let act = signed(&history, first(&history, ASSET), &[1]);
    let frame = push(&mut history, act);
    let missing = Fails::new(Kind::Unsigned, (Check::Signature, "2 of 3 keys; found 1"))
        .operation(history.id(frame))
        .witness(history.txid(frame));
    refuse(&history.encode(), missing);
    let (operation, witness) = (history.id(frame), history.txid(frame));
    history.edit(frame, |draft| draft.acts[0].signers = vec![1, 2]);
    assert_eq!(
        (history.id(frame), history.txid(frame)),
        (operation, witness)
    );
    assert_eq!(accept(&history.encode()).operations, 1);
}

#[test]
fn signatures_do_not_serve_another_transfer_or_another_witness() {
    let mut history = new_permissioned(2);
    let act = signed(&history, first(&history, ASSET), &[0, 1]);
    let frame = push(&mut history, act);
    let mut signed = history.consignment(View::Leaves);
    let mut stolen = None;
    signed.tamper(frame, |frame| {
        stolen = Some(frame.transitions[0].signatures.clone());
    });
    history.edit(frame, |draft| draft.transaction.lock_time = lock(100));
    let mut other = history.consignment(View::Leaves);
    let stolen = stolen.expect("a frame");
    other.tamper(frame, |frame| frame.transitions[0].signatures = stolen);
    let expected = at_frame(
        &history,
        frame,
        (Check::Signature, "one by key 0 that does not verify"),
    );
    refuse(&other.encode(), expected);
}

fn lock(height: u32) -> bitcoin::absolute::LockTime {
    bitcoin::absolute::LockTime::from_height(height).expect("a height")
}

#[test]
fn no_genesis_asks_for_more_signatures_than_it_names_signers() {
    for threshold in [0, 4, u64::MAX] {
        let history = new_permissioned(threshold);
        let expected = Fails::invalid((Check::Rule, "signatures of 3 keys for transition "))
            .operation(history.contract());
        refuse(&history.encode(), expected);
    }
    assert!(judge(&new_permissioned(3).encode()).is_ok());
}

#[test]
fn a_collectible_without_a_type_for_each_file_is_not_born() {
    for types in [2, 3] {
        let history = new_collectible(types);
        let expected = Fails::invalid((
            Check::Rule,
            "`count(global.media) == count(global.media_type)`",
        ))
        .operation(history.contract());
        refuse(&history.encode(), expected);
    }
    let none = new_collectible(0);
    let expected =
        Fails::invalid((Check::Occurrence, " occurs 0 times")).operation(none.contract());
    refuse(&none.encode(), expected);
}

#[test]
fn b12_b14_nobody_reissues_beyond_the_replacement_or_hands_in_what_he_keeps() {
    let reissue = |asset, left| {
        move |h: &History| {
            let outputs = [amount(ASSET, asset, 1), amount(REPLACEMENT, left, 2)];
            act(h, "reissue", &[first(h, REPLACEMENT)], &outputs, &[])
        }
    };
    refuse_act(
        new_replaceable(),
        reissue(501, 0),
        (Check::Rule, "left is 500, right is 501"),
    );
    refuse_act(
        new_replaceable(),
        reissue(300, 500),
        (Check::Rule, "left is 500, right is 800"),
    );
    refuse_act(
        new_replaceable(),
        reissue(0, 500),
        (Check::Rule, "`1 <= out.asset`: left is 1, right is 0"),
    );
    let both = |h: &History| {
        let inputs = [first(h, REPLACEMENT), first(h, ASSET)];
        act(h, "reissue", &inputs, &[amount(ASSET, 1_500, 1)], &[])
    };
    refuse_act(new_replaceable(), both, (Check::Occurrence, " occurs "));
    let hand_in = |left, handed| {
        move |h: &History| {
            let outputs = [amount(ASSET, left, 1)];
            act(
                h,
                "hand_in",
                &[first(h, ASSET)],
                &outputs,
                &[("handed", handed)],
            )
        }
    };
    refuse_act(
        new_replaceable(),
        hand_in(1_000, 0),
        (Check::Rule, "`1 <= meta.handed`: left is 1, right is 0"),
    );
    refuse_act(
        new_replaceable(),
        hand_in(1_000, 300),
        (Check::Rule, "left is 1000, right is 1300"),
    );
    refuse_act(
        new_replaceable(),
        hand_in(600, 300),
        (Check::Rule, "left is 1000, right is 900"),
    );
}

/// What a receiver of reissued units must know: their history is consistent, whether or not
/// anybody ever handed anything in.
#[test]
fn a_reissue_without_any_hand_in_is_consistent() {
    let mut history = new_replaceable();
    let replacement = first(&history, REPLACEMENT);
    let outputs = [amount(ASSET, 500, 1)];
    step(&mut history, "reissue", &[replacement], &outputs, &[]);
    assert_eq!(accept(&history.encode()).operations, 1);
}

/// What docs/schemas/unique.md says of large collections: lists of tokens are shown whole, and
/// every mint is in the history of all later ones.
#[test]
fn a_token_costs_36_bytes_in_the_history_of_each_that_is_minted_with_it_or_later() {
    let born = || {
        let numbers = [("total", 4_096), ("fractions", 1), ("engravable", 0)];
        let states = [(LEFT, State::Amount(4_096))];
        contract(bulla_schemas::unique(), &numbers, &[], &states)
    };
    let mint = |history: &mut History, left, from: u32, count: u32| {
        let rest = 4_096 - u64::from(from) - u64::from(count);
        let mut outputs: Vec<_> = (1..=count).map(|n| nft(from + n, 1, 2)).collect();
        for (_, _, seal) in &mut outputs[1..] {
            *seal = AssignedSeal::Secret(seal.conceal());
        }
        outputs.push(amount(LEFT, rest, 1));
        let mut draft = history.draft(vec![act(history, "mint", &[left], &outputs, &[])]);
        draft.transaction.output.truncate(3);
        history.push(draft)
    };
    let size = |history: &History, frame: usize| {
        let mut consignment = history.consignment(View::Narrow);
        consignment.hand_over([bulla_core::frame::Terminal::Leaf(of(
            history, frame, NFT, 0,
        ))]);
        let bytes = consignment.encode();
        accept(&bytes);
        bytes.len()
    };
    let once = |count| {
        let mut history = born();
        let left = first(&history, LEFT);
        let frame = mint(&mut history, left, 0, count);
        (history, frame)
    };
    let (hundred, frame) = once(100);
    let (thousand, last) = once(1_000);
    let grown = size(&thousand, last) - size(&hundred, frame);
    // A byte less for each id below 128, one more for the number of tokens.
    assert_eq!(grown, 900 * 36 - 27 + 1);
    let (mut twice, frame) = once(100);
    let left = of(&twice, frame, LEFT, 0);
    let second = mint(&mut twice, left, 100, 100);
    let more = size(&twice, second) - size(&hundred, frame);
    assert!((3_600..4_000).contains(&more), "{more}");
}
