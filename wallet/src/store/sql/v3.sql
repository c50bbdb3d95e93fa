-- Version 3: what has effect is found by index, without reading the whole history.

-- A cache: the greatest height of the operation's history, if all of it is mined; else NULL.
ALTER TABLE operations ADD COLUMN height INTEGER;
CREATE INDEX operations_height ON operations (height);
CREATE INDEX transfers_state ON transfers (direction, state);
CREATE INDEX transfer_items_operation ON transfer_items (operation);

-- The tip's height when the status last changed.
ALTER TABLE witnesses DROP COLUMN checked;
ALTER TABLE witnesses ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
CREATE INDEX witnesses_status ON witnesses (status, height);

-- Which witnesses spend an output.
CREATE TABLE spent (
    outpoint BLOB NOT NULL,
    witness  BLOB NOT NULL,
    PRIMARY KEY (outpoint, witness)
) STRICT, WITHOUT ROWID;

-- An encoded seal begins with 0 and the output's number, or with 1 and the outpoint.
CREATE INDEX leaves_output ON leaves (operation, seal) WHERE seal < x'01';
CREATE INDEX leaves_outpoint ON leaves (seal) WHERE seal >= x'01';

-- By witness first; the order of anchors is that of their operations.
CREATE TABLE anchors_by_witness (
    witness  BLOB NOT NULL REFERENCES witnesses (txid),
    contract BLOB NOT NULL REFERENCES contracts (id),
    anchor   BLOB NOT NULL,
    bundle   BLOB NOT NULL,
    PRIMARY KEY (witness, contract)
) STRICT, WITHOUT ROWID;
INSERT INTO anchors_by_witness SELECT witness, contract, anchor, bundle FROM anchors;

CREATE TABLE anchored_by_witness (
    witness    BLOB NOT NULL,
    contract   BLOB NOT NULL,
    operation  BLOB NOT NULL REFERENCES operations (id),
    signatures BLOB NOT NULL,
    PRIMARY KEY (witness, contract, operation),
    FOREIGN KEY (witness, contract) REFERENCES anchors_by_witness (witness, contract)
) STRICT, WITHOUT ROWID;
INSERT INTO anchored_by_witness SELECT witness, contract, operation, signatures FROM anchored;

DROP TABLE anchored;
DROP TABLE anchors;
ALTER TABLE anchors_by_witness RENAME TO anchors;
ALTER TABLE anchored_by_witness RENAME TO anchored;
CREATE INDEX anchored_operation ON anchored (operation);

-- What an allowed schema says, encoded; NULL if it was allowed by its id alone.
ALTER TABLE schemas_allowed ADD COLUMN schema BLOB;

-- Headers of wire format 1 say the network in the genesis only (32 bytes after the first).
UPDATE contracts SET header = CAST(x'01' || substr(header, 34) AS BLOB) WHERE substr(header, 1, 1) = x'00';
