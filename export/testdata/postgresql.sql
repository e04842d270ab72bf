CREATE TABLE IF NOT EXISTS "crm"."pe""op`le" (
	"id" BIGINT NOT NULL PRIMARY KEY,
	"record" JSONB NOT NULL,
	"stored_at" TIMESTAMP WITH TIME ZONE NOT NULL,
	"name" TEXT,
	"n""a`me'; DROP TABLE people; --" BIGINT,
	"score" DOUBLE PRECISION,
	"deleted" BOOLEAN,
	"titles" JSONB
);
SELECT a.attname::text, t.typname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "n""a`me'; DROP TABLE people; --" BIGINT;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "deleted" BOOLEAN;
ALTER TABLE "crm"."pe""op`le" ADD COLUMN "titles" JSONB;
INSERT INTO "crm"."pe""op`le" ("id", "record", "stored_at", "name", "n""a`me'; DROP TABLE people; --", "score", "deleted", "titles") VALUES ($1::BIGINT, $2::JSONB, CURRENT_TIMESTAMP, $3::TEXT, $4::BIGINT, $5::DOUBLE PRECISION, $6::BOOLEAN, $7::JSONB), ($8::BIGINT, $9::JSONB, CURRENT_TIMESTAMP, $10::TEXT, $11::BIGINT, $12::DOUBLE PRECISION, $13::BOOLEAN, $14::JSONB) ON CONFLICT ("id") DO UPDATE SET "record" = excluded."record", "stored_at" = excluded."stored_at", "name" = excluded."name", "n""a`me'; DROP TABLE people; --" = excluded."n""a`me'; DROP TABLE people; --", "score" = excluded."score", "deleted" = excluded."deleted", "titles" = excluded."titles";
