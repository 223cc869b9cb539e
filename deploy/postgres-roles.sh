#!/usr/bin/env bash
# The roles of the views' database and their rights, with the passwords that `init` made. The image runs it at its first start; by hand it
# gives the roles their passwords anew: docker compose exec postgres bash /docker-entrypoint-initdb.d/postgres-roles.sh
set -euo pipefail

secrets=${SECRETS:-/run/secrets}
# What is read from a file is never an argument, which anybody on the machine could see.
windrow=$(<"$secrets/windrow_password") grafana=$(<"$secrets/grafana_password") exporter=$(<"$secrets/exporter_password")

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
-- Neither the statements' log nor that of errors gets to see a password.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
BEGIN;
SELECT format('CREATE ROLE %I', name) FROM (VALUES ('windrow'), ('grafana'), ('exporter')) AS roles (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE windrow LOGIN PASSWORD '$windrow';
ALTER ROLE grafana LOGIN PASSWORD '$grafana' CONNECTION LIMIT 20;
ALTER ROLE exporter LOGIN PASSWORD '$exporter' CONNECTION LIMIT 5;

-- windrow owns what it writes, and nothing else.
SELECT format('ALTER DATABASE %I OWNER TO windrow', current_database()) \gexec
ALTER SCHEMA public OWNER TO windrow;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
-- Whoever has a role here has no business in the database that every server has.
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
SELECT format('GRANT CONNECT ON DATABASE %I TO grafana, exporter', current_database()) \gexec

-- Dashboards read every table of windrow's, also those to come, and cannot hold it up. Once windrow access setup has made its groups,
-- grafana has what its group has, and no more: the log of changes is a table too.
GRANT USAGE ON SCHEMA public TO grafana;
SELECT statement FROM (VALUES
  ('GRANT SELECT ON ALL TABLES IN SCHEMA public TO grafana'),
  ('ALTER DEFAULT PRIVILEGES FOR ROLE windrow IN SCHEMA public GRANT SELECT ON TABLES TO grafana')) AS statements (statement)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'windrow_reader') \gexec
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '60s';

GRANT pg_monitor TO exporter;
COMMIT;
SQL
