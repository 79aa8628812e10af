-- Messages that go out, written in the transaction of what they tell. id is the order in which they were written; within a license it is the order of events.
CREATE TABLE outbox
(
    id               INTEGER PRIMARY KEY,
    message_id       TEXT    NOT NULL UNIQUE,    -- what the receiver sees, the same at every attempt
    destination_kind TEXT    NOT NULL,
    destination_id   TEXT    NOT NULL,
    ordering_key     TEXT,                       -- messages with the same one go one after the other; NULL = in any order
    type             TEXT    NOT NULL,
    payload          TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    next_attempt_at  INTEGER NOT NULL,
    give_up_at       INTEGER NOT NULL,           -- an attempt that fails at or after this instant is the last one
    attempts         INTEGER NOT NULL,           -- begun so far; also tells a claim from a later one
    failures         INTEGER NOT NULL,           -- in a row since it was written or sent again: how far the back-off has come
    claimed_until    INTEGER,                    -- a node is sending it; NULL = nobody
    last_attempt_at  INTEGER,
    last_status      INTEGER,                    -- HTTP status; NULL = there was no answer
    last_error       TEXT,                       -- NULL = the last attempt succeeded
    last_answer      TEXT,                       -- the beginning of the answer's body
    delivered_at     INTEGER,
    parked_at        INTEGER                     -- given up; an operator may have it sent again
);

-- Only what waits: it stays small beside what is kept for the list.
CREATE INDEX outbox_due ON outbox (destination_kind, destination_id, next_attempt_at, id) WHERE delivered_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_order ON outbox (destination_kind, destination_id, ordering_key, id) WHERE delivered_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_by_destination ON outbox (destination_kind, destination_id, id);
CREATE INDEX outbox_parked ON outbox (destination_kind, destination_id, id) WHERE parked_at IS NOT NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;

CREATE TABLE webhooks
(
    id              TEXT    NOT NULL PRIMARY KEY,
    url             TEXT    NOT NULL,
    events          TEXT    NOT NULL,    -- words, separated by blanks
    secret          BLOB    NOT NULL,    -- encrypted, see docs/webhooks.md
    created_at      INTEGER NOT NULL,
    created_by      TEXT    NOT NULL,
    disabled_at     INTEGER,
    disabled_reason TEXT,
    deleted_at      INTEGER              -- its row stays until its messages are gone
) WITHOUT ROWID;

-- One row. Every change of a webhook raises the version, and with that every node reads them anew.
CREATE TABLE webhook_state
(
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    version     INTEGER NOT NULL,
    secret_salt BLOB                     -- with the passphrase it gives the key that secrets are encrypted under
);

INSERT INTO webhook_state (id, version) VALUES (1, 0);
