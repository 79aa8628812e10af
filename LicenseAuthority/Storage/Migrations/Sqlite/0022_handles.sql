-- What else than its id leads to a license. The instance id is the license's id and needs no row here.
CREATE TABLE handles
(
    account    TEXT    NOT NULL,
    test       INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    handle     BLOB    NOT NULL,    -- SHA-256 of what the caller says
    -- Deferred: written before the license, so that a call that lost a race has written nothing.
    license_id TEXT    NOT NULL REFERENCES licenses (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (handle, kind, account, test)
) WITHOUT ROWID;

-- The code that a marketplace handed out for a license, which is a secret: whoever has it gets the license.
CREATE TABLE marketplace_codes
(
    license_id   TEXT NOT NULL PRIMARY KEY REFERENCES licenses (id),
    code         TEXT NOT NULL,    -- as the marketplace wants it back when it is asked about it; shown are its last characters only
    end_known_by TEXT NOT NULL     -- who said the end of the term: activation (an estimate), query or call
) WITHOUT ROWID;
