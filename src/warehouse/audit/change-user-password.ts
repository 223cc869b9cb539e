import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import { GROUPS, KEEPERS, USERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { adminFunction } from './admin-function.ts'
import { dollarQuoted } from './dollar-quoted.ts'
import { SCRAM_FUNCTION } from './scram-function.ts'

const LEAST_LENGTH = 12
const MOST_LENGTH = 512
const LEAST_DIFFERENT = 5
/** As PostgreSQL makes them itself. A verifier has as many at least; with many more it could not be looked at. */
const LEAST_ITERATIONS = 4096
const MOST_ITERATIONS = 100_000
const NAMES = `ARRAY[${Object.keys(USERS).map(quoteText).join(', ')}]`
/** Iterations, a salt of 16 bytes at least, and two keys of 32, as PostgreSQL stores them. */
const VERIFIER = '^SCRAM-SHA-256\\$([1-9][0-9]{3,5}):([A-Za-z0-9+/]{22,172}={0,2})\\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$'

/** Gives one of windrow's users another password. Its owner has `passwordRights`, and `scramFunction`. */
export function changeUserPassword(schema: string): SetupStep {
  const scram = tableName(schema, SCRAM_FUNCTION)
  return adminFunction(schema, {
    owner: KEEPERS.passwords,
    name: 'change_user_password',
    args: 'name text, password text',
    types: 'text, text',
    returns: 'void',
    security: 'SECURITY DEFINER',
    body: `
DECLARE
  parts text[];
  is_verifier boolean := $2 LIKE 'SCRAM-SHA-256$%';
  verifier text := $2;
BEGIN
  IF $1 IS NULL OR $1 <> ALL (${NAMES}) THEN
    RAISE EXCEPTION 'change_user_password is for ${Object.keys(USERS).join(', ')} alone'
      USING ERRCODE = 'invalid_parameter_value';
  ELSIF is_verifier THEN
    parts := regexp_match($2, ${quoteText(VERIFIER)});
    IF parts IS NULL OR parts[1]::integer NOT BETWEEN ${LEAST_ITERATIONS} AND ${MOST_ITERATIONS} THEN
      RAISE EXCEPTION 'this is no SCRAM-SHA-256 verifier of ${LEAST_ITERATIONS} to ${MOST_ITERATIONS} iterations and 16 bytes of salt'
        USING ERRCODE = 'invalid_password', HINT = 'windrow access password makes one.';
    ELSIF $2 IN (${scram}('', decode(parts[2], 'base64'), parts[1]::integer), ${scram}($1, decode(parts[2], 'base64'), parts[1]::integer)) THEN
      RAISE EXCEPTION 'this is the verifier of an empty password, or of the name' USING ERRCODE = 'invalid_password';
    END IF;
  ELSIF $2 IS NULL OR length($2) NOT BETWEEN ${LEAST_LENGTH} AND ${MOST_LENGTH} OR $2 !~ '^[ -~]+$' OR $2 ~ '^md5[0-9a-f]{32}$' THEN
    RAISE EXCEPTION 'a password has ${LEAST_LENGTH} to ${MOST_LENGTH} letters, digits and signs of ASCII, and is no md5 sum'
      USING ERRCODE = 'invalid_password';
  ELSIF strpos(lower($2), lower($1)) > 0
    OR (SELECT count(DISTINCT letter) FROM unnest(string_to_array($2, NULL)) AS letter) < ${LEAST_DIFFERENT} THEN
    RAISE EXCEPTION 'a password does not contain the name, and has ${LEAST_DIFFERENT} different letters, digits or signs at least'
      USING ERRCODE = 'invalid_password';
  ELSE
    verifier := ${scram}($2, substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16), ${LEAST_ITERATIONS});
  END IF;
  BEGIN
    EXECUTE format('ALTER ROLE %I PASSWORD %L', $1, verifier);
  EXCEPTION WHEN OTHERS THEN
    -- Raised anew: the context of the first would show the statement.
    RAISE EXCEPTION 'the password of % was not changed: %', $1, SQLERRM USING ERRCODE = SQLSTATE;
  END;
  PERFORM ${tableName(schema, 'windrow_audit_event')}('pg_authid', 'PASSWORD',
    jsonb_build_object('old', NULL, 'new', NULL, 'user', $1, 'verifier', is_verifier));
END`,
    comment: `Gives a user of windrow's another password, and audits it without the password. Give a SCRAM-SHA-256 verifier, as "windrow access password" does: a plain password (${LEAST_LENGTH} characters at least) may land in the server's log, as all statements may. Kept by windrow.`,
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
