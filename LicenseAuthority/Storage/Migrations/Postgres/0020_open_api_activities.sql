-- How the calls of the open API went, for each thing that is called: what may be called is granted one by one. What was known of all together is known of none.
DROP TABLE open_api_uses;

CREATE TABLE open_api_uses
(
    account         text COLLATE "C" NOT NULL,
    activity        text COLLATE "C" NOT NULL,
    last_success_at bigint,    -- to the minute; NULL = never
    last_call_at    bigint NOT NULL,
    last_error      text,    -- of the newest call; NULL = it succeeded
    PRIMARY KEY (account, activity)
);
