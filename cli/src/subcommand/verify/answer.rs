//! What `verify` answers.

use std::collections::BTreeMap;

use bitcoin::{OutPoint, Txid};
use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_wallet::proofs::{self, Owned, Standing};
use serde::Serialize;

use crate::claim;
use crate::exit::Exit;
use crate::output::Human;
use crate::subcommand::headers::Chain;
use crate::table::fields;

/// Said where only headers were asked.
const UNSEEN: &str = "headers do not show whether the coins were spent since";

/// A verdict on a proof of ownership.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// History and coins are mined deep enough.
    Settled,
    /// The content is good; some transaction is not deep enough, or nobody was asked.
    Consistent,
    /// A mined transaction conflicts with the history.
    Conflicted,
    /// A coin was spent since.
    Spent,
    /// No verdict.
    Unresolved,
}

/// What `verify` answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The verdict.
    pub verdict: Verdict,
    /// The contract.
    pub contract: ContractId,
    /// Its ticker, a claim of the issuer.
    pub ticker: Option<String>,
    /// What the proof answers.
    pub challenge: String,
    /// Whether that was compared with the challenge that was asked.
    pub challenge_checked: bool,
    /// What is owned, by owned type.
    pub owned: Vec<Owning>,
    /// The coins.
    pub coins: Vec<OutPoint>,
    /// Confirmations of the weakest transaction.
    pub confirmations: Option<u32>,
    /// The weakest transaction.
    pub weakest: Option<Txid>,
    /// Height of the tip.
    pub tip: Option<u32>,
    /// Whether the coins were seen to be unspent at that tip.
    pub unspent: bool,
    /// The headers by which that was judged, where no source was asked.
    pub headers: Option<Chain>,
    /// What the reader of the verdict has to know.
    pub notes: Vec<String>,
}

/// What is owned of one type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Owning {
    /// The type's name in the schema.
    pub owned_type: String,
    /// How many leaves.
    pub leaves: usize,
    /// The sum in smallest units; of tokens, fractions of all of them.
    pub amount: String,
    /// The tokens.
    pub tokens: Vec<u32>,
}

impl Output {
    /// The chain answered, and can see what is spent.
    pub fn of(owned: &Owned, standing: &Standing, least: u32) -> Self {
        let tip = standing.tip;
        let mut notes = Vec::new();
        let verdict = match standing.verdict {
            proofs::Verdict::Settled => Verdict::Settled,
            proofs::Verdict::Pending => {
                notes.push(format!("{least} confirmations were asked for"));
                Verdict::Consistent
            }
            proofs::Verdict::Conflicted(txid) => {
                notes.push(format!("{txid} conflicts with a mined transaction"));
                Verdict::Conflicted
            }
            proofs::Verdict::Spent(outpoint) => {
                notes.push(format!(
                    "coin {outpoint} was spent since, at the latest in block {tip}"
                ));
                Verdict::Spent
            }
        };
        let unspent = matches!(verdict, Verdict::Settled | Verdict::Consistent);
        Self {
            confirmations: standing.weakest.map(|(_, depth)| depth),
            weakest: standing.weakest.map(|(txid, _)| txid),
            tip: Some(tip),
            unspent,
            ..Self::with(owned, verdict, notes)
        }
    }

    /// The same, judged by headers alone.
    #[must_use]
    pub fn by(mut self, chain: Chain, notes: Vec<String>) -> Self {
        self.unspent = false;
        self.notes.push(UNSEEN.to_owned());
        self.notes.extend(notes);
        self.headers = Some(chain);
        self
    }

    /// Nobody was asked.
    pub fn unasked(owned: &Owned) -> Self {
        let notes = vec!["the chain was not asked: whether this history is mined, and whether the coins were spent since, is not known".to_owned()];
        Self::with(owned, Verdict::Consistent, notes)
    }

    /// The chain gave no answer.
    pub fn unanswered(owned: &Owned, error: &dyn std::error::Error) -> Self {
        let mut notes = vec![format!("the chain gave no answer: {error}")];
        notes.extend(error.source().map(|cause| format!("because: {cause}")));
        Self::with(owned, Verdict::Unresolved, notes)
    }

    fn with(owned: &Owned, verdict: Verdict, notes: Vec<String>) -> Self {
        Self {
            verdict,
            contract: owned.content.get().contract,
            ticker: claim::ticker(owned.header()),
            challenge: owned.challenge.to_string(),
            challenge_checked: false,
            owned: ownings(owned),
            coins: owned.coins.iter().map(|coin| coin.outpoint).collect(),
            confirmations: None,
            weakest: None,
            tip: None,
            unspent: false,
            headers: None,
            notes,
        }
    }
}

fn ownings(owned: &Owned) -> Vec<Owning> {
    let mut types: BTreeMap<u16, (usize, u128, Vec<u32>)> = BTreeMap::new();
    for holding in &owned.holdings {
        let (leaves, amount, tokens) = types.entry(holding.leaf.owned_type).or_default();
        *leaves += 1;
        *amount += u128::from(holding.state.amount());
        if let State::Token(token) = &holding.state {
            tokens.push(token.id);
        }
    }
    let name = |number: u16| {
        let def = owned.header().schema.owned.get(&number);
        def.map_or_else(|| number.to_string(), |def| def.name.clone())
    };
    types
        .into_iter()
        .map(|(number, (leaves, amount, mut tokens))| {
            tokens.sort_unstable();
            tokens.dedup();
            Owning {
                owned_type: name(number),
                leaves,
                amount: amount.to_string(),
                tokens,
            }
        })
        .collect()
}

impl Human for Output {
    fn human(&self) -> String {
        let verdict = serde_json::to_value(self.verdict).ok();
        let verdict = verdict.as_ref().and_then(|value| value.as_str());
        let mut rows = vec![
            ("verdict", verdict.unwrap_or_default().to_owned()),
            ("contract", self.contract.to_string()),
        ];
        let mut put = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
        put("ticker", self.ticker.as_deref().map(claim::shown));
        let checked = if self.challenge_checked {
            ""
        } else {
            " (compare it with yours, or say --challenge)"
        };
        put("challenge", Some(format!("{}{checked}", self.challenge)));
        for owning in &self.owned {
            put("owned", Some(owning.line()));
        }
        for coin in &self.coins {
            put("coin", Some(coin.to_string()));
        }
        put(
            "confirmations",
            self.confirmations.map(|count| count.to_string()),
        );
        put("weakest", self.weakest.map(|txid| txid.to_string()));
        if let Some(tip) = self.tip.filter(|_| self.unspent) {
            put(
                "unspent",
                Some(format!(
                    "at height {tip}; that may change with the next block"
                )),
            );
        }
        rows.extend(self.headers.iter().flat_map(Chain::rows));
        let mut put = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
        for note in &self.notes {
            put("note", Some(note.clone()));
        }
        fields(rows)
    }

    fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Settled => Exit::Success,
            Verdict::Spent => Exit::Failure,
            Verdict::Unresolved => Exit::Unresolved,
            Verdict::Consistent => Exit::Consistent,
            Verdict::Conflicted => Exit::Conflicted,
        }
    }
}

impl Owning {
    fn line(&self) -> String {
        let name = claim::shown(&self.owned_type);
        if self.tokens.is_empty() {
            return format!("{} smallest units of {name}", self.amount);
        }
        let tokens: Vec<_> = self.tokens.iter().map(u32::to_string).collect();
        format!("{name} {} ({} fractions)", tokens.join(", "), self.amount)
    }
}
