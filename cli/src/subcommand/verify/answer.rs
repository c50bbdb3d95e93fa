//! What `verify` answers.

use std::collections::BTreeMap;

use bitcoin::{OutPoint, Txid};
use bulla_core::ContractId;
use bulla_core::state::State;
use bulla_wallet::proofs::{self, Owned, Standing};
use bulla_wallet::{AllowList, claims};
use serde::Serialize;

use crate::denomination::Denomination;
use crate::exit::Exit;
use crate::output::Human;
use crate::subcommand::headers::Chain;
use crate::table::fields;
use crate::unbacked::Unbacked;

/// Said where only headers were asked.
const UNSEEN: &str = "headers do not show whether the coins were spent since";

/// A verdict on a proof of ownership.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// History and coins are mined deep enough, and the coins are unspent.
    Settled,
    /// The same by headers alone, which do not show what was spent since.
    Mined,
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
    /// How much can be reissued, in smallest units, and is unbacked by its history; none if nothing can.
    pub unbacked: Option<Unbacked>,
    /// What was asked, and is answered.
    pub challenge: String,
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
    /// The type's name, if the schema is accepted by its id; else its number.
    pub owned_type: String,
    /// How many leaves.
    pub leaves: usize,
    /// The sum in smallest units; of tokens, fractions of all of them.
    pub amount: String,
    /// The tokens.
    pub tokens: Vec<u32>,
    /// All of it for people.
    pub display: String,
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
        if self.verdict == Verdict::Settled {
            self.verdict = Verdict::Mined;
        }
        self.notes.push(UNSEEN.to_owned());
        self.notes.extend(notes);
        self.headers = Some(chain);
        self
    }

    /// The same, in the words of the schema, if it is on the list.
    #[must_use]
    pub fn saying(mut self, owned: &Owned, listed: &AllowList) -> Self {
        let denomination = Denomination::of(owned.header(), listed);
        self.unbacked = denomination.unbacked();
        self.owned = ownings(owned, &denomination, listed);
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
            ticker: claims::ticker(owned.header()),
            unbacked: None,
            challenge: owned.challenge.to_string(),
            owned: Vec::new(),
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

fn ownings(owned: &Owned, denomination: &Denomination, listed: &AllowList) -> Vec<Owning> {
    let mut types: BTreeMap<u16, (usize, u128, Vec<u32>)> = BTreeMap::new();
    for holding in &owned.holdings {
        let (leaves, amount, tokens) = types.entry(holding.leaf.owned_type).or_default();
        *leaves += 1;
        *amount += u128::from(holding.state.amount());
        if let State::Token(token) = &holding.state {
            tokens.push(token.id);
        }
    }
    let schema = &owned.header().schema;
    let named = listed.contains(owned.header().genesis.schema);
    let name = |number: u16| {
        let def = schema.owned.get(&number).filter(|_| named);
        def.map_or_else(|| format!("type {number}"), |def| def.name.clone())
    };
    types
        .into_iter()
        .map(|(number, (leaves, amount, mut tokens))| {
            tokens.sort_unstable();
            tokens.dedup();
            let owned_type = name(number);
            Owning {
                display: owning(denomination, &owned_type, amount, &tokens),
                owned_type,
                leaves,
                amount: amount.to_string(),
                tokens,
            }
        })
        .collect()
}

fn owning(denomination: &Denomination, name: &str, amount: u128, tokens: &[u32]) -> String {
    if tokens.is_empty() {
        return u64::try_from(amount).map_or_else(
            // More than there can be of an asset: several rights of one type.
            |_| format!("{amount} smallest units of {name}"),
            |units| denomination.show_owned(name, None, units),
        );
    }
    let tokens: Vec<_> = tokens.iter().map(|token| format!("#{token}")).collect();
    let (ticker, tokens) = (denomination.ticker().unwrap_or(name), tokens.join(", "));
    format!("{ticker} {tokens} ({amount} fractions)")
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
        put("ticker", self.ticker.clone());
        put("unbacked", self.unbacked.as_ref().map(Unbacked::line));
        put("challenge", Some(self.challenge.clone()));
        for owning in &self.owned {
            put("owned", Some(owning.display.clone()));
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
            Verdict::Consistent | Verdict::Mined => Exit::Consistent,
            Verdict::Conflicted => Exit::Conflicted,
        }
    }
}
