-- Who this database is, in one row. Two live copies would put the same entries of status lists into different license codes, so a copy and its source know of each other.
CREATE TABLE authority
(
    only_one      INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    id            TEXT NOT NULL,    -- 32 hexadecimal digits; a copy has the same
    served_at     INTEGER,    -- first start of a service on this database; NULL = none yet
    copy_begun_at INTEGER,    -- NULL = not made by "storage copy"
    copy_ended_at INTEGER,    -- when its source was marked as moved; before that no service may start here
    moved_at      INTEGER,    -- copied to another database, which takes its place; no service may start here any more
    moved_to      TEXT    -- that database, for people
);

INSERT INTO authority (only_one, id) VALUES (1, lower(hex(randomblob(16))));
