//! Requests for signatures inside of PSBTs: from the owner to the signers and back, by way of other
//! programs, and what is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::psbt::raw::{Key, Pair, ProprietaryKey};
use bitcoin::psbt::{self, Psbt};
use bitcoin::{Amount, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness};
use bulla_core::ContractId;
use bulla_wallet::Error;
use bulla_wallet::api::TransferId;
use bulla_wallet::defaults::PSBT_BYTES;
use bulla_wallet::transfer::cosigned::Cosigned;
use bulla_wallet::transfer::envelope::{Envelope, EnvelopeError};
use bulla_wallet::transfer::error::TransferError;

use crate::bench::{Bench, Party, code, passphrase};
use crate::signers::{issue, key, unsigned};

/// A transfer that two of three keys have to sign for, and the request for it in both forms.
struct Asked {
    bench: Bench,
    alice: Party,
    bob: Party,
    contract: ContractId,
    transfer: TransferId,
    request: Vec<u8>,
    psbt: Vec<u8>,
}

impl Asked {
    fn new() -> Self {
        let bench = Bench::new();
        let mut alice = bench.party("alice", 100_000);
        let mut bob = bench.party("bob", 100_000);
        let contract = issue(&bench, &mut alice);
        let transfer = unsigned(&mut alice, &bob.witness(contract, 300)).transfer;
        let request = alice
            .wallet()
            .signature_requests(transfer)
            .unwrap()
            .remove(0);
        Self {
            psbt: request.psbt().unwrap(),
            request: request.bytes,
            bench,
            alice,
            bob,
            contract,
            transfer,
        }
    }

    /// Bob is any signer: the file and a key are all he needs.
    fn sign(&mut self, file: &[u8], n: u8) -> Result<Cosigned, Error> {
        self.bob.wallet().cosign(file, &key(n))
    }

    fn add(&mut self, file: &[u8]) -> Result<u64, Error> {
        self.alice.wallet().add_signatures(self.transfer, file)
    }

    /// The payment goes through.
    fn pays(&mut self) {
        let wallet = self.alice.wallet();
        let files = wallet.deliver(self.transfer).unwrap();
        wallet
            .broadcast(self.transfer, &self.bench.sandbox)
            .unwrap();
        self.bench.mine(1);
        let received = self.bob.accept(&self.bench, &files[0].bytes).unwrap();
        assert_eq!(received.amount, 300);
        assert_eq!(self.bob.amount(self.contract), (300, 0));
    }

    /// Neither a signer nor the owner takes a file.
    fn refused(&mut self, file: &[u8]) -> EnvelopeError {
        let found = fault(self.sign(file, 1));
        let again = fault(self.add(file));
        assert_eq!(found.to_string(), again.to_string());
        found
    }
}

fn fault<T: std::fmt::Debug>(result: Result<T, Error>) -> EnvelopeError {
    let Error::Transfer(cause) = result.unwrap_err() else {
        panic!("no fault of a transfer")
    };
    match *cause {
        TransferError::Envelope(fault) => fault,
        other => panic!("{other}"),
    }
}

fn psbt(file: &[u8]) -> Psbt {
    Psbt::deserialize(file).unwrap()
}

fn field(prefix: &[u8], subtype: u8, key: &[u8]) -> ProprietaryKey {
    ProprietaryKey {
        prefix: prefix.to_vec(),
        subtype,
        key: key.to_vec(),
    }
}

fn text(file: &[u8]) -> Vec<u8> {
    STANDARD.encode(file).into_bytes()
}

#[test]
fn a_request_in_a_psbt_says_no_more_than_the_request() {
    let mut asked = Asked::new();
    let found = psbt(&asked.psbt);
    let mut expected = Psbt::from_unsigned_tx(found.unsigned_tx.clone()).unwrap();
    let request = asked.request.clone();
    expected
        .proprietary
        .insert(field(b"bulla", 0, b""), request);
    assert_eq!(found, expected);
    assert_eq!(found.inputs[0], psbt::Input::default());
    let txid = found.unsigned_tx.compute_txid();
    let sent = asked.alice.wallet().transfer(asked.transfer).unwrap();
    assert_eq!(sent.txid, Some(txid));
}

#[test]
fn one_signer_after_the_other_signs_in_a_psbt() {
    let mut asked = Asked::new();
    let first = asked.psbt.clone();
    let once = asked.sign(&first, 2).unwrap();
    assert!(!once.complete);
    let again = asked.sign(&once.bytes, 2);
    assert_eq!(code(again), "nothing-to-sign");
    let twice = asked.sign(&once.bytes, 1).unwrap();
    assert!(twice.complete);
    assert_eq!(twice.operations[0].signatures, 2);
    let signed = psbt(&twice.bytes);
    let operation = twice.operations[0].operation.to_bytes();
    let witness = twice.operations[0].witness.to_byte_array();
    // The request is as it was; each signature is in a field of its own.
    assert_eq!(signed.proprietary[&field(b"bulla", 0, b"")], asked.request);
    for n in [0, 1] {
        let name = [&operation[..], &witness, &[n]].concat();
        assert_eq!(signed.proprietary[&field(b"bulla", 1, &name)].len(), 64);
    }
    assert_eq!(signed.proprietary.len(), 3);
    assert_eq!(asked.add(&twice.bytes).unwrap(), 0);
    asked.pays();
}

#[test]
fn psbts_of_several_signers_are_given_one_by_one_or_combined() {
    let mut asked = Asked::new();
    let request = asked.psbt.clone();
    let [one, two] = [1, 2].map(|n| asked.sign(&request, n).unwrap().bytes);
    let mut combined = psbt(&one);
    combined.combine(psbt(&two)).unwrap();
    let copy = asked.alice.copy("copy");
    let original = std::mem::replace(&mut asked.alice, copy);
    assert_eq!(asked.add(&combined.serialize()).unwrap(), 0);
    asked.alice = original;
    assert_eq!(asked.add(&one).unwrap(), 1);
    assert_eq!(asked.add(&one).unwrap(), 1, "the same once more");
    assert_eq!(asked.add(&two).unwrap(), 0);
    asked.pays();
}

#[test]
fn a_psbt_and_a_consignment_may_each_bring_a_signature() {
    let mut asked = Asked::new();
    let (file, request) = (asked.psbt.clone(), asked.request.clone());
    let one = asked.sign(&request, 1).unwrap().bytes;
    let two = asked.sign(&file, 2).unwrap().bytes;
    assert_eq!(asked.add(&one).unwrap(), 1);
    assert_eq!(asked.add(&two).unwrap(), 0);
    asked.pays();
}

#[test]
fn base64_in_gives_base64_out() {
    let mut asked = Asked::new();
    let file = [text(&asked.psbt), b"\r\n".to_vec()].concat();
    let signed = asked.sign(&file, 1).unwrap().bytes;
    let binary = STANDARD
        .decode(signed.strip_suffix(b"\n").unwrap())
        .unwrap();
    let file = asked.psbt.clone();
    assert_eq!(binary, asked.sign(&file, 1).unwrap().bytes);
    let lines: Vec<_> = signed.chunks(76).collect();
    assert_eq!(asked.add(&lines.join(&b"\r\n"[..])).unwrap(), 1);
}

#[test]
fn what_others_put_into_the_psbt_comes_back() {
    let mut asked = Asked::new();
    let mut full = psbt(&asked.psbt);
    full.proprietary
        .insert(field(b"other", 0, b"k"), b"v".to_vec());
    full.proprietary
        .insert(field(b"bulla", 9, b""), b"later".to_vec());
    let unknown = Key {
        type_value: 0x42,
        key: vec![1],
    };
    full.unknown.insert(unknown.clone(), vec![2]);
    full.inputs[0].witness_utxo = Some(TxOut {
        value: Amount::from_sat(1_000),
        script_pubkey: ScriptBuf::new(),
    });
    full.outputs[0].unknown.insert(unknown, vec![3]);
    let signed = asked.sign(&full.serialize(), 1).unwrap().bytes;
    let mut expected = full.clone();
    let found = psbt(&signed);
    let added = found
        .proprietary
        .iter()
        .filter(|(name, _)| name.subtype == 1);
    let added: Vec<_> = added
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    assert_eq!(added.len(), 1);
    expected.proprietary.extend(added);
    assert_eq!(found, expected);
    assert_eq!(asked.add(&signed).unwrap(), 1);
}

#[test]
fn a_psbt_of_another_transaction_is_refused() {
    let mut asked = Asked::new();
    let mut other = psbt(&asked.psbt);
    let expected = other.unsigned_tx.compute_txid();
    other.unsigned_tx.output[0].value += Amount::ONE_SAT;
    let found = other.unsigned_tx.compute_txid();
    let refused = asked.refused(&other.serialize());
    assert!(
        matches!(refused, EnvelopeError::OtherTransaction { found: a, expected: b } if (a, b) == (found, expected)),
        "{refused}"
    );
}

#[test]
fn a_psbt_without_a_request_is_refused() {
    let mut asked = Asked::new();
    let mut none = psbt(&asked.psbt);
    let request = none.proprietary.remove(&field(b"bulla", 0, b"")).unwrap();
    let names = [
        field(b"bullae", 0, b""),
        field(b"bulla", 0, b"k"),
        field(b"bulla", 2, b""),
    ];
    for name in names {
        none.proprietary.insert(name, request.clone());
        let refused = asked.refused(&none.serialize());
        assert!(matches!(refused, EnvelopeError::NoRequest), "{refused}");
    }
}

#[test]
fn two_requests_in_a_psbt_are_refused() {
    let mut asked = Asked::new();
    let pair = Pair {
        key: field(b"bulla", 0, b"").to_key(),
        value: asked.request.clone(),
    };
    let (name, value) = (&pair.key.key, serialize(&pair.value));
    let length = u8::try_from(name.len() + 1).unwrap();
    let pair = [&[length, pair.key.type_value], &name[..], &value].concat();
    let at = asked.psbt.windows(pair.len()).position(|part| part == pair);
    let (before, after) = asked.psbt.split_at(at.expect("the field"));
    let twice = [before, &pair, after].concat();
    let refused = asked.refused(&twice);
    let EnvelopeError::NotAPsbt { cause } = refused else {
        panic!("{refused}")
    };
    assert!(matches!(cause, psbt::Error::DuplicateKey(_)), "{cause}");
}

#[test]
fn what_is_no_whole_psbt_is_refused() {
    let mut asked = Asked::new();
    let file = asked.psbt.clone();
    let refused = asked.refused(&[&file[..], b"\0"].concat());
    let trails = matches!(refused, EnvelopeError::Trailing { found: 1 });
    assert!(trails, "{refused}");
    for cut in [5, 6, 100, file.len() - 1] {
        let refused = asked.refused(&file[..cut]);
        let no_psbt = matches!(refused, EnvelopeError::NotAPsbt { .. });
        assert!(no_psbt, "{refused}");
    }
    let mut damaged = text(&file);
    damaged[50] = b'!';
    let refused = asked.refused(&damaged);
    assert!(matches!(refused, EnvelopeError::NotBase64), "{refused}");
    // A length that reaches beyond the file: of a key, and of a value.
    for length in [
        &b"\xfe\xff\xff\xff\xff"[..],
        b"\x01\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let refused = asked.refused(&[b"psbt\xff", length].concat());
        let no_psbt = matches!(refused, EnvelopeError::NotAPsbt { .. });
        assert!(no_psbt, "{refused}");
    }
}

#[test]
fn a_psbt_beyond_the_limit_is_neither_read_nor_written() {
    let mut asked = Asked::new();
    let limit = usize::try_from(PSBT_BYTES).unwrap();
    let mut large = psbt(&asked.psbt);
    let filler = Key {
        type_value: 0x42,
        key: vec![],
    };
    large.unknown.insert(filler.clone(), vec![0; limit]);
    let rest = large.serialize().len() - limit;
    large.unknown.insert(filler, vec![0; limit - rest]);
    let whole = large.serialize();
    assert_eq!(whole.len(), limit);
    let signed = fault(asked.sign(&whole, 1));
    let is_expected = |fault: &EnvelopeError, beyond: u64| matches!(fault, EnvelopeError::TooLarge { found, limit: PSBT_BYTES } if *found == PSBT_BYTES + beyond);
    // 1 + 1 + 1 + 5 + 1 + 65 bytes of a name and 1 + 64 of a signature.
    assert!(is_expected(&signed, 139), "{signed}");
    let beyond = [&whole[..], b"\0"].concat();
    for file in [beyond.clone(), text(&beyond)] {
        let refused = asked.refused(&file);
        assert!(is_expected(&refused, 1), "{refused}");
    }
    let tx: Transaction = large.unsigned_tx;
    let wrapped = Envelope::around(&vec![0; limit], &tx).unwrap();
    assert_eq!(wrapped.write().unwrap_err().code(), "too-large");
}

#[test]
fn a_psbt_around_a_transaction_with_a_script_or_witness_data_is_not_made() {
    let asked = Asked::new();
    let tx = psbt(&asked.psbt).unsigned_tx;
    assert!(Envelope::around(&asked.request, &tx).is_ok());
    let last = tx.input.len() - 1;
    let fill: [fn(&mut TxIn); 2] = [
        |input| input.script_sig = ScriptBuf::from_bytes(vec![0x51]),
        |input| input.witness = Witness::from_slice(&[[1]]),
    ];
    for fill in fill {
        let mut filled = tx.clone();
        fill(&mut filled.input[last]);
        let refused = Envelope::around(&asked.request, &filled).unwrap_err();
        let is_expected = matches!(refused, EnvelopeError::Filled { input } if input == last);
        assert!(is_expected, "{refused}");
    }
}

#[test]
fn signatures_that_others_put_beside_the_request_are_verified() {
    let mut asked = Asked::new();
    let file = asked.psbt.clone();
    let signed = asked.sign(&file, 1).unwrap();
    let place = &signed.operations[0];
    let name = |n: u8, witness: Txid| {
        let witness = witness.to_byte_array();
        [&place.operation.to_bytes()[..], &witness, &[n]].concat()
    };
    let with = |name: &[u8], value: &[u8]| {
        let mut with = psbt(&file);
        let field = field(b"bulla", 1, name);
        with.proprietary.insert(field, value.to_vec());
        with.serialize()
    };
    // Of a key that did not sign, and of none of the contract's.
    for n in [1, 9] {
        let forged = with(&name(n, place.witness), &[7; 64]);
        assert_eq!(code(asked.sign(&forged, 1)), "invalid");
        assert_eq!(code(asked.add(&forged)), "foreign-signatures");
    }
    for (key, value) in [(64, 64), (66, 64), (65, 63), (65, 65), (0, 0)] {
        let refused = asked.refused(&with(&vec![1; key], &vec![1; value]));
        let is_expected = matches!(refused, EnvelopeError::Signature { key: a, value: b } if (a, b) == (key, value));
        assert!(is_expected, "{refused}");
    }
    // For another transaction, or operation: for nothing in this request, and kept.
    let elsewhere = with(&name(0, Txid::all_zeros()), &[7; 64]);
    let signed = asked.sign(&elsewhere, 1).unwrap();
    assert_eq!(signed.operations[0].signatures, 1);
    assert_eq!(psbt(&signed.bytes).proprietary.len(), 3);
    assert_eq!(code(asked.add(&elsewhere)), "foreign-signatures");
    assert_eq!(asked.add(&signed.bytes).unwrap(), 1);
}

#[test]
fn the_owner_signs_with_a_key_of_his_own_in_a_psbt() {
    let mut asked = Asked::new();
    let own = asked.alice.wallet().signer_key(&passphrase(), 0).unwrap();
    let file = asked.psbt.clone();
    let once = asked.sign(&file, 1).unwrap().bytes;
    let twice = asked.alice.wallet().cosign(&once, &own).unwrap();
    assert!(twice.complete);
    assert_eq!(asked.add(&twice.bytes).unwrap(), 0);
    asked.pays();
}

#[test]
fn a_file_that_is_no_request_brings_no_signatures() {
    let mut asked = Asked::new();
    for file in [&b""[..], b"none", b"psb\0"] {
        assert_eq!(code(asked.add(file)), "foreign-signatures");
    }
}
