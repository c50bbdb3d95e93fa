-- Version 7: a leaf that a transfer leaves behind is named with its operation: another one of the same
-- number, that comes later, is not meant.
ALTER TABLE transfer_items ADD COLUMN abandoned BLOB;
