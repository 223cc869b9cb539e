import { quoteText } from '../../sinks/postgres/quote.ts'
import { tableName } from '../../sinks/postgres/table-sql.ts'
import type { View } from '../../views/view.ts'
import { GROUPS } from '../roles.ts'
import type { SetupStep, SetupTarget } from '../setup-step.ts'
import { doBlock, relation } from './sql-text.ts'
import { VISIBLE, visibleRows } from './visible-time.ts'

interface Policy {
  /** The policy has the name of its group. */
  readonly group: string
  readonly command: 'SELECT' | 'ALL'
  readonly sees: string
}

/** Which rows of a view's table the groups see. The owner sees all: the pipeline is not held up by policies. */
export function policiesOf(view: View): readonly Policy[] {
  return [
    { group: GROUPS.reader, command: 'SELECT', sees: visibleRows(view, 'reader') },
    { group: GROUPS.analyst, command: 'SELECT', sees: visibleRows(view, 'analyst') },
    { group: GROUPS.admin, command: 'ALL', sees: 'true' },
    { group: GROUPS.backup, command: 'SELECT', sees: 'true' },
  ]
}

export function policySteps(target: SetupTarget): SetupStep[] {
  return target.views.map((view) => policyStep(target.schema, view))
}

/** A policy that is there is kept where it was made of the same text and nobody has changed it since: its comment tells both. */
function policyStep(schema: string, view: View): SetupStep {
  const table = tableName(schema, view.name)
  const values = policiesOf(view).map(({ group, command, sees }) => `(${[group, command, sees].map(quoteText).join(', ')})`)
  return {
    what: `of ${view.name} readers see ${VISIBLE.reader}, analysts ${VISIBLE.analyst}`,
    sql: doBlock(`DECLARE
  target oid := ${relation(schema, view.name)};
  wanted record;
BEGIN
  IF target IS NULL THEN RETURN; END IF;
  IF NOT (SELECT relrowsecurity AND NOT relforcerowsecurity FROM pg_class WHERE oid = target) THEN
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY;
  END IF;
  FOR wanted IN SELECT * FROM (VALUES
    ${values.join(',\n    ')}
  ) AS v (grp, command, sees) LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = target AND p.polname = wanted.grp AND p.polpermissive
      AND p.polcmd = (CASE wanted.command WHEN 'ALL' THEN '*' ELSE 'r' END)::"char" AND p.polroles = ARRAY[wanted.grp::regrole::oid]
      AND obj_description(p.oid, 'pg_policy') = ${madeOf('wanted.sees')});
    EXECUTE format('DROP POLICY IF EXISTS %I ON %s', wanted.grp, ${quoteText(table)});
    EXECUTE format('CREATE POLICY %I ON %s FOR %s TO %I USING (%s)', wanted.grp, ${quoteText(table)}, wanted.command, wanted.grp, wanted.sees);
    EXECUTE format('COMMENT ON POLICY %I ON %s IS %L', wanted.grp, ${quoteText(table)},
      (SELECT ${madeOf('wanted.sees')} FROM pg_policy p WHERE p.polrelid = target AND p.polname = wanted.grp));
  END LOOP;
END`),
  }
}

/** The text of a policy, and a fingerprint of what Postgres understood. */
function madeOf(text: string): string {
  return `${text} || ' (windrow ' || left(md5(pg_get_expr(p.polqual, p.polrelid) || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')), 12) || ')'`
}
