use bitcoin::psbt::PsbtSighashType;
use bitcoin::{OutPoint, TapSighashType};

use super::*;
use crate::coins::CoinsError;
use crate::keys::KeysError;

fn payment(bench: &Bench) -> Psbt {
    bench
        .draft(&bench.pay(elsewhere(), Some(sat(30_000))))
        .unwrap()
        .psbt
}

#[test]
fn a_wrong_passphrase_signs_nothing() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    let before = psbt.clone();
    let error = failure(bench.wallet.sign(&mut psbt, &Passphrase::new("wrong")));
    assert!(
        matches!(error, Error::Keys(KeysError::WrongPassphrase)),
        "{error}"
    );
    assert_eq!(error.code(), "wrong-passphrase");
    assert_eq!(psbt, before);
}

#[test]
fn the_words_are_shown_to_who_knows_the_passphrase() {
    let keys = Keys::restore(ABANDON, None).unwrap();
    let bench = Bench::with(keys.clone());
    assert_eq!(bench.wallet.spending_keys(&passphrase()).unwrap(), keys);
    assert!(bench.wallet.spending_keys(&Passphrase::new("")).is_err());
}

#[test]
fn e21_an_input_that_leaves_the_outputs_open_is_not_signed() {
    let bench = Bench::funded(100_000);
    for sighash in [
        TapSighashType::None,
        TapSighashType::Single,
        TapSighashType::AllPlusAnyoneCanPay,
        TapSighashType::NonePlusAnyoneCanPay,
        TapSighashType::SinglePlusAnyoneCanPay,
    ] {
        let mut psbt = payment(&bench);
        psbt.inputs[0].sighash_type = Some(sighash.into());
        let error = failure(bench.wallet.sign(&mut psbt, &passphrase()));
        assert!(
            matches!(error, Error::Coins(CoinsError::Sighash { input: 0, .. })),
            "{error}"
        );
    }
    for sighash in [TapSighashType::Default, TapSighashType::All] {
        let mut psbt = payment(&bench);
        psbt.inputs[0].sighash_type = Some(PsbtSighashType::from(sighash));
        bench.wallet.sign(&mut psbt, &passphrase()).unwrap();
        bench
            .sandbox
            .test_accept(&coins::finalize(&psbt).unwrap())
            .unwrap();
    }
}

#[test]
fn an_input_of_somebody_else_is_not_signed() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    psbt.unsigned_tx.input[0].previous_output = OutPoint {
        vout: 9,
        ..psbt.unsigned_tx.input[0].previous_output
    };
    let error = failure(bench.wallet.sign(&mut psbt, &passphrase()));
    assert!(
        matches!(
            error,
            Error::Coins(CoinsError::ForeignInput { input: 0, .. })
        ),
        "{error}"
    );
}

#[test]
fn an_input_that_lies_about_its_value_is_not_signed() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    psbt.inputs[0].witness_utxo.as_mut().unwrap().value = sat(31_000);
    let error = failure(bench.wallet.sign(&mut psbt, &passphrase()));
    assert!(
        matches!(
            error,
            Error::Coins(CoinsError::OtherOutput { input: 0, .. })
        ),
        "{error}"
    );
    psbt.inputs[0].witness_utxo = None;
    let error = failure(bench.wallet.sign(&mut psbt, &passphrase()));
    assert!(
        matches!(
            error,
            Error::Coins(CoinsError::OtherOutput { input: 0, .. })
        ),
        "{error}"
    );
}

#[test]
fn derivations_in_a_psbt_are_not_believed() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    psbt.inputs[0].tap_key_origins.clear();
    psbt.inputs[0].tap_internal_key = None;
    let tx = bench.signed(psbt);
    bench.sandbox.test_accept(&tx).unwrap();
}

#[test]
fn an_unsigned_psbt_is_not_finalized() {
    let bench = Bench::funded(100_000);
    let result = coins::finalize(&payment(&bench));
    assert!(
        matches!(result, Err(CoinsError::NotSigned { input: 0 })),
        "{result:?}"
    );
}

#[test]
fn a_signature_over_something_else_is_not_finalized() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    bench.wallet.sign(&mut psbt, &passphrase()).unwrap();
    psbt.unsigned_tx.output[0].value = sat(30_001);
    let result = coins::finalize(&psbt);
    assert!(
        matches!(result, Err(CoinsError::BadSignature { input: 0 })),
        "{result:?}"
    );
}

#[test]
fn e21_a_foreign_signature_with_an_open_sighash_is_not_finalized() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    bench.wallet.sign(&mut psbt, &passphrase()).unwrap();
    psbt.inputs[0].tap_key_sig.as_mut().unwrap().sighash_type = TapSighashType::Single;
    let result = coins::finalize(&psbt);
    assert!(
        matches!(result, Err(CoinsError::Sighash { input: 0, .. })),
        "{result:?}"
    );
}

#[test]
fn a_witness_that_another_program_finalized_is_taken() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    bench.wallet.sign(&mut psbt, &passphrase()).unwrap();
    let expected = coins::finalize(&psbt).unwrap();
    let input = &mut psbt.inputs[0];
    input.final_script_witness = Some(expected.input[0].witness.clone());
    input.tap_key_sig = None;
    assert_eq!(coins::finalize(&psbt).unwrap(), expected);
}

#[test]
fn a_psbt_without_a_field_for_each_input_is_refused() {
    let bench = Bench::funded(100_000);
    let mut psbt = payment(&bench);
    psbt.inputs.clear();
    let error = failure(bench.wallet.sign(&mut psbt, &passphrase()));
    assert!(
        matches!(error, Error::Coins(CoinsError::NotSigned { input: 0 })),
        "{error}"
    );
    assert!(matches!(
        coins::finalize(&psbt),
        Err(CoinsError::NotSigned { input: 0 })
    ));
}
