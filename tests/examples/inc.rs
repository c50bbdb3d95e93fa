use bulla_tests::kit::{Carry, Receiver};
use std::time::Instant;
fn main() {
    let n: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut receiver = Receiver::new(Carry::Opret);
    receiver.grow(n - 1);
    let leaf = receiver.pay();
    let whole = receiver.whole(leaf);
    let begin = Instant::now();
    bulla_core::validator::validate(&whole, &bulla_tests::kit::rules()).unwrap();
    println!(
        "validate {n}: {:?}, {} bytes each",
        begin.elapsed(),
        whole.len() / n as usize
    );
    let begin = Instant::now();
    receiver.accept(&whole).unwrap();
    println!("accept {n}: {:?}", begin.elapsed());
    println!(
        "{:?} file {}",
        receiver.amounts(),
        std::fs::metadata(receiver.folder.path().join("wallet"))
            .unwrap()
            .len()
    );
    for _ in 0..3 {
        let begin = Instant::now();
        receiver.wallet.sync(&receiver.chain).unwrap();
        let sync = begin.elapsed();
        let begin = Instant::now();
        receiver.amounts();
        println!("sync {sync:?} balance {:?}", begin.elapsed());
    }
    for _ in 0..5 {
        let known = receiver.history.drafts().len();
        let leaf = receiver.pay();
        let delta = receiver.delta(known, leaf);
        let begin = Instant::now();
        let found = receiver.accept(&delta);
        println!(
            "append at {known}: {:?} {:?}",
            begin.elapsed(),
            found.map(|r| r.amount)
        );
    }
}
