-- Signed requests that had an effect, each known by the nonce that its caller gave it, with what was answered. Kept for minutes: an older request is refused for
-- its time.
CREATE TABLE nonces
(
    id             INTEGER PRIMARY KEY,    -- in the order of time
    account        TEXT NOT NULL,
    nonce          BLOB NOT NULL,    -- SHA-256
    at             INTEGER NOT NULL,
    content_sha256 BLOB NOT NULL,    -- of what was sent
    answer         TEXT NOT NULL,
    UNIQUE (account, nonce)
);
