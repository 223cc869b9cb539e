import { WindrowError } from '../../core/errors.ts'
import type { SqlSession } from '../../sinks/postgres/sql-client.ts'
import { KEEPERS } from '../roles.ts'
import { relations, textArray } from './sql-text.ts'

/** What a function, operator or type is of, and who may change it. */
interface ForeignCode {
  readonly code: string
  readonly object: string
  readonly owner: string
}

/** What belongs to a table or view and may run code as it is used, by its catalogue: the column that says of which. */
const PARTS: ReadonlyArray<readonly [string, string]> = [
  ['pg_policy', 'polrelid'],
  ['pg_trigger', 'tgrelid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_attrdef', 'adrelid'],
  ['pg_constraint', 'conrelid'],
]

/** Code, by its catalogue: the column that says whose. */
const CODE: ReadonlyArray<readonly [string, string]> = [
  ['pg_proc', 'proowner'],
  ['pg_operator', 'oprowner'],
  ['pg_opclass', 'opcowner'],
  ['pg_type', 'typowner'],
]

/**
 * Throws WR_ACCESS_FOREIGN_CODE where a query on these tables or views would run what neither a superuser nor windrow's keepers own: as
 * whoever tries it, it could take back the rights of the session. From then on, until the transaction ends, nobody can add any.
 */
export async function refuseForeignCode(session: SqlSession, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return
  await session.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS SHARE MODE`)
  const found = await findForeignCode(session, tables)
  const [first] = found
  if (first === undefined) return
  const more = found.length === 1 ? '' : `, and there are ${found.length - 1} more`
  throw new WindrowError('WR_ACCESS_FOREIGN_CODE', {
    message: `${first.object} uses ${first.code}, which is ${first.owner}'s${more}: to try what roles may would run it with your rights within its reach. Nothing was tried`,
    remedy: `Take it out, or have a superuser look at it and own it (ALTER ${first.code} OWNER TO …). Then run it again.`,
    facts: { found },
    kind: 'usage',
  })
}

async function findForeignCode(session: SqlSession, tables: readonly string[]): Promise<ForeignCode[]> {
  const watched = relations(tables)
  const parts = [
    ...PARTS.map(
      ([catalogue, column]) => `SELECT '${catalogue}'::regclass, oid, ${column} FROM ${catalogue} WHERE ${column} IN ${watched}`,
    ),
    `SELECT 'pg_class'::regclass, indexrelid, indrelid FROM pg_index WHERE indrelid IN ${watched}`,
    `SELECT 'pg_class'::regclass, oid, oid FROM pg_class WHERE oid IN ${watched}`,
  ]
  const code = CODE.map(([catalogue, column]) => `SELECT '${catalogue}'::regclass, oid, ${column} FROM ${catalogue}`)
  const { rows } = await session.query(
    `WITH part (classid, objid, relid) AS (${parts.join(' UNION ALL ')}), code (classid, objid, owner) AS (${code.join(' UNION ALL ')})
     SELECT DISTINCT d.type || ' ' || d.identity, p.relid::regclass::text, r.rolname::text
     FROM part AS p JOIN pg_depend AS on_it ON on_it.classid = p.classid AND on_it.objid = p.objid
     JOIN code AS c ON c.classid = on_it.refclassid AND c.objid = on_it.refobjid
     JOIN pg_roles AS r ON r.oid = c.owner CROSS JOIN LATERAL pg_identify_object(c.classid, c.objid, 0) AS d
     WHERE NOT r.rolsuper AND r.rolname <> ALL (${textArray(Object.values(KEEPERS))})
     ORDER BY 2, 1`,
  )
  return rows.map(([found, object, owner]) => ({ code: String(found), object: String(object), owner: String(owner) }))
}
