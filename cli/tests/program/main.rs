//! The program as a script sees it: exit codes, stdout, stderr and files.

mod acting;
mod bulla;
mod demo;
mod headers;
mod identity;
mod issuing;
mod kinds;
mod outside;
mod own;
mod psbts;
mod schema;
mod shown;
mod transfer;
mod unbacked;
