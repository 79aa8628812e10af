-- The processes that serve this database, to tell those whose settings differ. Of use only where there may be several: on PostgreSQL.
CREATE TABLE nodes
(
    name            TEXT NOT NULL PRIMARY KEY,    -- of one run of one process
    started_at      INTEGER NOT NULL,
    seen_at         INTEGER NOT NULL,
    public_url      TEXT NOT NULL,
    products_sha256 TEXT NOT NULL    -- over the products in the canonical form of NodeSettings
) WITHOUT ROWID;
