//! Empty: this package exists for its lock file, from which `cargo vendor` fetches the source of Bitcoin Core.
