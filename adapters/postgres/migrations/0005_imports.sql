-- What was moved from files. The credits are those of the day that are counted in a budget already.
CREATE TABLE {imports} (
    name bytea PRIMARY KEY,
    done boolean NOT NULL,
    day date NOT NULL,
    credits bigint NOT NULL
);
