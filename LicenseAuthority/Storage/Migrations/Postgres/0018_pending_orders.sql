-- Orders that have an instance id, allotted before anybody knew what was bought. A row stays: it tells for ever which id the order has.
CREATE TABLE pending_orders
(
    instance_id     text COLLATE "C" NOT NULL PRIMARY KEY,    -- the id of the license to be
    account         text NOT NULL,
    test            boolean NOT NULL,
    order_id        text NOT NULL,
    order_line_id   text NOT NULL,    -- '' = none
    activity        text NOT NULL,    -- the call that asked for it
    since           bigint NOT NULL,
    attempts        bigint NOT NULL,    -- how often the marketplace was asked for it
    next_attempt_at bigint,    -- NULL = it is not asked for by itself any more
    claimed_until   bigint,    -- a process is asking; NULL = nobody
    last_error      text,
    warned_at       bigint,
    unserved_at     bigint,
    trial           boolean NOT NULL,    -- this and the next two: what was bought, of a test order in its last round
    quantity        bigint,    -- NULL = it has never been served
    expires_at      bigint,    -- NULL = the period of the product
    ended_as        text,    -- NULL = pending
    UNIQUE (order_id, order_line_id, account, test)
);

-- Only what is pending: it stays small beside what is kept.
CREATE INDEX pending_orders_open ON pending_orders (instance_id) WHERE ended_as IS NULL;
CREATE INDEX pending_orders_due ON pending_orders (next_attempt_at) WHERE ended_as IS NULL;
