-- A status list under the URI that license codes name it by: stored when the list is opened and never computed again. Several for one list only where PublicUrl
-- changed before the URI was stored. A list without a row here is older than this table: its codes tell, once they have been read.
CREATE TABLE status_list_uris
(
    list       bigint NOT NULL REFERENCES status_lists (list),
    uri        text COLLATE "C" NOT NULL,
    seq        bigint NOT NULL,    -- of the token; 0 = not published yet
    token      text,    -- the one published last; NULL = not published yet
    issued_at  bigint,    -- its iat
    expires_at bigint,    -- its exp
    key_serial bigint,    -- the certificate of the key that signed it
    PRIMARY KEY (list, uri)
);
