//! The wallet from end to end on the sandbox: what it is for, and what comes at the wrong moment.

mod adversity;
mod batch;
mod bench;
mod delta;
mod hostage;
mod identity;
mod kinds;
mod lost;
mod ownership;
mod psbts;
mod signers;
mod supply;
mod transfers;
