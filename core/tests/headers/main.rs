//! Header chains and block proofs: real ones, and every way to forge one.

mod attacks;
mod chain;
mod files;
mod kit;
mod mainnet;
mod proofs;
mod refused;
mod retarget;
