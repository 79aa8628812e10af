-- How many messages wait and since when is asked by whoever may ask for the service's health: from this index alone.
CREATE INDEX outbox_pending ON outbox (give_up_at) WHERE delivered_at IS NULL AND parked_at IS NULL;

-- An operator looks for a customer by the beginning of the name. In the order of code points a beginning is a range.
ALTER TABLE licenses ALTER COLUMN customer_name TYPE text COLLATE "C";
CREATE INDEX licenses_by_customer_name ON licenses (customer_name, id) WHERE customer_name IS NOT NULL;
