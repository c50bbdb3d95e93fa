//! Every standard schema: issued, moved, and each of its transitions used by wallets; what it forbids
//! is refused with its reason before anything is built. (That the validator refuses it as well, forged
//! by hand, is in `tests/schemas`.)

use bitcoin::key::{Keypair, Secp256k1};
use bitcoin::secp256k1::SecretKey;
use bulla_core::ContractId;
use bulla_core::state::{State, Token};
use bulla_core::validator::{Rules, SchemaPolicy, TerminalState, validate};
use bulla_schemas as schemas;
use bulla_tests::people::{Person, Sent, pay};
use bulla_tests::world::Chain;
use bulla_wallet::api::{
    Act, AllocateTo, Give, InvoiceRequest, InvoiceTarget, Issue, Payment, PlanOptions, Quantity,
    Take,
};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::media::Media;
use bulla_wallet::transfer::verbs::{Making, Verb};

use super::funded;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

type Held = (String, Option<u32>, u64);

fn of(owned: &str, amount: u64) -> Held {
    (owned.to_owned(), None, amount)
}

fn nft(id: u32) -> Held {
    ("nft".to_owned(), Some(id), 1)
}

/// What lies on the sealed coins of a wallet: owned type, token, amount.
fn held(person: &Person, contract: ContractId) -> Vec<Held> {
    let mut held = Vec::new();
    for coin in person.sealed() {
        let on = person.view().allocations(coin).expect("a known coin");
        let on = on.into_iter().filter(|on| on.contract == contract);
        held.extend(on.map(|on| (on.owned, on.token, on.amount)));
    }
    held.sort();
    held
}

fn issue(person: &mut Person, chain: &dyn Chain, issue: Issue) -> ContractId {
    person.make_carriers(chain, 1);
    let issue = issue.text("ticker", "KIND").text("name", "Of a kind");
    person.wallet().issue(&issue).expect("a contract")
}

/// Does what a verb says; a block is mined.
fn act(person: &mut Person, chain: &dyn Chain, contract: ContractId, verb: &Verb) -> Sent {
    let act = person.view().act(contract, verb).expect("a known verb");
    let sent = person.send(chain, &[Payment::Act(act)]);
    chain.mine(1);
    person.sync(chain);
    assert_eq!(person.state_of(sent.transfer), "settled");
    sent
}

/// Why the schema forbids an act.
fn forbidden(person: &Person, act: Act) -> String {
    let error = person.plan(&[Payment::Act(act)]).expect_err("forbidden");
    assert_eq!(error.code(), "forbidden", "{error}");
    error.to_string()
}

fn by_hand(contract: ContractId, transition: &str, takes: Vec<Take>, gives: Vec<Give>) -> Act {
    Act {
        contract,
        transition: transition.to_owned(),
        takes,
        gives,
        globals: Vec::new(),
        metadata: Vec::new(),
    }
}

fn take(owned: &str, amount: u64) -> Take {
    Take {
        owned: owned.to_owned(),
        quantity: Quantity::Amount(amount),
        kept: false,
    }
}

fn give(owned: &str, state: State) -> Give {
    Give {
        owned: owned.to_owned(),
        state,
        to: None,
    }
}

/// That a file proves an operation to anybody.
fn assert_evidence(person: &Person, sent: &Sent) {
    let allowed = person.view().allowed_schemas().expect("a list");
    let network = person.view().network().id();
    let rules = Rules::new(network, SchemaPolicy::Only(allowed));
    let content = validate(sent.bytes(), &rules).expect("consistent");
    let terminals = &content.get().terminals;
    assert!(matches!(terminals[..], [TerminalState::Evidence(_)]));
}

fn making(amount: u64, to: Option<Invoice>) -> Making {
    Making {
        amount,
        to: to.map(Box::new),
    }
}

fn ask_for(person: &mut Person, contract: ContractId, owned: &str, token: Option<u32>) -> Invoice {
    person.ask(&InvoiceRequest {
        contract: Some(contract),
        owned: Some(owned.to_owned()),
        token,
        amount: Some(1),
        ..InvoiceRequest::default()
    })
}

pub fn an_inflatable_supply_grows_by_allowance_and_is_burned(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let new = Issue::new(schemas::inflatable().id())
        .number("precision", 0)
        .number("supply", 100)
        .number("cap", 150)
        .own("asset", State::Amount(100))
        .own("allowance", State::Amount(50));
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 30);
    let more = Verb::Issue(making(30, Some(invoice)));
    let sent = act(&mut alice, chain, contract, &more);
    assert_eq!(bob.accept(chain, sent.bytes()).amount, 30);
    let right = ask_for(&mut bob, contract, "allowance", None);
    alice.pay(chain, &mut bob, &right);
    assert_eq!(held(&bob, contract), [of("allowance", 1), of("asset", 30)]);
    let burned = act(&mut bob, chain, contract, &Verb::Burn(10));
    assert_evidence(&bob, &burned);
    let renounced = act(&mut alice, chain, contract, &Verb::Renounce(None));
    assert_evidence(&alice, &renounced);
    assert_eq!(held(&alice, contract), [of("asset", 100)]);
    assert_eq!(held(&bob, contract), [of("allowance", 1), of("asset", 20)]);

    let takes = || vec![take("allowance", 1)];
    let two = vec![give("asset", State::Amount(2))];
    let reason = forbidden(&bob, by_hand(contract, "issue", takes(), two));
    assert!(reason.contains("in.allowance == out.allowance + out.asset"));
    let lost = by_hand(contract, "transfer", vec![take("asset", 5)], Vec::new());
    assert!(forbidden(&bob, lost).contains("in.asset == out.asset"));
    let turned = vec![give("allowance", State::Amount(5))];
    let turned = by_hand(contract, "transfer", vec![take("asset", 5)], turned);
    assert!(forbidden(&bob, turned).contains("expected 0"));
}

pub fn numbered_editions_are_minted_engraved_moved_and_burned(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let new = Issue::new(schemas::unique().id())
        .number("total", 5)
        .number("fractions", 1)
        .number("engravable", 1)
        .own("left", State::Amount(5));
    let contract = issue(&mut alice, chain, new);
    let invoice = ask_for(&mut bob, contract, "nft", Some(1));
    let mint = Verb::Mint {
        to: vec![Some(Box::new(invoice)), None],
        media: vec![Media::of(PNG).expect("a picture")],
        attributes: vec!["colour: blue".to_owned()],
    };
    let sent = act(&mut alice, chain, contract, &mint);
    bob.accept(chain, sent.bytes());
    assert_eq!(held(&bob, contract), [nft(1)]);
    assert_eq!(held(&alice, contract), [of("left", 3), nft(2)]);
    assert!(bob.view().check_media(contract, PNG).is_ok());
    let text = "for Bob".to_owned();
    let engraved = act(&mut bob, chain, contract, &Verb::Engrave { token: 1, text });
    assert_evidence(&bob, &engraved);
    let back = ask_for(&mut alice, contract, "nft", Some(1));
    bob.pay(chain, &mut alice, &back);
    let burned = act(&mut alice, chain, contract, &Verb::BurnToken(1));
    assert_evidence(&alice, &burned);
    let right = ask_for(&mut bob, contract, "left", None);
    let part = alice.plan(&[pay(&right)]).expect_err("one holder only");
    assert_eq!(part.code(), "too-large", "{part}");
    act(&mut alice, chain, contract, &Verb::Renounce(None));
    assert_eq!(held(&alice, contract), [nft(2)]);

    let token = |id| State::Token(Token { id, fraction: 1 });
    let whole = Take {
        owned: "nft".to_owned(),
        quantity: Quantity::Token(Token { id: 2, fraction: 1 }),
        kept: false,
    };
    let copied = vec![give("nft", token(2)), give("nft", token(3))];
    let copied = by_hand(contract, "transfer", vec![whole.clone()], copied);
    assert!(forbidden(&alice, copied).contains("tokens(in.nft) == tokens(out.nft)"));
    let renamed = by_hand(
        contract,
        "transfer",
        vec![whole],
        vec![give("nft", token(3))],
    );
    assert!(forbidden(&alice, renamed).contains("token 2"));
}

pub fn two_of_three_issuers_sign_a_transfer(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let key = |n| {
        let secret = SecretKey::from_slice(&[n; 32]).expect("a key");
        Keypair::from_secret_key(&Secp256k1::new(), &secret)
    };
    let mut new = Issue::new(schemas::permissioned().id())
        .number("precision", 0)
        .number("supply", 1_000)
        .number("threshold", 2)
        .own("asset", State::Amount(1_000));
    for n in 1..=3 {
        let public = key(n).x_only_public_key().0;
        new = new.value("signers", public.serialize().to_vec());
    }
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 300);
    let prepared = alice.prepare(&[pay(&invoice)], &PlanOptions::default());
    assert!(prepared.unsigned);
    let sent = alice.finish(prepared);
    let early = alice.try_broadcast(chain, &sent).expect_err("unsigned");
    assert_eq!(early.code(), "unsigned");
    let early = bob.try_accept(chain, sent.bytes()).expect_err("unsigned");
    assert_eq!(early.code(), "unsigned");
    for n in [3, 1] {
        let requests = alice.view().signature_requests(sent.transfer);
        let request = requests.expect("requests").remove(0);
        let stranger = bob.view().cosign(&request.bytes, &key(7));
        assert_eq!(stranger.expect_err("a stranger").code(), "not-a-signer");
        let signed = bob.view().cosign(&request.bytes, &key(n)).expect("signed");
        alice.reopen();
        let added = alice.wallet().add_signatures(sent.transfer, &signed.bytes);
        added.expect("good signatures");
    }
    let files = alice.wallet().deliver(sent.transfer).expect("signed");
    alice.broadcast(chain, &sent);
    chain.mine(1);
    alice.sync(chain);
    assert_eq!(bob.accept(chain, &files[0].bytes).amount, 300);
    alice.holds(contract, 700, 0);
    bob.holds(contract, 300, 0);
}

pub fn units_are_handed_in_and_reissued(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    let new = Issue::new(schemas::replaceable().id())
        .number("precision", 0)
        .number("supply", 100)
        .number("replaceable", 80)
        .own("asset", State::Amount(100))
        .own("replacement", State::Amount(80));
    let contract = issue(&mut alice, chain, new);
    let invoice = bob.invoice(contract, 60);
    alice.pay(chain, &mut bob, &invoice);
    let handed = act(&mut bob, chain, contract, &Verb::HandIn(60));
    assert_evidence(&bob, &handed);
    let invoice = bob.invoice(contract, 60);
    let reissue = Verb::Reissue(making(60, Some(invoice)));
    let reissued = act(&mut alice, chain, contract, &reissue);
    let received = bob.accept(chain, reissued.bytes());
    assert_eq!(received.amount, 60);
    act(&mut alice, chain, contract, &Verb::Renounce(Some(20)));
    assert_eq!(held(&alice, contract), [of("asset", 40)]);
    assert_eq!(held(&bob, contract), [of("asset", 60)]);
    let silent = by_hand(contract, "hand_in", vec![take("asset", 1)], Vec::new());
    assert!(forbidden(&bob, silent).contains("Metadata"));
}

pub fn a_collectible_is_distributed_by_its_genesis(chain: &dyn Chain) {
    let (mut alice, mut bob) = (funded(chain, "alice"), funded(chain, "bob"));
    bob.make_carriers(chain, 1);
    let invoice = bob.ask(&InvoiceRequest {
        target: InvoiceTarget::Blind(None),
        ..InvoiceRequest::default()
    });
    let to = AllocateTo::Invoice(Box::new(invoice.clone()));
    let new = Issue::new(schemas::collectible().id())
        .number("precision", 0)
        .text("terms", "for looking at")
        .number("supply", 10)
        .media(&Media::of(PNG).expect("a picture"))
        .own("asset", State::Amount(6))
        .allocate("asset", State::Amount(4), to);
    let contract = issue(&mut alice, chain, new);
    let given = alice.view().issued_consignment(contract, &invoice);
    let received = bob.accept(chain, &given.expect("a consignment").bytes);
    assert_eq!((received.amount, received.leaves.len()), (4, 1));
    bob.holds(contract, 4, 0);
    let back = alice.invoice(contract, 1);
    bob.pay(chain, &mut alice, &back);
    alice.holds(contract, 7, 0);
    bob.holds(contract, 3, 0);
    assert!(
        alice
            .view()
            .check_media(contract, b"\x89PNG\r\n\x1a\nfake")
            .is_err()
    );
}
