-- The watch over the marketplace's calls: what went wrong with them, kept for 24 months and apart from the journal. Months and days are the marketplace's (UTC+8).
CREATE TABLE watch_orders
(
    account       text COLLATE "C" NOT NULL,
    order_id      text COLLATE "C" NOT NULL,    -- '' = none that could be read: one for each month
    order_line_id text COLLATE "C" NOT NULL,    -- '' = none; without an order id the month
    month         text COLLATE "C" NOT NULL,    -- of the first failure, such as 2026-11
    product_id    text COLLATE "C" NOT NULL,    -- the marketplace's; '' = not known
    activity      text NOT NULL,
    first_at      bigint NOT NULL,
    last_at       bigint NOT NULL,
    attempts      bigint NOT NULL,
    unheard       boolean NOT NULL,    -- its last failure was one that the marketplace heard nothing of
    result_code   text,
    result_msg    text,
    customer_id   text,
    customer_name text,
    fails_at      bigint NOT NULL,    -- until then the marketplace repeats
    recovered_at  bigint,    -- NULL = not served yet
    last_call_id  text COLLATE "C" NOT NULL,    -- the newest call that is counted in
    PRIMARY KEY (account, order_id, order_line_id)
);

CREATE INDEX watch_orders_by_month ON watch_orders (month, account, product_id);
CREATE INDEX watch_orders_open ON watch_orders (order_id) WHERE recovered_at IS NULL;

-- At how many failed orders of a product somebody was told last.
CREATE TABLE watch_alarms
(
    month      text COLLATE "C" NOT NULL,
    account    text COLLATE "C" NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    told       bigint NOT NULL,
    PRIMARY KEY (month, account, product_id)
);

-- Calls that failed and that have to be made again by hand once the marketplace has stopped to repeat them.
CREATE TABLE watch_restarts
(
    call_id       text COLLATE "C" NOT NULL PRIMARY KEY,    -- of the first one
    same_call     text COLLATE "C" NOT NULL,    -- SHA-256 of what makes it the same call again, in hexadecimal digits
    at            bigint NOT NULL,
    account       text COLLATE "C" NOT NULL,
    activity      text NOT NULL,
    instance_id   text COLLATE "C",
    order_id      text COLLATE "C",
    order_line_id text COLLATE "C",
    result_code   text NOT NULL,    -- of the last one, as the message
    result_msg    text NOT NULL,
    listed_from   bigint NOT NULL,    -- until then the marketplace repeats
    ended_as      text,    -- NULL = open
    ended_at      bigint,
    ended_by      text,
    remark        text
);

-- One that is open for each call.
CREATE UNIQUE INDEX watch_restarts_open ON watch_restarts (same_call) WHERE ended_as IS NULL;

-- Of each process its total: nodes add up, and a total that is written twice counts once.
CREATE TABLE watch_counts
(
    month    text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,    -- slow or refused
    account  text COLLATE "C" NOT NULL,
    activity text COLLATE "C" NOT NULL,    -- '' = not known
    node     text COLLATE "C" NOT NULL,
    calls    bigint NOT NULL,
    slowest  bigint NOT NULL,    -- in milliseconds
    PRIMARY KEY (month, kind, account, activity, node)
);

-- The last debug case of each day.
CREATE TABLE watch_tests
(
    account     text COLLATE "C" NOT NULL,
    activity    text COLLATE "C" NOT NULL,
    day         text COLLATE "C" NOT NULL,    -- such as 2026-11-24
    last_at     bigint NOT NULL,
    result_code text NOT NULL,
    failed      boolean NOT NULL,
    PRIMARY KEY (account, activity, day)
);

-- After which of an account's dial tests it was told last that there were no more.
CREATE TABLE watch_silences
(
    account text COLLATE "C" NOT NULL PRIMARY KEY,
    last_at bigint NOT NULL
);

-- What an operator decided on a call is found by its order.
CREATE INDEX conflicts_by_order ON conflicts (order_id, id) WHERE order_id IS NOT NULL;
