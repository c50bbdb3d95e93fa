//! One list of questions, asked of every chain source: the sandbox, nodes with and without indexes,
//! and electrs.

mod failures;
mod leaving;
mod lies;
mod person;
mod pool;
mod questions;
mod view;
mod world;

use self::questions::SCENARIOS;
use self::world::World;

fn ask_all(w: &World) {
    for (name, scenario) in SCENARIOS.into_iter().chain(pool::SCENARIOS) {
        println!("{}: {name}", w.source.name());
        scenario(w);
    }
}

#[test]
fn the_sandbox_answers() {
    ask_all(&World::sandbox());
}

#[test]
fn a_node_with_transaction_index_and_filters_answers() {
    ask_all(&World::node(&["-txindex=1", "-blockfilterindex=1"]));
}

#[test]
fn a_node_with_an_index_of_spenders_names_rivals() {
    ask_all(&World::node(&["-txindex=1", "-txospenderindex=1"]).that_names_rivals());
}

#[test]
fn a_node_with_filters_alone_answers() {
    ask_all(&World::node(&["-blockfilterindex=1"]).that_needs_places());
}

#[test]
fn a_node_without_any_index_answers() {
    ask_all(&World::node(&[]).that_needs_places());
}

#[test]
fn electrs_answers() {
    ask_all(&World::electrs());
}
