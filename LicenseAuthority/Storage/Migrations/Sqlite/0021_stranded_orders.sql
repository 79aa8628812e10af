-- Orders that a clock which was ahead had put off or given up are looked for each second: the index alone must tell them.
DROP INDEX pending_orders_due;
CREATE INDEX pending_orders_due ON pending_orders (next_attempt_at, since, unserved_at) WHERE ended_as IS NULL;
