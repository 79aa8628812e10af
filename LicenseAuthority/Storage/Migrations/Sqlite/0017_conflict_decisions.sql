-- What an operator decides on a conflict, and what the marketplace calls it by.
ALTER TABLE conflicts ADD COLUMN formalise INTEGER NOT NULL DEFAULT 0;    -- the call asked that a trial becomes formal
ALTER TABLE conflicts ADD COLUMN instance_id TEXT;    -- of an order without a license that an instance id was allotted to; NULL = that of the license, or none
ALTER TABLE conflicts ADD COLUMN resolved_expires_at INTEGER;    -- the license's expiry when it was resolved
