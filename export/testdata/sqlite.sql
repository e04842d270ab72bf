CREATE TABLE IF NOT EXISTS "crm"."pe""op`le" (
	"id" INTEGER NOT NULL PRIMARY KEY,
	"record" TEXT NOT NULL,
	"stored_at" TEXT NOT NULL,
	"name" TEXT,
	"n""a`me'; DROP TABLE people; --" INTEGER,
	"score" REAL,
	"deleted" BOOLEAN,
	"titles" TEXT
);
SELECT * FROM "crm"."pe""op`le" WHERE 1 = 0;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "n""a`me'; DROP TABLE people; --" INTEGER;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "deleted" BOOLEAN;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "titles" TEXT;
INSERT INTO "crm"."pe""op`le" ("id", "record", "stored_at", "name", "n""a`me'; DROP TABLE people; --", "score", "deleted", "titles") VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?, ?, ?, ?), (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?, ?, ?, ?) ON CONFLICT ("id") DO UPDATE SET "record" = excluded."record", "stored_at" = excluded."stored_at", "name" = excluded."name", "n""a`me'; DROP TABLE people; --" = excluded."n""a`me'; DROP TABLE people; --", "score" = excluded."score", "deleted" = excluded."deleted", "titles" = excluded."titles";
