//! The program dies by SIGKILL at every crash point; who goes on afterwards has what he would have.

mod world;

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use bulla_tests::program::Program;
use bulla_wallet::crash::{POINTS, VARIABLE};
use world::World;

/// SIGKILL.
const KILLED: i32 = 9;

/// Runs a command that has to die at the point.
fn die(program: &Program, arguments: &[&str], point: &str) {
    let run = program.command(arguments).env(VARIABLE, point).output();
    let status = run.expect("the program starts").status;
    assert_eq!(
        status.signal(),
        Some(KILLED),
        "{point} was not reached by {arguments:?}: {status}"
    );
}

/// The points of these commands, each of which a test below visits.
fn points(commands: &[&str]) -> Vec<&'static str> {
    let of = |point: &&&str| {
        commands
            .iter()
            .any(|command| point.starts_with(&format!("{command}-")))
    };
    POINTS.iter().filter(of).copied().collect()
}

const CREATE: &[&str] = &["create"];
const SYNC: &[&str] = &["headers", "sync"];
const SEND: &[&str] = &["prepare", "finish", "deliver", "broadcast"];
const ACCEPT: &[&str] = &["accept", "acknowledge"];
const RESUME: &[&str] = &["acknowledged"];

#[test]
fn every_listed_point_is_visited() {
    let groups = [CREATE, SYNC, SEND, ACCEPT, RESUME];
    let visited: BTreeSet<_> = groups.iter().flat_map(|group| points(group)).collect();
    let listed: BTreeSet<_> = POINTS.iter().copied().collect();
    assert_eq!(visited, listed);
    assert_eq!(listed.len(), POINTS.len(), "a point is listed twice");
    assert!(groups.iter().all(|group| !points(group).is_empty()));
}

#[test]
fn a_killed_init_can_be_repeated_and_its_words_are_not_lost() {
    for point in points(CREATE) {
        let world = World::new();
        let carol = world.program("carol");
        die(&carol, &["init"], point);
        if point.ends_with("before-commit") {
            carol.json(&["init"]);
        } else {
            assert_eq!(carol.error(&["init"]).1["code"], "wallet-exists");
        }
        let words = carol.json(&["keys", "show", "--words"])["words"].clone();
        assert_eq!(
            words.as_str().map(|words| words.split(' ').count()),
            Some(12)
        );
        carol.json(&["address"]);
    }
}

#[test]
fn a_killed_sync_can_be_repeated() {
    let start = World::issued();
    let expected = start.sent("start").balances();
    for point in points(SYNC) {
        let world = start.copy();
        die(&world.alice(), &["sync"], point);
        die(&world.bob(), &["sync"], point);
        assert_eq!(world.sent(point).balances(), expected, "{point}");
    }
}

#[test]
fn a_killed_send_loses_nothing_and_can_be_finished() {
    let start = World::issued();
    let expected = start.sent("start").balances();
    for point in points(SEND) {
        let world = start.copy();
        let invoice = world.invoice();
        die(
            &world.alice(),
            &["send", &invoice, "--out", "outbox"],
            point,
        );
        assert_eq!(
            world.finished(&invoice, point).balances(),
            expected,
            "{point}"
        );
    }
}

#[test]
fn a_killed_send_can_be_given_up_before_it_is_public() {
    let start = World::issued();
    let before = start.alice().json(&["balance"]);
    for point in points(&["prepare", "finish", "deliver"]) {
        let world = start.copy();
        let invoice = world.invoice();
        die(
            &world.alice(),
            &["send", &invoice, "--out", "outbox"],
            point,
        );
        if let Some(transfer) = world.transfer(&invoice) {
            world.alice().json(&["cancel", &transfer]);
        }
        assert_eq!(world.alice().json(&["balance"]), before, "{point}");
    }
}

#[test]
fn a_killed_accept_loses_nothing_and_can_be_repeated() {
    let start = World::held();
    let expected = start.acknowledged("start").balances();
    for point in points(ACCEPT) {
        let world = start.copy();
        let file = world.file();
        die(&world.bob(), &["accept", &file, "--ack", "bob.ack"], point);
        world.assert_whole_or_no_acknowledgement(point);
        assert_eq!(world.acknowledged(point).balances(), expected, "{point}");
    }
}

#[test]
fn a_killed_resume_loses_nothing_and_can_be_repeated() {
    let start = World::held();
    start
        .bob()
        .json(&["accept", &start.file(), "--ack", "bob.ack"]);
    let expected = start.copy().resumed("start").balances();
    for point in points(&[
        "acknowledged",
        "deliver-before-file",
        "deliver-after-file",
        "broadcast",
    ]) {
        let world = start.copy();
        let transfer = world.transfer(&world.invoice()).expect("a held transfer");
        let resume = [
            "send", "--resume", &transfer, "--ack", "bob.ack", "--out", "outbox",
        ];
        die(&world.alice(), &resume, point);
        assert_eq!(world.resumed(point).balances(), expected, "{point}");
    }
}
