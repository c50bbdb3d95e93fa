//! Numbered tokens, whole and in fractions.

use bulla_core::ContractId;
use bulla_core::state::{State, Token};
use bulla_core::validator::Check;
use bulla_schemas as schemas;
use bulla_tests::people::{
    Forbidden, Forged, Person, assert_every_rule_broken, breaks, forged, genesis_of, pay, says,
};
use bulla_tests::world::Chain;
use bulla_wallet::api::{Issue, Quantity, Take};
use bulla_wallet::media::Media;
use bulla_wallet::transfer::verbs::Verb;

use super::super::funded;
use super::{
    PNG, act, ask, ask_token, assert_all_used, assert_evidence, by_hand, forbidden, give, held,
    issue, nft, of,
};

const MOVED: &str = "tokens(in.nft) == tokens(out.nft)";
const MINTED: &str =
    "tokens(out.nft) == range(genesis.total - in.left + 1, in.left - out.left, genesis.fractions)";
const TYPES: &str = "count(global.media) == count(global.media_type)";
const SIZES: &str = "count(global.media) == count(global.media_size)";

/// Five editions, none of them minted.
fn editions(fractions: u64, engravable: u64) -> Issue {
    Issue::new(schemas::unique().id())
        .number("total", 5)
        .number("fractions", fractions)
        .number("engravable", engravable)
        .own("left", State::Amount(5))
}

fn mint(to: Vec<Option<bulla_wallet::invoice::Invoice>>) -> Verb {
    Verb::Mint {
        to: to.into_iter().map(|to| to.map(Box::new)).collect(),
        media: vec![Media::of(PNG).expect("a picture")],
        attributes: vec!["colour: blue".to_owned()],
    }
}

fn engrave(token: u32) -> Verb {
    let text = "for Bob".to_owned();
    Verb::Engrave { token, text }
}

pub fn numbered_editions_are_minted_engraved_moved_and_burned(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let schema = schemas::unique();
    let contract = issue(&mut alice, chain, editions(1, 1));
    let invoice = ask_token(&mut bob, contract, 1, 1);
    let minted = act(
        &mut alice,
        chain,
        contract,
        &mint(vec![Some(invoice), None]),
    );
    bob.accept(chain, minted.bytes());
    assert_eq!(held(&bob, contract), [nft(1, 1)]);
    assert_eq!(held(&alice, contract), [of("left", 3), nft(2, 1)]);
    assert!(bob.view().check_media(contract, PNG).is_ok());
    let engraved = act(&mut bob, chain, contract, &engrave(1));
    assert_evidence(&bob, &engraved);
    let back = ask_token(&mut alice, contract, 1, 1);
    let moved = bob.pay(chain, &mut alice, &back);
    let burned = act(&mut alice, chain, contract, &Verb::BurnToken(1));
    assert_evidence(&alice, &burned);
    let part = ask(&mut bob, contract, "left", 1);
    let part = alice.plan(&[pay(&part)]).expect_err("one holder only");
    assert_eq!(part.code(), "too-large", "{part}");
    // The right to mint goes to Bob as a whole; he uses it and gives up the rest.
    let right = ask(&mut bob, contract, "left", 3);
    let handed = alice.pay(chain, &mut bob, &right);
    act(&mut bob, chain, contract, &mint(vec![None]));
    let renounced = act(&mut bob, chain, contract, &Verb::Renounce(None));
    assert_eq!(held(&bob, contract), [nft(3, 1)]);
    assert_eq!(held(&alice, contract), [nft(2, 1)]);
    assert_all_used(
        &schema,
        &[minted, engraved, moved, burned, handed, renounced],
    );
    assert_copies_are_not_planned(&alice, contract);

    let mut refused = tokens_are_forged(chain, (&mut alice, &mut bob), contract);
    refused.extend(a_right_is_forged(chain, &mut alice, &mut bob));
    assert_every_rule_broken(&schema, &refused);

    let back = ask_token(&mut alice, contract, 3, 1);
    bob.pay(chain, &mut alice, &back);
    assert_eq!(held(&alice, contract), [nft(3, 1)]);
}

fn assert_copies_are_not_planned(alice: &Person, contract: ContractId) {
    let token = |id| State::Token(Token { id, fraction: 1 });
    let whole = Take {
        owned: "nft".to_owned(),
        quantity: Quantity::Token(Token { id: 2, fraction: 1 }),
        kept: false,
    };
    let copied = vec![give("nft", token(2)), give("nft", token(3))];
    let copied = by_hand(contract, "transfer", vec![whole], copied);
    assert!(forbidden(alice, copied).contains(MOVED));
}

/// The cheat holds token 2, which may be engraved.
fn tokens_are_forged(
    chain: &dyn Chain,
    (alice, bob): (&mut Person, &mut Person),
    contract: ContractId,
) -> Vec<Forbidden> {
    let transfer = || forged("transfer").takes("nft");
    let engrave = |token| {
        let engrave = forged("engrave").takes("nft").says("token", token);
        engrave.publishes("engraving", b"for Bob")
    };
    let burn = |token| forged("burn").takes("nft").says("token", token);
    let rows = vec![
        breaks("a copy", transfer().token(2, 1).token(2, 1), MOVED),
        breaks("another token", transfer().token(3, 1), MOVED),
        breaks(
            "a token beside it",
            transfer().token(2, 1).token(3, 1),
            MOVED,
        ),
        says(
            "a token of nothing beside it",
            transfer().token(2, 1).token(3, 0),
            Check::StateType,
            "a token of `nft` with fraction 0",
        ),
        breaks("a copy is engraved", engrave(2).token(2, 2), MOVED),
        breaks(
            "the engraving of another token",
            engrave(1).token(2, 1),
            "tokens(out.nft) == range(meta.token, 1, genesis.fractions)",
        ),
        breaks(
            "the burn of another token",
            burn(1),
            "tokens(in.nft) == range(meta.token, 1, genesis.fractions)",
        ),
    ];
    let honest = [transfer().token(2, 1), engrave(2).token(2, 1), burn(2)];
    let invoice = ask_token(bob, contract, 2, 1);
    alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows)
}

/// The cheat issues a collection that nobody may engrave, and holds the right to mint it beside its
/// first token.
fn a_right_is_forged(chain: &dyn Chain, alice: &mut Person, bob: &mut Person) -> Vec<Forbidden> {
    let contract = issue(alice, chain, editions(10, 0));
    act(alice, chain, contract, &mint(vec![None]));
    assert_eq!(held(alice, contract), [of("left", 4), nft(1, 10)]);
    let mint = || forged("mint").takes("left");
    let move_left = forged("move_left").takes("left");
    let renounce = forged("renounce").takes("left");
    let engrave = forged("engrave").takes("nft").says("token", 1);
    let engrave = engrave.publishes("engraving", b"forbidden");
    let genesis = genesis_of(alice, contract);
    let mut rows = vec![
        breaks(
            "a token twice",
            mint().token(1, 10).gives("left", 3),
            MINTED,
        ),
        breaks("out of turn", mint().token(3, 10).gives("left", 3), MINTED),
        breaks(
            "the right is kept",
            mint().token(2, 10).gives("left", 4),
            MINTED,
        ),
        breaks(
            "the right is lost",
            mint().token(2, 10).gives("left", 2),
            MINTED,
        ),
        breaks(
            "fractions too many",
            mint().token(2, 11).gives("left", 3),
            MINTED,
        ),
        breaks(
            "fractions too few",
            mint().token(2, 9).gives("left", 3),
            MINTED,
        ),
        breaks(
            "a file without a type",
            mint()
                .token(2, 10)
                .gives("left", 3)
                .publishes("media", &[1; 32]),
            TYPES,
        ),
        breaks(
            "a size without a file",
            mint()
                .token(2, 10)
                .gives("left", 3)
                .publishes("media_size", &[1; 8]),
            SIZES,
        ),
        breaks(
            "a right that grows",
            move_left.clone().gives("left", 5),
            "in.left == out.left",
        ),
        breaks(
            "a right that shrinks",
            move_left.clone().gives("left", 3),
            "in.left == out.left",
        ),
        breaks(
            "less is renounced than there is",
            renounce.clone().says("renounced", 3),
            "in.left == meta.renounced",
        ),
        breaks(
            "an engraving where there is none",
            engrave.token(1, 10),
            "genesis.engravable == 1",
        ),
    ];
    rows.extend(born(&genesis));
    let honest = [
        mint().token(2, 10).gives("left", 3),
        move_left.gives("left", 4),
        renounce.says("renounced", 4),
        genesis,
    ];
    let invoice = ask_token(bob, contract, 1, 10);
    alice
        .forger(contract, &invoice)
        .refused(chain, bob, &honest, rows)
}

/// What no genesis may say.
fn born(genesis: &Forged) -> Vec<Forbidden> {
    let all = "tokens(out.nft) == range(1, global.total - out.left, global.fractions)";
    let none = || Forged {
        gives: Vec::new(),
        ..genesis.clone()
    };
    vec![
        breaks(
            "more is left than there is",
            genesis.clone().with("total", 4),
            all,
        ),
        breaks(
            "a token that nobody counts",
            genesis.clone().token(1, 10),
            all,
        ),
        breaks(
            "no token at all",
            none().with("total", 0),
            "1 <= global.total",
        ),
        breaks(
            "tokens without end",
            none().with("total", 1 << 32).gives("left", 1 << 32),
            "global.total < 4294967296",
        ),
        breaks(
            "tokens of nothing",
            genesis.clone().with("fractions", 0),
            "1 <= global.fractions",
        ),
        breaks(
            "an odd permission",
            genesis.clone().with("engravable", 2),
            "global.engravable <= 1",
        ),
        breaks(
            "a file without a type",
            genesis.clone().publishes("media", &[1; 32]),
            TYPES,
        ),
        breaks(
            "a size without a file",
            genesis.clone().publishes("media_size", &[1; 8]),
            SIZES,
        ),
    ]
}

pub fn a_token_is_split_and_joined_in_fractions(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let contract = issue(&mut alice, chain, editions(100, 1));
    act(&mut alice, chain, contract, &mint(vec![None]));
    let quarter = ask_token(&mut bob, contract, 1, 25);
    alice.pay(chain, &mut bob, &quarter);
    assert_eq!(held(&alice, contract), [of("left", 4), nft(1, 75)]);
    assert_eq!(held(&bob, contract), [nft(1, 25)]);
    let part = alice.view().act(contract, &engrave(1)).expect("an act");
    let part = alice.plan(&[bulla_wallet::api::Payment::Act(part)]);
    assert_eq!(part.expect_err("a part").code(), "insufficient-asset");

    // Who has a part forges the whole.
    let whole = "tokens(out.nft) == range(meta.token, 1, genesis.fractions)";
    let burnt = "tokens(in.nft) == range(meta.token, 1, genesis.fractions)";
    let transfer = || forged("transfer").takes("nft");
    let engraved = forged("engrave").takes("nft").says("token", 1);
    let engraved = engraved.publishes("engraving", b"mine");
    let mut carol = funded(chain, "carol");
    let ninth = ask_token(&mut carol, contract, 1, 9);
    bob.pay(chain, &mut carol, &ninth);
    let rows = vec![
        breaks("more than his part", transfer().token(1, 10), MOVED),
        breaks("less than his part", transfer().token(1, 8), MOVED),
        breaks("the whole", transfer().token(1, 100), MOVED),
        breaks("a part is engraved", engraved.clone().token(1, 9), whole),
        breaks("the whole is engraved", engraved.token(1, 100), MOVED),
        breaks(
            "a part is burned",
            forged("burn").takes("nft").says("token", 1),
            burnt,
        ),
    ];
    let honest = [transfer().token(1, 4).token(1, 5)];
    let invoice = ask_token(&mut bob, contract, 1, 9);
    carol
        .forger(contract, &invoice)
        .refused(chain, &mut bob, &honest, rows);
    assert_eq!(held(&bob, contract), [nft(1, 16)]);

    // Carol's part is lost for ever; another token is split and joined again.
    act(&mut alice, chain, contract, &mint(vec![None]));
    let part = ask_token(&mut bob, contract, 2, 40);
    alice.pay(chain, &mut bob, &part);
    let back = ask_token(&mut alice, contract, 2, 40);
    bob.pay(chain, &mut alice, &back);
    let engraved = act(&mut alice, chain, contract, &engrave(2));
    assert_evidence(&alice, &engraved);
    assert_eq!(
        held(&alice, contract),
        [of("left", 3), nft(1, 75), nft(2, 100)]
    );
}
