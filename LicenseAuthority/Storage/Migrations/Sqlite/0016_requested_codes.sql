-- A marketplace asks for codes in the name of devices: what the newest request for a place asked for. NULL = the device asked itself.
ALTER TABLE activations ADD COLUMN request_id TEXT;
ALTER TABLE activations ADD COLUMN request_device TEXT;    -- the device's id by which it was asked for; NULL exactly as request_id
ALTER TABLE activations ADD COLUMN starts_at INTEGER;    -- NULL = the start of the license
ALTER TABLE activations ADD COLUMN ends_at INTEGER;    -- NULL = the end of the license, whatever it comes to be

-- The newest code that was made for each request, and the message with which it goes to the marketplace.
CREATE TABLE requested_codes
(
    license_id    TEXT    NOT NULL REFERENCES licenses (id),
    request_id    TEXT    NOT NULL,    -- the marketplace's
    device_id     TEXT    NOT NULL,
    activation_id TEXT    NOT NULL REFERENCES activations (id),
    generation    INTEGER NOT NULL,    -- of the code
    message_id    TEXT,    -- outbox.message_id; a message that is not there any more was delivered
    PRIMARY KEY (license_id, request_id, device_id)
) WITHOUT ROWID;

-- Attempts that may have arrived although no answer came back, before and with the one under way.
ALTER TABLE outbox ADD COLUMN lost_answers INTEGER NOT NULL DEFAULT 0;
