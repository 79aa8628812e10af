-- How many messages wait or were given up, and since when, is asked by whoever may ask for the service's health: from these indexes alone. Their last
-- columns are the ones of the condition; without them SQLite would look into the table for each message.
CREATE INDEX outbox_pending ON outbox (give_up_at, delivered_at, parked_at) WHERE delivered_at IS NULL AND parked_at IS NULL;
DROP INDEX outbox_parked;
CREATE INDEX outbox_parked ON outbox (destination_kind, destination_id, id, parked_at) WHERE parked_at IS NOT NULL;

-- An operator looks for a customer by the beginning of the name.
CREATE INDEX licenses_by_customer_name ON licenses (customer_name, id) WHERE customer_name IS NOT NULL;
