-- Instants are integer milliseconds since the Unix epoch (UTC). States, kinds and scenes are words, the same as in the code.

CREATE TABLE licenses
(
    id                       TEXT    NOT NULL PRIMARY KEY,
    account                  TEXT    NOT NULL,
    product                  TEXT    NOT NULL,
    test                     INTEGER NOT NULL,
    round                    INTEGER NOT NULL,
    trial                    INTEGER NOT NULL,
    customer_id              TEXT    NOT NULL,
    marketplace_customer_id  TEXT    NOT NULL,
    customer_name            TEXT,
    quantity                 INTEGER NOT NULL,
    entitlements             TEXT,                -- JSON object; NULL = none
    issued_at                INTEGER NOT NULL,
    starts_at                INTEGER NOT NULL,
    expires_at               INTEGER,             -- NULL = perpetual
    earlier_expiries         TEXT,                -- JSON array of instants; NULL = never renewed
    grace                    INTEGER NOT NULL,    -- milliseconds, whole seconds
    expired_by_marketplace_at INTEGER,
    hold_marketplace_since   INTEGER,
    hold_marketplace_reason  TEXT,
    hold_admin_since         INTEGER,
    hold_admin_reason        TEXT,
    released_at              INTEGER,
    released_by              TEXT,
    revoked_at               INTEGER,
    revoke_reason            TEXT,
    generation               INTEGER NOT NULL,
    code_issued_at           INTEGER NOT NULL,
    last_event_at            INTEGER NOT NULL,
    state                    TEXT    NOT NULL,    -- as last settled; exact while next_due_at > now
    next_due_at              INTEGER NOT NULL,    -- when the clock changes it next; 9223372036854775807 = never
    version                  INTEGER NOT NULL
) WITHOUT ROWID;

-- Ids begin with the time, so new rows of an index that ends in the id stand together.
CREATE INDEX licenses_by_customer ON licenses (marketplace_customer_id, account, id);
CREATE INDEX licenses_by_state ON licenses (state, id);
CREATE INDEX licenses_by_due ON licenses (next_due_at, id);

CREATE TABLE codes
(
    id           INTEGER PRIMARY KEY,
    license_id   TEXT    NOT NULL REFERENCES licenses (id),
    generation   INTEGER NOT NULL,
    issued_at    INTEGER NOT NULL,    -- the code's iat
    device       TEXT,                -- NULL = not bound to a device
    status_list  INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    text         TEXT    NOT NULL,
    sha256       BLOB    NOT NULL,
    -- Also how a code that somebody shows is found: it says its license and generation. An index over hashes would cost every order a page of its own.
    UNIQUE (license_id, generation)
);

-- The order key decides races: two calls for one order never make two licenses.
CREATE TABLE orders
(
    order_id               TEXT    NOT NULL,
    order_line_id          TEXT    NOT NULL,    -- '' where there is none
    marketplace_product_id TEXT    NOT NULL,
    account                TEXT    NOT NULL,
    test                   INTEGER NOT NULL,
    -- Deferred: the order is the first row to be written, so that a call that lost a race has written nothing.
    license_id             TEXT    NOT NULL REFERENCES licenses (id) DEFERRABLE INITIALLY DEFERRED,
    quantity               INTEGER NOT NULL,    -- as asked for
    expires_at             INTEGER,             -- as asked for; NULL = not said
    received_at            INTEGER NOT NULL,
    PRIMARY KEY (order_id, order_line_id, marketplace_product_id, account, test)
) WITHOUT ROWID;

CREATE INDEX orders_by_license ON orders (license_id);

-- Renewals, refunds of renewals, trials that became formal.
CREATE TABLE follow_up_orders
(
    id                     INTEGER PRIMARY KEY,
    license_id             TEXT    NOT NULL REFERENCES licenses (id),
    order_id               TEXT    NOT NULL,
    order_line_id          TEXT    NOT NULL,
    marketplace_product_id TEXT,
    scene                  TEXT    NOT NULL,
    expires_at             INTEGER NOT NULL,
    received_at            INTEGER NOT NULL
);

CREATE INDEX follow_up_orders_by_license ON follow_up_orders (license_id);
CREATE INDEX follow_up_orders_by_order ON follow_up_orders (order_id);

-- What was answered to a call, under the keys that make it the same call again.
CREATE TABLE answers
(
    license_id TEXT    NOT NULL REFERENCES licenses (id),
    round      INTEGER NOT NULL,
    key        BLOB    NOT NULL,
    outcome    TEXT    NOT NULL,
    PRIMARY KEY (license_id, round, key)
) WITHOUT ROWID;

CREATE TABLE events
(
    id            INTEGER PRIMARY KEY,
    license_id    TEXT    NOT NULL REFERENCES licenses (id),
    at            INTEGER NOT NULL,
    type          TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    activity      TEXT    NOT NULL,
    order_id      TEXT,
    order_line_id TEXT,
    before        TEXT,    -- JSON object of the facts that differ; NULL = the license began
    after         TEXT,
    remark        TEXT
);

CREATE INDEX events_by_license ON events (license_id, id);

CREATE TABLE conflicts
(
    id            TEXT    NOT NULL PRIMARY KEY,
    license_id    TEXT    NOT NULL REFERENCES licenses (id),
    kind          TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    activity      TEXT    NOT NULL,
    order_id      TEXT,
    order_line_id TEXT,
    reason        TEXT    NOT NULL,
    expire        INTEGER NOT NULL,
    expires_at    INTEGER,
    quantity      INTEGER,
    resolution    TEXT,    -- NULL = open
    resolved_by   TEXT,
    resolved_at   INTEGER
) WITHOUT ROWID;

CREATE INDEX conflicts_open ON conflicts (id) WHERE resolution IS NULL;
CREATE INDEX conflicts_by_license ON conflicts (license_id);

CREATE TABLE status_lists
(
    list            INTEGER PRIMARY KEY,
    permutation_key BLOB    NOT NULL,
    drawn           INTEGER NOT NULL,    -- positions handed out in blocks, of 1,048,576
    created_at      INTEGER NOT NULL
);

-- The certificates that have served this database. Private keys never come here.
CREATE TABLE signing_keys
(
    serial      INTEGER PRIMARY KEY,
    key_id      TEXT    NOT NULL,
    certificate BLOB    NOT NULL,    -- 122 bytes
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
);
