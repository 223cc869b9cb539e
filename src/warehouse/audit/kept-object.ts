import { createHash } from 'node:crypto'
import { quoteText } from '../../sinks/postgres/quote.ts'
import type { SetupStep } from '../setup-step.ts'
import { asKeeper, type Keeper } from './as-keeper.ts'
import { dollarQuoted } from './dollar-quoted.ts'

export interface KeptObject {
  readonly schema: string
  readonly owner: Keeper
  readonly what: string
  readonly kind: 'FUNCTION' | 'SEQUENCE' | 'TABLE' | 'VIEW'
  /** As statements name it: with its schema, quoted, a function with the types of its arguments. */
  readonly name: string
  /** Statements of PL/pgSQL that make it, or make it as it should be, each with its semicolon. */
  readonly make: readonly string[]
  /** What others than its owner may: all that was given beside is taken back. By role, such as `EXECUTE`. */
  readonly grants: readonly (readonly [role: string, privilege: string])[]
  readonly comment: string
}

/**
 * Makes it as it should be, unless it is so already: then nothing is written, and nobody is held up. Its comment ends with a fingerprint of
 * how it was asked for and of how Postgres had it afterwards, so that a change of either is seen.
 */
export function keptObject({ schema, owner, what, kind, name, make, grants, comment }: KeptObject): SetupStep {
  const { catalogue, found, state, acl } = CATALOGUES[kind]
  // Rights on a view are given as those on a table.
  const target = kind === 'VIEW' ? 'TABLE' : kind
  const wanted = createHash('sha256')
    .update(JSON.stringify([make, grants, comment]))
    .digest('hex')
  const text = `format('%s (windrow %s)', ${quoteText(comment)}, left(md5('${wanted}' || (${state})), 12))`
  const statements = `
${make.join('\n')}
object := ${found(name)};
FOR grantee IN
  SELECT DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC')
  FROM (${acl}) AS given (owner, list), aclexplode(given.list) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
  WHERE a.grantee <> given.owner
LOOP
  EXECUTE format('REVOKE ALL ON ${target} %s FROM %s CASCADE', ${quoteText(name)}, grantee);
END LOOP;
${grants.map(([role, privilege]) => `GRANT ${privilege} ON ${target} ${name} TO ${role};`).join('\n')}
EXECUTE format('COMMENT ON ${kind} %s IS %L', ${quoteText(name)}, ${text});`
  const body = `
DECLARE
  object oid := ${found(name)};
  grantee text;
BEGIN
  IF obj_description(object, '${catalogue}') = ${text} THEN
    RETURN;
  END IF;
${asKeeper(owner, schema, statements)}
END`
  return { what, sql: `DO ${dollarQuoted(body)}` }
}

interface Catalogue {
  readonly catalogue: 'pg_proc' | 'pg_class'
  readonly found: (name: string) => string
  /** A query for how `object` is, but for its comment. */
  readonly state: string
  /** A query for the owner of `object`, and what is given to whom. */
  readonly acl: string
}

const ofRelations: Catalogue = {
  catalogue: 'pg_class',
  found: (name) => `to_regclass(${quoteText(name)})`,
  state: `SELECT concat_ws('|', c.relkind, c.relowner::regrole, c.reloptions, c.relacl::text,
      CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END,
      (SELECT string_agg(concat_ws(',', t.attname, t.atttypid::regtype, t.attnotnull, pg_get_expr(d.adbin, d.adrelid), t.attacl::text,
          col_description(c.oid, t.attnum)), ';' ORDER BY t.attnum)
        FROM pg_attribute AS t LEFT JOIN pg_attrdef AS d ON d.adrelid = t.attrelid AND d.adnum = t.attnum
        WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped),
      (SELECT string_agg(pg_get_indexdef(i.indexrelid), ';' ORDER BY pg_get_indexdef(i.indexrelid) COLLATE "C") FROM pg_index AS i WHERE i.indrelid = c.oid))
    FROM pg_class AS c WHERE c.oid = object`,
  acl: `SELECT c.relowner, c.relacl FROM pg_class AS c WHERE c.oid = object
    UNION ALL SELECT c.relowner, t.attacl FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid WHERE c.oid = object`,
}

const CATALOGUES: Readonly<Record<KeptObject['kind'], Catalogue>> = {
  FUNCTION: {
    catalogue: 'pg_proc',
    found: (name) => `to_regprocedure(${quoteText(name)})`,
    state: `SELECT concat_ws('|', pg_get_functiondef(p.oid), p.proowner::regrole, p.proacl::text) FROM pg_proc AS p WHERE p.oid = object`,
    // Without a list everybody may call it.
    acl: `SELECT p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc AS p WHERE p.oid = object`,
  },
  SEQUENCE: ofRelations,
  TABLE: ofRelations,
  VIEW: ofRelations,
}
