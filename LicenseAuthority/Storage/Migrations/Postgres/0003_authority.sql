-- Who this database is, in one row. Two live copies would put the same entries of status lists into different license codes, so a copy and its source know of each other.
CREATE TABLE authority
(
    only_one      bigint NOT NULL PRIMARY KEY CHECK (only_one = 1),
    id            text NOT NULL,    -- 32 hexadecimal digits; a copy has the same
    served_at     bigint,    -- first start of a service on this database; NULL = none yet
    copy_begun_at bigint,    -- NULL = not made by "storage copy"
    copy_ended_at bigint,    -- when its source was marked as moved; before that no service may start here
    moved_at      bigint,    -- copied to another database, which takes its place; no service may start here any more
    moved_to      text    -- that database, for people
);

INSERT INTO authority (only_one, id) VALUES (1, replace(gen_random_uuid()::text, '-', ''));
