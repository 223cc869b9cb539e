import { quoteName, quoteText } from '../../sinks/postgres/quote.ts'
import { KEEPERS } from '../roles.ts'
import type { SetupStep } from '../setup-step.ts'
import { dollarQuoted } from './dollar-quoted.ts'

export type Keeper = (typeof KEEPERS)[keyof typeof KEEPERS]

/** What a keeper's functions need whenever they are called: to look into the schema. */
export function keepersLookInto(schema: string): SetupStep {
  const names = Object.values(KEEPERS)
  const body = `
BEGIN
  IF ${names.length} <> (
    SELECT count(*) FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
    WHERE n.nspname = ${quoteText(schema)} AND a.privilege_type = 'USAGE' AND pg_get_userbyid(a.grantee) IN (${names.map(quoteText).join(', ')})
  ) THEN
    GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${names.join(', ')};
  END IF;
END`
  return { what: 'the keepers look into the schema', sql: `DO ${dollarQuoted(body)}` }
}

/**
 * A block of PL/pgSQL that runs statements as a keeper, who may make something in the schema meanwhile: whoever runs it becomes a member for so long,
 * unless it may be anybody anyway. An error takes all of it back.
 */
export function asKeeper(keeper: Keeper, schema: string, statements: string): string {
  return withKeeper(
    keeper,
    `
GRANT CREATE ON SCHEMA ${quoteName(schema)} TO ${keeper};
-- Whoever may not give it gets a warning, and no error.
IF NOT has_schema_privilege('${keeper}', ${quoteText(schema)}, 'CREATE') THEN
  RAISE EXCEPTION '% may not let ${keeper} make something in the schema %', session_user, ${quoteText(schema)}
    USING ERRCODE = 'insufficient_privilege', HINT = 'Run the set-up as a superuser, or as who owns the schema.';
END IF;
${asRole(keeper, statements)}
REVOKE CREATE ON SCHEMA ${quoteName(schema)} FROM ${keeper};`,
  )
}

/** The same for statements that read and write what the keeper has, and make nothing. */
export function asKeeperWrites(keeper: Keeper, statements: string): string {
  return withKeeper(keeper, asRole(keeper, statements))
}

/** A block that runs statements as before, and with what the keeper may beside. */
export function withKeeper(keeper: Keeper, statements: string): string {
  return `DECLARE
  says_what boolean := current_setting('server_version_num')::int >= 160000;
  joins boolean := false;
BEGIN
  -- Since PostgreSQL 16 who made a role may give it to others, and itself is it only where that says so.
  IF NOT pg_has_role(session_user, '${keeper}', 'USAGE') OR says_what AND NOT pg_has_role(session_user, '${keeper}', 'SET') THEN
    joins := true;
    EXECUTE format('GRANT ${keeper} TO %I', session_user) || CASE WHEN says_what THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
  END IF;
${statements.trim()}
  IF joins THEN
    EXECUTE format('REVOKE ${keeper} FROM %I', session_user);
  END IF;
END;`
}

/** Not by RESET: who runs this may have taken another role. */
function asRole(role: string, statements: string): string {
  return `DECLARE
  role_before text := current_setting('role');
BEGIN
  PERFORM set_config('role', '${role}', true);
${statements.trim()}
  PERFORM set_config('role', role_before, true);
END;`
}
