//! The shapes of JSON that scripts rely on. Fields may be added, never changed or taken away.

use bulla_tests::program::string;
use serde_json::Value;

/// What a field holds.
#[derive(Copy, Clone, Debug)]
pub enum Is {
    /// A text.
    Text,
    /// A text or nothing.
    MaybeText,
    /// Digits in a text: an amount of an asset in smallest units.
    Units,
    /// The same or nothing.
    MaybeUnits,
    /// A whole number.
    Number,
    /// The same or nothing.
    MaybeNumber,
    /// Any number.
    Decimal,
    /// True or false.
    Flag,
    /// A list.
    List,
    /// An object.
    Object,
    /// A time by RFC 3339 in UTC.
    Time,
    /// Nothing.
    Null,
}

/// Asserts that an object has these fields.
#[track_caller]
pub fn assert_shape(value: &Value, fields: &[(&str, Is)]) {
    assert!(value.is_object(), "no object: {value}");
    for (field, is) in fields {
        let found = value.get(field);
        let found = found.unwrap_or_else(|| panic!("no `{field}` in {value}"));
        assert!(fits(found, *is), "`{field}` is {found}, not {is:?}");
    }
}

fn fits(found: &Value, is: Is) -> bool {
    match is {
        Is::Text => found.is_string(),
        Is::MaybeText => found.is_null() || found.is_string(),
        Is::Units => is_units(found),
        Is::MaybeUnits => found.is_null() || is_units(found),
        Is::Number => found.is_u64(),
        Is::MaybeNumber => found.is_null() || found.is_u64(),
        Is::Decimal => found.is_number(),
        Is::Flag => found.is_boolean(),
        Is::List => found.is_array(),
        Is::Object => found.is_object(),
        Is::Time => found.as_str().is_some_and(is_time),
        Is::Null => found.is_null(),
    }
}

fn is_units(found: &Value) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    found.as_str().is_some_and(digits)
}

/// Whether a text is like `2026-01-31T12:00:00Z`.
fn is_time(text: &str) -> bool {
    let like = |(byte, model): (u8, u8)| match model {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() == 20 && text.bytes().zip(*b"0000-00-00T00:00:00Z").all(like)
}

/// What `balance` answers.
#[track_caller]
pub fn assert_balance(balance: &Value) {
    assert_shape(
        balance,
        &[
            ("bitcoin", Is::Object),
            ("carriers", Is::Object),
            ("assets", Is::List),
        ],
    );
    let bitcoin = [("settled", Is::Number), ("pending", Is::Number)];
    assert_shape(&balance["bitcoin"], &bitcoin);
    assert_shape(
        &balance["carriers"],
        &[("sats", Is::Number), ("coins", Is::Number)],
    );
    for asset in balance["assets"].as_array().into_iter().flatten() {
        let fields = [
            ("contract", Is::Text),
            ("ticker", Is::Text),
            ("precision", Is::Number),
            ("settled", Is::Units),
            ("pending", Is::Units),
            ("display", Is::Text),
        ];
        assert_shape(asset, &fields);
    }
}

/// What `invoice` answers.
#[track_caller]
pub fn assert_invoice(invoice: &Value, kind: &str) {
    let fields = [
        ("invoice", Is::Text),
        ("contract", Is::MaybeText),
        ("amount", Is::MaybeUnits),
        ("kind", Is::Text),
        ("expiry", Is::Time),
        (
            "reserved",
            if kind == "blind" { Is::Text } else { Is::Null },
        ),
    ];
    assert_shape(invoice, &fields);
    assert_eq!(string(invoice, "kind"), kind);
}

/// What `send` answers.
#[track_caller]
pub fn assert_sent(sent: &Value) {
    let fields = [
        ("transfer", Is::Text),
        ("txid", Is::Text),
        ("state", Is::Text),
        ("fee_sats", Is::Number),
        ("vbytes", Is::Number),
        ("fee_rate", Is::Decimal),
        ("outputs", Is::List),
        ("broadcast", Is::Flag),
    ];
    assert_shape(sent, &fields);
    for output in sent["outputs"].as_array().into_iter().flatten() {
        let fields = [
            ("invoice", Is::Text),
            ("contract", Is::Text),
            ("amount", Is::Units),
            ("file", Is::Text),
        ];
        assert_shape(output, &fields);
    }
}

/// What `accept` answers.
#[track_caller]
pub fn assert_accepted(accepted: &Value) {
    let fields = [
        ("transfer", Is::Text),
        ("contract", Is::Text),
        ("amount", Is::Units),
        ("state", Is::Text),
        ("confirmations", Is::Number),
        ("outpoint", Is::Text),
        ("already_known", Is::Flag),
    ];
    assert_shape(accepted, &fields);
}

/// What `validate` answers of a consistent consignment.
#[track_caller]
pub fn assert_consistent(verdict: &Value) {
    let fields = [
        ("verdict", Is::Text),
        ("contract", Is::Text),
        ("schema", Is::Text),
        ("ticker", Is::MaybeText),
        ("operations", Is::Number),
        ("witnesses", Is::Number),
        ("terminals", Is::List),
        ("confirmations", Is::MaybeNumber),
        ("weakest", Is::MaybeText),
        ("failure", Is::Null),
    ];
    assert_shape(verdict, &fields);
    let terminals = verdict["terminals"].as_array().expect("a list");
    assert!(!terminals.is_empty());
    for terminal in terminals {
        assert_shape(terminal, &[("amount", Is::Units)]);
        let places = ["outpoint", "secret_seal"].map(|place| terminal.get(place).is_some());
        assert_eq!(
            places.iter().filter(|there| **there).count(),
            1,
            "{terminal}"
        );
    }
}

/// What `validate` answers of one that is not.
#[track_caller]
pub fn assert_failed(verdict: &Value, check: &str) {
    let fields = [
        ("check", Is::Text),
        ("operation", Is::MaybeText),
        ("witness", Is::MaybeText),
        ("frame", Is::Number),
        ("expected", Is::Text),
        ("found", Is::Text),
    ];
    assert_shape(&verdict["failure"], &fields);
    assert_eq!(string(&verdict["failure"], "check"), check);
}

/// What every error looks like.
#[track_caller]
pub fn assert_error(error: &Value, code: &str) {
    let fields = [
        ("code", Is::Text),
        ("message", Is::Text),
        ("causes", Is::List),
        ("remedy", Is::MaybeText),
    ];
    assert_shape(error, &fields);
    assert_eq!(string(error, "code"), code, "{error}");
}
