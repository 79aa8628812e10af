-- An order that was paid for and refused has no license; what is known of it stands with the conflict. SQLite cannot take NOT NULL away, so the table is made anew.
CREATE TABLE conflicts_new
(
    id                      TEXT    NOT NULL PRIMARY KEY,
    license_id              TEXT REFERENCES licenses (id),    -- NULL = an order that no license was issued for
    kind                    TEXT    NOT NULL,
    at                      INTEGER NOT NULL,
    actor                   TEXT    NOT NULL,
    activity                TEXT    NOT NULL,
    order_id                TEXT,
    order_line_id           TEXT,
    reason                  TEXT    NOT NULL,
    expire                  INTEGER NOT NULL,
    expires_at              INTEGER,
    quantity                INTEGER,
    resolution              TEXT,    -- NULL = open
    resolved_by             TEXT,
    resolved_at             INTEGER,
    remark                  TEXT,    -- why it was resolved so
    account                 TEXT,    -- this and what follows: of an order that had no license when it came
    test                    INTEGER,
    marketplace_product_id  TEXT,    -- '' where it could not be read
    marketplace_customer_id TEXT,
    customer_name           TEXT
) WITHOUT ROWID;

INSERT INTO conflicts_new (id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at)
SELECT id, license_id, kind, at, actor, activity, order_id, order_line_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at FROM conflicts;

DROP TABLE conflicts;
ALTER TABLE conflicts_new RENAME TO conflicts;

CREATE INDEX conflicts_open ON conflicts (id) WHERE resolution IS NULL;
CREATE INDEX conflicts_by_license ON conflicts (license_id);

-- One open entry for each order. Empty unless there is trouble: whoever issues looks into it.
CREATE UNIQUE INDEX conflicts_unserved ON conflicts (test, account, order_id, order_line_id, marketplace_product_id)
    WHERE license_id IS NULL AND resolution IS NULL;
