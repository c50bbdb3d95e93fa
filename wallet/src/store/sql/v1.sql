-- Version 1: the keys and the bitcoin side. BDK's own tables are called bdk_*.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row. The vault is encrypted; the rest can spend nothing.
CREATE TABLE keys (
    id          INTEGER PRIMARY KEY CHECK (id = 0),
    vault       BLOB,
    view        BLOB NOT NULL,
    plain       TEXT NOT NULL,
    sealed      TEXT NOT NULL,
    fingerprint BLOB NOT NULL
) STRICT;

-- Outputs whose key is tweaked by a commitment: cannot be found again from the words alone.
CREATE TABLE tapret (
    script       BLOB PRIMARY KEY NOT NULL,
    idx          INTEGER NOT NULL,
    internal_key BLOB NOT NULL,
    commitment   BLOB NOT NULL,
    root         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
