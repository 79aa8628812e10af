-- How the calls of the open API went, for each thing that is called: what may be called is granted one by one. What was known of all together is known of none.
DROP TABLE open_api_uses;

CREATE TABLE open_api_uses
(
    account         TEXT    NOT NULL,
    activity        TEXT    NOT NULL,
    last_success_at INTEGER,    -- to the minute; NULL = never
    last_call_at    INTEGER NOT NULL,
    last_error      TEXT,    -- of the newest call; NULL = it succeeded
    PRIMARY KEY (account, activity)
) WITHOUT ROWID;
