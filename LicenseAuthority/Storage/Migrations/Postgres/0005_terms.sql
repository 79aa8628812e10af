-- How much longer than the order said a term may be, in milliseconds (whole seconds): the license ends at expires_at + tolerance, unless the marketplace says so before.
ALTER TABLE licenses ADD COLUMN tolerance bigint NOT NULL DEFAULT 0;

-- When it was replaced by a code with an earlier iat, because a clock that was far ahead had signed it; NULL = it counts. A void code still proves who asks.
ALTER TABLE codes ADD COLUMN void_at bigint;
