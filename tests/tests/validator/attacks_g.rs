//! G: genesis, schema, network.

use std::collections::BTreeSet;

use bitcoin::{Network, blockdata::constants::genesis_block};
use bulla_core::NetworkId;
use bulla_core::header::WIRE_FORMAT;
use bulla_core::schema::{Expr, Occurs, Rule, Schema, Threshold};
use bulla_core::state::State;
use bulla_core::validator::{Check, Rules, SchemaPolicy};
use bulla_tests::kit::make::{at, coin, key, number, on, outputs, values};
use bulla_tests::kit::{
    Fails, History, Kind, Reason, View, accept, amounts_at, fixed_globals, refuse, refuse_under,
};

fn about(history: &History, reason: impl Into<Reason>) -> Fails {
    Fails::invalid(reason).operation(history.contract())
}

/// A lab contract under a schema with a change.
fn under(change: impl FnOnce(&mut Schema)) -> History {
    let lab = History::lab();
    let mut schema = lab.schema.clone();
    change(&mut schema);
    let mut history = History::new(schema, lab.genesis().globals.clone(), &[]);
    history.edit_genesis(|genesis| genesis.outputs = lab.genesis().outputs.clone());
    history
}

#[test]
fn g01_a_genesis_that_differs_in_anything_is_another_contract() {
    let history = History::fixed(1_000);
    let mut ids = BTreeSet::from([history.contract()]);
    let changed = |change: &dyn Fn(&mut bulla_core::operation::Genesis)| {
        let mut history = history.clone();
        history.edit_genesis(change);
        history.contract()
    };
    assert!(ids.insert(changed(&|genesis| genesis.timestamp += 1)));
    assert!(ids.insert(changed(&|genesis| genesis.globals = fixed_globals(999))));
    assert!(ids.insert(changed(
        &|genesis| genesis.outputs = outputs(&amounts_at(&[999]))
    )));
    assert!(ids.insert(changed(
        &|genesis| genesis.outputs = outputs(&amounts_at(&[1_000]))
    )));
    let other = NetworkId::of_network(Network::Signet);
    assert!(ids.insert(changed(&|genesis| genesis.network = other)));
    let schema = bulla_tests::kit::lab_schema().id();
    assert!(ids.insert(changed(&|genesis| genesis.schema = schema)));
}

/// What a payer may put in the place of a genesis that a receiver asks for by its id. What is a contract is consistent
/// under its own id; an invoice names the id.
#[test]
fn g01_a_genesis_of_the_same_words_is_told_apart_by_its_id() {
    let mut own = History::fixed(1_000);
    own.transfer(&[own.seed(0)], &[1_000]);
    assert_eq!(accept(&own.encode()).contract, own.contract());
    let replaced = |change: &dyn Fn(&mut bulla_core::operation::Genesis)| {
        let mut history = own.clone();
        history.edit_genesis(change);
        history
    };
    let again = replaced(&|genesis| genesis.timestamp += 1);
    let elsewhere = replaced(&|genesis| {
        genesis.outputs = outputs(&[
            (0, State::Amount(1_000), on(coin(0))),
            (0, State::Amount(0), on(coin(9))),
        ]);
    });
    for other in [again, elsewhere] {
        let content = accept(&other.encode());
        assert_eq!(content.contract, other.contract());
        assert_ne!(content.contract, own.contract());
    }
    // More in circulation than it says: no contract at all.
    let more = replaced(&|genesis| genesis.globals = fixed_globals(999));
    refuse(
        &more.encode(),
        about(&more, (Check::Rule, "left is 1000, right is 999")),
    );
}

#[test]
fn g02_a_weaker_schema_of_the_same_shape() {
    let history = History::fixed(1_000);
    let mut consignment = history.consignment(View::Leaves);
    let transfer = consignment.header.schema.transitions.get_mut(&0).unwrap();
    transfer.rules = vec![Rule::AtMost(Expr::In(0), Expr::Out(0))];
    refuse(&consignment.encode(), about(&history, Check::SchemaId));
}

#[test]
fn g03_g04_another_chain() {
    let history = History::fixed(1_000);
    let custom = NetworkId::of(genesis_block(Network::Signet).block_hash(), Some(&[0x51]));
    let mut others: Vec<_> = [Network::Bitcoin, Network::Testnet, Network::Signet]
        .map(NetworkId::of_network)
        .into();
    others.push(custom);
    for other in others {
        let rules = Rules::new(other, SchemaPolicy::Any);
        refuse_under(&rules, &history.encode(), about(&history, Check::Network));
        let mut genesis = history.clone();
        genesis.edit_genesis(|genesis| genesis.network = other);
        refuse(&genesis.encode(), about(&genesis, Check::Network));
    }
}

#[test]
fn g07_a_schema_that_refers_to_what_it_does_not_declare() {
    let changes: [&dyn Fn(&mut Schema); 8] = [
        &|schema| {
            schema.genesis.outputs.insert(77, Occurs::ONCE);
        },
        &|schema| {
            schema.genesis.globals.insert(77, Occurs::ONCE);
        },
        &|schema| {
            let transfer = schema.transitions.get_mut(&0).unwrap();
            transfer.inputs.insert(77, Occurs::ONCE);
        },
        &|schema| {
            let transfer = schema.transitions.get_mut(&0).unwrap();
            transfer.metadata.insert(77, Occurs::ONCE);
        },
        &|schema| {
            let rule = Rule::Equal(Expr::Out(77), Expr::Const(0));
            schema.genesis.rules.push(rule);
        },
        &|schema| {
            let rule = Rule::Equal(Expr::In(0), Expr::Const(0));
            schema.genesis.rules.push(rule);
        },
        &|schema| {
            let rule = Rule::Signed {
                threshold: Threshold::Const(1),
                keys: 0,
            };
            schema.transitions.get_mut(&0).unwrap().rules.push(rule);
        },
        &|schema| schema.transitions.get_mut(&0).unwrap().inputs.clear(),
    ];
    let says = [
        "genesis.outputs: owned type number 77 is not declared",
        "genesis.globals: global number 77 is not declared",
        "transitions.transfer.inputs: owned type number 77 is not declared",
        "transitions.transfer.metadata: metadata number 77 is not declared",
        "genesis.rules[3]: owned type number 77 is not declared",
        "genesis.rules[3]: in.asset cannot stand in a rule of the genesis",
        "transitions.transfer.rules[4]: keys genesis.supply is of type number, expected key",
        "transitions.transfer: no inputs, expected at least one owned type",
    ];
    for (change, says) in changes.into_iter().zip(says) {
        let history = under(change);
        refuse(
            &history.encode(),
            about(&history, (Check::SchemaRule, says)),
        );
    }
    assert_eq!(accept(&under(|_| {}).encode()).operations, 0);
}

#[test]
fn g07_a_transition_asks_for_signatures_by_one_list_of_keys() {
    // A signature names its key by number: with two lists it would be unclear of which.
    let history = under(|schema| {
        let rule = Rule::Signed {
            threshold: Threshold::Const(1),
            keys: 1,
        };
        schema.transitions.get_mut(&3).unwrap().rules.push(rule);
    });
    refuse(
        &history.encode(),
        about(
            &history,
            (
                Check::SchemaRule,
                "transitions.vouch.rules[2]: a second signed",
            ),
        ),
    );
}

#[test]
fn g08_what_the_schema_does_not_list() {
    let first = |history: &History, says| {
        Fails::invalid((Check::Occurrence, says))
            .operation(history.id(0))
            .witness(history.txid(0))
    };
    let edited = |change: &dyn Fn(&mut bulla_core::operation::Transition)| {
        let mut history = History::fixed(1_000);
        history.transfer(&[history.seed(0)], &[1_000]);
        history.edit(0, |draft| change(&mut draft.acts[0].transition));
        history
    };
    let kind = edited(&|transition| transition.kind = 1);
    let meta = edited(&|transition| transition.metadata = values(&[(0, number(1))]));
    let global = edited(&|transition| transition.globals = values(&[(9, number(1))]));
    let owned = edited(&|transition| {
        transition.outputs = outputs(&[(0, State::Amount(1_000), at(1)), (1, State::Right, at(1))]);
    });
    for (history, says) in [
        (
            kind,
            "expected a transition that the schema has; found kind 1",
        ),
        (meta, " occurs "),
        (global, " occurs "),
        (owned, " occurs "),
    ] {
        refuse(&history.encode(), first(&history, says));
    }
}

#[test]
fn g09_too_many_or_too_few() {
    let first = |history: &History, says| {
        Fails::invalid((Check::Occurrence, says))
            .operation(history.id(0))
            .witness(history.txid(0))
    };
    let mut none = History::fixed(1_000);
    none.transfer(&[none.seed(0)], &[]);
    let says = " occurs 0 times";
    refuse(&none.encode(), first(&none, says));
    let mut rights = History::lab();
    let two = [(3, State::Right, at(1)), (3, State::Right, at(2))];
    let right = bulla_tests::kit::leaf(rights.contract().into(), 3, 0);
    let act = rights.act("transfer", &[right], &two);
    rights.push(rights.draft(vec![act]));
    let says = " occurs 2 times";
    refuse(&rights.encode(), first(&rights, says));
}

#[test]
fn g10_a_schema_that_nobody_allowed() {
    let history = History::lab();
    let allowed = BTreeSet::from([History::fixed(1).schema.id()]);
    let rules = Rules::new(bulla_tests::kit::network(), SchemaPolicy::Only(allowed));
    let expected = Fails::new(Kind::Unresolved, Check::SchemaUnknown);
    let expected = expected.operation(history.contract());
    refuse_under(&rules, &history.encode(), expected);
    let own = BTreeSet::from([history.schema.id()]);
    let rules = Rules::new(bulla_tests::kit::network(), SchemaPolicy::Only(own));
    assert!(bulla_core::validator::validate(&history.encode(), &rules).is_ok());
}

#[test]
fn g11_versions_of_the_future_are_unsupported() {
    let unsupported = |says| Fails::new(Kind::Unresolved, (Check::Unsupported, says));
    let mut history = History::fixed(1_000);
    history.transfer(&[history.seed(0)], &[1_000]);
    let consignment = history.consignment(View::Leaves);
    for format in [0, 2] {
        let mut wire = consignment.encode();
        assert_eq!(wire[3], WIRE_FORMAT);
        wire[3] = format;
        refuse(&wire, unsupported("found wire format"));
    }
    let mut schema = consignment.clone();
    schema.header.schema.version = 1;
    refuse(&schema.encode(), unsupported("found rule version 1 "));
    let mut genesis = consignment.clone();
    genesis.header.genesis.format = 2;
    refuse(
        &genesis.encode(),
        unsupported("found format of an operation 2 "),
    );
    let kind = consignment.encode_with(0, |bytes| bytes[0] = 4);
    refuse(&kind, unsupported("found frame kind 4 "));
}

#[test]
fn g16_a_transition_of_another_contract() {
    let mut history = History::fixed(1_000);
    let mut other = History::fixed(2_000);
    other.transfer(&[other.seed(0)], &[2_000]);
    let mut consignment = other.consignment(View::Leaves);
    consignment.header = history.consignment(View::Leaves).header;
    // No frame says of which contract it is: under this header the transition has another id.
    let expected = Fails::invalid(Check::Dbc).witness(other.txid(0));
    refuse(&consignment.encode(), expected);
    // With its id rewritten it consumes what this contract never had.
    let (contract, foreign) = (history.contract(), other.seed(0));
    let mut act = other.drafts()[0].acts[0].clone();
    act.transition.contract = contract;
    let mut draft = history.draft(vec![act]);
    draft.transaction = other.drafts()[0].transaction.clone();
    assert_eq!(draft.acts[0].transition.inputs.first(), Some(&foreign));
    history.push(draft);
    let expected = Fails::invalid(Check::InputMissing)
        .operation(history.id(0))
        .witness(history.txid(0));
    refuse(&history.encode(), expected);
}

#[test]
fn keys_that_cannot_sign_make_a_genesis_invalid() {
    let lab = History::lab();
    let with = |keys: &[[u8; 32]], threshold: u64| {
        let mut list = vec![(0, number(1_000)), (2, number(threshold))];
        list.extend(keys.iter().map(|key| (1, key.to_vec())));
        let mut history = lab.clone();
        history.edit_genesis(|genesis| genesis.globals = values(&list));
        history
    };
    let (a, b) = (key(0).serialize(), key(1).serialize());
    assert_eq!(accept(&with(&[a, b], 2).encode()).operations, 0);
    let no_key = "is not an x coordinate (BIP340)";
    for (history, says) in [
        (with(&[a, a], 1), "repeats an earlier one"),
        (with(&[a, b], 0), "0 signatures of 2 keys for transition "),
        (with(&[a, b], 3), "3 signatures of 2 keys for transition "),
        (with(&[a, [0; 32]], 1), no_key),
        (with(&[a, [0xff; 32]], 1), no_key),
    ] {
        refuse(&history.encode(), about(&history, (Check::Rule, says)));
    }
}

#[test]
fn g06_another_type_of_a_value_is_another_schema() {
    use bulla_core::schema::ValueType;
    let history = History::fixed(1_000);
    for ty in [ValueType::Number, ValueType::Bytes, ValueType::Hash] {
        let mut consignment = history.consignment(View::Leaves);
        consignment.header.schema.globals.get_mut(&0).unwrap().ty = ty;
        refuse(&consignment.encode(), about(&history, Check::SchemaId));
    }
}

#[test]
fn g13_a_schema_whose_name_could_be_taken_for_another_is_no_schema() {
    for name in [
        "fix\u{435}d",
        "fixed\u{200b}",
        "fixed\n",
        "\u{202e}dexif",
        "",
    ] {
        let history = under(|schema| name.clone_into(&mut schema.name));
        refuse(
            &history.encode(),
            about(
                &history,
                (
                    Check::SchemaRule,
                    "expected 1 to 255 printable ASCII characters",
                ),
            ),
        );
    }
}

#[test]
fn g15_what_a_genesis_says_of_its_time_is_a_claim() {
    for timestamp in [0, 1, u64::MAX] {
        let mut history = History::fixed(1_000);
        history.edit_genesis(|genesis| genesis.timestamp = timestamp);
        history.transfer(&[history.seed(0)], &[1_000]);
        assert_eq!(
            accept(&history.encode()).header.genesis.timestamp,
            timestamp
        );
    }
}

#[test]
fn g13_the_words_of_a_genesis_may_be_those_of_another_contract() {
    // Tickers and names are text, whatever it looks like: what tells contracts apart is the id.
    let own = History::fixed(1_000);
    for ticker in ["TEST", "T\u{415}ST", "TEST\u{200b}", "\u{202e}TSET"] {
        let mut other = own.clone();
        other.edit_genesis(|genesis| {
            let mut list: Vec<_> = genesis
                .globals
                .0
                .iter()
                .map(|v| (v.number, v.bytes.to_vec()))
                .collect();
            list[0].1 = ticker.as_bytes().to_vec();
            genesis.globals = values(&list);
            genesis.timestamp += 1;
        });
        assert_ne!(accept(&other.encode()).contract, own.contract());
    }
}
