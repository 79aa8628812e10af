-- A marketplace asks for codes in the name of devices: what the newest request for a place asked for. NULL = the device asked itself.
ALTER TABLE activations ADD COLUMN request_id text;
ALTER TABLE activations ADD COLUMN request_device text;    -- the device's id by which it was asked for; NULL exactly as request_id
ALTER TABLE activations ADD COLUMN starts_at bigint;    -- NULL = the start of the license
ALTER TABLE activations ADD COLUMN ends_at bigint;    -- NULL = the end of the license, whatever it comes to be

-- The newest code that was made for each request, and the message with which it goes to the marketplace.
CREATE TABLE requested_codes
(
    license_id    text COLLATE "C" NOT NULL REFERENCES licenses (id),
    request_id    text COLLATE "C" NOT NULL,    -- the marketplace's
    device_id     text COLLATE "C" NOT NULL,
    activation_id text COLLATE "C" NOT NULL REFERENCES activations (id),
    generation    bigint NOT NULL,    -- of the code
    message_id    text COLLATE "C",    -- outbox.message_id; a message that is not there any more was delivered
    PRIMARY KEY (license_id, request_id, device_id)
);

-- Attempts that may have arrived although no answer came back, before and with the one under way.
ALTER TABLE outbox ADD COLUMN lost_answers bigint NOT NULL DEFAULT 0;
