-- What is bought for a delivery and not handed over yet. The owner is who opened it last.
CREATE TABLE {kept} (
    delivery bytea PRIMARY KEY,
    owner text NOT NULL,
    opened timestamptz NOT NULL
);

CREATE TABLE {kept_entries} (
    delivery bytea NOT NULL REFERENCES {kept} ON DELETE CASCADE,
    number bigint NOT NULL,
    entry bytea NOT NULL,
    PRIMARY KEY (delivery, number)
);

-- What one process does at a time.
CREATE TABLE {leases} (
    name bytea PRIMARY KEY,
    owner text NOT NULL,
    holder text NOT NULL,
    since timestamptz NOT NULL,
    ends timestamptz NOT NULL
);
