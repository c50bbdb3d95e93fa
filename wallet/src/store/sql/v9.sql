-- Version 9: operations and witnesses have numbers, in the order in which they became known, and every
-- other table names them by these: what comes last stands at the end of each table, and a command writes
-- the same few pages whatever came before. Only four things are still sought by hashes. A column refers to
-- another table where an index finds its rows: where none does, each deletion would walk the whole table.
ALTER TABLE operations RENAME TO operations_8;
ALTER TABLE inputs RENAME TO inputs_8;
ALTER TABLE leaves RENAME TO leaves_8;
ALTER TABLE witnesses RENAME TO witnesses_8;
ALTER TABLE spent RENAME TO spent_8;
ALTER TABLE anchors RENAME TO anchors_8;
ALTER TABLE anchored RENAME TO anchored_8;
ALTER TABLE parents RENAME TO parents_8;
ALTER TABLE block_proofs RENAME TO block_proofs_8;

-- n is a topological order. A genesis is a row whose contract and transition are NULL, of height 0; its id
-- is that of its contract, and everywhere below a contract is the number of its genesis.
CREATE TABLE operations (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    contract   INTEGER REFERENCES operations (n),
    height     INTEGER,
    transition BLOB,
    CHECK ((contract IS NULL) = (transition IS NULL))
) STRICT;
INSERT INTO operations (id, height) SELECT id, 0 FROM contracts ORDER BY added, id;
-- An older version could forget what another operation builds on. That stays without effect: its parent is a row
-- of which nothing is known but the id, without a height.
INSERT INTO operations (id)
    SELECT DISTINCT parent FROM inputs_8
    WHERE parent NOT IN (SELECT id FROM operations) AND parent NOT IN (SELECT id FROM operations_8);
INSERT INTO operations (id, contract, height, transition)
    SELECT o.id, c.n, o.height, o.transition FROM operations_8 o JOIN operations c ON c.id = o.contract
    ORDER BY o.seq;

CREATE TABLE inputs (
    operation INTEGER NOT NULL REFERENCES operations (n),
    parent    INTEGER NOT NULL REFERENCES operations (n),
    type      INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    PRIMARY KEY (operation, parent, type, idx)
) STRICT, WITHOUT ROWID;
INSERT INTO inputs
    SELECT o.n, p.n, i.type, i.idx FROM inputs_8 i
    JOIN operations o ON o.id = i.operation JOIN operations p ON p.id = i.parent ORDER BY o.n;

-- The leaves that were shown.
CREATE TABLE leaves (
    operation INTEGER NOT NULL REFERENCES operations (n),
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
INSERT INTO leaves
    SELECT o.n, type, idx, kind, amount, token, data, secret, seal FROM leaves_8 l
    JOIN operations o ON o.id = l.operation ORDER BY o.n;

-- status: 0 absent, 1 mempool, 2 mined, 3 conflicted; since: the tip's height when it last changed.
CREATE TABLE witnesses (
    n        INTEGER PRIMARY KEY,
    txid     BLOB NOT NULL UNIQUE,
    tx       BLOB NOT NULL,
    own      INTEGER NOT NULL,
    status   INTEGER NOT NULL,
    height   INTEGER,
    conflict BLOB,
    since    INTEGER NOT NULL
) STRICT;
INSERT INTO witnesses (txid, tx, own, status, height, conflict, since)
    SELECT txid, tx, own, status, height, conflict, since FROM witnesses_8 w
    ORDER BY (SELECT min(o.n) FROM anchored_8 a JOIN operations o ON o.id = a.operation
              WHERE a.witness = w.txid), txid;

CREATE TABLE spent (
    outpoint BLOB NOT NULL,
    witness  INTEGER NOT NULL,
    PRIMARY KEY (outpoint, witness)
) STRICT, WITHOUT ROWID;
INSERT INTO spent SELECT outpoint, w.n FROM spent_8 s JOIN witnesses w ON w.txid = s.witness ORDER BY outpoint;

CREATE TABLE anchors (
    witness  INTEGER NOT NULL REFERENCES witnesses (n),
    contract INTEGER NOT NULL,
    anchor   BLOB NOT NULL,
    bundle   BLOB NOT NULL,
    PRIMARY KEY (witness, contract)
) STRICT, WITHOUT ROWID;
INSERT INTO anchors
    SELECT w.n, c.n, anchor, bundle FROM anchors_8 a
    JOIN witnesses w ON w.txid = a.witness JOIN operations c ON c.id = a.contract ORDER BY w.n;

CREATE TABLE anchored (
    witness    INTEGER NOT NULL,
    contract   INTEGER NOT NULL,
    operation  INTEGER NOT NULL REFERENCES operations (n),
    signatures BLOB NOT NULL,
    PRIMARY KEY (witness, contract, operation),
    FOREIGN KEY (witness, contract) REFERENCES anchors (witness, contract)
) STRICT, WITHOUT ROWID;
INSERT INTO anchored
    SELECT w.n, c.n, o.n, signatures FROM anchored_8 a
    JOIN witnesses w ON w.txid = a.witness JOIN operations c ON c.id = a.contract
    JOIN operations o ON o.id = a.operation ORDER BY w.n;

-- What an operation in a witness builds on: its parents, each in the witness on which it was proven, the
-- nth time on another one. A genesis is no parent here.
CREATE TABLE parents (
    operation      INTEGER NOT NULL REFERENCES operations (n),
    witness        INTEGER NOT NULL,
    parent         INTEGER NOT NULL,
    parent_witness INTEGER NOT NULL,
    nth            INTEGER NOT NULL,
    PRIMARY KEY (operation, witness, parent, parent_witness)
) STRICT, WITHOUT ROWID;
INSERT INTO parents
    SELECT o.n, w.n, p.n, v.n, q.n FROM parents_8 q
    JOIN operations o ON o.id = q.operation JOIN witnesses w ON w.txid = q.witness
    JOIN operations p ON p.id = q.parent JOIN witnesses v ON v.txid = q.parent_witness ORDER BY o.n;

CREATE TABLE block_proofs (
    witness  INTEGER PRIMARY KEY REFERENCES witnesses (n),
    height   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    branch   BLOB NOT NULL
) STRICT;
INSERT INTO block_proofs
    SELECT w.n, p.height, position, branch FROM block_proofs_8 p JOIN witnesses w ON w.txid = p.txid;

DROP TABLE block_proofs_8;
DROP TABLE parents_8;
DROP TABLE anchored_8;
DROP TABLE anchors_8;
DROP TABLE spent_8;
DROP TABLE witnesses_8;
DROP TABLE leaves_8;
DROP TABLE inputs_8;
DROP TABLE operations_8;

CREATE INDEX operations_contract ON operations (contract);
CREATE INDEX operations_height ON operations (height);
CREATE INDEX inputs_parent ON inputs (parent, type, idx);
CREATE INDEX leaves_secret ON leaves (secret);
-- An encoded seal begins with 0 and the output's number, or with 1 and the outpoint.
CREATE INDEX leaves_output ON leaves (operation, seal) WHERE seal < x'01';
CREATE INDEX leaves_outpoint ON leaves (seal) WHERE seal >= x'01';
CREATE INDEX witnesses_status ON witnesses (status, height);
CREATE INDEX anchored_operation ON anchored (operation);
CREATE INDEX block_proofs_height ON block_proofs (height);
