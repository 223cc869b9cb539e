import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS, USERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'
import { dollarQuoted } from './dollar-quoted.ts'

const LEAST_LENGTH = 12
const MOST_LENGTH = 512
const NAMES = `ARRAY[${Object.keys(USERS).map(quoteText).join(', ')}]`
/** Iterations, salt, and two keys of 32 bytes, as PostgreSQL stores them. */
const VERIFIER = '^SCRAM-SHA-256\\$[1-9][0-9]{3,8}:[A-Za-z0-9+/]+={0,2}\\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$'

/** Gives one of windrow's users another password. To be run as the owner, who has `passwordRights`. */
export function changeUserPassword(schema: string): SetupStep {
  return adminFunction(schema, {
    name: 'change_user_password',
    args: 'name text, password text',
    types: 'text, text',
    returns: 'void',
    security: 'SECURITY DEFINER',
    // A plain password is stored as nothing weaker, whatever the server's own setting is.
    options: `SET password_encryption = 'scram-sha-256'`,
    body: `
DECLARE
  is_verifier boolean := $2 LIKE 'SCRAM-SHA-256$%';
BEGIN
  IF $1 IS NULL OR $1 <> ALL (${NAMES}) THEN
    RAISE EXCEPTION 'change_user_password is for ${Object.keys(USERS).join(', ')} alone'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF $2 IS NULL OR length($2) NOT BETWEEN ${LEAST_LENGTH} AND ${MOST_LENGTH} THEN
    RAISE EXCEPTION 'a password has ${LEAST_LENGTH} to ${MOST_LENGTH} characters'
      USING ERRCODE = 'invalid_password';
  ELSIF is_verifier AND $2 !~ ${quoteText(VERIFIER)} OR $2 ~ '^md5[0-9a-f]{32}$' THEN
    RAISE EXCEPTION 'this is no SCRAM-SHA-256 verifier'
      USING ERRCODE = 'invalid_password', HINT = 'windrow access password makes one.';
  END IF;
  BEGIN
    EXECUTE format('ALTER ROLE %I PASSWORD %L', $1, $2);
  EXCEPTION WHEN OTHERS THEN
    -- Raised anew: the context of the first would show the statement with the password.
    RAISE EXCEPTION 'the password of % was not changed: %', $1, SQLERRM USING ERRCODE = SQLSTATE;
  END;
  PERFORM ${tableName(schema, 'windrow_audit_event')}('pg_authid', 'PASSWORD',
    jsonb_build_object('old', NULL, 'new', NULL, 'user', $1, 'verifier', is_verifier));
END`,
    comment: `Gives a user of windrow's another password, and audits it without the password. Give a SCRAM-SHA-256 verifier, as "windrow access password" does: a plain password (${LEAST_LENGTH} characters at least) may land in the server's log of statements.`,
    caller: GROUPS.admin,
  })
}

/**
 * What the function's owner needs, and has it for nothing else: the function takes no other name. Since PostgreSQL 16 it may be done to
 * those users alone that were given to it.
 */
export function passwordRights(): SetupStep {
  const body = `
DECLARE
  name text;
BEGIN
  IF NOT (SELECT rolcreaterole FROM pg_roles WHERE rolname = '${KEEPERS.passwords}') THEN
    ALTER ROLE ${KEEPERS.passwords} CREATEROLE;
  END IF;
  IF current_setting('server_version_num')::int >= 160000 THEN
    FOREACH name IN ARRAY ${NAMES} LOOP
      IF NOT EXISTS (
        SELECT FROM pg_auth_members AS m
        WHERE m.roleid = to_regrole(name) AND m.member = to_regrole('${KEEPERS.passwords}') AND m.admin_option
      ) THEN
        EXECUTE format('GRANT %I TO ${KEEPERS.passwords} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', name);
      END IF;
    END LOOP;
  END IF;
END`
  return { what: 'lets passwords be changed', sql: `DO ${dollarQuoted(body)}` }
}
