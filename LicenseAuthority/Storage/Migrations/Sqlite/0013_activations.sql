-- The places of devices, counted against the quantity of their license. A row stays when its place was given up: it says so, and its codes stay invalid.
CREATE TABLE activations
(
    id             TEXT    NOT NULL PRIMARY KEY,    -- act_ and a ULID; also codes.device
    license_id     TEXT    NOT NULL REFERENCES licenses (id),
    device_ids     TEXT    NOT NULL,    -- the claim dev: 1 to 8 ids with blanks between them, never fingerprints
    required       INTEGER NOT NULL,    -- the claim devk: how many of them must be found
    name           TEXT,
    activated_at   INTEGER NOT NULL,
    last_seen_at   INTEGER NOT NULL,
    lease          INTEGER,    -- the lease that was asked for, in milliseconds; NULL = none
    lease_until    INTEGER,    -- the end of the newest code's lease, then the place is free by itself; NULL = no lease
    offline        INTEGER NOT NULL,    -- the device never shows itself: only who has its code or an operator frees its place
    generation     INTEGER NOT NULL,    -- of its newest code
    code_issued_at INTEGER NOT NULL,    -- the iat of that code
    freed_at       INTEGER,    -- NULL = it has its place, unless its lease is over
    freed_by       TEXT    -- device, license, lease, or the operator
) WITHOUT ROWID;

CREATE INDEX activations_by_license ON activations (license_id, id);
-- The last column is the one of the condition: without it counting would look into the table for each place.
CREATE INDEX activations_held ON activations (license_id, lease_until, freed_at) WHERE freed_at IS NULL;
CREATE INDEX activations_freed ON activations (license_id, freed_at) WHERE freed_at IS NOT NULL;

-- The ids of the devices that hold a place, to find the same device again.
CREATE TABLE activation_devices
(
    license_id    TEXT NOT NULL,
    device_id     TEXT NOT NULL,
    activation_id TEXT NOT NULL REFERENCES activations (id),
    PRIMARY KEY (license_id, device_id, activation_id)
) WITHOUT ROWID;

-- All codes of a device become invalid when it is freed. Codes without a device, those of orders, do not pay for it.
CREATE INDEX codes_by_device ON codes (device) WHERE device IS NOT NULL;
