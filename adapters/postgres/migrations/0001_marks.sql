-- Deduplication: what is claimed, and what is done. The key is the SHA-256 of source and key.
CREATE TABLE {claims} (
    key bytea PRIMARY KEY,
    owner text NOT NULL,
    ends timestamptz NOT NULL,
    done boolean NOT NULL
);

-- Marks that are committed with their effect.
CREATE TABLE {inbox} (
    key bytea PRIMARY KEY,
    at timestamptz NOT NULL
);
