-- Version 8: what an operation in a witness builds on: its parents, each in the witness on which it was
-- proven, the n-th time on another one. A genesis has none and is no parent here.
CREATE TABLE parents (
    operation      BLOB NOT NULL,
    witness        BLOB NOT NULL,
    parent         BLOB NOT NULL,
    parent_witness BLOB NOT NULL,
    n              INTEGER NOT NULL,
    PRIMARY KEY (operation, witness, parent, parent_witness)
) STRICT, WITHOUT ROWID;
