//! The wallet from end to end on the sandbox: what it is for, and what comes at the wrong moment.

mod adversity;
mod bench;
mod kinds;
mod signers;
mod transfers;
