//! The program as a script sees it: exit codes, stdout, stderr and files.

mod bulla;
mod demo;
mod headers;
mod identity;
mod kinds;
mod outside;
mod own;
mod schema;
mod shown;
mod transfer;
