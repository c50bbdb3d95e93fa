//! Fees and dust.

use bitcoin::hashes::Hash;
use bitcoin::{Amount, ScriptBuf};

use super::pair::{COIN, Pair, output};

#[test]
fn values_fees_and_dust_are_judged_alike() {
    let p = Pair::new();
    let coin = p.coins(1).remove(0);
    let vsize = p.spend(&coin, |_| {}).vsize() as u64;
    for fee in 0..=vsize.div_ceil(10) + 1 {
        let tx = p.spend(&coin, |tx| {
            tx.output[0].value = Amount::from_sat(COIN - fee);
        });
        let expected = if fee < vsize.div_ceil(10) {
            "min relay fee not met"
        } else {
            ""
        };
        assert_eq!(p.ask("fee", &tx), expected, "fee {fee}");
    }
    let scripts = [
        p.script(),
        ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array([1; 20])),
        ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_byte_array([1; 32])),
        ScriptBuf::new_p2pkh(&bitcoin::PubkeyHash::from_byte_array([1; 20])),
        ScriptBuf::new_p2sh(&bitcoin::ScriptHash::from_byte_array([1; 20])),
        ScriptBuf::from_bytes(vec![0x51, 0x02, 0x4e, 0x73]),
    ];
    for (script, least) in scripts.into_iter().zip([330, 294, 330, 546, 540, 240]) {
        for (sats, expected) in [(least - 1, "dust"), (least, "")] {
            let tx = p.spend(&coin, |tx| {
                tx.output[0].value -= Amount::from_sat(COIN / 2);
                tx.output.push(output(sats, script.clone()));
            });
            assert_eq!(p.ask("dust", &tx), expected, "{sats} to {script}");
        }
    }
    let free_dust = p.spend(&coin, |tx| {
        tx.output[0].value = Amount::from_sat(COIN - 100);
        tx.output
            .push(output(100, tx.output[0].script_pubkey.clone()));
    });
    assert_eq!(
        p.ask("dust without fee", &free_dust),
        "min relay fee not met"
    );
    let dusts = p.spend(&coin, |tx| {
        tx.output[0].value = Amount::from_sat(COIN - 200);
        tx.output
            .extend(vec![output(100, tx.output[0].script_pubkey.clone()); 2]);
    });
    assert_eq!(p.ask("two dusts without fee", &dusts), "dust");
}
