import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { dollarQuoted } from './dollar-quoted.ts'

const NAMES = Object.values(KEEPERS)
const ALL = NAMES.join(', ')
const AS_ARRAY = `ARRAY[${NAMES.map((name) => `'${name}'`).join(', ')}]`

/**
 * Surrounds steps in which the keepers make what they own: whoever runs them becomes a member, unless it may be anybody anyway, and the keepers
 * may create in the schema; afterwards neither is so.
 */
export function withKeepers(schema: string, steps: readonly SetupStep[]): SetupStep[] {
  return [join(schema), ...steps, leave(schema)]
}

/** The steps run as that role, and see no name but Postgres' own and those with a schema. */
export function asRole(role: string, steps: readonly SetupStep[]): SetupStep[] {
  return [become(role), ...steps, becomeAgain(role)]
}

function join(schema: string): SetupStep {
  const body = `
DECLARE
  keeper text;
  says_what boolean := current_setting('server_version_num')::int >= 160000;
BEGIN
  PERFORM set_config('windrow.setup_joined', '', true);
  FOREACH keeper IN ARRAY ${AS_ARRAY} LOOP
    -- Since PostgreSQL 16 who made a role may give it to others, and itself is it only where that says so.
    IF NOT pg_has_role(session_user, keeper, 'USAGE') OR says_what AND NOT pg_has_role(session_user, keeper, 'SET') THEN
      EXECUTE format('GRANT %I TO %I', keeper, session_user) || CASE WHEN says_what THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
      PERFORM set_config('windrow.setup_joined', current_setting('windrow.setup_joined') || ' ' || keeper, true);
    END IF;
  END LOOP;
  GRANT USAGE, CREATE ON SCHEMA ${quoteName(schema)} TO ${ALL};
  -- Whoever may not give it gets a warning, and no error.
  FOREACH keeper IN ARRAY ${AS_ARRAY} LOOP
    IF NOT has_schema_privilege(keeper, ${quoteText(schema)}, 'CREATE') THEN
      RAISE EXCEPTION '% may not let % make its tables and functions in the schema %', session_user, keeper, ${quoteText(schema)}
        USING ERRCODE = 'insufficient_privilege', HINT = 'Run the set-up as a superuser, or as who owns the schema.';
    END IF;
  END LOOP;
END`
  return { what: 'lets the keepers make what they own', sql: `DO ${dollarQuoted(body)}` }
}

function leave(schema: string): SetupStep {
  const body = `
DECLARE
  keeper text;
BEGIN
  REVOKE CREATE ON SCHEMA ${quoteName(schema)} FROM ${ALL};
  FOREACH keeper IN ARRAY string_to_array(trim(current_setting('windrow.setup_joined')), ' ') LOOP
    EXECUTE format('REVOKE %I FROM %I', keeper, session_user);
  END LOOP;
END`
  return { what: 'lets nobody be a keeper any more', sql: `DO ${dollarQuoted(body)}` }
}

function become(role: string): SetupStep {
  const body = `
BEGIN
  PERFORM set_config('windrow.setup_role', current_setting('role'), true),
          set_config('windrow.setup_path', current_setting('search_path'), true),
          set_config('role', '${role}', true),
          set_config('search_path', 'pg_catalog, pg_temp', true);
END`
  return { what: `goes on as ${role}`, sql: `DO ${dollarQuoted(body)}` }
}

/** Not by RESET: who runs this may start as another role, or have taken one. */
function becomeAgain(role: string): SetupStep {
  const body = `
BEGIN
  PERFORM set_config('role', current_setting('windrow.setup_role'), true),
          set_config('search_path', current_setting('windrow.setup_path'), true);
END`
  return { what: `is ${role} no longer`, sql: `DO ${dollarQuoted(body)}` }
}
