-- A status list under the URI that license codes name it by: stored when the list is opened and never computed again. Several for one list only where PublicUrl
-- changed before the URI was stored. A list without a row here is older than this table: its codes tell, once they have been read.
CREATE TABLE status_list_uris
(
    list       INTEGER NOT NULL REFERENCES status_lists (list),
    uri        TEXT NOT NULL,
    seq        INTEGER NOT NULL,    -- of the token; 0 = not published yet
    token      TEXT,    -- the one published last; NULL = not published yet
    issued_at  INTEGER,    -- its iat
    expires_at INTEGER,    -- its exp
    key_serial INTEGER,    -- the certificate of the key that signed it
    PRIMARY KEY (list, uri)
);
