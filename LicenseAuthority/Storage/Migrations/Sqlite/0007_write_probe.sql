-- What is written while the database is red, to find out whether it can be written again: one row, larger than what an order writes. No row = it was never red.
CREATE TABLE write_probe
(
    only_one   INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    written_at INTEGER NOT NULL,
    filler     BLOB NOT NULL
) STRICT;
