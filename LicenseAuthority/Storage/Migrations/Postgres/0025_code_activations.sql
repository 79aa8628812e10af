-- Activations of codes that were begun at the marketplace, where they cannot be undone, and have no license here yet. A row of which nobody has the claim: nobody
-- knows whether it was done there.
CREATE TABLE code_activations
(
    account                 text COLLATE "C" NOT NULL,
    code_sha256             bytea NOT NULL,
    since                   bigint NOT NULL,
    claimed_until           bigint,    -- a process is at it; NULL = nobody
    order_id                text,       -- this and what follows: what was bought, once it is known; NULL = it is not
    marketplace_product_id  text,
    quantity                bigint,
    expires_at              bigint,    -- NULL = not said
    end_known_by            text,
    marketplace_customer_id text,
    customer_name           text,
    PRIMARY KEY (code_sha256, account)
);

-- What the marketplace says of the code when it is asked.
ALTER TABLE marketplace_codes ADD COLUMN activated_on bigint;     -- the last day (of the marketplace's time zone, since 1970) with an activation of a device
ALTER TABLE marketplace_codes ADD COLUMN refreshed_on bigint;     -- the same of a refresh
ALTER TABLE marketplace_codes ADD COLUMN used_at bigint;          -- the first use of the last such day; NULL = it was not used since this was written down
ALTER TABLE marketplace_codes ADD COLUMN asked_at bigint;         -- NULL = never
ALTER TABLE marketplace_codes ADD COLUMN their_status text;        -- as it was said last; NULL = never
ALTER TABLE marketplace_codes ADD COLUMN their_expires_at bigint; -- NULL = not said
ALTER TABLE marketplace_codes ADD COLUMN drift_since bigint;      -- since when it differs from the license; NULL = it does not
ALTER TABLE marketplace_codes ADD COLUMN guessed boolean NOT NULL DEFAULT false;    -- what was bought could not be found out: an operator has to look

CREATE INDEX marketplace_codes_drift ON marketplace_codes (license_id) WHERE drift_since IS NOT NULL;
CREATE INDEX marketplace_codes_used ON marketplace_codes (used_at);
