CREATE TABLE IF NOT EXISTS `crm`.`pe"op``le` (
	`id` BIGINT NOT NULL PRIMARY KEY,
	`record` JSON NOT NULL,
	`stored_at` DATETIME(6) NOT NULL,
	`name` LONGTEXT,
	`n"a``me'; DROP TABLE people; --` BIGINT,
	`score` DOUBLE,
	`deleted` BOOLEAN,
	`titles` JSON
) DEFAULT CHARACTER SET utf8mb4;
SELECT * FROM `crm`.`pe"op``le` WHERE 1 = 0;
ALTER TABLE `crm`.`pe"op``le` ADD COLUMN `n"a``me'; DROP TABLE people; --` BIGINT;
ALTER TABLE `crm`.`pe"op``le` ADD COLUMN `deleted` BOOLEAN;
ALTER TABLE `crm`.`pe"op``le` ADD COLUMN `titles` JSON;
INSERT INTO `crm`.`pe"op``le` (`id`, `record`, `stored_at`, `name`, `n"a``me'; DROP TABLE people; --`, `score`, `deleted`, `titles`) VALUES (?, ?, UTC_TIMESTAMP(6), ?, ?, ?, ?, ?), (?, ?, UTC_TIMESTAMP(6), ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `record` = VALUES(`record`), `stored_at` = VALUES(`stored_at`), `name` = VALUES(`name`), `n"a``me'; DROP TABLE people; --` = VALUES(`n"a``me'; DROP TABLE people; --`), `score` = VALUES(`score`), `deleted` = VALUES(`deleted`), `titles` = VALUES(`titles`);
