import { beforeAll, describe, expect, test } from 'vitest'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { MARK_AS_SINK } from '../../../src/sinks/postgres/writer-setting.ts'
import { catalogueState, catalogueWrites } from '../../../src/warehouse/access/catalogue-state.ts'
import { auditSteps } from '../../../src/warehouse/audit/audit-steps.ts'
import { GROUPS, KEEPERS } from '../../../src/warehouse/roles.ts'
import { conformanceView } from '../../conformance/sink-setting.ts'
import { type AuditedSchema, auditedSchema, makeRoles, setUpAudit } from './audited-schema.ts'

/** What the set-up leaves, and what a second one does, in any Postgres. */
export function auditSetupSuite(client: SqlClient, newSchema: () => string): void {
  describe('the set-up of the audit', () => {
    const views = [conformanceView]
    let audited: AuditedSchema
    let schema: string
    let t: string
    beforeAll(async () => {
      audited = await auditedSchema(client, newSchema(), views)
      schema = audited.schema
      t = audited.table('conformance')
    })
    const again = () => setUpAudit(client, schema, views)
    const insert = (n: number) => `INSERT INTO ${t} (station_id, hour, n, complete) VALUES ('s${n}', 'infinity', ${n}, true)`
    const state = () => client.transaction((session) => catalogueState(session, schema))

    test('is noted: who is a member of what, and since when which table is audited', async () => {
      const [access, audit, ...others] = await audited.lines('operation', 'table_name', 'details::text')
      expect(others).toEqual([])
      expect(access?.slice(0, 2)).toEqual(['ACCESS', 'pg_auth_members'])
      expect(JSON.parse(String(access?.[2]))).toMatchObject({
        old: null,
        new: { members: { [GROUPS.analyst]: ['user_data_analyst'] }, roles: { user_etl: { login: true, superuser: false } } },
      })
      expect(audit?.slice(0, 2)).toEqual(['AUDIT', 'conformance'])
      expect(JSON.parse(String(audit?.[2]))).toMatchObject({ old: null, new: { windrow_audit_truncate: 'enabled' } })
    })

    test('changes, notes and locks nothing the second time', async () => {
      const before = await state()
      const lines = await audited.lines('id')
      await client.transaction(async (session) => {
        for (const { what, sql } of auditSteps({ schema, views, sqlViews: [] })) {
          const writes = await catalogueWrites(session)
          await session.query(sql)
          expect([what, await catalogueWrites(session)]).toEqual([what, writes])
        }
        const { rows } = await session.query(
          `SELECT mode FROM pg_locks WHERE relation = '${t}'::regclass AND pid = pg_backend_pid() AND mode <> 'AccessShareLock'`,
        )
        expect(rows).toEqual([])
      })
      expect(await state()).toBe(before)
      expect(await audited.lines('id')).toEqual(lines)
    })

    test.each([
      ['a trigger that was turned off', () => `ALTER TABLE ${t} DISABLE TRIGGER windrow_audit_update`],
      ['all triggers that were turned off', () => `ALTER TABLE ${t} DISABLE TRIGGER USER`],
      ['a trigger that is gone', () => `DROP TRIGGER windrow_audit_delete ON ${t}`],
      [
        'a trigger that was made to look at less',
        () => `CREATE OR REPLACE TRIGGER windrow_audit_insert AFTER INSERT ON ${t} REFERENCING NEW TABLE AS new_rows
          FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION ${audited.table('windrow_audit_change')}()`,
      ],
      [
        'what writes the log, where it writes nothing',
        () =>
          `CREATE OR REPLACE FUNCTION ${audited.table('windrow_audit_change')}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
      ],
      [
        'a right to write the log',
        () => `GRANT INSERT, UPDATE, DELETE ON ${audited.table('audit_log')} TO ${GROUPS.admin}, PUBLIC`,
      ],
      ['a right to read a column of it', () => `GRANT SELECT (details) ON ${audited.table('audit_log')} TO ${GROUPS.reader}`],
      ['a right to move its numbers', () => `GRANT UPDATE ON SEQUENCE ${audited.table('audit_log_id_seq')} TO ${GROUPS.admin}`],
      [
        'a right to call what administrators call',
        () => `GRANT EXECUTE ON FUNCTION ${audited.table('cleanup_audit_logs')}(integer) TO PUBLIC`,
      ],
      [
        'a function without its search path',
        () => `ALTER FUNCTION ${audited.table('change_user_password')}(text, text) RESET ALL`,
      ],
      [
        'a view that shows what its owner may see',
        () => `ALTER VIEW ${audited.table('security_audit_summary')} RESET (security_invoker)`,
      ],
    ])('mends %s', async (_, harm) => {
      const before = await state()
      await client.query(harm())
      expect(await state()).not.toBe(before)
      await again()
      expect(await state()).toBe(before)
    })

    test('notes that triggers were off, and who belongs where since', async () => {
      await client.query(`ALTER TABLE ${t} DISABLE TRIGGER windrow_audit_update`)
      await client.query('CREATE ROLE somebody LOGIN')
      await client.query(`GRANT ${GROUPS.admin} TO somebody`)
      await again()
      await client.query(`REVOKE ${GROUPS.admin} FROM somebody`)
      await client.query('DROP ROLE somebody')
      const [access, audit] = (await audited.lines('operation', 'details::text')).slice(-2)
      expect(access?.[0]).toBe('ACCESS')
      const { old, new: now } = JSON.parse(String(access?.[1]))
      expect(old.members[GROUPS.admin] ?? []).not.toContain('somebody')
      expect(now.members[GROUPS.admin]).toContain('somebody')
      expect(audit?.[0]).toBe('AUDIT')
      expect(JSON.parse(String(audit?.[1]))).toMatchObject({
        old: { windrow_audit_insert: 'enabled', windrow_audit_update: 'disabled' },
        new: { windrow_audit_update: 'enabled' },
      })
      await again()
    })

    test('makes functions that look nowhere but in Postgres itself, and that nobody calls but who should', async () => {
      const { rows } = await client.query(
        `SELECT p.proname::text, pg_get_userbyid(p.proowner)::text, p.prosecdef, 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig),
           (SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ', ') FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
             WHERE a.grantee <> p.proowner)
         FROM pg_proc AS p WHERE p.pronamespace = '${schema}'::regnamespace ORDER BY 1`,
      )
      expect(rows).toEqual([
        ['change_user_password', KEEPERS.passwords, true, true, GROUPS.admin],
        ['cleanup_audit_logs', KEEPERS.audit, true, true, GROUPS.admin],
        ['get_table_stats', KEEPERS.audit, false, true, GROUPS.admin],
        ['windrow_audit_change', KEEPERS.audit, true, true, null],
        ['windrow_audit_event', KEEPERS.audit, true, true, KEEPERS.passwords],
        ['windrow_connections', KEEPERS.audit, true, true, GROUPS.admin],
        ['windrow_scram_verifier', KEEPERS.passwords, false, true, null],
      ])
    })

    test('leaves keepers that may make nothing, and whose members nobody is', async () => {
      const { rows } = await client.query(
        `SELECT r.rolname::text, has_schema_privilege(r.oid, '${schema}', 'CREATE'), r.rolcanlogin, r.rolsuper,
           EXISTS (SELECT FROM pg_auth_members AS m WHERE m.roleid = r.oid AND m.member <> m.grantor)
         FROM pg_roles AS r WHERE r.rolname IN ('${KEEPERS.audit}', '${KEEPERS.passwords}') ORDER BY 1`,
      )
      expect(rows).toEqual([
        [KEEPERS.audit, false, false, false, false],
        [KEEPERS.passwords, false, false, false, false],
      ])
    })

    describe('lets nobody', () => {
      const asRole = (role: string, statement: string) => audited.as(role, (session) => session.query(statement))
      const roles = Object.values(GROUPS)
      const refused = async (role: string, statement: string) => {
        const lines = await audited.lines('id', 'details::text')
        await expect(asRole(role, statement)).rejects.toMatchObject({ facts: { sqlState: '42501' } })
        expect(await audited.lines('id', 'details::text')).toEqual(lines)
      }

      test.each(roles)('write, change or delete a line: %s', async (role) => {
        const log = audited.table('audit_log')
        await refused(role, `INSERT INTO ${log} (table_name, operation, details) VALUES ('x', 'INSERT', '{}')`)
        await refused(role, `UPDATE ${log} SET user_name = 'somebody else'`)
        await refused(role, `DELETE FROM ${log}`)
        await refused(role, `TRUNCATE ${log}`)
        await refused(role, `DROP TABLE ${log} CASCADE`)
        await refused(role, `ALTER TABLE ${log} DISABLE TRIGGER ALL`)
        await refused(role, `SELECT setval('${audited.table('audit_log_id_seq')}', 1)`)
        await refused(role, `SELECT ${audited.table('windrow_audit_event')}('x', 'y', '{}')`)
        await refused(
          role,
          `CREATE OR REPLACE FUNCTION ${audited.table('windrow_audit_change')}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
        )
      })

      test.each(roles)('read it but administrators and backups: %s', async (role) => {
        for (const name of ['audit_log', 'security_audit_summary']) {
          const select = `SELECT count(*) FROM ${audited.table(name)}`
          if (role === GROUPS.admin || role === GROUPS.backup) expect((await asRole(role, select)).rows).toHaveLength(1)
          else await refused(role, select)
        }
      })

      test.each(roles.filter((role) => role !== GROUPS.admin))('call what administrators call: %s', async (role) => {
        for (const call of [
          `cleanup_audit_logs(30)`,
          `get_table_stats()`,
          `change_user_password('user_etl', 'x')`,
          'windrow_connections()',
        ]) {
          await refused(role, `SELECT ${audited.table(call.slice(0, call.indexOf('(')))}${call.slice(call.indexOf('('))}`)
        }
        await refused(role, `SELECT * FROM ${audited.table('active_connections')}`)
      })

      test('attach what writes the log to a table of their own', async () => {
        await client.query(`CREATE TABLE ${audited.table('own')} ()`)
        await client.query(`ALTER TABLE ${audited.table('own')} OWNER TO ${GROUPS.etl}`)
        await refused(
          GROUPS.etl,
          `CREATE TRIGGER own AFTER INSERT ON ${audited.table('own')} EXECUTE FUNCTION ${audited.table('windrow_audit_change')}()`,
        )
        await client.query(`DROP TABLE ${audited.table('own')}`)
      })
    })

    describe('the mark of the sink', () => {
      const linesAs = (role: string) =>
        audited.linesOf(() =>
          audited.as(role, async (session) => {
            await session.query(`SELECT ${MARK_AS_SINK}`)
            await session.query(insert(1))
            await session.query(`UPDATE ${t} SET n = n + 1`)
            await session.query(`DELETE FROM ${t}`)
          }),
        )

      test('spares the role that owns the tables the log', async () => {
        expect(await linesAs(GROUPS.etl)).toEqual([])
      })

      test('is of no use to an administrator', async () => {
        expect((await linesAs(GROUPS.admin)).map(([operation]) => operation)).toEqual(['INSERT', 'UPDATE', 'DELETE'])
      })

      test('ends with the transaction, and means nothing with another value', async () => {
        const lines = await audited.linesOf(() =>
          audited.as(GROUPS.etl, async (session) => {
            await session.query(insert(1))
            await session.query(`SET LOCAL windrow.writer = 'Sink'`)
            await session.query(`DELETE FROM ${t}`)
          }),
        )
        expect(lines.map(([operation]) => operation)).toEqual(['INSERT', 'DELETE'])
      })
    })

    test('finds the same names whatever a session has in its way', async () => {
      const lines = await audited.linesOf(() =>
        client
          .transaction(async (session) => {
            const shadows = ['audit_log (LIKE pg_class)', 'pg_class (oid oid)', 'old_rows (x int)', 'new_rows (x int)']
            for (const shadow of shadows) await session.query(`CREATE TEMPORARY TABLE ${shadow} ON COMMIT DROP`)
            for (const [name, returns] of [
              ['now()', 'timestamptz'],
              ['clock_timestamp()', 'timestamptz'],
              ['to_jsonb(anyelement)', 'jsonb'],
              ['current_setting(text, boolean)', 'text'],
              ['pg_has_role(name, name, text)', 'boolean'],
            ]) {
              await session.query(
                `CREATE FUNCTION pg_temp.${name} RETURNS ${returns} LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''shadowed''; END'`,
              )
            }
            await session.query(`GRANT USAGE ON SCHEMA ${schema} TO PUBLIC`)
            await session.query('SET LOCAL search_path = pg_temp, pg_catalog')
            await session.query(`SET LOCAL ROLE ${GROUPS.admin}`)
            await session.query(insert(1))
            await session.query(`DELETE FROM ${t}`)
            await session.query(`SELECT ${audited.table('cleanup_audit_logs')}(30)`)
            await session.query(`SELECT ${audited.table('get_table_stats')}()`)
            await session.query(`SELECT ${audited.table('change_user_password')}('user_etl', 'a good password')`)
            throw new Error('taken back')
          })
          .catch((error: Error) => expect(error.message).toBe('taken back')),
      )
      expect(lines).toEqual([])
    })

    test('takes no table of somebody else that has the name', async () => {
      const other = newSchema()
      await makeRoles(client)
      await client.query(`CREATE SCHEMA ${other}`)
      await client.query(`CREATE TABLE ${other}.audit_log (id int)`)
      await expect(setUpAudit(client, other, [])).rejects.toThrow(/is there and is not windrow/)
    })

    test('leaves out a view that has no table yet', async () => {
      const other = newSchema()
      await client.query(`CREATE SCHEMA ${other}`)
      await setUpAudit(client, other, views)
      const { rows } = await client.query(`SELECT count(*)::int FROM ${other}.audit_log WHERE operation = 'AUDIT'`)
      expect(rows).toEqual([[0]])
    })
  })
}
