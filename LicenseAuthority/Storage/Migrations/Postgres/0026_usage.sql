-- What licensed software has told of its use, until the marketplace has heard of it. Days are the marketplace's (UTC+8), such as 2026-11-24.
CREATE TABLE usage_days
(
    day         text COLLATE "C" NOT NULL,
    license_id  text COLLATE "C" NOT NULL REFERENCES licenses (id),
    account     text COLLATE "C" NOT NULL,
    active_num  bigint,            -- the highest number of active clients; NULL = none was told, or it was reported
    ids         bigint NOT NULL,   -- how many ids it has had, those among them that were reported and deleted
    reported_at bigint,            -- when the messages were written that report it; NULL = not yet
    PRIMARY KEY (day, license_id)
);

CREATE INDEX usage_days_unreported ON usage_days (account, day) WHERE reported_at IS NULL;

-- Who used it: personal data, deleted as soon as it was reported, and after 3 days in any case.
CREATE TABLE usage_ids
(
    day         text COLLATE "C" NOT NULL,
    license_id  text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    part        bigint NOT NULL,   -- in which report of the license it goes, from 0
    received_at bigint NOT NULL,   -- when it was told first
    PRIMARY KEY (day, license_id, id)
);
