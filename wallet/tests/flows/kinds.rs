//! Every kind of state that the standard schemas own, issued and moved by wallets.

use bulla_core::state::{State, Token};
use bulla_core::validator::{Rules, SchemaPolicy, TerminalState, validate};
use bulla_core::{ContractId, NetworkId};
use bulla_schemas as schemas;
use bulla_wallet::Error;
use bulla_wallet::api::{
    AllocateTo, InvoiceRequest, InvoiceState, InvoiceTarget, Issue, Page, Payment, PlanOptions,
};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::media::Media;
use bulla_wallet::transfer::verbs::{Making, Verb};

use crate::bench::{Bench, Paid, Party, code, pay};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

pub fn named(issue: Issue, ticker: &str) -> Issue {
    issue.text("ticker", ticker).text("name", "Of a test")
}

pub fn inflatable(supply: u64, allowance: u64) -> Issue {
    named(Issue::new(schemas::inflatable().id()), "GROW")
        .number("precision", 0)
        .number("supply", supply)
        .number("cap", supply + allowance)
        .own("asset", State::Amount(supply))
        .own("allowance", State::Amount(allowance))
}

pub fn token(id: u32, fraction: u64) -> State {
    State::Token(Token { id, fraction })
}

/// Ten editions of which two are issued at once.
pub fn unique(fractions: u64) -> Issue {
    named(Issue::new(schemas::unique().id()), "ART")
        .number("total", 10)
        .number("fractions", fractions)
        .number("engravable", 1)
        .own("nft", token(1, fractions))
        .own("nft", token(2, fractions))
        .own("left", State::Amount(8))
}

impl Party {
    pub fn act(&mut self, bench: &Bench, contract: ContractId, verb: &Verb) -> Result<Paid, Error> {
        let act = self.wallet().act(contract, verb)?;
        let paid = self.pay(bench, &[Payment::Act(act)])?;
        bench.mine(1);
        self.sync(bench);
        Ok(paid)
    }

    /// An invoice for a type and a token.
    pub fn ask(&mut self, contract: ContractId, owned: &str, token: Option<u32>) -> Invoice {
        let request = InvoiceRequest {
            contract: Some(contract),
            owned: Some(owned.to_owned()),
            token,
            amount: token.map(|_| 1),
            ..InvoiceRequest::default()
        };
        self.wallet().invoice(&request).unwrap()
    }

    /// What the acts of a transfer are listed as: transition, owned type, token, amount.
    fn did(&mut self, paid: &Paid) -> Vec<(String, String, Option<u32>, u64)> {
        let transfer = self.wallet().transfer(paid.transfer).unwrap();
        let acts = transfer.items.into_iter();
        let acts = acts.filter_map(|item| Some((item.act?, item.owned?, item.token, item.amount)));
        acts.collect()
    }

    /// What lies on the sealed coins: owned type, token, amount.
    pub fn held(&mut self, contract: ContractId) -> Vec<(String, Option<u32>, u64)> {
        let mut held = Vec::new();
        for coin in self.sealed() {
            let on = self.wallet().allocations(coin).unwrap();
            let on = on.into_iter().filter(|on| on.contract == contract);
            held.extend(on.map(|on| (on.owned, on.token, on.amount)));
        }
        held.sort();
        held
    }
}

fn asset(owned: &str, amount: u64) -> (String, Option<u32>, u64) {
    (owned.to_owned(), None, amount)
}

pub fn nft(id: u32, fraction: u64) -> (String, Option<u32>, u64) {
    ("nft".to_owned(), Some(id), fraction)
}

fn did(
    act: &str,
    owned: &str,
    token: Option<u32>,
    amount: u64,
) -> (String, String, Option<u32>, u64) {
    (act.to_owned(), owned.to_owned(), token, amount)
}

/// That a file proves an operation to anybody.
fn assert_evidence(file: &[u8]) {
    let network = NetworkId::of_network(bitcoin::Network::Regtest);
    let schemas = schemas::standard();
    let schemas = schemas.iter().map(bulla_core::schema::Schema::id).collect();
    let rules = Rules::new(network, SchemaPolicy::Only(schemas));
    let content = validate(file, &rules).unwrap();
    let terminals = &content.get().terminals;
    assert!(
        matches!(terminals[..], [TerminalState::Evidence(_)]),
        "{terminals:?}"
    );
}

pub fn making(amount: u64, to: Option<Invoice>) -> Making {
    Making {
        amount,
        to: to.map(Box::new),
    }
}

#[test]
fn more_is_issued_by_allowance_and_burned_with_evidence() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&inflatable(100, 50)).unwrap();
    assert_eq!(
        alice.held(contract),
        [asset("allowance", 50), asset("asset", 100)]
    );
    let invoice = bob.witness(contract, 30);
    let issue = Verb::Issue(making(30, Some(invoice)));
    let issued = alice.act(&bench, contract, &issue).unwrap();
    assert_eq!(issued.files.len(), 1, "what was made proves itself");
    let received = bob.accept(&bench, &issued.files[0]).unwrap();
    assert_eq!(received.amount, 30);
    assert_eq!(alice.did(&issued), [did("issue", "asset", None, 30)]);
    assert_eq!(
        alice.held(contract),
        [asset("allowance", 20), asset("asset", 100)]
    );
    let too_much = Verb::Issue(making(21, None));
    assert_eq!(
        code(alice.act(&bench, contract, &too_much)),
        "insufficient-asset"
    );
    let burned = alice.act(&bench, contract, &Verb::Burn(40)).unwrap();
    assert_evidence(&burned.files[0]);
    assert_eq!(alice.did(&burned), [did("burn", "asset", None, 40)]);
    assert_eq!(alice.amount(contract), (60, 0));
    let part = alice.act(&bench, contract, &Verb::Renounce(Some(5)));
    let part = alice.did(&part.unwrap());
    assert_eq!(part, [did("renounce", "allowance", None, 5)]);
    let renounced = alice.act(&bench, contract, &Verb::Renounce(None)).unwrap();
    assert_evidence(&renounced.files[0]);
    let rest = alice.did(&renounced);
    assert_eq!(rest, [did("renounce", "allowance", None, 15)]);
    assert_eq!(alice.held(contract), [asset("asset", 60)]);
    let again = alice.act(&bench, contract, &Verb::Issue(making(1, None)));
    assert_eq!(code(again), "insufficient-asset");
    let state = |party: &mut Party, paid: &Paid| party.state(paid.transfer);
    assert_eq!(state(&mut alice, &burned), "settled");
}

#[test]
fn an_allowance_is_paid_like_anything_else_and_never_by_mistake() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&inflatable(100, 50)).unwrap();
    let mut invoice = bob.ask(contract, "allowance", None);
    invoice.amount = None;
    let open = Payment::Invoice {
        invoice: Box::new(invoice.clone()),
        contract: None,
        amount: Some(20),
    };
    let asked = bob.wallet().transfers(&Page::default()).unwrap();
    let listed = |party: &mut Party, transfer| {
        let transfer = party.wallet().transfer(transfer).unwrap();
        let item = transfer.items[0].clone();
        (item.act, item.owned, item.amount)
    };
    let allowance = |amount| (None, Some("allowance".to_owned()), amount);
    assert_eq!(listed(&mut bob, asked[0].id), allowance(0));
    let paid = alice.pay(&bench, &[open]).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(listed(&mut bob, received.transfer), allowance(20));
    assert_eq!(listed(&mut alice, paid.transfer), allowance(20));
    assert_eq!(received.invoices[0].state, InvoiceState::Settled);
    assert_eq!(bob.held(contract), [asset("allowance", 20)]);
    assert_eq!(bob.amount(contract), (0, 0), "an allowance is no asset");
    // Both hold a right to issue now; each exactly what the schema left him.
    let more = bob.act(&bench, contract, &Verb::Issue(making(20, None)));
    assert!(more.is_ok());
    assert_eq!(bob.held(contract), [asset("asset", 20)]);
}

#[test]
fn editions_are_minted_in_order_engraved_moved_and_burned() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&unique(1)).unwrap();
    let invoice = bob.ask(contract, "nft", Some(3));
    let media = Media::of(PNG).unwrap();
    let mint = Verb::Mint {
        to: vec![Some(Box::new(invoice)), None],
        media: vec![media.clone()],
        attributes: vec!["colour: blue".to_owned()],
    };
    let minted = alice.act(&bench, contract, &mint).unwrap();
    bob.accept(&bench, &minted.files[0]).unwrap();
    assert_eq!(alice.did(&minted), [did("mint", "nft", None, 2)], "3 and 4");
    assert_eq!(bob.held(contract), [nft(3, 1)]);
    assert_eq!(
        alice.held(contract),
        [asset("left", 6), nft(1, 1), nft(2, 1), nft(4, 1)]
    );
    assert_eq!(bob.wallet().check_media(contract, PNG).unwrap(), media);
    let other = bob
        .wallet()
        .check_media(contract, b"\x89PNG\r\n\x1a\nother");
    assert_eq!(code(other), "media");

    let text = "to Carol".to_owned();
    let engrave = Verb::Engrave { token: 3, text };
    let engraved = bob.act(&bench, contract, &engrave).unwrap();
    assert_evidence(&engraved.files[0]);
    assert_eq!(bob.did(&engraved), [did("engrave", "nft", Some(3), 1)]);
    assert_eq!(bob.held(contract), [nft(3, 1)]);
    let invoice = alice.ask(contract, "nft", Some(3));
    let received = bench.transfer(&mut bob, &mut alice, &invoice);
    assert_eq!(received.leaves[0].token, Some(3));
    assert_eq!(bob.held(contract), []);
    let gone = bob.act(&bench, contract, &Verb::BurnToken(3));
    assert_eq!(code(gone), "insufficient-asset");
    let burned = alice.act(&bench, contract, &Verb::BurnToken(3)).unwrap();
    assert_evidence(&burned.files[0]);
    assert_eq!(alice.did(&burned), [did("burn", "nft", Some(3), 1)]);
    let renounced = alice.act(&bench, contract, &Verb::Renounce(None)).unwrap();
    assert_evidence(&renounced.files[0]);
    assert_eq!(alice.did(&renounced), [did("renounce", "left", None, 6)]);
    assert_eq!(alice.held(contract), [nft(1, 1), nft(2, 1), nft(4, 1)]);
}

#[test]
fn a_token_is_split_and_joined_and_only_a_whole_one_engraved() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let contract = alice.wallet().issue(&unique(100)).unwrap();
    let mut quarter = bob.ask(contract, "nft", Some(2));
    quarter.amount = Some(25);
    let paid = alice.pay(&bench, &[pay(&quarter)]).unwrap();
    bench.mine(1);
    let received = bob.accept(&bench, &paid.files[0]).unwrap();
    assert_eq!(received.leaves[0].amount, 25);
    assert_eq!(
        alice.held(contract),
        [asset("left", 8), nft(1, 100), nft(2, 75)]
    );
    let text = "mine".to_owned();
    let engraved = alice.act(&bench, contract, &Verb::Engrave { token: 2, text });
    assert_eq!(code(engraved), "insufficient-asset");
    let mut back = alice.ask(contract, "nft", Some(2));
    back.amount = Some(25);
    bench.transfer(&mut bob, &mut alice, &back);
    let text = "mine again".to_owned();
    let engraved = alice.act(&bench, contract, &Verb::Engrave { token: 2, text });
    assert!(engraved.is_ok());
    assert_eq!(
        alice.held(contract),
        [asset("left", 8), nft(1, 100), nft(2, 100)]
    );
}

#[test]
fn units_are_handed_in_and_reissued_with_a_short_history() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let issue = named(Issue::new(schemas::replaceable().id()), "OLD")
        .number("precision", 0)
        .number("supply", 100)
        .number("replaceable", 100)
        .own("asset", State::Amount(100))
        .own("replacement", State::Amount(100));
    let contract = alice.wallet().issue(&issue).unwrap();
    let invoice = bob.witness(contract, 60);
    bench.transfer(&mut alice, &mut bob, &invoice);
    let handed = bob.act(&bench, contract, &Verb::HandIn(60)).unwrap();
    assert_evidence(&handed.files[0]);
    assert_eq!(bob.did(&handed), [did("hand_in", "asset", None, 60)]);
    assert_eq!(bob.amount(contract), (0, 0));
    let invoice = bob.witness(contract, 60);
    let reissue = Verb::Reissue(making(60, Some(invoice)));
    let reissued = alice.act(&bench, contract, &reissue).unwrap();
    bob.accept(&bench, &reissued.files[0]).unwrap();
    assert_eq!(alice.did(&reissued), [did("reissue", "asset", None, 60)]);
    assert_eq!(bob.amount(contract), (60, 0));
    let renounced = alice.act(&bench, contract, &Verb::Renounce(Some(1)));
    let renounced = alice.did(&renounced.unwrap());
    assert_eq!(renounced, [did("renounce", "replacement", None, 1)]);
    assert_eq!(
        alice.held(contract),
        [asset("asset", 40), asset("replacement", 39)]
    );
    let wrong = alice.act(&bench, contract, &Verb::Burn(1));
    assert_eq!(code(wrong), "unknown-name");
}

#[test]
fn a_genesis_is_handed_out_without_a_transaction() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    let early = alice
        .wallet()
        .draft_issue(&Issue::fixed("GOLD", "Gold", 2, 100));
    assert_eq!(early.unwrap().contract, None, "the id depends on a coin");
    let early = alice.wallet().issue(&Issue::fixed("GOLD", "Gold", 2, 100));
    assert_eq!(code(early), "no-carrier");
    bench.carriers(&mut alice, 1);
    bench.carriers(&mut bob, 1);
    let target = InvoiceTarget::Blind(None);
    let open = InvoiceRequest {
        target,
        ..InvoiceRequest::default()
    };
    let invoice = bob.wallet().invoice(&open).unwrap();
    let to = |invoice: &Invoice| AllocateTo::Invoice(Box::new(invoice.clone()));
    let media = Media::of(PNG).unwrap();
    let issue = named(Issue::new(schemas::collectible().id()), "PIC")
        .number("precision", 2)
        .text("terms", "none")
        .number("supply", 1_000)
        .media(&media)
        .allocate("asset", State::Amount(400), to(&invoice))
        .own("asset", State::Amount(600));
    let drafted = alice.wallet().draft_issue(&issue).unwrap();
    assert!(alice.wallet().assets().unwrap().is_empty());
    let issue = Issue {
        timestamp: Some(drafted.timestamp),
        ..issue
    };
    let contract = alice.wallet().issue(&issue).unwrap();
    assert_eq!(Some(contract), drafted.contract, "a dry run tells the id");
    let given = alice.wallet().issued_consignment(contract, &invoice);
    let received = bob.accept(&bench, &given.unwrap().bytes).unwrap();
    assert_eq!(received.amount, 400);
    assert_eq!(bob.amount(contract), (400, 0));
    assert_eq!(alice.amount(contract), (600, 0));
    assert_eq!(bob.wallet().media(contract).unwrap(), [media]);
    // What came without a transaction moves like anything else.
    let back = alice.witness(contract, 150);
    bench.transfer(&mut bob, &mut alice, &back);
    assert_eq!(alice.amount(contract), (750, 0));
}

#[test]
fn an_invoice_that_a_genesis_paid_is_not_paid_again() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 2);
    bench.carriers(&mut bob, 1);
    let open = InvoiceRequest {
        target: InvoiceTarget::Blind(None),
        ..InvoiceRequest::default()
    };
    let invoice = bob.wallet().invoice(&open).unwrap();
    let to = || AllocateTo::Invoice(Box::new(invoice.clone()));
    let issue = |ticker| {
        named(Issue::new(schemas::fixed().id()), ticker)
            .number("precision", 0)
            .number("supply", 1_000)
            .allocate("asset", State::Amount(400), to())
            .own("asset", State::Amount(600))
    };
    let contract = alice.wallet().issue(&issue("GOLD")).unwrap();
    let again = Payment::Invoice {
        invoice: Box::new(invoice.clone()),
        contract: Some(contract),
        amount: Some(5),
    };
    assert_eq!(code(alice.pay(&bench, &[again])), "already-issued");
    assert_eq!(code(alice.wallet().issue(&issue("MORE"))), "already-issued");
}

#[test]
fn a_genesis_that_cannot_be_is_refused_with_its_reason() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let refused = |alice: &mut Party, issue: &Issue| {
        let error = alice.wallet().issue(issue).unwrap_err();
        (error.code(), error.to_string())
    };
    let mut less = Issue::fixed("GOLD", "Gold", 2, 100);
    less.allocations[0].state = State::Amount(99);
    let (code, text) = refused(&mut alice, &less);
    assert_eq!(code, "forbidden");
    assert!(text.contains("out.asset == global.supply"), "{text}");
    let unnamed = Issue::fixed("GOLD", "Gold", 2, 100).text("colour", "blue");
    assert_eq!(refused(&mut alice, &unnamed).0, "unknown-name");
    for (ticker, name, precision) in [
        ("G\u{43e}LD", "Gold", 2),
        ("", "Gold", 2),
        ("GOLD", " Gold", 2),
        ("GOLD", "G\u{202e}old", 2),
        ("GOLD", "Gold", 19),
    ] {
        let issue = Issue::fixed(ticker, name, precision, 100);
        assert_eq!(refused(&mut alice, &issue).0, "field", "{ticker} {name}");
    }
    // A new output is made by a transaction, and a genesis has none.
    let witness = bob.wallet().invoice(&InvoiceRequest::default()).unwrap();
    let mut issue = Issue::fixed("GOLD", "Gold", 2, 100);
    issue.allocations[0].to = AllocateTo::Invoice(Box::new(witness));
    let (code, text) = refused(&mut alice, &issue);
    assert_eq!(
        (code, &*text),
        ("field", "allocation 1 of the contract cannot be made")
    );
}

#[test]
fn several_types_of_several_contracts_move_in_one_transaction() {
    let bench = Bench::new();
    let mut alice = bench.party("alice", 100_000);
    let mut bob = bench.party("bob", 100_000);
    bench.carriers(&mut alice, 1);
    let grow = alice.wallet().issue(&inflatable(100, 50)).unwrap();
    bench.carriers(&mut alice, 1);
    let art = alice.wallet().issue(&unique(1)).unwrap();
    let mint = Verb::Mint {
        to: vec![Some(Box::new(bob.ask(art, "nft", Some(3))))],
        media: Vec::new(),
        attributes: Vec::new(),
    };
    let payments = [
        pay(&bob.witness(grow, 10)),
        pay(&bob.ask(art, "nft", Some(1))),
        Payment::Act(alice.wallet().act(art, &mint).unwrap()),
        Payment::Act(alice.wallet().act(grow, &Verb::Renounce(Some(5))).unwrap()),
    ];
    let plan = alice.wallet().plan(&payments, &PlanOptions::default());
    let transitions = plan.unwrap().draft.transitions.len();
    assert_eq!(transitions, 4);
    let paid = alice.pay(&bench, &payments).unwrap();
    bench.mine(1);
    for file in &paid.files {
        if bob.accept(&bench, file).is_err() {
            assert_evidence(file);
        }
    }
    alice.sync(&bench);
    assert_eq!(bob.held(grow), [asset("asset", 10)]);
    assert_eq!(bob.held(art), [nft(1, 1), nft(3, 1)]);
    assert_eq!(
        alice.held(grow),
        [asset("allowance", 45), asset("asset", 90)]
    );
    assert_eq!(alice.held(art), [asset("left", 7), nft(2, 1)]);
}
