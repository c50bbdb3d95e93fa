//! Signatures over messages by whoever can spend an output (BIP-322, the "simple" form). Nothing
//! that is made here can be broadcast: it spends a transaction that cannot be.

use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::opcodes::OP_0;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::Builder;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, Script, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness};

use crate::sandbox::script;

/// Why a signature does not prove that an output can be spent.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The output is neither P2WPKH nor P2TR, or its proof is not by its key alone.
    Unsupported,
    /// The signature is not over this message, or covers less than everything.
    Signature,
}

/// The output that a signature over a message spends.
pub(crate) fn to_spend(script: &Script, message: &[u8]) -> Transaction {
    let script_sig = Builder::new()
        .push_opcode(OP_0)
        .push_slice(message_hash(message))
        .into_script();
    transaction(OutPoint::null(), script_sig, script.to_owned())
}

/// The transaction that is signed, without its witness.
pub(crate) fn to_sign(to_spend: &Transaction) -> Transaction {
    let nothing = Builder::new().push_opcode(OP_RETURN).into_script();
    let spent = OutPoint::new(to_spend.compute_txid(), 0);
    transaction(spent, ScriptBuf::new(), nothing)
}

/// Checks a signature. Only by the output's key, P2WPKH or P2TR, over everything.
pub(crate) fn verify(script: &Script, message: &[u8], witness: &Witness) -> Result<(), Fault> {
    let by_key =
        (script.is_p2tr() && witness.len() == 1) || (script.is_p2wpkh() && witness.len() == 2);
    if !by_key {
        return Err(Fault::Unsupported);
    }
    let signature = witness.nth(0).unwrap_or_default();
    // SIGHASH_ALL, or its short form for P2TR.
    let covers_all = (script.is_p2tr() && signature.len() == 64) || signature.last() == Some(&1);
    let to_spend = to_spend(script, message);
    let mut signed = to_sign(&to_spend);
    for input in &mut signed.input {
        input.witness = witness.clone();
    }
    if !covers_all || script::verify(&signed, &to_spend.output).is_err() {
        return Err(Fault::Signature);
    }
    Ok(())
}

fn transaction(spent: OutPoint, script_sig: ScriptBuf, script: ScriptBuf) -> Transaction {
    Transaction {
        version: Version(0),
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: spent,
            script_sig,
            sequence: Sequence::ZERO,
            witness: Witness::new(),
        }],
        output: vec![TxOut {
            value: Amount::ZERO,
            script_pubkey: script,
        }],
    }
}

fn message_hash(message: &[u8]) -> [u8; 32] {
    let tag = sha256::Hash::hash(b"BIP0322-signed-message").to_byte_array();
    sha256::Hash::hash(&[&tag, &tag, message].concat()).to_byte_array()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bitcoin::consensus::encode::deserialize;
    use bitcoin::hex::DisplayHex;
    use bitcoin::{Address, address::NetworkUnchecked};

    use super::*;

    // The vectors of BIP-322.
    const SEGWIT: &str = "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l";
    const TAPROOT: &str = "bc1ppv609nr0vr25u07u95waq5lucwfm6tde4nydujnu8npg4q75mr5sxq8lt3";
    const HELLO: &str = "Hello World";

    fn script(address: &str) -> ScriptBuf {
        let address: Address<NetworkUnchecked> = address.parse().unwrap();
        address.assume_checked().script_pubkey()
    }

    fn witness(text: &str) -> Witness {
        deserialize(&STANDARD.decode(text).unwrap()).unwrap()
    }

    #[test]
    fn hashes_and_transactions_are_those_of_the_bip() {
        let cases = [
            (
                "",
                "c90c269c4f8fcbe6880f72a721ddfbf1914268a794cbb21cfafee13770ae19f1",
                "c5680aa69bb8d860bf82d4e9cd3504b55dde018de765a91bb566283c545a99a7",
                "1e9654e951a5ba44c8604c4de6c67fd78a27e81dcadcfe1edf638ba3aaebaed6",
            ),
            (
                HELLO,
                "f0eb03b1a75ac6d9847f55c624a99169b5dccba2a31f5b23bea77ba270de0a7a",
                "b79d196740ad5217771c1098fc4a4b51e0535c32236c71f1ea4d61a2d603352b",
                "88737ae86f2077145f93cc4b153ae9a1cb8d56afa511988c149c5c8c9d93bddf",
            ),
        ];
        for (message, hash, spend, sign) in cases {
            assert_eq!(message_hash(message.as_bytes()).to_lower_hex_string(), hash);
            let to_spend = to_spend(&script(SEGWIT), message.as_bytes());
            assert_eq!(to_spend.compute_txid().to_string(), spend);
            assert_eq!(to_sign(&to_spend).compute_txid().to_string(), sign);
        }
    }

    #[test]
    fn signatures_of_the_bip_verify_and_no_other_message_or_output_does() {
        for (address, message, signature) in SIGNATURES {
            let (script, witness) = (script(address), witness(signature));
            let check = |message: &str| verify(&script, message.as_bytes(), &witness);
            assert_eq!(check(message), Ok(()), "{address} {message}");
            assert_eq!(check("Hello World!"), Err(Fault::Signature));
            let other = if address == SEGWIT { TAPROOT } else { SEGWIT };
            let other = verify(&self::script(other), message.as_bytes(), &witness);
            assert_eq!(other, Err(Fault::Unsupported));
        }
    }

    #[test]
    fn every_changed_bit_of_a_signature_is_refused() {
        let (address, message, signature) = SIGNATURES[2];
        let signature = witness(signature).to_vec().concat();
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let witness = Witness::from_slice(&[changed]);
            let result = verify(&script(address), message.as_bytes(), &witness);
            assert_eq!(result, Err(Fault::Signature), "{bit}");
        }
    }

    #[test]
    fn outputs_that_anybody_could_spend_prove_nothing() {
        let unknown = ScriptBuf::from_bytes([&[0x52, 0x20][..], &[1; 32]].concat());
        let anchor = ScriptBuf::from_bytes(vec![0x51, 0x02, 0x4e, 0x73]);
        let open = ScriptBuf::from_bytes(vec![0x51]);
        for script in [unknown, anchor, open] {
            for witness in [Witness::new(), Witness::from_slice(&[[1; 64]])] {
                let result = verify(&script, b"", &witness);
                assert_eq!(result, Err(Fault::Unsupported), "{script}");
            }
        }
        // A path through a script of P2TR, which could hold an OP_SUCCESS.
        let path = Witness::from_slice(&[&[0x50][..], &[0xc0; 33]]);
        assert_eq!(
            verify(&script(TAPROOT), b"", &path),
            Err(Fault::Unsupported)
        );
    }

    const SIGNATURES: [(&str, &str, &str); 3] = [
        (
            SEGWIT,
            "",
            "AkcwRAIgM2gBAQqvZX15ZiysmKmQpDrG83avLIT492QBzLnQIxYCIBaTpOaD20qRlEylyxFSeEA2ba9YOixpX8z46TSDtS40ASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=",
        ),
        (
            SEGWIT,
            HELLO,
            "AkcwRAIgZRfIY3p7/DoVTty6YZbWS71bc5Vct9p9Fia83eRmw2QCICK/ENGfwLtptFluMGs2KsqoNSk89pO7F29zJLUx9a/sASECx/EgAxlkQpQ9hYjgGu6EBCPMVPwVIVJqO4XCsMvViHI=",
        ),
        (
            TAPROOT,
            HELLO,
            "AUHd69PrJQEv+oKTfZ8l+WROBHuy9HKrbFCJu7U1iK2iiEy1vMU5EfMtjc+VSHM7aU0SDbak5IUZRVno2P5mjSafAQ==",
        ),
    ];
}
