DROP TABLE role_assignments;
DROP TABLE api_tokens;
