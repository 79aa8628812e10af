-- Calls of a marketplace on codes that no license was issued for yet, in their order: they are done with the license, in the transaction that issues it.
CREATE TABLE kept_calls
(
    id                     INTEGER PRIMARY KEY,
    account                TEXT    NOT NULL,
    test                   INTEGER NOT NULL,
    code_sha256            BLOB    NOT NULL,
    kind                   TEXT    NOT NULL,    -- what it asks: term, hold, resume or release
    at                     INTEGER NOT NULL,
    activity               TEXT    NOT NULL,
    order_id               TEXT,
    order_line_id          TEXT,
    call_key               BLOB,       -- of a term: by it the same call again is told; this and what follows NULL where the kind has none
    purpose                TEXT,
    scene                  TEXT,
    marketplace_product_id TEXT,
    expires_at             INTEGER,
    reason                 TEXT
);

CREATE INDEX kept_calls_by_code ON kept_calls (code_sha256, account, test, id);
