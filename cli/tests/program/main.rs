//! The program as a script sees it: exit codes, stdout, stderr and files.

mod bulla;
mod demo;
mod kinds;
mod outside;
mod schema;
mod transfer;
