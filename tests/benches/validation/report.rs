//! The numbers that goals are stated in, as a file. Null is what was not measured.

use serde::Serialize;

/// Times are those of the fastest run.
#[derive(Default, Serialize)]
pub struct Report {
    /// Microseconds per transition: opret line of 1,000, one core.
    pub opret_us: Option<f64>,
    /// Microseconds per transition: tapret line of 1,000, one core.
    pub tapret_us: Option<f64>,
    /// Microseconds for one `lift_x` and one tweak addition.
    pub tapret_floor_us: Option<f64>,
    /// Microseconds for the SHA-256 compressions of an opret transfer.
    pub compressions_us: Option<f64>,
    /// Microseconds per transition: the peer, opret line of 1,000, without decoding.
    pub rgb_opret_us: Option<f64>,
    /// Time on one core by that on two: tapret line of 10,000.
    pub speedup_2_cores: Option<f64>,
    /// Tapret line of 1,000, before compression, without the header.
    pub bytes_per_tapret_transfer: Option<usize>,
    /// A transfer as wallets make it.
    pub bytes_per_wallet_transfer: Option<usize>,
    /// Schema, genesis, header.
    pub bytes_fixed: Option<usize>,
    /// MiB of peak memory for a tapret line of 100,000, whose open state is one leaf.
    pub overhead_mib_100k: Option<f64>,
    /// Milliseconds to validate and store 10,000 transitions.
    pub accept_10k_ms: Option<f64>,
    /// The same by the peer's file store; its validation is left out.
    pub rgb_accept_10k_ms: Option<f64>,
    /// Microseconds to accept one more transfer on top of 10.
    pub append_us_at_10: Option<f64>,
    /// The same on top of 100,000.
    pub append_us_at_100k: Option<f64>,
    /// Bytes that one of 10,000 receivers of a transfer gets.
    pub batch_10k_receiver_bytes: Option<usize>,
    /// Seconds to make their consignments.
    pub batch_10k_consign_s: Option<f64>,
    /// MiB of peak memory for it, one consignment at a time.
    pub batch_10k_mib: Option<f64>,
    /// Milliseconds of payer and payee for a payment that they repeat, the tenth.
    pub repeated_ms_at_10: Option<f64>,
    /// The same for the thousandth.
    pub repeated_ms_at_1k: Option<f64>,
}

impl Report {
    /// Prints the ratios and writes the file.
    pub fn finish(&self) {
        println!("\nratios\n");
        ratio(
            "peer's time by ours, opret (goal: at least 15)",
            self.rgb_opret_us,
            self.opret_us,
        );
        ratio(
            "tapret by its floor (goal: at most 1.25)",
            self.tapret_us,
            self.tapret_floor_us,
        );
        ratio(
            "opret by its compressions",
            self.opret_us,
            self.compressions_us,
        );
        ratio(
            "peer's time to accept 10,000 by ours (goal: at least 10)",
            self.rgb_accept_10k_ms,
            self.accept_10k_ms,
        );
        ratio(
            "appending at 100,000 by appending at 10 (goal: about 1)",
            self.append_us_at_100k,
            self.append_us_at_10,
        );
        println!("\nagainst goals\n");
        goal(
            "one core by two, tapret (at least 1.6)",
            self.speedup_2_cores,
        );
        goal(
            "bytes of a tapret transfer (at most 220)",
            bytes(self.bytes_per_tapret_transfer),
        );
        goal(
            "bytes of a wallet's transfer (at most 300)",
            bytes(self.bytes_per_wallet_transfer),
        );
        goal(
            "bytes of header, schema, genesis (at most 1,024)",
            bytes(self.bytes_fixed),
        );
        goal(
            "MiB above the open state, 100,000 (at most 64)",
            self.overhead_mib_100k,
        );
        let program = std::env::current_exe().expect("this program");
        // Of target/release/deps/program.
        let target = program.ancestors().nth(3).expect("the target directory");
        let file = target.join("bulla-bench.json");
        let json = serde_json::to_string_pretty(self).expect("numbers");
        std::fs::write(&file, json + "\n").expect("a file in the target directory");
        println!("\nwritten to {}", file.display());
    }
}

fn bytes(count: Option<usize>) -> Option<f64> {
    let count = u32::try_from(count?).expect("fewer than 4 GiB");
    Some(count.into())
}

fn goal(name: &str, found: Option<f64>) {
    if let Some(found) = found {
        println!("{name:<58}  {found:>7.2}");
    }
}

fn ratio(name: &str, above: Option<f64>, below: Option<f64>) {
    if let (Some(above), Some(below)) = (above, below) {
        goal(name, Some(above / below));
    }
}
