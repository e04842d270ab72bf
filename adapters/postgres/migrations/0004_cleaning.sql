-- concurrently
-- What has ended is found by these. They are built while the tables are in use; what a build that failed has left is
-- dropped first.
DROP INDEX CONCURRENTLY IF EXISTS {claims_ends};

CREATE INDEX CONCURRENTLY [claims_ends] ON {claims} (ends);

DROP INDEX CONCURRENTLY IF EXISTS {inbox_at};

CREATE INDEX CONCURRENTLY [inbox_at] ON {inbox} (at);
