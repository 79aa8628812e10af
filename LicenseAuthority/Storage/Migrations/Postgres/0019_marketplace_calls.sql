-- The journal of calls between marketplaces and this authority, redacted, written behind and deleted after a time (Marketplace:KeepCalls).
CREATE TABLE marketplace_calls
(
    id            text COLLATE "C" NOT NULL PRIMARY KEY,    -- call_ and a ULID of at: by it spans of time are found
    at            bigint NOT NULL,
    direction     text NOT NULL,    -- in or out
    account       text NOT NULL,
    activity      text NOT NULL,
    test          boolean NOT NULL,
    order_id      text COLLATE "C",
    order_line_id text,
    instance_id   text COLLATE "C",
    result_code   text COLLATE "C",    -- of a call out the marketplace's; NULL = there was none
    result_msg    text,
    http_status   bigint,    -- NULL = there was no answer
    duration      bigint NOT NULL,    -- in milliseconds
    node          text NOT NULL,
    request       text,    -- a JSON object
    answer        text,    -- a JSON object
    message_id    text    -- of an upload: the message in the outbox
);

CREATE INDEX marketplace_calls_by_order ON marketplace_calls (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_instance ON marketplace_calls (instance_id, id) WHERE instance_id IS NOT NULL;
CREATE INDEX marketplace_calls_by_result ON marketplace_calls (result_code, id);

-- When each access key was last used, to the minute: an old one can be dropped when nobody uses it any more.
CREATE TABLE access_key_uses
(
    account text COLLATE "C" NOT NULL,
    key_id  text NOT NULL,    -- the first 8 hexadecimal digits of the key's SHA-256, never a key
    used_at bigint NOT NULL,
    PRIMARY KEY (account, key_id)
);

-- How each account's calls of the marketplace's open API went.
CREATE TABLE open_api_uses
(
    account         text NOT NULL PRIMARY KEY,
    last_success_at bigint,    -- to the minute; NULL = never
    last_call_at    bigint NOT NULL,
    last_error      text    -- of the newest call; NULL = it succeeded
);
