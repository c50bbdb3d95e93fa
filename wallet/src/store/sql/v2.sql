-- Version 2: assets, invoices and transfers. Amounts are 8 bytes, big-endian: SQLite's integers end at 2^63.
CREATE TABLE schemas_allowed (
    id BLOB PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contracts (
    id     BLOB PRIMARY KEY NOT NULL,
    header BLOB NOT NULL,
    issued INTEGER NOT NULL,
    added  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- seq is a topological order over operations and anchors. A genesis is no row here.
CREATE TABLE operations (
    id         BLOB PRIMARY KEY NOT NULL,
    contract   BLOB NOT NULL REFERENCES contracts (id),
    seq        INTEGER NOT NULL UNIQUE,
    transition BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_contract ON operations (contract, seq);

CREATE TABLE inputs (
    operation BLOB NOT NULL REFERENCES operations (id),
    parent    BLOB NOT NULL,
    type      INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    PRIMARY KEY (operation, parent, type, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX inputs_parent ON inputs (parent, type, idx);

-- The leaves that were shown; of a genesis, operation is the contract.
CREATE TABLE leaves (
    operation BLOB NOT NULL,
    type      INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    amount    BLOB NOT NULL,
    token     INTEGER,
    data      BLOB,
    secret    BLOB NOT NULL,
    seal      BLOB,
    PRIMARY KEY (operation, type, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX leaves_secret ON leaves (secret);

-- status: 0 absent, 1 mempool, 2 mined, 3 conflicted; a cache of what the chain source said.
CREATE TABLE witnesses (
    txid     BLOB PRIMARY KEY NOT NULL,
    tx       BLOB NOT NULL,
    own      INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    height   INTEGER,
    conflict BLOB,
    checked  BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE anchors (
    contract BLOB NOT NULL REFERENCES contracts (id),
    witness  BLOB NOT NULL REFERENCES witnesses (txid),
    seq      INTEGER NOT NULL UNIQUE,
    anchor   BLOB NOT NULL,
    bundle   BLOB NOT NULL,
    PRIMARY KEY (contract, witness)
) STRICT, WITHOUT ROWID;

CREATE TABLE anchored (
    contract   BLOB NOT NULL,
    witness    BLOB NOT NULL,
    operation  BLOB NOT NULL REFERENCES operations (id),
    signatures BLOB NOT NULL,
    PRIMARY KEY (contract, witness, operation),
    FOREIGN KEY (contract, witness) REFERENCES anchors (contract, witness)
) STRICT, WITHOUT ROWID;
CREATE INDEX anchored_operation ON anchored (operation);

CREATE TABLE invoices (
    id       INTEGER PRIMARY KEY,
    text     TEXT NOT NULL UNIQUE,
    contract BLOB,
    amount   BLOB,
    secret   BLOB,
    script   BLOB,
    idx      INTEGER,
    outpoint BLOB,
    blinding BLOB NOT NULL,
    ack      BLOB NOT NULL,
    created  INTEGER NOT NULL,
    expiry   INTEGER,
    state    TEXT NOT NULL,
    reason   TEXT
) STRICT;
CREATE INDEX invoices_secret ON invoices (secret);
CREATE INDEX invoices_script ON invoices (script);

CREATE TABLE transfers (
    id        BLOB PRIMARY KEY NOT NULL,
    direction TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT,
    txid      BLOB,
    psbt      BLOB,
    tx        BLOB,
    fee       INTEGER,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL,
    deadline  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX transfers_created ON transfers (created);
CREATE INDEX transfers_txid ON transfers (txid);

CREATE TABLE transfer_items (
    transfer  BLOB NOT NULL REFERENCES transfers (id),
    n         INTEGER NOT NULL,
    invoice   TEXT,
    contract  BLOB,
    amount    BLOB,
    operation BLOB,
    type      INTEGER,
    idx       INTEGER,
    awaited   INTEGER NOT NULL,
    acked     INTEGER NOT NULL,
    ack       BLOB,
    PRIMARY KEY (transfer, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_items_invoice ON transfer_items (invoice);

-- Coins that a transfer under way spends, or that a blinded invoice waits for.
CREATE TABLE reserved (
    outpoint BLOB PRIMARY KEY NOT NULL,
    transfer BLOB,
    invoice  INTEGER,
    until    INTEGER,
    CHECK ((transfer IS NULL) <> (invoice IS NULL))
) STRICT, WITHOUT ROWID;
