//! The sandbox and Bitcoin Core on one chain: the same transactions and blocks, the same answers.

mod blocks;
mod forms;
mod locks;
mod pair;
mod replacements;
mod scripts;
mod values;
