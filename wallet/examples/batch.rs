//! Measures a batch: `cargo run --release -p bulla-wallet --example batch -- 10000`. Prints what the payees
//! get, the time of each step and the peak of memory (Linux) as JSON.

use std::error::Error;
use std::time::Instant;

use bitcoin::{Amount, ScriptBuf};
use bulla_core::SecretSeal;
use bulla_wallet::api::{InvoiceRequest, Issue, Payment, PlanOptions};
use bulla_wallet::invoice::{Beneficiary, Invoice};
use bulla_wallet::keys::{Keys, Passphrase, Words};
use bulla_wallet::sandbox::{Confirm, Sandbox};
use bulla_wallet::transfer::History;
use bulla_wallet::{Network, Wallet};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).map_or(Ok(10_000), |n| n.parse())?;
    let dir = tempfile::tempdir()?;
    let chain = Sandbox::open(dir.path().join("chain.sqlite"))?;
    let passphrase = Passphrase::new("benchmark");
    let path = dir.path().join("payer");
    let keys = Keys::generate(Words::Twelve, None)?;
    let mut payer = Wallet::create(&path, Network::Regtest, keys, &passphrase)?;
    let payments = payments(&mut payer, &chain, &passphrase, count)?;

    let start = Instant::now();
    let plan = payer.plan(&payments, &PlanOptions::default())?;
    let planned = start.elapsed().as_secs_f64();
    let mut prepared = payer.prepare(plan)?;
    let was_prepared = start.elapsed().as_secs_f64();
    payer.sign(&mut prepared.psbt, &passphrase)?;
    payer.finish(prepared.transfer, prepared.psbt)?;
    let signed = start.elapsed().as_secs_f64();
    let (mut files, mut most, mut all) = (0_u64, 0, 0_usize);
    for consignment in payer.deliver_each(prepared.transfer, History::New)? {
        let bytes = consignment?.bytes.len();
        files += 1;
        most = most.max(bytes);
        all += bytes;
    }
    let delivered = start.elapsed().as_secs_f64();
    println!(
        "{{\"payees\":{files},\"receiver_bytes\":{most},\"bytes\":{all},\"vbytes\":{},\
         \"plan_s\":{planned:.3},\"prepare_s\":{:.3},\"sign_s\":{:.3},\"consign_s\":{:.3},\
         \"peak_kib\":{}}}",
        prepared.vbytes,
        was_prepared - planned,
        signed - was_prepared,
        delivered - signed,
        peak()?,
    );
    Ok(())
}

/// An issue, and invoices to the seals of strangers.
fn payments(
    payer: &mut Wallet,
    chain: &Sandbox,
    passphrase: &Passphrase,
    count: u64,
) -> Result<Vec<Payment>> {
    for _ in 0..2 {
        let script = payer.address()?.script_pubkey();
        chain.fund(&script, Amount::from_sat(1_000_000), Confirm::Now)?;
    }
    payer.sync(chain)?;
    let carrier = Payment::Carriers {
        count: 1,
        sats: None,
    };
    let plan = payer.plan(&[carrier], &PlanOptions::default())?;
    let mut prepared = payer.prepare(plan)?;
    payer.sign(&mut prepared.psbt, passphrase)?;
    payer.finish(prepared.transfer, prepared.psbt)?;
    payer.broadcast(prepared.transfer, chain)?;
    chain.mine(1, &ScriptBuf::new())?;
    payer.sync(chain)?;
    let contract = payer.issue(&Issue::fixed("PAY", "Pay", 0, 1_000_000_000))?;
    let invoice = payer.invoice(&InvoiceRequest {
        contract: Some(contract),
        amount: Some(1_000),
        ..InvoiceRequest::default()
    })?;
    Ok((0..count).map(|n| stranger(&invoice, n)).collect())
}

fn stranger(invoice: &Invoice, n: u64) -> Payment {
    let mut secret = [0x5e; 32];
    secret[..8].copy_from_slice(&n.to_be_bytes());
    let invoice = Invoice {
        to: Beneficiary::Seal(SecretSeal::from_bytes(secret)),
        ..invoice.clone()
    };
    Payment::Invoice {
        invoice: Box::new(invoice),
        contract: None,
        amount: None,
    }
}

/// The most memory that was resident at once, in KiB.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.ok_or("no VmHWM")?.trim().trim_end_matches(" kB");
    Ok(line.trim().parse()?)
}
