//! A proof as a file: lines of text, an empty line, the consignment.

use std::fmt::Write as _;

use amplify::confinement::Confined;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::consensus::Decodable;
use bitcoin::consensus::encode::{VarInt, serialize};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::{OutPoint, Transaction, Witness};
use bulla_core::frame::BlockProof;
use bulla_core::{ContractId, NetworkId};

use super::{Challenge, ProofError};

/// Most coins of a proof.
pub const MAX_COINS: usize = 1_000;
/// Largest part before the consignment, in bytes.
const MAX_HEAD: usize = 1 << 24;
/// Largest proof that is read, in bytes.
pub const MAX_BYTES: u64 = (1 << 24) + crate::defaults::CONSIGNMENT_BYTES;

const TITLE: &str = "bulla proof ";
const VERSION: &str = "1";

/// A proof of ownership, decoded but not checked. Its bytes are
///
/// ```text
/// bulla proof 1
/// network <network id>
/// contract <contract id>
/// challenge <text>
/// coin <txid>:<vout> <transaction> <signature> [<block proof>]     1 to 1,000 lines, ascending
///
/// <consignment>
/// ```
///
/// The transaction makes the coin: hex, without witness data. The signature is BIP-322's simple form: a
/// witness in base64. The block proof says where the transaction was mined: `<height>:<position>:<hashes of the branch>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The chain.
    pub network: NetworkId,
    /// The contract.
    pub contract: ContractId,
    /// What it answers.
    pub challenge: Challenge,
    /// The coins that hold what is proven, ascending.
    pub coins: Vec<ProvenCoin>,
    /// The history of what they hold.
    pub consignment: Vec<u8>,
}

/// A coin with a signature that only who can spend it can make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenCoin {
    /// The coin.
    pub outpoint: OutPoint,
    /// The transaction that makes it, without witness data.
    pub transaction: Transaction,
    /// The signature.
    pub signature: Witness,
    /// Where the transaction was mined: a hint.
    pub mined: Option<BlockProof>,
}

impl Proof {
    /// What every coin's key signs.
    pub fn message(&self) -> String {
        let mut text = self.title();
        for coin in &self.coins {
            let _ = write!(text, "\ncoin {}", coin.outpoint);
        }
        text
    }

    fn title(&self) -> String {
        format!(
            "{TITLE}{VERSION}\nnetwork {}\ncontract {}\nchallenge {}",
            self.network, self.contract, self.challenge
        )
    }

    fn head(&self) -> String {
        let mut text = self.title();
        for coin in &self.coins {
            let transaction = serialize(&coin.transaction).to_lower_hex_string();
            let signature = STANDARD.encode(serialize(&coin.signature));
            let _ = write!(text, "\ncoin {} {transaction} {signature}", coin.outpoint);
            if let Some(mined) = &coin.mined {
                let branch = mined.branch.concat();
                let (height, position) = (mined.height, mined.position);
                let _ = write!(text, " {height}:{position}:{}", branch.as_hex());
            }
        }
        text.push_str("\n\n");
        text
    }

    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head().into_bytes();
        bytes.extend_from_slice(&self.consignment);
        bytes
    }

    /// Reads the bytes of a file. There is one form of each proof.
    ///
    /// # Errors
    /// [`ProofError::Malformed`], [`ProofError::Version`], [`ProofError::BadChallenge`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let malformed = |what| ProofError::Malformed { what };
        if !bytes.starts_with(TITLE.as_bytes()) {
            return Err(malformed("another first line"));
        }
        let window = bytes.get(..MAX_HEAD).unwrap_or(bytes);
        let end = window.windows(2).position(|pair| pair == b"\n\n");
        let end = end.ok_or(malformed("no empty line before the consignment"))?;
        let (head, consignment) = bytes.split_at(end + 2);
        let text = head
            .get(..end)
            .and_then(|head| std::str::from_utf8(head).ok());
        let proof = Self {
            consignment: consignment.to_vec(),
            ..read(text.ok_or(malformed("not a text before the consignment"))?)?
        };
        if proof.head().as_bytes() == head {
            Ok(proof)
        } else {
            Err(malformed("not in its one form"))
        }
    }
}

fn read(text: &str) -> Result<Proof, ProofError> {
    let malformed = |what| ProofError::Malformed { what };
    let mut lines = text.split('\n');
    let mut field = |name: &'static str, what| {
        let line = lines.next().and_then(|line| line.strip_prefix(name));
        line.ok_or(malformed(what))
    };
    let version = field(TITLE, "another first line")?;
    if version != VERSION {
        let found = version.escape_debug().take(20).collect();
        return Err(ProofError::Version { found });
    }
    let network = field("network ", "no line `network`")?;
    let contract = field("contract ", "no line `contract`")?;
    let challenge = field("challenge ", "no line `challenge`")?.parse()?;
    let mut coins: Vec<ProvenCoin> = Vec::new();
    for line in lines {
        if coins.len() == MAX_COINS {
            return Err(malformed("more than 1,000 coins"));
        }
        let coin = coin(line)?;
        if coins
            .last()
            .is_some_and(|last| last.outpoint >= coin.outpoint)
        {
            return Err(malformed("coins that do not ascend"));
        }
        coins.push(coin);
    }
    if coins.is_empty() {
        return Err(malformed("no coin"));
    }
    Ok(Proof {
        network: network.parse().map_err(|_| malformed("no network id"))?,
        contract: contract.parse().map_err(|_| malformed("no contract id"))?,
        challenge,
        coins,
        consignment: Vec::new(),
    })
}

fn coin(line: &str) -> Result<ProvenCoin, ProofError> {
    let malformed = |what| ProofError::Malformed { what };
    let parts: Vec<&str> = line.splitn(6, ' ').collect();
    let (outpoint, transaction, signature, mined) = match parts[..] {
        ["coin", outpoint, transaction, signature] => (outpoint, transaction, signature, None),
        ["coin", outpoint, transaction, signature, mined] => {
            (outpoint, transaction, signature, Some(mined))
        }
        _ => return Err(malformed("a line that is no coin")),
    };
    let hex = |text: &str, what| Vec::<u8>::from_hex(text).map_err(|_| malformed(what));
    let transaction = hex(transaction, "a transaction that is not hex")?;
    let transaction = bulla_core::witness::Witness::read(&transaction)
        .map_err(|_| malformed("a transaction without witness data that cannot be read"))?;
    let signature = STANDARD.decode(signature);
    let signature = signature.map_err(|_| malformed("a signature that is not base64"))?;
    Ok(ProvenCoin {
        outpoint: outpoint.parse().map_err(|_| malformed("no outpoint"))?,
        transaction: transaction.transaction().clone(),
        signature: elements(&signature).ok_or(malformed("a signature that cannot be read"))?,
        mined: match mined {
            None => None,
            Some(text) => Some(block(text).ok_or(malformed("a block proof that cannot be read"))?),
        },
    })
}

/// Elements of a witness that are read: what signs for our outputs has one or two.
const MOST_ELEMENTS: u64 = 100;

/// A witness, as many elements as its first number says. Read here: the decoder of the `bitcoin` crate reserves
/// megabytes for what a length claims.
fn elements(mut bytes: &[u8]) -> Option<Witness> {
    let count = VarInt::consensus_decode(&mut bytes).ok()?.0;
    if count > MOST_ELEMENTS {
        return None;
    }
    let mut elements = Vec::new();
    for _ in 0..count {
        let length = VarInt::consensus_decode(&mut bytes).ok()?.0;
        let (element, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        elements.push(element);
        bytes = rest;
    }
    bytes.is_empty().then(|| Witness::from_slice(&elements))
}

fn block(text: &str) -> Option<BlockProof> {
    let (height, rest) = text.split_once(':')?;
    let (position, branch) = rest.split_once(':')?;
    let bytes = Vec::<u8>::from_hex(branch).ok()?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return None;
    }
    Some(BlockProof {
        height: height.parse().ok()?,
        position: position.parse().ok()?,
        branch: Confined::try_from(hashes.to_vec()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proof() -> Proof {
        let coin = |byte: u8| {
            let transaction = super::super::bip322::to_spend(&bitcoin::ScriptBuf::new(), &[byte]);
            ProvenCoin {
                outpoint: OutPoint::new(transaction.compute_txid(), 0),
                transaction,
                signature: Witness::from_slice(&[[byte; 64]]),
                mined: (byte > 1).then(|| BlockProof {
                    height: 7,
                    position: 3,
                    branch: Confined::try_from(vec![[byte; 32]; 2]).unwrap(),
                }),
            }
        };
        let mut coins = vec![coin(1), coin(2), coin(3)];
        coins.sort_by_key(|coin| coin.outpoint);
        Proof {
            network: NetworkId::from_bytes([1; 32]),
            contract: ContractId::from_bytes([2; 32]),
            challenge: "Bank of Ur".parse().unwrap(),
            coins,
            consignment: vec![1, b'\n', b'\n', 2],
        }
    }

    #[test]
    fn a_proof_survives_its_file() {
        assert_eq!(Proof::decode(&proof().encode()), Ok(proof()));
    }

    #[test]
    fn more_coins_than_a_proof_may_list_are_not_read() {
        let mut many = proof();
        let one = many.coins[0].clone();
        many.coins = (0..=1_000)
            .map(|vout| ProvenCoin {
                outpoint: OutPoint {
                    vout,
                    ..one.outpoint
                },
                ..one.clone()
            })
            .collect();
        let what = "more than 1,000 coins";
        assert_eq!(
            Proof::decode(&many.encode()),
            Err(ProofError::Malformed { what })
        );
        many.coins.pop();
        assert_eq!(Proof::decode(&many.encode()), Ok(many));
    }

    proptest! {
        /// Whatever is read has one form, and nothing panics.
        #[test]
        fn what_is_read_is_written_again(at in 0_usize..2_000, byte: u8, cut in 0_usize..2_000) {
            let mut bytes = proof().encode();
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(length.saturating_sub(cut % 20));
            if let Ok(read) = Proof::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }
}
