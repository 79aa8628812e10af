-- The journal of calls between marketplaces and this authority, redacted, written behind and deleted after a time (Marketplace:KeepCalls).
CREATE TABLE marketplace_calls
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
) WITHOUT ROWID;

CREATE INDEX marketplace_calls_by_order ON marketplace_calls (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_instance ON marketplace_calls (instance_id, id) WHERE instance_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_result ON marketplace_calls (result_code, id);

-- When each access key was last used, to the minute: an old one can be dropped when nobody uses it any more.
CREATE TABLE access_key_uses
(
    account TEXT    NOT NULL,
    key_id  TEXT    NOT NULL,    -- the first 8 hexadecimal digits of the key's SHA-256, never a key
    used_at INTEGER NOT NULL,
    PRIMARY KEY (account, key_id)
) WITHOUT ROWID;

-- How each account's calls of the marketplace's open API went.
CREATE TABLE open_api_uses
(
    account         TEXT    NOT NULL PRIMARY KEY,
    last_success_at INTEGER,    -- to the minute; NULL = never
    last_call_at    INTEGER NOT NULL,
    last_error      TEXT    -- of the newest call; NULL = it succeeded
) WITHOUT ROWID;
