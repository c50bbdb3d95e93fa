-- Version 4: the checked header chain, and where our witnesses were mined in it. Both only ever hold
-- what was checked; a proof above a height goes with the headers above it.
CREATE TABLE headers (
    height INTEGER PRIMARY KEY,
    header BLOB NOT NULL
) STRICT;

CREATE TABLE block_proofs (
    txid     BLOB PRIMARY KEY NOT NULL,
    height   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    branch   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX block_proofs_height ON block_proofs (height);
