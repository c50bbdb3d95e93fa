//! Bulla: wallet.
