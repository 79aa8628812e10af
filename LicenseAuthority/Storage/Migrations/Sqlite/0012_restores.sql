-- That this database was put in the place of a newer one, as the mark beside the keys told; the row says it of the last time, and restored_after of all times.
ALTER TABLE authority ADD COLUMN marked_at INTEGER;    -- since when there has been a mark beside the keys; NULL = there never was
ALTER TABLE authority ADD COLUMN restores INTEGER NOT NULL DEFAULT 0;    -- how many times
ALTER TABLE authority ADD COLUMN restore_id TEXT;    -- which one was the last, the same in the marks that count in it
ALTER TABLE authority ADD COLUMN restored_at INTEGER;    -- when the last one was noticed
ALTER TABLE authority ADD COLUMN restored_after INTEGER;    -- codes issued from then on may be unknown here; NULL = none is, or, after a restore, any

-- One entry for each license of which a code was shown that a restored database does not know. The license itself is not here, or its code is another one.
ALTER TABLE conflicts ADD COLUMN missing_license_id TEXT;
CREATE UNIQUE INDEX conflicts_missing ON conflicts (missing_license_id) WHERE missing_license_id IS NOT NULL;
CREATE INDEX codes_invalid ON codes (license_id, generation) WHERE invalid_at IS NOT NULL;
