//! The standard schemas before the validator: stories that use every transition, attacks on each
//! step of them (the catalogue's rows B and G), and faulty schemas of people's own.

mod attacks;
mod faults;

mod kinds;
mod stories;
