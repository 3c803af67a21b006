-- up
ALTER TABLE accounts ADD COLUMN company text;
-- up postgres
COMMENT ON COLUMN accounts.company IS 'Company, as the vendor has it.';
UPDATE accounts SET company = attributes ->> 'company', attributes = attributes - 'company' WHERE attributes ? 'company';
-- up sqlite
UPDATE accounts SET company = attributes ->> '$.company', attributes = json_remove(attributes, '$.company')
WHERE attributes ->> '$.company' IS NOT NULL;
-- down postgres
UPDATE accounts SET attributes = attributes || jsonb_build_object('company', company) WHERE company IS NOT NULL;
-- down sqlite
UPDATE accounts SET attributes = json_set(attributes, '$.company', company) WHERE company IS NOT NULL;
-- down
ALTER TABLE accounts DROP COLUMN company;
