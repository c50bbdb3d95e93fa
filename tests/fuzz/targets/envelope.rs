//! The PSBT around a request for signatures: as a file, binary or base64, and made around whatever is asked for.
#![no_main]

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{Amount, ScriptBuf, Transaction, TxIn, TxOut};
use bulla_fuzz::bounded_but_for;
use bulla_wallet::transfer::envelope::Envelope;
use libfuzzer_sys::fuzz_target;

/// Bytes that rust-bitcoin asks for at most on behalf of lengths that it has only heard of: 4,000,000 for a value,
/// and 1,000,000 each for the inputs and the outputs of a transaction.
const HEARD: usize = 6_500_000;

fn read(file: &[u8]) -> Option<Envelope> {
    bounded_but_for(HEARD, file, || Envelope::read(file))
        .ok()
        .flatten()
}

/// A signer gives back what he was given: the same is read again, and written as the same bytes.
fn once_more(envelope: &Envelope) {
    let file = envelope.write().expect("of a size that is read");
    let again = read(&file);
    assert_eq!(again.as_ref(), Some(envelope));
    assert_eq!(
        again.map(|again| again.write().expect("as before")),
        Some(file)
    );
}

fn around(request: &[u8]) -> Envelope {
    let transaction = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn::default()],
        output: vec![TxOut {
            value: Amount::ZERO,
            script_pubkey: ScriptBuf::new(),
        }],
    };
    let envelope = Envelope::around(request, &transaction);
    envelope.expect("no script in an input")
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(envelope) = read(bytes) {
        once_more(&envelope);
    }
    let envelope = around(bytes);
    assert_eq!(envelope.request(), bytes);
    once_more(&envelope);
});
