-- Version 5: statements about who issued a contract, as text; their signatures were checked.
CREATE TABLE statements (
    contract BLOB NOT NULL REFERENCES contracts (id),
    text     TEXT NOT NULL,
    PRIMARY KEY (contract, text)
) STRICT, WITHOUT ROWID;
