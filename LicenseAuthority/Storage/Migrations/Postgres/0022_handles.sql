-- What else than its id leads to a license. The instance id is the license's id and needs no row here.
CREATE TABLE handles
(
    account    text COLLATE "C" NOT NULL,
    test       boolean NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    handle     bytea NOT NULL,    -- SHA-256 of what the caller says
    -- Deferred: written before the license, so that a call that lost a race has written nothing.
    license_id text COLLATE "C" NOT NULL REFERENCES licenses (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (handle, kind, account, test)
);

-- The code that a marketplace handed out for a license, which is a secret: whoever has it gets the license.
CREATE TABLE marketplace_codes
(
    license_id   text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES licenses (id),
    code         text NOT NULL,    -- as the marketplace wants it back when it is asked about it; shown are its last characters only
    end_known_by text NOT NULL     -- who said the end of the term: activation (an estimate), query or call
);
