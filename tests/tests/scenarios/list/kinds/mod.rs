//! Every standard schema, one file each: a contract is issued, moved, and each of its transitions used by
//! wallets. Then a cheat commits to everything that the schema forbids, in real transactions over real
//! coins, and a receiver is told which rule or count it breaks.

mod collectible;
mod fixed;
mod inflatable;
mod permissioned;
mod replaceable;
mod unique;

pub use collectible::*;
pub use fixed::*;
pub use inflatable::*;
pub use permissioned::*;
pub use replaceable::*;
pub use unique::*;

use std::collections::BTreeSet;

use bulla_core::ContractId;
use bulla_core::consignment::{Explicit, parts};
use bulla_core::frame::Frame;
use bulla_core::header::Header;
use bulla_core::schema::Schema;
use bulla_core::state::State;
use bulla_core::validator::{Rules, SchemaPolicy, TerminalState, validate};
use bulla_tests::people::{Person, Sent};
use bulla_tests::world::Chain;
use bulla_wallet::api::{Act, Give, InvoiceRequest, Issue, Payment, Quantity, Take};
use bulla_wallet::invoice::Invoice;
use bulla_wallet::transfer::verbs::{Making, Verb};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

type Held = (String, Option<u32>, u64);

fn of(owned: &str, amount: u64) -> Held {
    (owned.to_owned(), None, amount)
}

fn nft(id: u32, fraction: u64) -> Held {
    ("nft".to_owned(), Some(id), fraction)
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

/// Why the wallet itself does not even plan an act.
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

/// That people used every transition of a schema, each in a transfer of its own.
fn assert_all_used(schema: &Schema, transfers: &[Sent]) {
    let used: BTreeSet<u16> = transfers.iter().map(|sent| used(sent.bytes())).collect();
    let all: BTreeSet<u16> = schema.transitions.keys().copied().collect();
    assert_eq!(used, all, "{}", schema.name);
}

/// The transition that a consignment hands over the outcome of.
fn used(consignment: &[u8]) -> u16 {
    let mut parts = parts(consignment).map(|part| part.expect("a part"));
    let header = Header::decode(parts.next().expect("a header")).expect("a header");
    let mut explicit = Explicit::new(&header);
    let frames = parts.map(|part| explicit.frame(part).expect("a frame"));
    let witnesses = frames.filter_map(|frame| match frame {
        Frame::Witness(frame) => Some(frame),
        _ => None,
    });
    let last = witnesses.last().expect("a witness");
    assert_eq!(last.transitions.len(), 1, "one transition is shown");
    last.transitions[0].transition.kind
}

fn making(amount: u64, to: Option<Invoice>) -> Making {
    Making {
        amount,
        to: to.map(Box::new),
    }
}

/// An invoice for so much of a type.
fn ask(person: &mut Person, contract: ContractId, owned: &str, amount: u64) -> Invoice {
    person.ask(&InvoiceRequest {
        contract: Some(contract),
        owned: Some(owned.to_owned()),
        amount: Some(amount),
        ..InvoiceRequest::default()
    })
}

/// An invoice for fractions of a token.
fn ask_token(person: &mut Person, contract: ContractId, token: u32, fraction: u64) -> Invoice {
    person.ask(&InvoiceRequest {
        contract: Some(contract),
        owned: Some("nft".to_owned()),
        token: Some(token),
        amount: Some(fraction),
        ..InvoiceRequest::default()
    })
}
