import { beforeAll, describe, expect, test } from 'vitest'
import { isWindrowError } from '../../../src/core/errors.ts'
import type { SqlClient } from '../../../src/sinks/postgres/sql-client.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import { GROUPS } from '../../../src/warehouse/roles.ts'
import { conformanceView } from '../../conformance/sink-setting.ts'
import { type AuditedSchema, auditedSchema, setUpAudit } from './audited-schema.ts'

/** What administrators run, in any Postgres. */
export function adminFunctionsSuite(client: SqlClient, newSchema: () => string): void {
  describe('what an administrator runs', () => {
    let audited: AuditedSchema
    beforeAll(async () => {
      audited = await auditedSchema(client, newSchema(), [conformanceView])
    })
    const asAdmin = async (statement: string) => (await audited.as(GROUPS.admin, (session) => session.query(statement))).rows
    const call = (name: string, args = '') => asAdmin(`SELECT * FROM ${audited.table(name)}(${args})`)
    const age = (days: number, where: string) =>
      client.query(`UPDATE ${audited.table('audit_log')} SET "timestamp" = now() - interval '${days} days' WHERE ${where}`)

    describe('cleanup_audit_logs()', () => {
      test('deletes what is older than so many days, says how many, and is noted', async () => {
        const t = audited.table('conformance')
        await asAdmin(`INSERT INTO ${t} SELECT 's' || i, now(), NULL, i, i, true FROM generate_series(1, 5) AS i`)
        await age(31, `details #>> '{new,station_id}' IN ('s1', 's2')`)
        await age(29, `details #>> '{new,station_id}' = 's3'`)
        expect(await call('cleanup_audit_logs', '30')).toEqual([[2]])
        const left = await audited.lines(`details #>> '{new,station_id}'`, `operation`)
        expect(left.filter(([, operation]) => operation === 'INSERT')).toEqual(['s3', 's4', 's5'].map((id) => [id, 'INSERT']))
        const facts = ['operation', 'table_name', 'role_name', `(details -> 'days')::int`, `(details -> 'deleted')::int`]
        expect((await audited.lines(...facts)).at(-1)).toEqual(['CLEANUP', 'audit_log', GROUPS.admin, 30, 2])
        expect(await call('cleanup_audit_logs', '30')).toEqual([[0]])
      })

      test('keeps who had which role, so that the next set-up notes who joined since', async () => {
        await age(400, `operation IN ('ACCESS', 'AUDIT')`)
        await call('cleanup_audit_logs', '90')
        const left = await audited.lines('operation', `details -> 'new' -> 'members' IS NOT NULL`)
        expect(left.filter(([operation]) => operation === 'ACCESS' || operation === 'AUDIT')).toEqual([['ACCESS', true]])
        await setUpAudit(client, audited.schema, [conformanceView])
        expect((await audited.lines('operation')).filter(([operation]) => operation === 'ACCESS')).toHaveLength(1)
      })

      test.each(['0', '-1', '6', 'NULL', '36501', '2147483647'])('refuses %s days, and deletes nothing', async (days) => {
        await age(8, `operation = 'CLEANUP'`)
        const before = await audited.lines('id')
        await expect(call('cleanup_audit_logs', days)).rejects.toThrow(/from 7 to 36500/)
        expect(await audited.lines('id')).toEqual(before)
      })
    })

    test('security_audit_summary counts the last 7 days by day, user, table and operation', async () => {
      const t = audited.table('conformance')
      await age(7.5, 'true')
      await asAdmin(`DELETE FROM ${t}`)
      await asAdmin(`INSERT INTO ${t} SELECT 's' || i, now(), NULL, i, i, true FROM generate_series(1, 3) AS i`)
      await asAdmin(`INSERT INTO ${t} SELECT 't' || i, now(), NULL, i, i, true FROM generate_series(1, 2) AS i`)
      await asAdmin(`UPDATE ${t} SET n = 9 WHERE station_id = 's1'`)
      // Over days: it may be midnight (UTC) in between.
      const summary = `SELECT user_name = session_user, table_name, operation, sum(changes)::int, sum(transactions)::int,
        bool_and(first_at <= last_at AND day = (last_at AT TIME ZONE 'UTC')::date)
        FROM ${audited.table('security_audit_summary')} GROUP BY 1, 2, 3 ORDER BY operation`
      expect(await asAdmin(summary)).toEqual([
        [true, 'conformance', 'DELETE', 5, 1, true],
        [true, 'conformance', 'INSERT', 5, 2, true],
        [true, 'conformance', 'UPDATE', 1, 1, true],
      ])
    })

    test('active_connections shows who is connected, and not what they ask', async () => {
      const { rows } = await client.query(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
      )
      const shown = await asAdmin(`SELECT * FROM ${audited.table('active_connections')}`)
      expect(shown.length).toBeGreaterThanOrEqual(Number(rows[0]?.[0]) > 0 ? 1 : 0)
      const { rows: columns } = await client.query(
        `SELECT attname::text FROM pg_attribute WHERE attrelid = '${audited.table('active_connections')}'::regclass AND attnum > 0`,
      )
      expect(columns.flat()).not.toContain('query')
    })

    test('get_table_stats() says how large each table is, and how it is read', async () => {
      await client.query(`DELETE FROM ${audited.table('conformance')}`)
      await client.query(
        `INSERT INTO ${audited.table('conformance')} SELECT 'x' || i, now(), NULL, i, i, true FROM generate_series(1, 321) AS i`,
      )
      const rows = await call('get_table_stats')
      const stats = new Map(rows.map((row) => [row[0], row]))
      expect([...stats.keys()]).toEqual(['audit_log', 'conformance', 'windrow_mends', 'windrow_progress'])
      const [, , exact, total, heap, index] = stats.get('conformance') ?? []
      expect(exact).toBe(321)
      expect(Number(heap)).toBeGreaterThan(0)
      expect(Number(index)).toBeGreaterThan(0)
      expect(total).toBe(Number(heap) + Number(index))
      // Administrators have no right to read where windrow is.
      expect(stats.get('windrow_progress')?.[2]).toBeNull()
    })

    describe('change_user_password()', () => {
      const change = (user: string | null, password: string | null) => {
        const text = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`)
        return call('change_user_password', `${text(user)}, ${text(password)}`)
      }
      const stored = async (user: string) =>
        (await client.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${user}'`)).rows[0]?.[0]
      const GOOD = `pass'word \\ of 1 "user"`

      test('stores what a verifier is of, and notes it without either', async () => {
        const verifier = scramVerifier(GOOD)
        await change('user_readonly', verifier)
        expect(await stored('user_readonly')).toBe(verifier)
        const [line] = (await audited.lines('operation', 'table_name', 'details::text')).slice(-1)
        expect(line?.slice(0, 2)).toEqual(['PASSWORD', 'pg_authid'])
        expect(JSON.parse(String(line?.[2]))).toEqual({ old: null, new: null, user: 'user_readonly', verifier: true })
      })

      test.each([GOOD, `${'x'.repeat(53)}yzabcdefghi`, 'abcdefgh'.repeat(64)])(
        'makes the verifier of a plain password (%#)',
        async (password) => {
          await change('user_data_analyst', password)
          const first = String(await stored('user_data_analyst'))
          const [, salt] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(first) ?? []
          expect(Buffer.from(String(salt), 'base64')).toHaveLength(16)
          expect(first).toBe(scramVerifier(password, Buffer.from(String(salt), 'base64')))
          await change('user_data_analyst', password)
          expect(await stored('user_data_analyst')).not.toBe(first)
          const [line] = (await audited.lines(`details - 'user'`)).slice(-1)
          expect(JSON.stringify(line)).not.toContain(password)
        },
      )

      const wrong = (password: string, salt = 16, iterations = 4096) => scramVerifier(password, Buffer.alloc(salt, 7), iterations)
      test.each([
        ['nothing', null],
        ['an empty one', ''],
        ['a short one', 'short1234!?'],
        ['a very long one', 'abcdefgh'.repeat(65)],
        ['one letter', 'aaaaaaaaaaaaaaaa'],
        ['the name', 'My_User_Readonly_1'],
        ['other letters than ASCII', 'pässwörter sind lang'],
        ['a control character', 'password\nof two lines'],
        ['an md5 sum', `md5${'0'.repeat(32)}`],
        ['a verifier that is cut', scramVerifier(GOOD).slice(0, -1)],
        ['a verifier with something behind', `${scramVerifier(GOOD)}\n`],
        ['a verifier of few iterations', wrong(GOOD, 16, 1000)],
        ['a verifier that takes for ever', wrong(GOOD, 16, 4096).replace('$4096:', '$999999:')],
        ['a verifier with little salt', wrong(GOOD, 8)],
        ['a verifier whose salt is none', scramVerifier(GOOD).replace(/:[^$]+\$/, `:${'A'.repeat(23)}$`)],
        ['a verifier of an empty password', wrong('')],
        ['a verifier of the name', wrong('user_readonly')],
      ])('refuses %s, and changes and tells nothing', async (_, password) => {
        const before = await stored('user_readonly')
        const lines = await audited.lines('id')
        const refused: unknown = await change('user_readonly', password).catch((error: unknown) => error)
        if (!isWindrowError(refused, 'WR_SQL')) throw new Error('It is refused')
        // The statement itself is not the function's to keep back.
        const told = `${refused.message} ${JSON.stringify(refused.facts)} ${String(refused.cause)}`
        if (password) expect(told).not.toContain(password)
        expect(await stored('user_readonly')).toBe(before)
        expect(await audited.lines('id')).toEqual(lines)
      })

      test.each([
        'postgres',
        'windrow_admin',
        'windrow_audit',
        'nobody',
        '',
        null,
        'user_etl"; DROP ROLE user_etl; --',
        'USER_ETL',
      ])('is for the users of windrow alone, not %s', async (user) => {
        await expect(change(user, scramVerifier(GOOD))).rejects.toThrow(/is for user_etl, user_data_analyst/)
      })
    })
  })
}
