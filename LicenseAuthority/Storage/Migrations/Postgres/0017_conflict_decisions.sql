-- What an operator decides on a conflict, and what the marketplace calls it by.
ALTER TABLE conflicts ADD COLUMN formalise boolean NOT NULL DEFAULT FALSE;    -- the call asked that a trial becomes formal
ALTER TABLE conflicts ADD COLUMN instance_id text;    -- of an order without a license that an instance id was allotted to; NULL = that of the license, or none
ALTER TABLE conflicts ADD COLUMN resolved_expires_at bigint;    -- the license's expiry when it was resolved
