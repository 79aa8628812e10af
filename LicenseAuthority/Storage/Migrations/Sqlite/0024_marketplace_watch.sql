-- The watch over the marketplace's calls: what went wrong with them, kept for 24 months and apart from the journal. Months and days are the marketplace's (UTC+8).
CREATE TABLE watch_orders
(
    account       TEXT NOT NULL,
    order_id      TEXT NOT NULL,    -- '' = none that could be read: one for each month
    order_line_id TEXT NOT NULL,    -- '' = none; without an order id the month
    month         TEXT NOT NULL,    -- of the first failure, such as 2026-11
    product_id    TEXT NOT NULL,    -- the marketplace's; '' = not known
    activity      TEXT NOT NULL,
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    unheard       INTEGER NOT NULL,    -- its last failure was one that the marketplace heard nothing of
    result_code   TEXT,
    result_msg    TEXT,
    customer_id   TEXT,
    customer_name TEXT,
    fails_at      INTEGER NOT NULL,    -- until then the marketplace repeats
    recovered_at  INTEGER,    -- NULL = not served yet
    last_call_id  TEXT NOT NULL,    -- the newest call that is counted in
    PRIMARY KEY (account, order_id, order_line_id)
) WITHOUT ROWID;

CREATE INDEX watch_orders_by_month ON watch_orders (month, account, product_id);
CREATE INDEX watch_orders_open ON watch_orders (order_id) WHERE recovered_at IS NULL;

-- At how many failed orders of a product somebody was told last.
CREATE TABLE watch_alarms
(
    month      TEXT NOT NULL,
    account    TEXT NOT NULL,
    product_id TEXT NOT NULL,
    told       INTEGER NOT NULL,
    PRIMARY KEY (month, account, product_id)
) WITHOUT ROWID;

-- Calls that failed and that have to be made again by hand once the marketplace has stopped to repeat them.
CREATE TABLE watch_restarts
(
    call_id       TEXT NOT NULL PRIMARY KEY,    -- of the first one
    same_call     TEXT NOT NULL,    -- SHA-256 of what makes it the same call again, in hexadecimal digits
    at            INTEGER NOT NULL,
    account       TEXT NOT NULL,
    activity      TEXT NOT NULL,
    instance_id   TEXT,
    order_id      TEXT,
    order_line_id TEXT,
    result_code   TEXT NOT NULL,    -- of the last one, as the message
    result_msg    TEXT NOT NULL,
    listed_from   INTEGER NOT NULL,    -- until then the marketplace repeats
    ended_as      TEXT,    -- NULL = open
    ended_at      INTEGER,
    ended_by      TEXT,
    remark        TEXT
) WITHOUT ROWID;

-- One that is open for each call.
CREATE UNIQUE INDEX watch_restarts_open ON watch_restarts (same_call) WHERE ended_as IS NULL;

-- Of each process its total: nodes add up, and a total that is written twice counts once.
CREATE TABLE watch_counts
(
    month    TEXT NOT NULL,
    kind     TEXT NOT NULL,    -- slow or refused
    account  TEXT NOT NULL,
    activity TEXT NOT NULL,    -- '' = not known
    node     TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    slowest  INTEGER NOT NULL,    -- in milliseconds
    PRIMARY KEY (month, kind, account, activity, node)
) WITHOUT ROWID;

-- The last debug case of each day.
CREATE TABLE watch_tests
(
    account     TEXT NOT NULL,
    activity    TEXT NOT NULL,
    day         TEXT NOT NULL,    -- such as 2026-11-24
    last_at     INTEGER NOT NULL,
    result_code TEXT NOT NULL,
    failed      INTEGER NOT NULL,
    PRIMARY KEY (account, activity, day)
) WITHOUT ROWID;

-- After which of an account's dial tests it was told last that there were no more.
CREATE TABLE watch_silences
(
    account TEXT NOT NULL PRIMARY KEY,
    last_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What an operator decided on a call is found by its order.
CREATE INDEX conflicts_by_order ON conflicts (order_id, id) WHERE order_id IS NOT NULL;
