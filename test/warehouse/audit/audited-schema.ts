import { postgresSink } from '../../../src/sinks/postgres/postgres-sink.ts'
import { quoteName, quoteText } from '../../../src/sinks/postgres/quote.ts'
import type { SqlClient, SqlSession, SqlValue } from '../../../src/sinks/postgres/sql-client.ts'
import { tableName } from '../../../src/sinks/postgres/table-sql.ts'
import type { View } from '../../../src/views/view.ts'
import { sessionSteps } from '../../../src/warehouse/access/setup-steps.ts'
import { auditSteps } from '../../../src/warehouse/audit/audit-steps.ts'
import { GROUPS, KEEPERS, USERS } from '../../../src/warehouse/roles.ts'

/** Tables of views with the audit over them, in a schema of their own. */
export interface AuditedSchema {
  readonly schema: string
  /** A name of something in it, quoted. */
  table(name: string): string
  /** The lines of the log in their order; `facts` are columns. */
  lines(...facts: string[]): Promise<ReadonlyArray<readonly SqlValue[]>>
  /** The lines that `work` leaves: operation, row before and row after. */
  linesOf(work: () => Promise<unknown>): Promise<ReadonlyArray<readonly [string, object | null, object | null]>>
  /** Runs with the rights of that role, in a transaction. */
  as<T>(role: string, work: (session: SqlSession) => Promise<T>): Promise<T>
}

/** The roles of windrow's, of which a server has one each. */
export async function makeRoles(client: SqlSession): Promise<void> {
  const make = (name: string, options: string) =>
    client.query(`DO $do$ BEGIN
      IF to_regrole(${quoteText(name)}) IS NULL THEN CREATE ROLE ${quoteName(name)} ${options}; END IF;
    END $do$`)
  for (const name of [...Object.values(GROUPS), ...Object.values(KEEPERS)]) await make(name, 'NOLOGIN')
  for (const [name, group] of Object.entries(USERS)) {
    await make(name, 'LOGIN')
    await client.query(`GRANT ${GROUPS[group]} TO ${name}`)
  }
}

/** Makes all that the audit is made of, in one transaction. */
export function setUpAudit(client: SqlClient, schema: string, views: readonly View[]): Promise<void> {
  return client.transaction(async (session) => {
    for (const { sql } of [...sessionSteps, ...auditSteps({ schema, views, sqlViews: [] })]) await session.query(sql)
  })
}

/** Tables as windrow makes them, owned as it has them owned, with rights for administrators, and the audit. `client` is a superuser's. */
export async function auditedSchema(client: SqlClient, schema: string, views: readonly View[]): Promise<AuditedSchema> {
  const table = (name: string): string => tableName(schema, name)
  await makeRoles(client)
  await postgresSink({ client, schema }).open(views)
  await client.query(`GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${Object.values(GROUPS).join(', ')}`)
  await client.query(`GRANT CREATE ON SCHEMA ${quoteName(schema)} TO ${GROUPS.etl}`)
  const names = views.map((view) => view.name)
  for (const name of [...names, 'windrow_progress', 'windrow_mends']) {
    await client.query(`ALTER TABLE ${table(name)} OWNER TO ${GROUPS.etl}`)
  }
  for (const name of names) await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table(name)} TO ${GROUPS.admin}`)
  await setUpAudit(client, schema, views)
  const lines: AuditedSchema['lines'] = async (...facts) =>
    (await client.query(`SELECT ${facts.join(', ')} FROM ${table('audit_log')} ORDER BY id`)).rows
  return {
    schema,
    table,
    lines,
    async linesOf(work) {
      const before = (await lines('id')).length
      await work()
      const found = await lines('operation', `(details -> 'old')::text`, `(details -> 'new')::text`)
      return found.slice(before).map(([operation, old, fresh]) => [String(operation), parsed(old), parsed(fresh)] as const)
    },
    as: (role, work) =>
      client.transaction(async (session) => {
        await session.query(`SET LOCAL ROLE ${quoteName(role)}`)
        return work(session)
      }),
  }
}

function parsed(json: SqlValue | undefined): object | null {
  return JSON.parse(String(json)) as object | null
}
