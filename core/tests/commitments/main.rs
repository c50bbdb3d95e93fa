//! Commitments against the recorded results of other implementations, against `commit_verify`
//! as an oracle, and against attackers.

mod anchor_attacks;
mod builder;
mod decoding;
mod maker;
mod mpc_attacks;
mod peer_vectors;
mod proof_shapes;
