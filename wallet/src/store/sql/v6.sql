-- Version 6: what payees said they have proven, so that payments to the same key leave it out; and the
-- contact an invoice was made for, whose acknowledgement key it names.
CREATE TABLE proven (
    ack       BLOB NOT NULL,
    operation BLOB NOT NULL,
    witness   BLOB NOT NULL,
    PRIMARY KEY (ack, operation, witness)
) STRICT, WITHOUT ROWID;

ALTER TABLE invoices ADD COLUMN contact TEXT;
