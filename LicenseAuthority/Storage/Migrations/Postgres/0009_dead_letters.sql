-- The field's word for a message that was given up: dead-lettered.
ALTER TABLE outbox RENAME COLUMN parked_at TO dead_lettered_at;
DROP INDEX outbox_parked;
CREATE INDEX outbox_dead_lettered ON outbox (destination_kind, destination_id, id) WHERE dead_lettered_at IS NOT NULL;
