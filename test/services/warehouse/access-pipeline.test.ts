import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOf } from '../../../scripts/services/find-tools.js'
import { catalogueState } from '../../../src/warehouse/access/catalogue-state.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import type { CommandOutcome } from '../../cli/run-command.ts'
import { allViews, countOf, fillTables } from '../../warehouse/access/access-kit.ts'
import { type CommandLine, commandLine, TWO_DAYS } from '../command-line.ts'
import { canStart } from '../postgres/server.ts'
import { guardedServer, SUPERUSER_PASSWORD } from './access-kit.ts'

const hasPsql = answerOf('psql', ['--version']) !== null
const OWNER_PASSWORD = 'of the pipeline as it was'

interface Finding {
  readonly severity: string
  readonly text: string
}

describe.runIf(canStart && hasPsql)('a pipeline whose database is given roles (skipped without PostgreSQL and psql)', () => {
  const it = guardedServer()
  const folder = mkdtempSync(join(tmpdir(), 'windrow-access-run-'))
  const lines: CommandLine[] = []
  const secrets = join(folder, 'secrets')
  let former: CommandLine
  let admin: CommandLine

  /** The command line of somebody: all have one log. */
  const lineOf = async (settings: Readonly<Record<string, string>>): Promise<CommandLine> => {
    const line = await commandLine({ WINDROW_DATA_DIR: join(folder, 'data'), WINDROW_REPLAY_WORKERS: '1', ...settings })
    lines.push(line)
    return line
  }
  const passwordIn = (user: string): string => readFileSync(join(secrets, user), 'utf8').trim()
  const asEtl = (): Promise<CommandLine> => lineOf({ POSTGRES_URL: it.url('user_etl', passwordIn('user_etl')) })
  const state = (): Promise<string> => it.admin.transaction((session) => catalogueState(session, 'public'))
  const bySql = async (script: string): Promise<string> => {
    const file = join(folder, 'script.sql')
    writeFileSync(file, script)
    const { stdout, stderr } = await promisify(execFile)(
      'psql',
      ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', it.server.url, '-f', file],
      { encoding: 'utf8' },
    )
    return stdout + stderr
  }
  const findings = async (line: CommandLine): Promise<Finding[]> => {
    const { stdout } = await line.run('doctor', '--offline', '--json')
    return (JSON.parse(stdout) as Finding[]).filter(({ text }) => /^windrow's roles|^access/.test(text))
  }

  beforeAll(async () => {
    for (const [role, password] of [
      ['former', OWNER_PASSWORD],
      ['grafana', OWNER_PASSWORD],
    ] as const)
      await it.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${scramVerifier(password)}'`)
    await it.admin.query('GRANT CREATE ON SCHEMA public TO former')
    await it.admin.query('ALTER DEFAULT PRIVILEGES FOR ROLE former IN SCHEMA public GRANT SELECT ON TABLES TO grafana')
    former = await lineOf({ POSTGRES_URL: it.url('former', OWNER_PASSWORD) })
    admin = await lineOf({ POSTGRES_URL: it.url('former', OWNER_PASSWORD), POSTGRES_ADMIN_URL: it.server.url })
    await former.ok(...TWO_DAYS)
    await former.ok('run', '--until-end')
  })
  afterAll(async () => {
    for (const line of lines) await line.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('refuses before anything is changed what would show somebody nothing any more, and who may not', async () => {
    const before = await state()
    const refused: readonly (readonly [CommandLine, string])[] = [
      [admin, 'WR_ACCESS_OTHER_READERS'],
      [former, 'WR_ACCESS_RIGHTS'],
    ]
    for (const [line, code] of refused) {
      const { code: exit, stderr } = await line.run('access', 'setup')
      expect([exit, stderr]).toEqual([2, expect.stringContaining(code)])
    }
    const noRole = await admin.run('access', 'setup', '--member', `x"; DROP TABLE stations; --=reader`)
    expect([noRole.code, noRole.stderr]).toEqual([2, expect.stringContaining('WR_ACCESS_MEMBER')])
    expect(await state()).toBe(before)
    const tried = await admin.run('access', 'test')
    expect([tried.code, tried.stderr]).toEqual([2, expect.stringContaining('WR_ACCESS_NOT_SET_UP')])
    expect((await findings(former)).map(({ text }) => text)).toEqual([expect.stringContaining('not set up')])
  })

  test('psql runs the same statements: afterwards there is nothing left to change', async () => {
    const script = await admin.ok('access', 'setup', '--print', '--member', 'grafana=analyst')
    expect(script).not.toMatch(/SCRAM-SHA-256\$\d+:\w/)
    await bySql(script)
    const before = await state()
    expect(await bySql(script)).not.toContain('ERROR')
    expect(await state()).toBe(before)
    expect(await admin.ok('access', 'setup', '--member', 'grafana=analyst')).toContain('Nothing to change')
    expect(await state()).toBe(before)
  })

  test('passwords are made, and are in files for their owner alone: not in what is printed, nor in any log', async () => {
    const outcome: CommandOutcome = await admin.run('access', 'setup', '--passwords', secrets)
    expect(outcome.code).toBe(0)
    expect(readdirSync(secrets).sort()).toEqual(['user_backup', 'user_data_analyst', 'user_etl', 'user_readonly'])
    for (const user of readdirSync(secrets)) {
      expect(statSync(join(secrets, user)).mode & 0o777).toBe(0o600)
      expect(outcome.stdout + outcome.stderr + it.server.log()).not.toContain(passwordIn(user))
      expect((await it.as(user, passwordIn(user)).query('SELECT session_user::text')).rows).toEqual([[user]])
    }
    const changed = await admin.run('access', 'password', 'user_readonly')
    const password = changed.stdout.trim()
    expect(changed.stderr + it.server.log()).not.toContain(password)
    expect((await it.as('user_readonly', password).query('SELECT 1')).rows).toEqual([[1]])
    await expect(it.as('user_readonly', passwordIn('user_readonly')).query('SELECT 1')).rejects.toMatchObject({
      code: 'WR_SQL_LOGIN',
    })
  })

  test('the pipeline goes on as it was and as user_etl, and its writes are not in the log of changes', async () => {
    for (const [line, from, to] of [
      [former, '2025-03-31', '2025-04-01'],
      [await asEtl(), '2025-04-01', '2025-04-02'],
    ] as const) {
      const before = await countOf(it.admin, 'public.weather_data')
      await line.ok('produce', '--source', 'simulator', '--from', from, '--to', to, '--station', 'sim-paris')
      await line.ok('run', '--until-end')
      expect(await countOf(it.admin, 'public.weather_data')).toBeGreaterThan(before)
    }
    const audited = "public.audit_log WHERE user_name IN ('former', 'user_etl')"
    expect(await countOf(it.admin, audited)).toBe(0)
    // By hand it is a change like any other.
    await it.as('user_etl', passwordIn('user_etl')).query('UPDATE public.stations SET city = city')
    expect(await countOf(it.admin, audited)).toBe(await countOf(it.admin, 'public.stations'))
    expect(await findings(await asEtl())).toEqual([])
  })

  test('a replay leaves owners, grants, policies and triggers as they were', async () => {
    const before = await state()
    for (const part of ['policy|weather_data|windrow_reader', 'trigger|weather_data|', 'windrow_etl'])
      expect(before).toContain(part)
    await (await asEtl()).ok('replay')
    expect(await state()).toBe(before)
    await former.ok('replay', 'weather_daily')
    expect(await state()).toBe(before)
    expect((await admin.run('access', 'report')).code).toBe(0)
    expect((await admin.run('access', 'test')).code).toBe(0)
  })

  test('so does the making of a view in SQL anew, whose columns were others', async () => {
    const before = await state()
    await it.admin.query('ALTER VIEW public.meteo RENAME COLUMN distance_km TO far')
    await it.admin.query(`COMMENT ON VIEW public.meteo IS 'An older one. (windrow 000000000000)'`)
    await (await asEtl()).ok('run', '--until-end')
    expect(await state()).toBe(before)
  })

  test('a table that is made later is closed, which doctor says, until the next set-up', async () => {
    await it.admin.query('DROP TABLE public.air_hourly CASCADE')
    await (await asEtl()).ok('run', '--until-end')
    const owner = `SELECT relowner::regrole::text FROM pg_class WHERE oid = 'public.air_hourly'::regclass`
    expect((await it.admin.query(owner)).rows).toEqual([['windrow_etl']])
    await expect(it.as('user_backup', passwordIn('user_backup')).query('TABLE public.air_hourly')).rejects.toMatchObject({
      facts: { sqlState: '42501' },
    })
    expect((await findings(await asEtl())).map(({ text }) => text)).toEqual([expect.stringContaining('air_hourly')])
    expect((await admin.run('access', 'report')).code).toBe(1)
    expect((await admin.run('access', 'test')).code).toBe(1)
    await admin.ok('access', 'setup')
    expect((await admin.run('access', 'test')).code).toBe(0)
    expect(await findings(await asEtl())).toEqual([])
  })

  test('dashboards read on as members of their group', async () => {
    const grafana = it.as('grafana', OWNER_PASSWORD)
    const views = allViews.filter(({ name }) => name === 'weather_data')
    await fillTables(it.admin, 'public', views)
    expect(await countOf(it.admin, 'public.weather_data')).toBeGreaterThan(6)
    expect(await countOf(grafana, 'public.weather_data')).toBe(4)
    await expect(grafana.query('DELETE FROM public.weather_data')).rejects.toMatchObject({ facts: { sqlState: '42501' } })
    await expect(grafana.query('TABLE public.audit_log')).rejects.toMatchObject({ facts: { sqlState: '42501' } })
  })
  test('new passwords by the script of the Compose file give dashboards no more than their group has', async () => {
    const secretsOfCompose = mkdtempSync(join(folder, 'compose-'))
    for (const [name, password] of [
      ['windrow', SUPERUSER_PASSWORD],
      ['grafana', OWNER_PASSWORD],
      ['exporter', OWNER_PASSWORD],
    ] as const)
      writeFileSync(join(secretsOfCompose, `${name}_password`), password)
    await promisify(execFile)('bash', ['deploy/postgres-roles.sh'], {
      env: {
        PATH: process.env.PATH,
        SECRETS: secretsOfCompose,
        POSTGRES_USER: 'windrow',
        POSTGRES_DB: 'windrow',
        PGHOST: '127.0.0.1',
        PGPORT: String(it.server.port),
        PGPASSWORD: SUPERUSER_PASSWORD,
      },
    })
    const grafana = it.as('grafana', OWNER_PASSWORD)
    expect(await countOf(grafana, 'public.stations')).toBeGreaterThanOrEqual(0)
    await expect(grafana.query('TABLE public.audit_log')).rejects.toMatchObject({ facts: { sqlState: '42501' } })
    expect((await admin.run('access', 'test')).code).toBe(0)
  })
})
