-- Rows of the journal are long, and in a table that is its own index SQLite keeps of a long row about 1,000 bytes beside the others and gives the rest a page of its own.
CREATE TABLE marketplace_calls_new
(
    id            TEXT    NOT NULL PRIMARY KEY,    -- call_ and a ULID of at: by it spans of time are found
    at            INTEGER NOT NULL,
    direction     TEXT    NOT NULL,    -- in or out
    account       TEXT    NOT NULL,
    activity      TEXT    NOT NULL,
    test          INTEGER NOT NULL,
    order_id      TEXT,
    order_line_id TEXT,
    instance_id   TEXT,
    result_code   TEXT,    -- of a call out the marketplace's; NULL = there was none
    result_msg    TEXT,
    http_status   INTEGER,    -- NULL = there was no answer
    duration      INTEGER NOT NULL,    -- in milliseconds
    node          TEXT    NOT NULL,
    request       TEXT,    -- a JSON object
    answer        TEXT,    -- a JSON object
    message_id    TEXT    -- of an upload: the message in the outbox
);

INSERT INTO marketplace_calls_new (id, at, direction, account, activity, test, order_id, order_line_id, instance_id, result_code, result_msg, http_status, duration,
    node, request, answer, message_id)
SELECT id, at, direction, account, activity, test, order_id, order_line_id, instance_id, result_code, result_msg, http_status, duration, node, request, answer,
    message_id
FROM marketplace_calls ORDER BY id;

DROP TABLE marketplace_calls;
ALTER TABLE marketplace_calls_new RENAME TO marketplace_calls;

CREATE INDEX marketplace_calls_by_order ON marketplace_calls (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_instance ON marketplace_calls (instance_id, id) WHERE instance_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_result ON marketplace_calls (result_code, id);
