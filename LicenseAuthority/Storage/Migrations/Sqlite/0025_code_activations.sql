-- Activations of codes that were begun at the marketplace, where they cannot be undone, and have no license here yet. A row of which nobody has the claim: nobody
-- knows whether it was done there.
CREATE TABLE code_activations
(
    account                 TEXT    NOT NULL,
    code_sha256             BLOB    NOT NULL,
    since                   INTEGER NOT NULL,
    claimed_until           INTEGER,    -- a process is at it; NULL = nobody
    order_id                TEXT,       -- this and what follows: what was bought, once it is known; NULL = it is not
    marketplace_product_id  TEXT,
    quantity                INTEGER,
    expires_at              INTEGER,    -- NULL = not said
    end_known_by            TEXT,
    marketplace_customer_id TEXT,
    customer_name           TEXT,
    PRIMARY KEY (code_sha256, account)
) WITHOUT ROWID;

-- What the marketplace says of the code when it is asked.
ALTER TABLE marketplace_codes ADD COLUMN activated_on INTEGER;     -- the last day (of the marketplace's time zone, since 1970) with an activation of a device
ALTER TABLE marketplace_codes ADD COLUMN refreshed_on INTEGER;     -- the same of a refresh
ALTER TABLE marketplace_codes ADD COLUMN used_at INTEGER;          -- the first use of the last such day; NULL = it was not used since this was written down
ALTER TABLE marketplace_codes ADD COLUMN asked_at INTEGER;         -- NULL = never
ALTER TABLE marketplace_codes ADD COLUMN their_status TEXT;        -- as it was said last; NULL = never
ALTER TABLE marketplace_codes ADD COLUMN their_expires_at INTEGER; -- NULL = not said
ALTER TABLE marketplace_codes ADD COLUMN drift_since INTEGER;      -- since when it differs from the license; NULL = it does not
ALTER TABLE marketplace_codes ADD COLUMN guessed INTEGER NOT NULL DEFAULT 0;    -- what was bought could not be found out: an operator has to look

CREATE INDEX marketplace_codes_drift ON marketplace_codes (license_id) WHERE drift_since IS NOT NULL;
CREATE INDEX marketplace_codes_used ON marketplace_codes (used_at);
