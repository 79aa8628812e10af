-- Nodes whose accounts differ are told as those whose products do.
ALTER TABLE nodes ADD COLUMN accounts_sha256 TEXT NOT NULL DEFAULT '';    -- over the accounts in the canonical form of NodeSettings, no secret in it; '' = of an older version
