//! Calls to an Electrum server, in batches, with what it said already.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use amplify::confinement::Confined;
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime};
use bitcoin::block::Header;
use bitcoin::consensus::encode::deserialize;
use bitcoin::hex::FromHex;
use bitcoin::{BlockHash, ScriptBuf, Transaction, Txid};
use bulla_core::frame::BlockProof;
use bulla_core::headers::check_proof;
use electrum_client::{Client, ConfigBuilder, ElectrumApi, Error, GetMerkleRes, Param};
use serde_json::Value;

use super::super::SourceError;
use super::super::spec;

const TIMEOUT: Duration = Duration::from_secs(60);
const BATCH: usize = 100;

/// One entry of a script's history: the height, or none in the mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub txid: Txid,
    pub height: Option<u32>,
}

pub(super) struct Server {
    pub name: String,
    client: Client,
    /// Transactions whose id was checked.
    known: RefCell<HashMap<Txid, Arc<Transaction>>>,
    /// The checked branches of transactions to blocks.
    proven: RefCell<HashMap<(Txid, BlockHash), BlockProof>>,
}

impl Server {
    pub(super) fn connect(spec: &spec::Server) -> Result<Server, SourceError> {
        Self::connect_within(spec, TIMEOUT)
    }

    /// Each answer must come within this time.
    fn connect_within(spec: &spec::Server, timeout: Duration) -> Result<Server, SourceError> {
        let name = format!("electrum {}", spec.address);
        let scheme = if spec.tls { "ssl" } else { "tcp" };
        let config = ConfigBuilder::new().timeout(Some(timeout)).retry(1).build();
        let client = Client::from_config(&format!("{scheme}://{}", spec.address), config)
            .map_err(|error| failed(&name, "server.version", error))?;
        Ok(Server {
            name,
            client,
            known: RefCell::default(),
            proven: RefCell::default(),
        })
    }

    pub(super) fn failed(&self, call: &str, error: Error) -> SourceError {
        failed(&self.name, call, error)
    }

    pub(super) fn odd(&self, call: &str, found: String, expected: &'static str) -> SourceError {
        SourceError::Protocol {
            name: self.name.clone(),
            call: call.into(),
            found,
            expected,
        }
    }

    pub(super) fn tip(&self) -> Result<BlockId, SourceError> {
        let call = "blockchain.headers.subscribe";
        // New blocks are asked for, not waited for: what the subscription collected is dropped.
        while let Ok(Some(_)) = self.client.block_headers_pop() {}
        let tip = self
            .client
            .block_headers_subscribe()
            .map_err(|error| self.failed(call, error))?;
        self.worked(call, &tip.header)?;
        let height = u32::try_from(tip.height)
            .map_err(|_| self.odd(call, tip.height.to_string(), "a block height"))?;
        Ok(BlockId {
            height,
            hash: tip.header.block_hash(),
        })
    }

    pub(super) fn header(&self, height: u32) -> Result<Header, SourceError> {
        let call = "blockchain.block.header";
        let found = self.client.block_header(height as usize);
        let header = found.map_err(|error| self.failed(call, error))?;
        self.worked(call, &header)?;
        Ok(header)
    }

    /// Headers, one after the other. Read here, because the client's own reading of protocol 1.4
    /// believes the server's count.
    pub(super) fn headers_from(&self, from: u32, count: u32) -> Result<Vec<Header>, SourceError> {
        let call = "blockchain.block.headers";
        let params = [Param::Usize(from as usize), Param::Usize(count as usize)];
        let answer = self.client.raw_call(call, params);
        let answer = answer.map_err(|error| self.failed(call, error))?;
        let found = headers_of(&answer).ok_or_else(|| {
            let found = format!("{} characters", answer.to_string().len());
            self.odd(call, found, "headers of 80 bytes in hex")
        })?;
        self.same_length(call, count as usize, found.len())?;
        Ok(found)
    }

    /// A header must have the work it claims. Whether it is in the best chain is the wallet's to
    /// check.
    fn worked(&self, call: &str, header: &Header) -> Result<(), SourceError> {
        match header.validate_pow(header.target()) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.odd(call, "a header without work".into(), "a block header")),
        }
    }

    /// The histories of scripts.
    pub(super) fn histories(
        &self,
        scripts: &BTreeSet<ScriptBuf>,
    ) -> Result<HashMap<ScriptBuf, Vec<Seen>>, SourceError> {
        let call = "blockchain.scripthash.get_history";
        let scripts: Vec<&ScriptBuf> = scripts.iter().collect();
        let mut histories = HashMap::with_capacity(scripts.len());
        for chunk in scripts.chunks(BATCH) {
            let found = self
                .client
                .batch_script_get_history(chunk.iter().map(|script| script.as_script()))
                .map_err(|error| self.failed(call, error))?;
            self.same_length(call, chunk.len(), found.len())?;
            for (script, history) in chunk.iter().zip(found) {
                let seen = history.into_iter().map(|entry| Seen {
                    txid: entry.tx_hash,
                    // 0 and -1 stand for the mempool.
                    height: u32::try_from(entry.height)
                        .ok()
                        .filter(|height| *height > 0),
                });
                histories.insert((*script).clone(), seen.collect());
            }
        }
        Ok(histories)
    }

    /// Transactions that the server has just named.
    pub(super) fn transactions(
        &self,
        txids: impl IntoIterator<Item = Txid>,
    ) -> Result<HashMap<Txid, Arc<Transaction>>, SourceError> {
        let call = "blockchain.transaction.get";
        let mut known = self.known.borrow_mut();
        let txids: BTreeSet<Txid> = txids.into_iter().collect();
        let missing: Vec<Txid> = txids
            .iter()
            .filter(|txid| !known.contains_key(*txid))
            .copied()
            .collect();
        for chunk in missing.chunks(BATCH) {
            let found = self
                .client
                .batch_transaction_get(chunk)
                .map_err(|error| self.failed(call, error))?;
            self.same_length(call, chunk.len(), found.len())?;
            for (txid, tx) in chunk.iter().zip(found) {
                known.insert(*txid, Arc::new(self.genuine(*txid, tx)?));
            }
        }
        let get = |txid: Txid| known.get(&txid).map(|tx| (txid, Arc::clone(tx)));
        Ok(txids.into_iter().filter_map(get).collect())
    }

    /// A transaction that the server may not have.
    pub(super) fn transaction(&self, txid: Txid) -> Result<Option<Arc<Transaction>>, SourceError> {
        if let Some(tx) = self.known.borrow().get(&txid) {
            return Ok(Some(Arc::clone(tx)));
        }
        match self.client.transaction_get(&txid) {
            Ok(tx) => {
                let tx = Arc::new(self.genuine(txid, tx)?);
                self.known.borrow_mut().insert(txid, Arc::clone(&tx));
                Ok(Some(tx))
            }
            Err(Error::Protocol(answer)) if says_unknown(&answer) => Ok(None),
            Err(error) => Err(self.failed("blockchain.transaction.get", error)),
        }
    }

    fn genuine(&self, txid: Txid, tx: Transaction) -> Result<Transaction, SourceError> {
        let found = tx.compute_txid();
        if found == txid {
            return Ok(tx);
        }
        let found = format!("transaction {found} for {txid}");
        Err(self.odd(
            "blockchain.transaction.get",
            found,
            "the transaction asked for",
        ))
    }

    /// Forgets transactions that are not mined: a witness may come back another way.
    pub(super) fn forget(&self, txid: &Txid) {
        self.known.borrow_mut().remove(txid);
    }

    /// The blocks of mined transactions, each proven by a merkle branch to the server's header.
    pub(super) fn anchors(
        &self,
        mined: &HashMap<Txid, u32>,
    ) -> Result<HashMap<Txid, ConfirmationBlockTime>, SourceError> {
        let headers = self.headers(mined.values().copied())?;
        self.prove(mined, &headers)?;
        let anchor = |(txid, height): (&Txid, &u32)| {
            let header = headers.get(height)?;
            let block_id = BlockId {
                height: *height,
                hash: header.block_hash(),
            };
            let confirmation_time = u64::from(header.time);
            Some((
                *txid,
                ConfirmationBlockTime {
                    block_id,
                    confirmation_time,
                },
            ))
        };
        Ok(mined.iter().filter_map(anchor).collect())
    }

    fn headers(
        &self,
        heights: impl IntoIterator<Item = u32>,
    ) -> Result<HashMap<u32, Header>, SourceError> {
        let call = "blockchain.block.header";
        let heights: Vec<u32> = heights
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut headers = HashMap::with_capacity(heights.len());
        for chunk in heights.chunks(BATCH) {
            let found = self
                .client
                .batch_block_header(chunk)
                .map_err(|error| self.failed(call, error))?;
            self.same_length(call, chunk.len(), found.len())?;
            found
                .iter()
                .try_for_each(|header| self.worked(call, header))?;
            headers.extend(chunk.iter().copied().zip(found));
        }
        Ok(headers)
    }

    fn prove(
        &self,
        mined: &HashMap<Txid, u32>,
        headers: &HashMap<u32, Header>,
    ) -> Result<(), SourceError> {
        let call = "blockchain.transaction.get_merkle";
        let mut proven = self.proven.borrow_mut();
        let open: Vec<(Txid, usize, &Header)> = mined
            .iter()
            .filter_map(|(txid, height)| Some((*txid, *height as usize, headers.get(height)?)))
            .filter(|(txid, _, header)| !proven.contains_key(&(*txid, header.block_hash())))
            .collect();
        for chunk in open.chunks(BATCH) {
            let asked: Vec<_> = chunk
                .iter()
                .map(|(txid, height, _)| (*txid, *height))
                .collect();
            let found = self
                .client
                .batch_transaction_get_merkle(&asked)
                .map_err(|error| self.failed(call, error))?;
            self.same_length(call, chunk.len(), found.len())?;
            for ((txid, height, header), branch) in chunk.iter().zip(found) {
                let (txid, height) = (*txid, u32::try_from(*height).unwrap_or(u32::MAX));
                let proof = block_proof(height, branch)
                    .ok_or_else(|| self.odd(call, "no branch".into(), "a merkle branch"))?;
                check_proof(txid, &proof, header.merkle_root).map_err(|cause| {
                    SourceError::Unproven {
                        name: self.name.clone(),
                        txid,
                        height,
                        cause: Box::new(cause),
                    }
                })?;
                proven.insert((txid, header.block_hash()), proof);
            }
        }
        Ok(())
    }

    /// The branch of a transaction to a block, if it was checked.
    pub(super) fn proof(&self, txid: Txid, block: BlockHash) -> Option<BlockProof> {
        self.proven.borrow().get(&(txid, block)).cloned()
    }

    fn same_length(&self, call: &str, asked: usize, found: usize) -> Result<(), SourceError> {
        if asked == found {
            return Ok(());
        }
        Err(self.odd(
            call,
            format!("{found} answers for {asked} calls"),
            "one answer per call",
        ))
    }

    /// Hands over a transaction; the inner error is the server's refusal.
    pub(super) fn broadcast(&self, tx: &Transaction) -> Result<Result<(), Value>, SourceError> {
        match self.client.transaction_broadcast(tx) {
            Ok(_) => Ok(Ok(())),
            Err(Error::Protocol(answer)) => Ok(Err(answer)),
            Err(error) => Err(self.failed("blockchain.transaction.broadcast", error)),
        }
    }

    /// The relay minimum, in BTC per 1000 vB.
    pub(super) fn relay_fee(&self) -> Result<f64, SourceError> {
        self.client
            .relay_fee()
            .map_err(|error| self.failed("blockchain.relayfee", error))
    }

    /// The estimate, in BTC per 1000 vB; negative if there is none.
    pub(super) fn estimate_fee(&self, blocks: u16) -> Result<f64, SourceError> {
        let found = self.client.estimate_fee(usize::from(blocks), None);
        found.map_err(|error| self.failed("blockchain.estimatefee", error))
    }
}

/// A server's branch; it writes hashes in the order of people.
fn block_proof(height: u32, mut found: GetMerkleRes) -> Option<BlockProof> {
    found.merkle.iter_mut().for_each(|hash| hash.reverse());
    Some(BlockProof {
        height,
        position: u32::try_from(found.pos).ok()?,
        branch: Confined::try_from(found.merkle).ok()?,
    })
}

/// The headers in an answer: one after the other as one text, or as a list since protocol 1.6.
fn headers_of(answer: &Value) -> Option<Vec<Header>> {
    let bytes = match answer.get("headers").and_then(Value::as_array) {
        Some(list) => list
            .iter()
            .map(|hex| Vec::from_hex(hex.as_str()?).ok())
            .collect::<Option<Vec<Vec<u8>>>>()?
            .concat(),
        None => Vec::from_hex(answer.get("hex")?.as_str()?).ok()?,
    };
    let (headers, rest) = bytes.as_chunks::<80>();
    let headers = headers.iter().map(|header| deserialize(header).ok());
    headers.collect::<Option<_>>().filter(|_| rest.is_empty())
}

/// The message of a server's error.
pub(super) fn message_of(answer: &Value) -> String {
    let message = answer.get("message").unwrap_or(answer);
    message
        .as_str()
        .map_or_else(|| message.to_string(), str::to_owned)
}

/// The code of a server's error; 0 if it has none.
pub(super) fn code_of(answer: &Value) -> i32 {
    let code = answer.get("code").and_then(Value::as_i64);
    code.and_then(|code| i32::try_from(code).ok())
        .unwrap_or_default()
}

/// The words of `electrs`, `ElectrumX` and Fulcrum for a transaction that is not there.
fn says_unknown(answer: &Value) -> bool {
    let message = message_of(answer).to_lowercase();
    ["no such mempool", "missing transaction", "not found"]
        .iter()
        .any(|words| message.contains(words))
}

fn failed(name: &str, call: &str, error: Error) -> SourceError {
    let (name, call) = (name.to_owned(), call.to_owned());
    match error {
        Error::AllAttemptsErrored(mut errors) if !errors.is_empty() => {
            failed(&name, &call, errors.remove(0))
        }
        Error::Protocol(answer) => SourceError::Server {
            name,
            call,
            code: code_of(&answer),
            message: message_of(&answer),
        },
        // The answer ended before its end.
        Error::JSON(cause) if cause.is_io() || cause.is_eof() => SourceError::Unreachable {
            name,
            cause: Box::new(cause),
        },
        Error::JSON(_)
        | Error::Hex(_)
        | Error::Bitcoin(_)
        | Error::InvalidResponse(_)
        | Error::Message(_) => SourceError::Protocol {
            name,
            call,
            found: error.to_string(),
            expected: "an answer of the Electrum protocol",
        },
        other => SourceError::Unreachable {
            name,
            cause: Box::new(other),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn i10_a_server_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let spec = spec::Server {
            address: listener.local_addr().unwrap().to_string(),
            tls: false,
        };
        let server = Server::connect_within(&spec, Duration::from_millis(50));
        let Err(error) = server.and_then(|server| server.tip()) else {
            panic!("nobody answered");
        };
        assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
        drop(listener);
    }
}
