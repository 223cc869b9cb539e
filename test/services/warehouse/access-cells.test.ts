import { describe, expect, test } from 'vitest'
import { quoteName } from '../../../src/sinks/postgres/quote.ts'
import { HOSTILE } from '../../warehouse/access/access-kit.ts'
import { canStart } from '../postgres/server.ts'
import { accessWorld, HOSTILE_LOGIN, tried, untilRolledBack } from './access-kit.ts'

const schema = 'public'

describe.runIf(canStart)('one cell of the table of who may what, on a server that asks for passwords', () => {
  const { as, target } = accessWorld(schema)

  const EVERY = ['select', 'insert', 'update', 'delete', 'truncate'] as const
  const CHANGE = ['select', 'insert', 'update', 'delete'] as const
  const READ = ['select'] as const
  const NOTHING = [] as const
  /** What each may do with an object, in the order of `WHO`, and a column of it that can be written. */
  const objects: Readonly<Record<string, { readonly column: string; readonly may: readonly (readonly string[])[] }>> = {
    weather_daily: { column: 'city', may: [EVERY, READ, READ, READ, CHANGE] },
    stations: { column: 'city', may: [EVERY, READ, READ, READ, CHANGE] },
    [HOSTILE]: { column: 'id', may: [EVERY, READ, READ, READ, CHANGE] },
    pipeline_health: { column: 'state', may: [EVERY, READ, READ, READ, READ] },
    windrow_progress: { column: 'topic_id', may: [EVERY, NOTHING, NOTHING, READ, NOTHING] },
    windrow_mends: { column: 'holder', may: [EVERY, NOTHING, NOTHING, READ, NOTHING] },
    audit_log: { column: 'user_name', may: [NOTHING, NOTHING, NOTHING, READ, READ] },
    ...Object.fromEntries(target.sqlViews.map((name) => [name, { column: '', may: [READ, READ, READ, READ, READ] }])),
  }
  const WHO = ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup', 'anna']
  const statementOf = (action: string, table: string, column: string): string => {
    switch (action) {
      case 'select':
        return `SELECT * FROM ${table}`
      case 'insert':
        return `INSERT INTO ${table} (${column}) SELECT NULL WHERE false`
      case 'update':
        return `UPDATE ${table} SET ${column} = ${column}`
      case 'delete':
        return `DELETE FROM ${table}`
      default:
        return `TRUNCATE ${table}`
    }
  }
  const isSqlView = (name: string): boolean => target.sqlViews.includes(name)
  const cells = Object.entries(objects).flatMap(([object, { may }]) =>
    WHO.flatMap((user, i) =>
      // Whether a view can be written to at all is a question of its query, which Postgres asks before who one is.
      (isSqlView(object) ? READ : EVERY).map((action) => ({
        user,
        object,
        action,
        expected: may[i]?.includes(action) === true ? 'allowed' : '42501',
      })),
    ),
  )

  test.each(cells)('$user, $action, $object: $expected', async ({ user, object, action, expected }) => {
    const statement = statementOf(action, `${schema}.${quoteName(object)}`, quoteName(objects[object]?.column ?? ''))
    expect(await tried(as(user), statement)).toBe(expected)
  })

  test.each(WHO.slice(1).flatMap((user) => target.sqlViews.map((view) => ({ user, view }))))(
    '$user writes nothing through $view',
    async ({ user, view }) => {
      for (const action of ['update', 'delete', 'truncate']) {
        expect(await tried(as(user), statementOf(action, `${schema}.${view}`, 'ctid'))).toMatch(
          /^(?:42501|55000|42809|42703|0A000)$/,
        )
      }
    },
  )

  const PLACES = [
    ['a table', 'CREATE TABLE public.own ()', ['user_etl']],
    ['a temporary table', 'CREATE TEMPORARY TABLE own ()', ['user_data_analyst']],
    ['a view', 'CREATE VIEW public.own AS SELECT 1', ['user_etl']],
    ['a function', `CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'`, ['user_etl']],
    ['a table no more', 'DROP TABLE public.own_ids', ['user_etl']],
    ['the log of changes no more', 'DROP TABLE public.audit_log', []],
    ['the log of changes silent', 'ALTER TABLE public.audit_log DISABLE TRIGGER ALL', []],
    ['a schema', 'CREATE SCHEMA own', []],
    ['a role', 'CREATE ROLE own', []],
    ['a policy', 'CREATE POLICY own ON public.weather_daily USING (true)', ['user_etl']],
    ['no more policies', 'ALTER TABLE public.weather_daily DISABLE ROW LEVEL SECURITY', ['user_etl']],
    ['no more triggers', 'ALTER TABLE public.weather_daily DISABLE TRIGGER ALL', ['user_etl']],
    ['no triggers in this session', 'SET session_replication_role = replica', []],
    [
      'a trigger',
      'CREATE TRIGGER own AFTER INSERT ON public.weather_daily EXECUTE FUNCTION suppress_redundant_updates_trigger()',
      ['user_etl'],
    ],
    ['a program', `COPY public.weather_daily TO PROGRAM 'cat'`, []],
    ['a file', `COPY public.weather_daily TO '/tmp/windrow-access-out'`, []],
    ['the verifiers', 'SELECT * FROM pg_authid', []],
  ] as const
  const makers = ['user_etl', 'user_readonly', 'user_data_analyst', 'user_backup', 'anna', HOSTILE_LOGIN]
  test.each(
    PLACES.flatMap(([what, statement, allowed]) =>
      makers.map((user) => ({ user, what, statement, isAllowed: (allowed as readonly string[]).includes(user) })),
    ),
  )('$user makes $what: $isAllowed', async ({ user, statement, isAllowed }) => {
    const outcome = await tried(as(user), statement)
    expect(outcome).toBe(isAllowed ? 'allowed' : '42501')
  })

  test.each(
    makers.flatMap((user) =>
      [
        'windrow_etl',
        'windrow_reader',
        'windrow_analyst',
        'windrow_admin',
        'windrow_backup',
        'windrow_audit',
        'windrow_passwords',
        'windrow',
      ].map((role) => ({ user, role })),
    ),
  )('$user becomes $role only where it is a member', async ({ user, role }) => {
    const member: Readonly<Record<string, string>> = {
      user_etl: 'windrow_etl',
      user_readonly: 'windrow_reader',
      user_data_analyst: 'windrow_analyst',
      user_backup: 'windrow_backup',
      anna: 'windrow_admin',
      [HOSTILE_LOGIN]: 'windrow_reader',
    }
    expect(await tried(as(user), `SET ROLE ${role}`)).toBe(member[user] === role ? 'allowed' : '42501')
    expect(await tried(as(user), `SET SESSION AUTHORIZATION ${role}`)).toBe('42501')
    expect(await tried(as(user), `GRANT ${role} TO stranger`)).toBe('42501')
  })

  test.each([...WHO, HOSTILE_LOGIN])('%s gives nobody else what it has', async (user) => {
    const isGiven = await untilRolledBack(as(user), async (session) => {
      // With a right and without the one to pass it on Postgres warns, and does nothing.
      await session.query('GRANT SELECT ON public.weather_daily TO stranger')
      const { rows } = await session.query("SELECT has_table_privilege('stranger', 'public.weather_daily', 'SELECT')")
      return rows[0]?.[0]
    })
    expect(isGiven).toBe(user === 'user_etl')
  })

  const FUNCTIONS = [
    [
      'change_user_password',
      `('user_readonly', 'SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=')`,
      ['anna'],
    ],
    ['cleanup_audit_logs', '(90)', ['anna']],
    ['get_table_stats', '()', ['anna']],
    ['windrow_connections', '()', ['anna']],
    ['windrow_audit_event', `('x', 'PASSWORD', '{}')`, []],
  ] as const
  test.each(
    FUNCTIONS.flatMap(([name, args, callers]) =>
      [...WHO, HOSTILE_LOGIN].map((user) => ({ user, name, args, isAllowed: (callers as readonly string[]).includes(user) })),
    ),
  )('$user calls $name: $isAllowed', async ({ user, name, args, isAllowed }) => {
    expect(await tried(as(user), `SELECT public.${name}${args}`)).toBe(isAllowed ? 'allowed' : '42501')
  })
})
