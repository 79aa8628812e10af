-- What licensed software has told of its use, until the marketplace has heard of it. Days are the marketplace's (UTC+8), such as 2026-11-24.
CREATE TABLE usage_days
(
    day         TEXT    NOT NULL,
    license_id  TEXT    NOT NULL REFERENCES licenses (id),
    account     TEXT    NOT NULL,
    active_num  INTEGER,            -- the highest number of active clients; NULL = none was told, or it was reported
    ids         INTEGER NOT NULL,   -- how many ids it has had, those among them that were reported and deleted
    reported_at INTEGER,            -- when the messages were written that report it; NULL = not yet
    PRIMARY KEY (day, license_id)
) WITHOUT ROWID;

CREATE INDEX usage_days_unreported ON usage_days (account, day) WHERE reported_at IS NULL;

-- Who used it: personal data, deleted as soon as it was reported, and after 3 days in any case.
CREATE TABLE usage_ids
(
    day         TEXT    NOT NULL,
    license_id  TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    part        INTEGER NOT NULL,   -- in which report of the license it goes, from 0
    received_at INTEGER NOT NULL,   -- when it was told first
    PRIMARY KEY (day, license_id, id)
) WITHOUT ROWID;
