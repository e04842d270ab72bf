-- Requests for jobs that cost money, and the states of keepers: replaced by compare-and-swap on the revision.
CREATE TABLE {ledger} (
    account bytea NOT NULL,
    request bytea NOT NULL,
    revision bigint NOT NULL,
    writer text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (account, request)
);

CREATE TABLE {keepers} (
    name bytea PRIMARY KEY,
    revision bigint NOT NULL,
    writer text NOT NULL,
    body text NOT NULL
);

-- Credits that are spent of each UTC day.
CREATE TABLE {budgets} (
    name bytea NOT NULL,
    day date NOT NULL,
    spent bigint NOT NULL,
    PRIMARY KEY (name, day)
);

-- The tables of prospectnotes.SQLCheckpoint, tokenstore.SQL and snapshot.SQL.
CREATE TABLE {checkpoints} (
    id varchar(255) NOT NULL PRIMARY KEY,
    generation bigint NOT NULL,
    state text NOT NULL
);

CREATE TABLE {tokens} (
    name varchar(64) NOT NULL PRIMARY KEY,
    revision varchar(64) NOT NULL,
    token text NOT NULL
);

CREATE TABLE {snapshots} (
    id bigint NOT NULL,
    dataset varchar(32) NOT NULL,
    taken bigint NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (id, dataset)
);

CREATE INDEX [snapshots_taken] ON {snapshots} (dataset, taken, id);
