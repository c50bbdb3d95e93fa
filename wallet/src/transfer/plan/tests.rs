use bitcoin::hashes::Hash;
use bitcoin::{Address, Network, Txid, WPubkeyHash};
use bulla_core::OperationId;
use bulla_core::schema::Schema;
use bulla_core::state::Token;
use bulla_core::value::Values;

use super::*;
use crate::api::{Act, BitcoinAmount, Give, Quantity, Take};
use crate::invoice::{Beneficiary, Invoice, InvoiceUnpayable};

/// Editions: `left` is minted from, `nft` are tokens; only `nft` and `pass` have a plain move.
const EDITIONS: &str = r#"
name = "editions"
version = 0
[globals]
total = { number = 0, type = "number" }
[metadata]
minted = { number = 0, type = "number" }
[owned]
left = { number = 0, state = "amount" }
nft = { number = 1, state = "token" }
pass = { number = 2, state = "right" }
[genesis]
globals = { total = "1" }
outputs = { left = "0..1", pass = "0.." }
rules = ["out.left == global.total"]
[transitions.mint]
number = 0
inputs = { left = "1" }
outputs = { left = "0..1", nft = "1.." }
metadata = { minted = "1" }
rules = ["in.left == out.left + meta.minted", "tokens(out.nft) == range(genesis.total - in.left, in.left - out.left, 1)"]
[transitions.move]
number = 1
inputs = { nft = "1.." }
outputs = { nft = "1.." }
rules = ["tokens(in.nft) == tokens(out.nft)"]
[transitions.hand]
number = 2
inputs = { pass = "1" }
outputs = { pass = "1" }
"#;

fn id(n: u8) -> ContractId {
    ContractId::from_bytes([n; 32])
}

fn outpoint(n: u8) -> OutPoint {
    OutPoint::new(Txid::from_byte_array([n; 32]), 0)
}

fn coin(n: u8) -> SealedCoin {
    SealedCoin {
        outpoint: outpoint(n),
        sats: 1_000,
        held: false,
    }
}

fn holding(coin: u8, contract: u8, amount: u64) -> Holding {
    let operation = OperationId::from_bytes([contract ^ 0x80; 32]);
    Holding {
        outpoint: outpoint(coin),
        contract: id(contract),
        leaf: Input {
            operation,
            owned_type: 0,
            index: coin.into(),
        },
        state: State::Amount(amount),
        settled: true,
    }
}

fn regtest() -> NetworkId {
    NetworkId::of_network(Network::Regtest)
}

fn invoice(contract: u8, amount: u64, to: u8) -> Invoice {
    Invoice {
        contract: Some(id(contract)),
        network: regtest(),
        owned: None,
        token: None,
        amount: Some(amount),
        to: Beneficiary::Seal(SecretSeal::from_bytes([to; 32])),
        sats: None,
        expiry: Some(1_000),
        via: None,
        enc: None,
        ack: None,
    }
}

fn script(n: u8) -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array([n; 20]))
}

fn to_address(invoice: Invoice, n: u8, sats: Option<u64>) -> Invoice {
    let address = Address::from_script(&script(n), Network::Regtest)
        .unwrap()
        .into_unchecked();
    let to = Beneficiary::Address {
        address,
        blinding: Blinding([n; 16]),
    };
    Invoice {
        to,
        sats,
        ..invoice
    }
}

fn pay(invoice: Invoice) -> Payment {
    Payment::Invoice {
        invoice: Box::new(invoice),
        contract: None,
        amount: None,
    }
}

fn bitcoin(n: u8, amount: BitcoinAmount) -> Payment {
    let address = Address::from_script(&script(n), Network::Regtest)
        .unwrap()
        .into_unchecked();
    Payment::Bitcoin { address, amount }
}

/// What a wallet has, and how it plans.
struct Wallet {
    coins: Vec<SealedCoin>,
    holdings: Vec<Holding>,
    method: Method,
    abandon: BTreeSet<ContractId>,
}

impl Wallet {
    /// Coins and what lies on them: (coin, contract, amount).
    fn new(coins: &[u8], holdings: &[(u8, u8, u64)]) -> Self {
        Self {
            coins: coins.iter().map(|n| coin(*n)).collect(),
            holdings: holdings
                .iter()
                .map(|(coin, id, n)| holding(*coin, *id, *n))
                .collect(),
            method: Method::Auto,
            abandon: BTreeSet::new(),
        }
    }

    fn plan(&self, payments: &[Payment]) -> Result<Draft, PlanError> {
        let facts = |schema, globals: &[(u16, Vec<u8>)]| {
            let globals = Values::new(globals.iter().cloned()).unwrap();
            ContractFacts::new(schema, globals)
        };
        let fixed = facts(bulla_schemas::fixed(), &[]);
        let total = 20_u64.to_le_bytes().to_vec();
        let editions = facts(Schema::from_toml(EDITIONS).unwrap(), &[(0, total)]);
        let key = |n: u8| (11, vec![n; 32]);
        let two = (10, 2_u64.to_le_bytes().to_vec());
        let permissioned = facts(
            bulla_schemas::permissioned(),
            &[two, key(1), key(2), key(3)],
        );
        let inflatable = facts(bulla_schemas::inflatable(), &[]);
        let contracts = [
            (id(1), fixed.clone()),
            (id(2), fixed),
            (id(3), editions),
            (id(4), permissioned),
            (id(5), inflatable),
        ]
        .into_iter()
        .collect();
        let facts = Facts {
            network: regtest(),
            now: 500,
            height: 100,
            coins: &self.coins,
            holdings: &self.holdings,
            contracts: &contracts,
            carrier: 1_000,
        };
        draft(
            &facts,
            &Asked {
                payments,
                method: self.method,
                abandon: &self.abandon,
            },
        )
    }
}

fn roles(draft: &Draft) -> Vec<(&OutputRole, u64)> {
    draft
        .outputs
        .iter()
        .map(|output| (&output.role, output.sats))
        .collect()
}

fn leaves(transition: &PlannedTransition) -> Vec<(u64, PlannedSeal)> {
    transition
        .leaves
        .iter()
        .map(|leaf| (leaf.state.amount(), leaf.seal))
        .collect()
}

fn inputs(draft: &Draft) -> Vec<OutPoint> {
    draft.inputs.iter().map(|coin| coin.outpoint).collect()
}

fn secret(n: u8) -> PlannedSeal {
    PlannedSeal::Secret(SecretSeal::from_bytes([n; 32]))
}

const CHANGE: PlannedSeal = PlannedSeal::Change { vout: 0 };

#[test]
fn a_payment_leaves_change_on_the_tapret_host() {
    let wallet = Wallet::new(&[1, 2], &[(1, 1, 100), (2, 1, 30)]);
    let draft = wallet.plan(&[pay(invoice(1, 20, 7))]).unwrap();
    assert_eq!(inputs(&draft), [outpoint(2)]);
    assert_eq!(roles(&draft), [(&OutputRole::TapretHost, 1_000)]);
    assert_eq!(
        leaves(&draft.transitions[0]),
        [(20, secret(7)), (10, CHANGE)]
    );
    assert_eq!((draft.host(), draft.expiry), (Some(0), Some(1_000)));
    assert_eq!(
        draft.paid,
        [Paid::Asset {
            invoice: Box::new(invoice(1, 20, 7)),
            contract: id(1),
            owned_type: 0,
            state: State::Amount(20),
        }]
    );
}

#[test]
fn where_nothing_stays_the_commitment_is_an_op_return() {
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let draft = wallet
        .plan(&[pay(to_address(invoice(1, 100, 0), 9, None))])
        .unwrap();
    let payee = OutputRole::Payee {
        payment: 0,
        script: script(9),
    };
    assert_eq!(
        roles(&draft),
        [(&OutputRole::OpretHost, 0), (&payee, 1_000)]
    );
    let seal = PlannedSeal::Payee {
        vout: 1,
        blinding: Blinding([9; 16]),
    };
    assert_eq!(leaves(&draft.transitions[0]), [(100, seal)]);
}

#[test]
fn op_return_on_demand_keeps_the_change_after_the_payees() {
    let wallet = Wallet {
        method: Method::Opret,
        ..Wallet::new(&[1], &[(1, 1, 100)])
    };
    let draft = wallet
        .plan(&[pay(to_address(invoice(1, 60, 0), 9, Some(5_000)))])
        .unwrap();
    let payee = OutputRole::Payee {
        payment: 0,
        script: script(9),
    };
    assert_eq!(
        roles(&draft),
        [
            (&OutputRole::OpretHost, 0),
            (&payee, 5_000),
            (&OutputRole::SealedChange, 1_000)
        ]
    );
    assert_eq!(
        leaves(&draft.transitions[0])[1],
        (40, PlannedSeal::Change { vout: 2 })
    );
}

#[test]
fn a_batch_of_several_contracts_is_one_transaction() {
    let wallet = Wallet::new(&[1, 2], &[(1, 1, 100), (2, 2, 50)]);
    let payments = [
        pay(to_address(invoice(2, 5, 0), 11, None)),
        pay(invoice(1, 10, 7)),
        pay(invoice(1, 20, 8)),
        bitcoin(12, BitcoinAmount::Sats(2_000)),
        Payment::Carriers {
            count: 2,
            sats: None,
        },
    ];
    let draft = wallet.plan(&payments).unwrap();
    assert_eq!(inputs(&draft), [outpoint(1), outpoint(2)]);
    let payee = OutputRole::Payee {
        payment: 0,
        script: script(11),
    };
    let plain = OutputRole::Bitcoin { script: script(12) };
    let carrier = (&OutputRole::Carrier, 1_000);
    let host = (&OutputRole::TapretHost, 1_000);
    assert_eq!(
        roles(&draft),
        [host, (&payee, 1_000), carrier, carrier, (&plain, 2_000)]
    );
    let contracts: Vec<_> = draft.transitions.iter().map(|t| t.contract).collect();
    assert_eq!(contracts, [id(1), id(2)]);
    assert_eq!(
        leaves(&draft.transitions[0]),
        [(10, secret(7)), (20, secret(8)), (70, CHANGE)]
    );
}

#[test]
fn everything_else_on_a_spent_coin_goes_along() {
    let mut wallet = Wallet::new(&[1], &[(1, 1, 100), (1, 2, 5)]);
    let token = |id, fraction, index| Holding {
        state: State::Token(Token { id, fraction }),
        leaf: Input {
            owned_type: 1,
            index,
            ..holding(1, 3, 0).leaf
        },
        ..holding(1, 3, 0)
    };
    wallet
        .holdings
        .extend([token(4, 1, 0), token(4, 2, 1), token(9, 1, 2)]);
    let draft = wallet.plan(&[pay(invoice(1, 100, 7))]).unwrap();
    assert_eq!(roles(&draft), [(&OutputRole::TapretHost, 1_000)]);
    assert_eq!(leaves(&draft.transitions[0]), [(100, secret(7))]);
    assert_eq!(leaves(&draft.transitions[1]), [(5, CHANGE)]);
    let tokens: Vec<_> = draft.transitions[2]
        .leaves
        .iter()
        .map(|leaf| leaf.state.clone())
        .collect();
    let expected = [Token { id: 4, fraction: 3 }, Token { id: 9, fraction: 1 }].map(State::Token);
    assert_eq!((draft.transitions[2].kind, tokens), (1, expected.to_vec()));
    assert_eq!(draft.transitions[2].inputs.len(), 3);
}

#[test]
fn a_coin_that_pays_one_contract_pays_the_next_first() {
    let wallet = Wallet::new(&[1, 2], &[(1, 1, 10), (1, 2, 10), (2, 2, 10)]);
    let draft = wallet
        .plan(&[pay(invoice(2, 10, 7)), pay(invoice(1, 10, 8))])
        .unwrap();
    assert_eq!(inputs(&draft), [outpoint(1)]);
}

#[test]
fn what_cannot_be_moved_is_never_lost_unnamed() {
    let mut wallet = Wallet::new(&[1], &[(1, 1, 100), (1, 3, 7)]);
    let error = PlanError::NotMovable {
        contract: id(3),
        outpoint: outpoint(1),
    };
    assert_eq!(wallet.plan(&[pay(invoice(1, 1, 7))]), Err(error.clone()));
    wallet.abandon = [id(1)].into();
    assert_eq!(wallet.plan(&[pay(invoice(1, 1, 7))]), Err(error));
    wallet.abandon = [id(3)].into();
    let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
    assert_eq!(draft.abandoned, [holding(1, 3, 7)]);
    assert_eq!(draft.transitions.len(), 1);
}

#[test]
fn a_transition_that_takes_one_input_only_is_respected() {
    let mut wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let pass = |index| Holding {
        state: State::Right,
        leaf: Input {
            owned_type: 2,
            index,
            ..holding(1, 3, 0).leaf
        },
        ..holding(1, 3, 0)
    };
    wallet.holdings.push(pass(0));
    assert!(wallet.plan(&[pay(invoice(1, 1, 7))]).is_ok());
    wallet.holdings.push(pass(1));
    let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
    let hands: Vec<_> = draft.transitions.iter().filter(|t| t.kind == 2).collect();
    assert_eq!(hands.len(), 2, "each right moves by itself");
    assert!(
        hands
            .iter()
            .all(|t| t.inputs.len() == 1 && t.leaves.len() == 1)
    );
}

/// Leaf number `index` of a contract and type, on coin 1.
fn leaf(contract: u8, owned_type: u16, index: u32, state: State) -> Holding {
    let holding = holding(1, contract, 0);
    let leaf = Input {
        owned_type,
        index,
        ..holding.leaf
    };
    Holding {
        leaf,
        state,
        ..holding
    }
}

fn nft(id: u32, fraction: u64) -> State {
    State::Token(Token { id, fraction })
}

/// GOLD on a coin, on which somebody put these leaves, too.
fn hostage(leaves: impl IntoIterator<Item = Holding>) -> Wallet {
    let mut wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    wallet.holdings.extend(leaves);
    wallet
}

/// Inputs and outputs of the transitions of a contract.
fn sizes(draft: &Draft, contract: u8) -> Vec<(usize, usize)> {
    let transitions = draft.transitions.iter();
    transitions
        .filter(|planned| planned.contract == id(contract))
        .map(|planned| (planned.inputs.len(), planned.leaves.len()))
        .collect()
}

#[test]
fn more_tokens_than_one_transition_can_have_move_in_several() {
    let wallet = hostage((0..5_000).map(|n| leaf(3, 1, n, nft(n, 1))));
    let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
    assert_eq!(sizes(&draft, 3), [(4_096, 4_096), (904, 904)]);
    let last = Invoice {
        owned: Some("nft".to_owned()),
        token: Some(4_999),
        ..invoice(3, 1, 7)
    };
    let draft = wallet.plan(&[pay(last)]).unwrap();
    assert_eq!(sizes(&draft, 3), [(4_096, 4_096), (904, 904)]);
    let paid = &draft.transitions[2].leaves[0];
    assert_eq!((&paid.state, paid.seal), (&nft(4_999, 1), secret(7)));
}

#[test]
fn fractions_of_one_token_beyond_64_bits_move_in_several_transitions() {
    let whole = |n| leaf(3, 1, n, nft(9, u64::MAX));
    let other = leaf(3, 1, 2, nft(10, 1));
    let wallet = hostage([whole(0), whole(1), other]);
    let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
    assert_eq!(sizes(&draft, 3), [(1, 1), (2, 2)]);
    assert!(draft.abandoned.is_empty());
}

#[test]
fn amounts_beyond_64_bits_move_in_several_transitions() {
    let most = |n| leaf(2, 0, n, State::Amount(u64::MAX));
    let mut wallet = hostage([most(0), most(1), leaf(2, 0, 2, State::Amount(7))]);
    for abandon in [BTreeSet::new(), [id(2)].into()] {
        wallet.abandon = abandon;
        let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
        assert_eq!(sizes(&draft, 2), [(1, 1), (1, 1), (1, 1)]);
        assert!(draft.abandoned.is_empty());
    }
    let draft = wallet.plan(&[pay(invoice(2, 5, 7))]).unwrap();
    let paid: Vec<_> = draft.transitions[1..].iter().map(leaves).collect();
    let rest = (u64::MAX - 5, CHANGE);
    assert_eq!(
        paid,
        [
            vec![(5, secret(7)), rest],
            vec![(u64::MAX, CHANGE)],
            vec![(7, CHANGE)]
        ]
    );
}

#[test]
fn more_amounts_than_one_transition_can_consume_move_in_several() {
    let wallet = hostage((0..65_540).map(|n| leaf(2, 0, n, State::Amount(1))));
    let draft = wallet.plan(&[pay(invoice(1, 1, 7))]).unwrap();
    assert_eq!(sizes(&draft, 2), [(65_535, 1), (5, 1)]);
    let many = |amount| wallet.plan(&[pay(invoice(2, amount, 7))]);
    assert_eq!(sizes(&many(65_535).unwrap(), 2), [(65_535, 1), (5, 1)]);
    let error = PlanError::TooMany {
        contract: id(2),
        what: "inputs",
        found: 65_540,
        allowed: 65_535,
    };
    assert_eq!(many(65_536), Err(error));
}

#[test]
fn a_payment_that_no_sum_of_64_bits_makes_is_refused() {
    let half = |n| leaf(2, 0, n, State::Amount(1 << 63));
    let wallet = hostage([half(0), half(1)]);
    let error = PlanError::TooMuch { contract: id(2) };
    let paid = |amount| wallet.plan(&[pay(invoice(2, amount, 7))]);
    assert_eq!(paid(u64::MAX), Err(error));
    assert_eq!(sizes(&paid(1 << 63).unwrap(), 2), [(1, 1), (1, 1)]);
}

#[test]
fn no_invoice_is_paid_with_what_has_no_plain_move() {
    let mut wallet = Wallet::new(&[1], &[(1, 3, 500)]);
    wallet.abandon = [id(3)].into();
    let left = Invoice {
        owned: Some("left".to_owned()),
        ..invoice(3, 100, 7)
    };
    let owned = "left".to_owned();
    let error = PlanError::NoMove {
        contract: id(3),
        owned,
    };
    assert_eq!(wallet.plan(&[pay(left)]), Err(error));
}

#[test]
fn an_act_abandons_nothing_of_what_it_uses() {
    let mut wallet = hostage([
        leaf(3, 0, 0, State::Amount(7)),
        leaf(3, 0, 1, State::Amount(5)),
    ]);
    wallet.abandon = [id(3)].into();
    let mut mint = act("mint", &[("left", 7)], &[]);
    mint.contract = id(3);
    let error = PlanError::LeftOver {
        contract: id(3),
        owned: "left".to_owned(),
        outpoint: outpoint(1),
    };
    assert_eq!(wallet.plan(&[Payment::Act(mint)]), Err(error));
}

#[test]
fn a_type_that_cannot_move_holds_back_nothing_of_its_own_contract() {
    let mut wallet = hostage([leaf(3, 0, 0, State::Amount(7)), leaf(3, 1, 1, nft(4, 1))]);
    let token = Invoice {
        owned: Some("nft".to_owned()),
        token: Some(4),
        ..invoice(3, 1, 7)
    };
    let error = PlanError::NotMovable {
        contract: id(3),
        outpoint: outpoint(1),
    };
    assert_eq!(wallet.plan(&[pay(token.clone())]), Err(error));
    wallet.abandon = [id(3)].into();
    let draft = wallet.plan(&[pay(token)]).unwrap();
    assert_eq!(sizes(&draft, 3), [(1, 1)]);
    assert_eq!(draft.abandoned, [leaf(3, 0, 0, State::Amount(7))]);
}

#[test]
fn more_contracts_than_one_transaction_commits_to_hold_nothing_back() {
    let gold = holding(1, 1, 100);
    let junk = (0..256_u16).map(|n| {
        let mut bytes = [0xff; 32];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        Holding {
            contract: ContractId::from_bytes(bytes),
            ..holding(1, 2, 1)
        }
    });
    let junk: Vec<_> = junk.collect();
    let fixed = ContractFacts::new(bulla_schemas::fixed(), Values::default());
    let known = junk.iter().map(|held| held.contract).chain([id(1)]);
    let contracts = known.map(|contract| (contract, fixed.clone())).collect();
    let holdings: Vec<_> = junk.iter().cloned().chain([gold]).collect();
    let facts = Facts {
        network: regtest(),
        now: 500,
        height: 100,
        coins: &[coin(1)],
        holdings: &holdings,
        contracts: &contracts,
        carrier: 330,
    };
    let plan = |abandon: &BTreeSet<ContractId>| {
        let asked = Asked {
            payments: &[pay(invoice(1, 1, 7))],
            method: Method::Auto,
            abandon,
        };
        draft(&facts, &asked)
    };
    let error = PlanError::TooManyContracts {
        found: 257,
        allowed: 256,
    };
    assert_eq!(plan(&[id(1)].into()), Err(error));
    let draft = plan(&[id(1), junk[3].contract, junk[4].contract].into()).unwrap();
    assert_eq!(draft.abandoned, [junk[3].clone()]);
    assert_eq!(draft.transitions.len(), 256);
}

fn act(transition: &str, takes: &[(&str, u64)], gives: &[(&str, u64, Option<Invoice>)]) -> Act {
    let take = |(owned, amount): &(&str, u64)| Take {
        owned: (*owned).to_owned(),
        quantity: Quantity::Amount(*amount),
        kept: false,
    };
    let give = |(owned, amount, to): &(&str, u64, Option<Invoice>)| Give {
        owned: (*owned).to_owned(),
        state: State::Amount(*amount),
        to: to.clone().map(Box::new),
    };
    Act {
        contract: id(5),
        transition: transition.to_owned(),
        takes: takes.iter().map(take).collect(),
        gives: gives.iter().map(give).collect(),
        globals: Vec::new(),
        metadata: Vec::new(),
    }
}

fn with_number(mut act: Act, name: &str, number: u64) -> Act {
    let bytes = number.to_le_bytes().to_vec();
    act.metadata.push((name.to_owned(), bytes));
    act
}

/// An allowance of contract 5 on a coin.
fn allowance(coin: u8, amount: u64) -> Holding {
    let holding = holding(coin, 5, amount);
    let leaf = Input {
        owned_type: 1,
        ..holding.leaf
    };
    Holding { leaf, ..holding }
}

#[test]
fn an_act_uses_what_it_names_and_the_rest_stays_or_moves_along() {
    let mut wallet = Wallet::new(&[1], &[(1, 5, 40), (1, 1, 9)]);
    wallet.holdings.push(allowance(1, 100));
    let issue = act(
        "issue",
        &[("allowance", 30)],
        &[("asset", 20, Some(invoice(5, 20, 7))), ("asset", 10, None)],
    );
    let draft = wallet.plan(&[Payment::Act(issue)]).unwrap();
    let kinds: Vec<_> = draft
        .transitions
        .iter()
        .map(|t| (t.contract, t.kind))
        .collect();
    assert_eq!(kinds, [(id(1), 0), (id(5), 1), (id(5), 0)]);
    let issued = &draft.transitions[1];
    let leaves: Vec<_> = issued
        .leaves
        .iter()
        .map(|leaf| (leaf.owned_type, leaf.state.amount(), leaf.seal))
        .collect();
    assert_eq!(
        leaves,
        [(0, 20, secret(7)), (0, 10, CHANGE), (1, 70, CHANGE)]
    );
    assert_eq!((issued.act, issued.inputs.len()), (Some(0), 1));
    let act = Paid::Act {
        contract: id(5),
        kind: 1,
        amount: 30,
    };
    assert_eq!((draft.paid.len(), &draft.paid[0]), (2, &act));
}

#[test]
fn what_the_schema_forbids_is_refused_before_anything_is_built() {
    let mut wallet = Wallet::new(&[1], &[(1, 5, 40)]);
    wallet.holdings.push(allowance(1, 100));
    let forbidden = |act: Act| match wallet.plan(&[Payment::Act(act)]) {
        Err(PlanError::Forbidden { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    let more = act("issue", &[("allowance", 10)], &[("asset", 11, None)]);
    assert!(forbidden(more).contains("in.allowance == out.allowance + out.asset"));
    let nothing = with_number(
        act("burn", &[("asset", 10)], &[("asset", 10, None)]),
        "burned",
        0,
    );
    assert!(forbidden(nothing).contains("1 <= meta.burned"));
    let unsaid = act("burn", &[("asset", 10)], &[]);
    assert_eq!(
        forbidden(unsaid),
        "metadata `burned` occurs 0 times, expected exactly 1"
    );
    let burn = with_number(act("burn", &[("asset", 10)], &[]), "burned", 10);
    let draft = wallet.plan(&[Payment::Act(burn)]).unwrap();
    assert_eq!(leaves(&draft.transitions[0]), [(30, CHANGE)]);
    let unknown = wallet.plan(&[Payment::Act(act("melt", &[], &[]))]);
    assert!(matches!(
        unknown,
        Err(PlanError::UnknownName {
            what: "transition",
            ..
        })
    ));
}

#[test]
fn an_act_and_a_payment_do_not_take_the_same_leaf() {
    let wallet = Wallet::new(&[1], &[(1, 5, 40)]);
    let burn = with_number(act("burn", &[("asset", 10)], &[]), "burned", 10);
    let payments = [Payment::Act(burn), pay(invoice(5, 5, 7))];
    let error = PlanError::NotTogether { contract: id(5) };
    assert_eq!(wallet.plan(&payments), Err(error));
}

#[test]
fn an_invoice_names_the_type_it_wants() {
    let mut wallet = Wallet::new(&[1], &[(1, 5, 40)]);
    wallet.holdings.push(allowance(1, 100));
    let wanted = Invoice {
        owned: Some("allowance".to_owned()),
        ..invoice(5, 60, 7)
    };
    let draft = wallet.plan(&[pay(wanted.clone())]).unwrap();
    let moved = draft.transitions.iter().find(|t| t.kind == 3).unwrap();
    assert_eq!(leaves(moved), [(60, secret(7)), (40, CHANGE)]);
    let token = Invoice {
        token: Some(1),
        ..wanted.clone()
    };
    let owned = "allowance".to_owned();
    let error = PlanError::TokenField {
        contract: id(5),
        owned,
    };
    assert_eq!(wallet.plan(&[pay(token)]), Err(error));
    let unknown = Invoice {
        owned: Some("gold".to_owned()),
        ..wanted
    };
    let error = wallet.plan(&[pay(unknown)]);
    assert!(matches!(
        error,
        Err(PlanError::UnknownName {
            what: "owned type",
            ..
        })
    ));
}

#[test]
fn what_others_must_sign_gets_a_coin_of_its_own() {
    let wallet = Wallet::new(&[1, 2], &[(1, 4, 100), (2, 1, 50)]);
    let draft = wallet
        .plan(&[pay(invoice(4, 10, 7)), pay(invoice(1, 10, 8))])
        .unwrap();
    assert_eq!(
        roles(&draft),
        [
            (&OutputRole::TapretHost, 1_000),
            (&OutputRole::SealedChange, 1_000)
        ]
    );
    assert_eq!(leaves(&draft.transitions[0])[1], (40, CHANGE));
    assert_eq!(
        leaves(&draft.transitions[1])[1],
        (90, PlannedSeal::Change { vout: 1 })
    );
    let signatures: Vec<_> = draft.transitions.iter().map(|t| t.signatures).collect();
    assert_eq!(signatures, [0, 2]);
}

#[test]
fn what_others_must_sign_takes_no_coin_hostage() {
    let mut wallet = Wallet::new(&[1, 2], &[(1, 4, 100), (1, 1, 50), (2, 1, 60)]);
    let spent = |wallet: &Wallet, amount| {
        wallet
            .plan(&[pay(invoice(1, amount, 7))])
            .map(|draft| inputs(&draft))
    };
    // The smaller coin would do, but the permissioned contract lies on it.
    assert_eq!(spent(&wallet, 45), Ok(vec![outpoint(2)]));
    let error = PlanError::NotMovable {
        contract: id(4),
        outpoint: outpoint(1),
    };
    assert_eq!(spent(&wallet, 70), Err(error));
    wallet.abandon = [id(4)].into();
    let draft = wallet.plan(&[pay(invoice(1, 70, 7))]).unwrap();
    assert_eq!(draft.abandoned, [holding(1, 4, 100)]);
}

#[test]
fn too_little_says_what_is_missing_and_what_is_held() {
    let mut wallet = Wallet::new(&[1, 2], &[(1, 1, 100), (2, 1, 30)]);
    wallet.coins[0].held = true;
    let error = PlanError::InsufficientAsset {
        contract: id(1),
        what: "asset".to_owned(),
        missing: 20,
        available: 30,
        held: 100,
    };
    assert_eq!(wallet.plan(&[pay(invoice(1, 50, 7))]), Err(error));
}

#[test]
fn settled_allocations_are_spent_before_pending_ones() {
    let mut wallet = Wallet::new(&[1, 2], &[(1, 1, 30), (2, 1, 30)]);
    wallet.holdings[0].settled = false;
    let spent = |amount| inputs(&wallet.plan(&[pay(invoice(1, amount, 7))]).unwrap());
    assert_eq!(spent(30), [outpoint(2)]);
    assert_eq!(spent(31), [outpoint(1), outpoint(2)]);
}

#[test]
fn the_payer_fills_in_what_an_invoice_leaves_open_and_changes_nothing_else() {
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let open = Invoice {
        contract: None,
        amount: None,
        ..invoice(1, 1, 7)
    };
    let with = |invoice: &Invoice, contract, amount| {
        let invoice = Box::new(invoice.clone());
        wallet.plan(&[Payment::Invoice {
            invoice,
            contract,
            amount,
        }])
    };
    assert_eq!(with(&open, None, Some(5)), Err(PlanError::NoContract));
    assert_eq!(with(&open, Some(id(1)), None), Err(PlanError::NoAmount));
    assert_eq!(with(&open, Some(id(1)), Some(0)), Err(PlanError::Zero));
    assert!(with(&open, Some(id(1)), Some(5)).is_ok());
    let fixed = invoice(1, 5, 7);
    let other = PlanError::OtherContract {
        found: id(2),
        expected: id(1),
    };
    assert_eq!(with(&fixed, Some(id(2)), None), Err(other));
    let other = PlanError::OtherAmount {
        found: 6,
        expected: 5,
    };
    assert_eq!(with(&fixed, None, Some(6)), Err(other));
    assert!(with(&fixed, Some(id(1)), Some(5)).is_ok());
}

#[test]
fn l02_l03_one_payee_is_paid_once() {
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let same = PlanError::SamePayee {
        first: 1,
        second: 2,
    };
    let twice = [pay(invoice(1, 1, 7)), pay(invoice(1, 2, 7))];
    assert_eq!(wallet.plan(&twice), Err(same.clone()));
    let address = |amount, blinding| {
        let mut invoice = to_address(invoice(1, amount, 0), 9, None);
        let Beneficiary::Address {
            blinding: found, ..
        } = &mut invoice.to
        else {
            panic!()
        };
        *found = Blinding([blinding; 16]);
        pay(invoice)
    };
    assert_eq!(wallet.plan(&[address(1, 1), address(1, 2)]), Err(same));
}

#[test]
fn l06_l07_expired_and_foreign_invoices_are_refused() {
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let late = Invoice {
        expiry: Some(499),
        ..invoice(1, 1, 7)
    };
    let expired = InvoiceUnpayable::Expired {
        expiry: 499,
        now: 500,
    };
    assert_eq!(wallet.plan(&[pay(late)]), Err(expired.into()));
    let network = NetworkId::of_network(Network::Signet);
    let foreign = Invoice {
        network,
        ..invoice(1, 1, 7)
    };
    let error = wallet.plan(&[pay(foreign)]).unwrap_err();
    assert!(matches!(
        error,
        PlanError::Unpayable(InvoiceUnpayable::Network { .. })
    ));
    let unknown = PlanError::UnknownContract { contract: id(77) };
    assert_eq!(wallet.plan(&[pay(invoice(77, 1, 7))]), Err(unknown));
}

#[test]
fn nothing_and_dust_are_refused() {
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    assert_eq!(wallet.plan(&[]), Err(PlanError::Nothing));
    let dust = PlanError::Dust {
        found: 293,
        expected: 294,
    };
    assert_eq!(
        wallet.plan(&[bitcoin(9, BitcoinAmount::Sats(293))]),
        Err(dust)
    );
    let dust = PlanError::Dust {
        found: 329,
        expected: 330,
    };
    let carriers = Payment::Carriers {
        count: 1,
        sats: Some(329),
    };
    assert_eq!(wallet.plan(&[carriers]), Err(dust));
    let all = [
        bitcoin(9, BitcoinAmount::All),
        bitcoin(8, BitcoinAmount::All),
    ];
    assert_eq!(wallet.plan(&all), Err(PlanError::TwoDrains));
}

#[test]
fn plain_bitcoin_touches_no_sealed_coin() {
    let wallet = Wallet::new(&[1, 2], &[(1, 1, 100)]);
    let draft = wallet.plan(&[bitcoin(9, BitcoinAmount::All)]).unwrap();
    assert_eq!(
        (draft.inputs.len(), draft.outputs.len(), draft.host()),
        (0, 0, None)
    );
    assert_eq!(draft.drain, Some(script(9)));
}

#[test]
fn a_sweep_takes_free_empty_carriers_only() {
    let mut wallet = Wallet::new(&[1, 2, 3], &[(1, 1, 100)]);
    wallet.coins[2].held = true;
    let draft = wallet.plan(&[Payment::Sweep]).unwrap();
    assert_eq!(inputs(&draft), [outpoint(2)]);
    assert_eq!(
        (draft.paid, draft.abandoned.len()),
        (vec![Paid::Swept(1)], 0)
    );
    wallet.abandon = [id(1)].into();
    let draft = wallet.plan(&[Payment::Sweep]).unwrap();
    assert_eq!(inputs(&draft), [outpoint(1), outpoint(2)]);
    assert_eq!(draft.abandoned, [holding(1, 1, 100)]);
    let full = Wallet::new(&[1], &[(1, 1, 100)]);
    assert_eq!(full.plan(&[Payment::Sweep]), Err(PlanError::NothingToSweep));
}

#[test]
fn l10_a_host_inside_is_refused_but_on_regtest() {
    let via = |url: &str| Some(url.parse().unwrap());
    let wallet = Wallet::new(&[1], &[(1, 1, 100)]);
    let inside = Invoice {
        via: via("http://127.0.0.1:3000"),
        ..invoice(1, 1, 7)
    };
    assert!(wallet.plan(&[pay(inside.clone())]).is_ok());
    let network = NetworkId::of_network(Network::Signet);
    let contracts = BTreeMap::new();
    let facts = Facts {
        network,
        now: 1,
        height: 1,
        coins: &[],
        holdings: &[],
        contracts: &contracts,
        carrier: 330,
    };
    let payments = [pay(Invoice { network, ..inside })];
    let asked = Asked {
        payments: &payments,
        method: Method::Auto,
        abandon: &BTreeSet::new(),
    };
    let error = PlanError::InternalEndpoint {
        host: "127.0.0.1".into(),
    };
    assert_eq!(draft(&facts, &asked), Err(error));
}

#[test]
fn the_order_of_the_facts_does_not_matter() {
    let mut wallet = Wallet::new(&[1, 2, 3, 4], &[(1, 1, 7), (2, 1, 7), (3, 1, 7), (4, 2, 9)]);
    let payments = [pay(invoice(1, 14, 7)), pay(invoice(2, 1, 8))];
    let first = wallet.plan(&payments).unwrap();
    wallet.coins.reverse();
    wallet.holdings.reverse();
    assert_eq!(wallet.plan(&payments), Ok(first));
}

#[test]
fn plain_moves_are_found_by_their_rules() {
    let fixed = ContractFacts::new(bulla_schemas::fixed(), Values::default());
    assert_eq!(fixed.asset, Some(0));
    assert_eq!(fixed.moves[&0].kind, 0);
    let editions = ContractFacts::new(Schema::from_toml(EDITIONS).unwrap(), Values::default());
    assert_eq!(editions.asset, None, "`left` has no plain move");
    let kinds: Vec<_> = editions
        .moves
        .iter()
        .map(|(ty, found)| (*ty, found.kind))
        .collect();
    assert_eq!(kinds, [(1, 1), (2, 2)]);
}
