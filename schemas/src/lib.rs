//! Bulla: schemas.
