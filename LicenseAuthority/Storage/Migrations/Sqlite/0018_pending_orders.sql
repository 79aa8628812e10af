-- Orders that have an instance id, allotted before anybody knew what was bought. A row stays: it tells for ever which id the order has.
CREATE TABLE pending_orders
(
    instance_id     TEXT    NOT NULL PRIMARY KEY,    -- the id of the license to be
    account         TEXT    NOT NULL,
    test            INTEGER NOT NULL,
    order_id        TEXT    NOT NULL,
    order_line_id   TEXT    NOT NULL,    -- '' = none
    activity        TEXT    NOT NULL,    -- the call that asked for it
    since           INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,    -- how often the marketplace was asked for it
    next_attempt_at INTEGER,             -- NULL = it is not asked for by itself any more
    claimed_until   INTEGER,             -- a process is asking; NULL = nobody
    last_error      TEXT,
    warned_at       INTEGER,
    unserved_at     INTEGER,
    trial           INTEGER NOT NULL,    -- this and the next two: what was bought, of a test order in its last round
    quantity        INTEGER,             -- NULL = it has never been served
    expires_at      INTEGER,             -- NULL = the period of the product
    ended_as        TEXT,                -- NULL = pending
    UNIQUE (order_id, order_line_id, account, test)
) WITHOUT ROWID;

-- Only what is pending: it stays small beside what is kept.
CREATE INDEX pending_orders_open ON pending_orders (instance_id) WHERE ended_as IS NULL;
CREATE INDEX pending_orders_due ON pending_orders (next_attempt_at) WHERE ended_as IS NULL;
