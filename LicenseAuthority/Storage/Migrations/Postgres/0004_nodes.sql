-- The processes that serve this database, to tell those whose settings differ. Of use only where there may be several: on PostgreSQL.
CREATE TABLE nodes
(
    name            text COLLATE "C" NOT NULL PRIMARY KEY,    -- of one run of one process
    started_at      bigint NOT NULL,
    seen_at         bigint NOT NULL,
    public_url      text NOT NULL,
    products_sha256 text NOT NULL    -- over the products in the canonical form of NodeSettings
);
