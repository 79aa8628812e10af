-- An order that was paid for and refused has no license; what is known of it stands with the conflict.
ALTER TABLE conflicts ALTER COLUMN license_id DROP NOT NULL;    -- NULL = an order that no license was issued for
ALTER TABLE conflicts ADD COLUMN remark text;    -- why it was resolved so
ALTER TABLE conflicts ADD COLUMN account text;    -- this and what follows: of an order that had no license when it came
ALTER TABLE conflicts ADD COLUMN test boolean;
ALTER TABLE conflicts ADD COLUMN marketplace_product_id text;    -- '' where it could not be read
ALTER TABLE conflicts ADD COLUMN marketplace_customer_id text;
ALTER TABLE conflicts ADD COLUMN customer_name text;

-- One open entry for each order. Empty unless there is trouble: whoever issues looks into it.
CREATE UNIQUE INDEX conflicts_unserved ON conflicts (test, account, order_id, order_line_id, marketplace_product_id)
    WHERE license_id IS NULL AND resolution IS NULL;
