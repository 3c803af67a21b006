-- up
ALTER TABLE accounts ADD COLUMN company text;
-- up postgres
COMMENT ON COLUMN accounts.company IS 'Company, as the vendor has it.';
-- down
ALTER TABLE accounts DROP COLUMN company;
