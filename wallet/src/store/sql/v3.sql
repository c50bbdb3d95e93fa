-- Version 3: headers of wire format 1, which say the network in the genesis only (32 bytes after the first).
UPDATE contracts SET header = CAST(x'01' || substr(header, 34) AS BLOB) WHERE substr(header, 1, 1) = x'00';
