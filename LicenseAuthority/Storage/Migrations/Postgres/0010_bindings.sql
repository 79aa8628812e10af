-- A license has codes of several bindings: unbound, and one device each. generation counts them all; orders, operators and repeats get the newest unbound one.
ALTER TABLE licenses ADD COLUMN unbound_generation bigint NOT NULL DEFAULT 0;
UPDATE licenses SET unbound_generation = generation;

-- Serial of the certificate that signed it; 0 = before this was written down, older than all.
ALTER TABLE codes ADD COLUMN key_serial bigint NOT NULL DEFAULT 0;

-- Since when its entry in the status list is INVALID for good; NULL = the entry follows the license.
ALTER TABLE codes ADD COLUMN invalid_at bigint;

-- How far the codes that a revoked key had signed are replaced, one row. No row = no key was ever revoked while a service ran.
CREATE TABLE reissue
(
    only_one   bigint NOT NULL PRIMARY KEY CHECK (only_one = 1),
    min_serial bigint NOT NULL,    -- codes by certificates below it are replaced
    position   bigint NOT NULL,    -- codes.id up to which they were looked at
    remaining  bigint,    -- codes that are to be replaced; NULL = not counted yet
    ended_at   bigint,    -- NULL = under way
    holder     text,    -- the process that does it; others only after held_until
    held_until bigint NOT NULL
);
