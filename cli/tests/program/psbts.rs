//! A request for signatures that travels as a PSBT.

use std::fs;
use std::path::Path;

use bitcoin::Psbt;
use serde_json::json;

use crate::bulla::text;
use crate::kinds::{file, invoice, mined, permissioned, text_at};

#[test]
fn an_issuer_signs_in_a_psbt() {
    let (mut bulla, contract) = permissioned();
    let bob = bulla.as_other("bob");
    let open = ["--contract", &contract, "--amount", "40", "--raw"];
    let wanted = invoice(bob, &open);
    let alice = bulla.as_other("alice");
    let sent = alice.ok(&["send", &wanted, "--psbt"]);
    let (transfer, request) = (text(&sent, "transfer"), text_at(&sent["requests"], 0));
    let form = |path: &str| Path::new(path).extension().map(ToOwned::to_owned);
    assert_eq!(form(request), Some("psbt".into()));
    let before = fs::read(alice.path(request)).unwrap();
    let psbt = Psbt::deserialize(&before).unwrap();
    let txid = psbt.unsigned_tx.compute_txid().to_string();
    assert_eq!(text(&sent, "txid"), txid);
    // The other form, of the same request, at any time.
    let again = alice.ok(&["send", "--resume", transfer]);
    let other = text_at(&again["requests"], 0);
    assert_eq!(form(other), Some("bulla".into()));
    let inside = fs::read(alice.path(other)).unwrap();
    assert_eq!(psbt.proprietary.into_values().collect::<Vec<_>>(), [inside]);

    let carol = bulla.as_other("carol");
    let looked = carol.ok(&["issuer", "sign", request, "--dry-run"]);
    let operation = &looked["operations"][0];
    assert_eq!(text(operation, "witness"), txid);
    assert_eq!(text(&operation["makes"][0], "display"), "40 KIND");
    assert_eq!(fs::read(carol.path(request)).unwrap(), before);
    let inspected = carol.ok(&["inspect", request]);
    assert_eq!(inspected, carol.ok(&["inspect", other]));
    let signed = carol.ok(&["issuer", "sign", request, "--out", "signed.psbt"]);
    assert_eq!(signed["complete"], true);
    let after = fs::read(carol.path("signed.psbt")).unwrap();
    let psbt = Psbt::deserialize(&after).unwrap();
    assert_eq!(psbt.proprietary.len(), 2, "the request and a signature");

    let alice = bulla.as_other("alice");
    let go_on = ["send", "--resume", transfer, "--signed", "signed.psbt"];
    let sent = mined(alice, &go_on);
    assert_eq!(
        (&sent["broadcast"], &sent["requests"]),
        (&json!(true), &json!([]))
    );
    let accepted = bulla.as_other("bob").ok(&["accept", &file(&sent, 0)]);
    assert_eq!(accepted["amount"], "40");
}

#[test]
fn a_psbt_that_asks_for_nothing_is_named() {
    let (alice, contract) = permissioned();
    let wanted = invoice(&alice, &["--contract", &contract, "--amount", "40"]);
    let sent = alice.ok(&["send", &wanted, "--psbt"]);
    let request = alice.path(text_at(&sent["requests"], 0));
    let mut psbt = Psbt::deserialize(&fs::read(&request).unwrap()).unwrap();
    psbt.proprietary.clear();
    fs::write(&request, psbt.serialize()).unwrap();
    let request = request.to_str().unwrap();
    let go_on = [
        "send",
        "--resume",
        text(&sent, "transfer"),
        "--signed",
        request,
    ];
    for command in [
        &["issuer", "sign", request][..],
        &["inspect", request],
        &go_on,
    ] {
        let (code, error) = alice.error(command);
        assert_eq!((code, text(&error, "code")), (1, "no-request"), "{error}");
    }
}
