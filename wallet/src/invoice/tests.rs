use bitcoin::hashes::Hash;
use bitcoin::key::Secp256k1;
use bitcoin::secp256k1::Keypair;
use bitcoin::{ScriptBuf, WPubkeyHash};
use proptest::prelude::*;

use super::*;

fn key(n: u8) -> XOnlyPublicKey {
    let secp = Secp256k1::new();
    Keypair::from_seckey_slice(&secp, &[n.max(1); 32])
        .unwrap()
        .x_only_public_key()
        .0
}

fn address(n: u8) -> Address<NetworkUnchecked> {
    let script = ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array([n; 20]));
    Address::from_script(&script, Network::Regtest)
        .unwrap()
        .into_unchecked()
}

fn blind() -> Invoice {
    Invoice {
        contract: Some(ContractId::from_bytes([1; 32])),
        network: NetworkId::of_network(Network::Regtest),
        owned: None,
        token: None,
        amount: Some(30),
        to: Beneficiary::Seal(SecretSeal::from_bytes([2; 32])),
        sats: None,
        expiry: Some(1_800_000_000),
        via: None,
        enc: None,
        ack: Some(key(3)),
    }
}

fn witness() -> Invoice {
    let to = Beneficiary::Address {
        address: address(4),
        blinding: Blinding([5; 16]),
    };
    Invoice {
        to,
        sats: Some(2_000),
        ..blind()
    }
}

/// A text with a checksum that fits.
fn summed(body: &str) -> String {
    format!("{body}&sum={}", checksum(body))
}

/// The body of an invoice in which one piece is replaced.
fn edited(invoice: &Invoice, from: &str, to: &str) -> Result<Invoice, InvoiceError> {
    let body = invoice.body();
    assert!(body.contains(from), "{from} is in {body}");
    summed(&body.replacen(from, to, 1)).parse()
}

fn value(field: &'static str, found: &str, expected: &'static str) -> InvoiceError {
    InvoiceError::Value {
        field,
        found: found.into(),
        expected,
    }
}

prop_compose! {
    fn invoices()(
        contract in proptest::option::of(any::<[u8; 32]>()),
        network in 0_usize..5,
        amount in proptest::option::of(1_u64..),
        to in proptest::option::of((any::<u8>(), any::<[u8; 16]>())),
        sats in proptest::option::of(330_u64..1_000_000),
        expiry in proptest::option::of(1_u64..),
        via in proptest::option::of("https://[a-z]{1,9}\\.[a-z]{1,9}(:[1-9][0-9]{0,3})?(/[a-z0-9]{1,9}){0,2}"),
        ack in proptest::option::of(1_u8..255),
        secret in any::<[u8; 32]>(),
    ) -> Invoice {
        let custom = NetworkId::from_bytes([9; 32]);
        let id = NETWORKS.get(network).map_or(custom, |(_, known)| NetworkId::of_network(*known));
        let to = to.map_or(Beneficiary::Seal(SecretSeal::from_bytes(secret)), |(n, blinding)| {
            let script = address(n).assume_checked().script_pubkey();
            let address = Address::from_script(&script, address_network(id)).unwrap();
            Beneficiary::Address { address: address.into_unchecked(), blinding: Blinding(blinding) }
        });
        let sats = sats.filter(|_| matches!(to, Beneficiary::Address { .. }));
        Invoice {
            contract: contract.map(ContractId::from_bytes), network: id, owned: None, token: None, amount, to, sats, expiry,
            via: via.map(|via| via.parse().unwrap()), enc: None, ack: ack.map(key),
        }
    }
}

proptest! {
    #[test]
    fn an_invoice_survives_its_text_form(invoice in invoices()) {
        let text = invoice.to_string();
        prop_assert_eq!(text.parse::<Invoice>(), Ok(invoice));
    }

    #[test]
    fn an_edit_of_any_character_is_refused(
        invoice in invoices(), at in any::<prop::sample::Index>(), with in "[ -~]",
    ) {
        let text = invoice.to_string();
        let at = at.index(text.len());
        let mut edited = text.clone();
        edited.replace_range(at..=at, &with);
        prop_assume!(edited != text);
        prop_assert!(edited.parse::<Invoice>().is_err(), "{}", edited);
        let cut = text.get(..at).unwrap_or_default();
        prop_assert!(cut.parse::<Invoice>().is_err(), "{}", cut);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(bulla:)?[ -~]{0,60}(\\?[ -~]{0,60})?") {
        prop_assert!(text.parse::<Invoice>().is_err());
        prop_assert!(summed(&text).parse::<Invoice>().is_err());
    }
}

#[test]
fn l09_a_changed_invoice_is_refused_by_its_checksum() {
    let text = blind().to_string().replace("amount=30", "amount=90");
    assert!(matches!(
        text.parse::<Invoice>(),
        Err(InvoiceError::Checksum { .. })
    ));
}

#[test]
fn an_invoice_without_contract_and_amount_is_read() {
    let invoice = Invoice {
        contract: None,
        amount: None,
        ..witness()
    };
    assert!(
        invoice
            .to_string()
            .starts_with("bulla:?net=regtest&to=bcrt1")
    );
    assert_eq!(invoice.to_string().parse(), Ok(invoice));
}

#[test]
fn an_age_recipient_is_read_and_anything_else_refused() {
    let hrp = bech32::Hrp::parse("age").unwrap();
    let recipient = bech32::encode::<bech32::Bech32>(hrp, &[7; 32]).unwrap();
    let invoice = Invoice {
        enc: Some(recipient.clone()),
        ..blind()
    };
    assert_eq!(invoice.to_string().parse(), Ok(invoice.clone()));
    let short = &recipient[..20];
    let expected = "an age recipient, `age1…`";
    assert_eq!(
        edited(&invoice, &recipient, short),
        Err(value("enc", short, expected))
    );
}

#[test]
fn l08_unknown_and_double_fields_are_refused() {
    let unknown = InvoiceError::UnknownField {
        found: "x-more".into(),
    };
    assert_eq!(edited(&blind(), "&to=", "&x-more=1&to="), Err(unknown));
    let double = InvoiceError::DoubleField {
        found: "amount".into(),
    };
    assert_eq!(
        edited(&blind(), "amount=30", "amount=30&amount=31"),
        Err(double)
    );
    let none = InvoiceError::UnknownField {
        found: String::new(),
    };
    assert_eq!(edited(&blind(), "&to=", "&&to="), Err(none));
}

#[test]
fn another_order_or_spelling_of_the_same_content_is_refused() {
    for (from, to) in [
        ("amount=30", "amount=030"),
        ("amount=30", "amount=+30"),
        ("net=regtest&amount=30", "amount=30&net=regtest"),
        ("bulla:bulla1", "bulla:BULLA1"),
    ] {
        let error = edited(&blind(), from, to).unwrap_err();
        let refused = matches!(
            error,
            InvoiceError::NotCanonical { .. } | InvoiceError::Id { .. }
        );
        assert!(refused, "{to}: {error:?}");
    }
    let id = NetworkId::of_network(Network::Regtest).to_string();
    let error = edited(&blind(), "net=regtest", &format!("net={id}"));
    assert_eq!(
        error,
        Err(InvoiceError::NotCanonical {
            expected: blind().to_string()
        })
    );
}

#[test]
fn l08_amounts_that_are_none_are_refused() {
    let expected = "1 to 2^64 - 1 smallest units";
    for amount in ["0", "-1", "1.5", "1e3", "18446744073709551616", ""] {
        let error = edited(&blind(), "amount=30", &format!("amount={amount}"));
        assert_eq!(error, Err(value("amount", amount, expected)), "{amount}");
    }
}

#[test]
fn l12_satoshis_below_dust_are_refused() {
    let expected = "330 to 2,100,000,000,000,000 satoshis";
    let error = edited(&witness(), "sats=2000", "sats=329");
    assert_eq!(error, Err(value("sats", "329", expected)));
}

#[test]
fn fields_of_an_address_are_refused_beside_a_seal() {
    let misplaced = |found| Err(InvoiceError::Misplaced { found });
    assert_eq!(
        edited(&blind(), "&expiry", "&sats=400&expiry"),
        misplaced("sats")
    );
    let digits = "00".repeat(16);
    assert_eq!(
        edited(&blind(), "&expiry", &format!("&blind={digits}&expiry")),
        misplaced("blind")
    );
}

#[test]
fn an_address_needs_a_blinding_and_the_right_network() {
    let blinding = format!("&blind={}", "05".repeat(16));
    let missing = InvoiceError::MissingField { expected: "blind" };
    assert_eq!(edited(&witness(), &blinding, ""), Err(missing));
    let expected = "32 hex digits";
    assert_eq!(
        edited(&witness(), &blinding, "&blind=0505"),
        Err(value("blind", "4 characters", expected))
    );
    let found = address(4).assume_checked().to_string();
    assert_eq!(
        edited(&witness(), "net=regtest", "net=bitcoin"),
        Err(value("to", &found, "an address of the invoice's network"))
    );
}

#[test]
fn l10_endpoints_of_other_schemes_are_refused() {
    let invoice = Invoice {
        via: Some("https://relay.example".parse().unwrap()),
        ..blind()
    };
    for via in [
        "file:///etc/passwd",
        "ftp://relay.example",
        "javascript:alert(1)",
        "",
    ] {
        let error = edited(&invoice, "https://relay.example", via);
        assert_eq!(
            error,
            Err(value("via", via, "an `https://` address")),
            "{via}"
        );
    }
}

#[test]
fn l06_l07_another_chain_and_a_past_expiry_cannot_be_paid() {
    let invoice = blind();
    let regtest = NetworkId::of_network(Network::Regtest);
    assert_eq!(invoice.check_payable(regtest, 1_800_000_000), Ok(()));
    let expired = InvoiceUnpayable::Expired {
        expiry: 1_800_000_000,
        now: 1_800_000_001,
    };
    assert_eq!(invoice.check_payable(regtest, 1_800_000_001), Err(expired));
    let custom = NetworkId::of(
        bitcoin::blockdata::constants::genesis_block(Network::Signet).block_hash(),
        Some(&[0x51]),
    );
    let other = Invoice {
        network: NetworkId::of_network(Network::Signet),
        ..blind()
    };
    let error = InvoiceUnpayable::Network {
        found: "signet".into(),
        expected: custom.to_string(),
    };
    assert_eq!(other.check_payable(custom, 1), Err(error));
}

#[test]
fn a_text_of_another_kind_or_length_is_refused() {
    let bitcoin = "bitcoin:bcrt1qxyz?amount=1";
    let error = InvoiceError::NotAnInvoice {
        found: bitcoin.into(),
    };
    assert_eq!(bitcoin.parse::<Invoice>(), Err(error));
    let long = format!("bulla:{}", "a".repeat(MAX_BYTES));
    assert_eq!(
        long.parse::<Invoice>(),
        Err(InvoiceError::TooLong { found: long.len() })
    );
}

#[test]
fn a_type_and_a_token_are_named_in_their_order_and_place() {
    let token = Invoice {
        owned: Some("nft".to_owned()),
        token: Some(7),
        amount: Some(1),
        ..blind()
    };
    let text = token.to_string();
    assert!(text.contains("&owned=nft&token=7&amount=1&"), "{text}");
    assert_eq!(text.parse(), Ok(token.clone()));
    let misplaced = |invoice: Invoice, found| {
        let error = InvoiceError::Misplaced { found };
        assert_eq!(invoice.to_string().parse::<Invoice>(), Err(error));
    };
    let contract = None;
    misplaced(
        Invoice {
            contract,
            ..token.clone()
        },
        "owned",
    );
    let owned = None;
    misplaced(
        Invoice {
            owned,
            ..token.clone()
        },
        "token",
    );
    for (from, to) in [
        ("owned=nft", "owned=a-b"),
        ("owned=nft", "owned=7"),
        ("owned=nft", "owned="),
        ("token=7", "token=4294967296"),
        ("token=7", "token=-1"),
    ] {
        let error = edited(&token, from, to);
        assert!(matches!(error, Err(InvoiceError::Value { .. })), "{to}");
    }
    // One form only.
    let error = edited(&token, "token=7", "token=07");
    assert!(matches!(error, Err(InvoiceError::NotCanonical { .. })));
}
