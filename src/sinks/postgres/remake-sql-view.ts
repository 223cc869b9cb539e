import { quoteName } from './quote.ts'
import type { SqlSession } from './sql-client.ts'

interface Grant {
  readonly privilege: string
  /** Quoted, or PUBLIC. */
  readonly grantee: string
  readonly grantable: boolean
  /** Null for the whole view. */
  readonly column: string | null
}

/**
 * Drops a view of windrow's and has it made anew, for columns that cannot be replaced in place. It keeps its owner and what was granted on
 * it, on columns too where they are still there. Returns false, having done nothing, where triggers, rules or defaults of others would go
 * with it; other views that read it make Postgres refuse the DROP. Part of a transaction.
 */
export async function remakeSqlView(session: SqlSession, name: string, make: () => Promise<void>): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT r.rolname::text, r.rolname = current_user,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid) OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = c.oid)
       OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN')
     FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass($1)`,
    [name],
  )
  const [owner, isOurs, hasMore] = rows[0] ?? []
  if (hasMore === true) return false
  const before = await grantsOn(session, name)
  await session.query(`DROP VIEW ${name}`)
  await make()
  if (isOurs !== true) await session.query(`ALTER VIEW ${name} OWNER TO ${quoteName(String(owner))}`)
  // Default privileges may give a new view what the old one did not have.
  for (const grantee of new Set((await grantsOn(session, name)).map((grant) => grant.grantee))) {
    await session.query(`REVOKE ALL ON ${name} FROM ${grantee}`)
  }
  const columns = await columnsOf(session, name)
  for (const grant of before) {
    if (grant.column === null || columns.has(grant.column)) await session.query(grantOn(name, grant))
  }
  return true
}

/** What others than the owner may. */
async function grantsOn(session: SqlSession, name: string): Promise<Grant[]> {
  const { rows } = await session.query(
    `SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
       bool_or(a.is_grantable), a.attname
     FROM pg_class c CROSS JOIN LATERAL (SELECT NULL::text AS attname, x.* FROM aclexplode(c.relacl) AS x UNION ALL
       SELECT t.attname::text, x.* FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) AS x WHERE t.attrelid = c.oid) AS a
     WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner GROUP BY a.privilege_type, a.grantee, a.attname`,
    [name],
  )
  return rows.map(([privilege, grantee, grantable, column]) => ({
    privilege: String(privilege),
    grantee: String(grantee),
    grantable: grantable === true,
    column: column === null ? null : String(column),
  }))
}

function grantOn(name: string, { privilege, grantee, grantable, column }: Grant): string {
  const what = column === null ? privilege : `${privilege} (${quoteName(column)})`
  return `GRANT ${what} ON ${name} TO ${grantee}${grantable ? ' WITH GRANT OPTION' : ''}`
}

async function columnsOf(session: SqlSession, name: string): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(
    'SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [name],
  )
  return new Set(rows.map(([column]) => String(column)))
}
