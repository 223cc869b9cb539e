import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/load-config.ts'
import { runCommand } from '../../cli/run-command.ts'
import { copyReadings } from '../../runtime/replay/replay-world.ts'
import { storesOfLog } from '../sinks/stores-of-log.ts'
import { guardedServer } from './access-kit.ts'
import { backupWorld, canBackUp, emptyDatabase, manifestOf, onDatabase, openLogIn, QUOTED } from './backup-kit.ts'
import { catalogueOf, rowsOf } from './catalogue.ts'

describe.runIf(canBackUp)('a backup of a server that asks for passwords', () => {
  const world = backupWorld()
  const { source, passwords, environment, windrow, succeed, backupAs } = world
  const other = guardedServer()

  test('has every row that a superuser sees, also what policies hide from others, and says so', async () => {
    const manifest = await manifestOf(world.dump)
    const rows = await rowsOf(source.admin)
    const counted = Object.fromEntries(manifest.tables.map(({ schema, table, rows: count }) => [`${schema}.${table}`, count]))
    const seen = Object.fromEntries(
      Object.entries(rows).map(([name, lines]) => [name.replaceAll(/"(?!")|"(?=")/g, ''), lines.length]),
    )
    expect(Object.values(counted)).toHaveLength(Object.values(seen).length)
    for (const { schema, table, rows: count } of manifest.tables) {
      const key = Object.keys(rows).find((name) => name === `${schema}.${table}` || name === `${schema}.${QUOTED}`)
      expect(count, table).toBe(rows[`${schema}.${table}`]?.length ?? rows[key as string]?.length)
    }
    // The readings are a year old: of them a reader sees nothing, so there is something that could be missing.
    const reader = source.as('user_readonly', passwords.get('user_readonly') as string)
    expect((await reader.query('SELECT count(*) FROM daily_sensor_means')).rows).toEqual([[0]])
    expect(counted['public.daily_sensor_means']).toBeGreaterThan(20)
    expect(counted['public.audit_log']).toBeGreaterThan(20)
    const positions = manifest.views.find(({ view }) => view === 'daily_sensor_means')
    expect(positions?.generation).toBe(1)
    expect(positions?.nextOffsets).toHaveLength(4)
    expect(manifest.access?.members).toEqual([{ role: 'anna', group: 'admin' }])
    expect((await stat(world.dump)).mode & 0o077).toBe(0)
    expect((await stat(`${world.dump}.json`)).mode & 0o077).toBe(0)
  })

  test('restored into an empty server it is equal: rows, rights, policies, triggers, indexes, comments and roles', async () => {
    const refused = await windrow(other.server.url, ['restore', world.dump])
    expect(refused.stderr).toContain('WR_RESTORE_ROLES')
    expect(refused.stderr).toContain('CREATE ROLE "keeper_of_notes"')
    expect(refused.code).toBe(2)
    await other.admin.query('CREATE ROLE keeper_of_notes')

    await other.admin.query('CREATE DATABASE without_anna')
    const without = await succeed(other.server.url, ['restore', world.dump, '--into', 'without_anna'])
    expect(without.stdout).toContain('--member anna=admin')
    await other.admin.query('DROP DATABASE without_anna')
    await other.admin.query('CREATE ROLE anna LOGIN')

    const { stdout } = await succeed(other.server.url, ['restore', world.dump])
    expect(stdout).toMatch(/Sinks go on with \d+ views, 0 changes behind the log/)
    expect(await rowsOf(other.admin)).toEqual(forSinks(await rowsOf(source.admin)))
    const [before, after] = [await catalogueOf(source.admin), await catalogueOf(other.admin)]
    for (const [what, lines] of Object.entries(before)) {
      expect(lines.length, what).toBeGreaterThan(0)
      expect(after[what], what).toEqual(lines)
    }
    const again = await succeed(other.server.url, ['access', 'setup', '--passwords', 'secrets', '--json'])
    expect(JSON.parse(again.stdout).changed).toEqual([])
    const test = await succeed(other.server.url, ['access', 'test'])
    expect(test.code).toBe(0)
  })

  test('is not restored where a role of these names may too much, or the backup has something of a stranger under a name of windrow’s', async () => {
    const url = await emptyDatabase(other, 'refusing')
    await other.admin.query('ALTER ROLE user_readonly BYPASSRLS')
    const taken = await windrow(url, ['restore', world.dump])
    expect(taken.stderr).toContain('WR_ACCESS_ROLE_TAKEN')
    expect(taken.stderr).toContain('ALTER ROLE "user_readonly" NOBYPASSRLS')
    expect(taken.code).toBe(2)
    await other.admin.query('ALTER ROLE user_readonly NOBYPASSRLS')

    await source.admin.query('ALTER TABLE daily_sensor_means OWNER TO keeper_of_notes')
    const { stdout } = await backupAs('user_backup', ['--json'])
    await source.admin.query('ALTER TABLE daily_sensor_means OWNER TO windrow_etl')
    const { path } = JSON.parse(stdout)
    const foreign = await windrow(url, ['restore', path])
    expect(foreign.stderr).toContain('daily_sensor_means of keeper_of_notes')
    expect(foreign.code).toBe(3)
    for (const each of [path, `${path}.json`]) await rm(each)
    await succeed(url, ['restore', world.dump])
  })

  /** A restore ends the claims of all who wrote before: the number of the owner is the next one. */
  function forSinks(rows: Record<string, readonly string[]>): Record<string, readonly string[]> {
    const key = 'public.windrow_progress'
    const highest = rows[key] ?? []
    expect(highest.length).toBeGreaterThan(0)
    return {
      ...rows,
      [key]: highest
        .map((row) => row.replace(/,(\d+),("[^"]*",[^,]*)\)$/, (_, epoch, rest) => `,${Number(epoch) + 1},${rest})`))
        .sort(),
    }
  }

  test('and the sinks go on from there, without comparing, to what the log says', async () => {
    const started = (await source.admin.query('SELECT count(*) FROM daily_sensor_means')).rows[0]?.[0] as number
    await world.readings.publish(400)
    const url = other.url('user_etl', passwords.get('user_etl') as string)
    const { stderr } = await succeed(url, ['run', '--until-end'], { WINDROW_LOG_LEVEL: 'debug' })
    expect(stderr).not.toContain('is compared as a whole')
    expect(stderr).not.toContain('is as its topic says')
    const stores = storesOfLog(world.folder, environment(url), ['postgres'])
    const compared = await stores.differences()
    expect(compared.lines).toEqual([])
    expect((await other.admin.query('SELECT count(*) FROM daily_sensor_means')).rows[0]?.[0]).toBeGreaterThan(started)
    expect((await other.admin.query(`SELECT count(*) FROM audit_log`)).rows).toEqual(
      (await source.admin.query(`SELECT count(*) FROM audit_log`)).rows,
    )
  })

  test('a replay of the readings alone into an empty server gives the same tables, and not what is in no log', async () => {
    const url = await emptyDatabase(other, 'replayed')
    const fresh = join(world.folder, 'fresh')
    const { opened, close } = await openLogIn(join(fresh, 'log'))
    await copyReadings(world.log, opened)
    await close()
    await succeed(url, ['run', '--until-end'], { WINDROW_DATA_DIR: fresh })
    const replayed = await onDatabase(url, rowsOf)
    const restored = await rowsOf(other.admin)
    const views = (await manifestOf(world.dump)).views.map(({ view }) => `public.${view}`)
    expect(views.length).toBeGreaterThan(3)
    for (const view of views) expect(replayed[view], view).toEqual(restored[view])
    await succeed(url, ['replay'], { WINDROW_DATA_DIR: fresh })
    const again = await onDatabase(url, rowsOf)
    for (const view of views) expect(again[view], view).toEqual(restored[view])
    expect(replayed['public.daily_sensor_means']?.length).toBeGreaterThan(20)
    expect(Object.keys(restored)).toEqual(expect.arrayContaining(['public.audit_log', 'own.notes']))
    expect(Object.keys(replayed)).not.toEqual(expect.arrayContaining(['public.audit_log']))
    expect(Object.keys(replayed)).not.toEqual(expect.arrayContaining(['own.notes']))
  })

  test('put in the place of newer rows it takes the right to write from a sink that is at work, which then brings the rest again', async () => {
    const epochs = 'SELECT max(owner_epoch) FROM windrow_progress'
    const before = (await other.admin.query(epochs)).rows[0]?.[0] as number
    const notEmpty = await windrow(other.server.url, ['restore', world.dump])
    expect(notEmpty.stderr).toContain('WR_RESTORE_NOT_EMPTY')
    expect(notEmpty.code).toBe(2)
    // It has nothing to write, and learns of the restore only by being asked who it is.
    const etl = other.url('user_etl', passwords.get('user_etl') as string)
    const stop = new AbortController()
    const running = runCommand(world.folder, ['run'], environment(etl), stop.signal)
    const stores = storesOfLog(world.folder, environment(other.server.url), ['postgres'])
    await expect.poll(async () => (await other.admin.query(epochs)).rows[0]?.[0], { timeout: 60_000 }).toBeGreaterThan(before)
    await stores.untilCaughtUp(['postgres'])

    const { stdout } = await succeed(other.server.url, ['restore', world.dump, '--replace', '--json'])
    const outcome = JSON.parse(stdout)
    expect(outcome.log.views.every(({ next }: { next: string }) => next === 'goes on')).toBe(true)
    expect(outcome.log.views.some(({ behind }: { behind: number }) => behind > 0)).toBe(true)
    await world.readings.publish(100)
    await stores.untilProcessed()
    await stores.untilCaughtUp(['postgres'])
    expect((await stores.differences()).lines).toEqual([])
    stop.abort()
    const { code, stderr } = await running
    expect(code, stderr).toBe(0)
  })

  test('with a log that is another one the tables become what that log says, and the restore says so', async () => {
    const url = await emptyDatabase(other, 'of_another_log')
    const { stdout } = await succeed(url, ['restore', world.dump, '--json'], { WINDROW_DATA_DIR: join(world.folder, 'fresh') })
    expect(new Set(JSON.parse(stdout).log.views.map(({ because }: { because: string }) => because))).toEqual(
      new Set(['another topic']),
    )
    const none = await succeed(await emptyDatabase(other, 'of_no_log'), ['restore', world.dump], {
      WINDROW_DATA_DIR: join(world.folder, 'none'),
    })
    expect(none.stdout).toContain('The log could not be asked')
  })

  test('keeps as many as it is told, and nothing that is not its own', async () => {
    await writeFile(join(world.backups, 'windrow-windrow-20200101T000000Z.dump'), '')
    await writeFile(join(world.backups, 'windrow-windrow-20200101T000000Z.dump.json'), '{}')
    await writeFile(join(world.backups, 'windrow-windrow-mine.dump'), '')
    const { stdout, stderr } = await backupAs('user_backup', ['--keep', '1', '--json'])
    expect(JSON.parse(stdout).removed, stderr).toHaveLength(2)
    const left = (await readdir(world.backups)).filter((name) => name.endsWith('.dump'))
    expect(left).toHaveLength(2)
    expect(left).toContain('windrow-windrow-mine.dump')
  })

  test('of the embedded Postgres is the log, and it says how', async () => {
    const { code, stderr } = await runCommand(world.folder, ['backup'], { WINDROW_DATA_DIR: join(world.folder, 'data') })
    expect(code).toBe(2)
    expect(stderr).toContain('WR_BACKUP_EMBEDDED')
    expect(stderr).toContain('tar -czf')
    expect(loadConfig({}, world.folder).postgresUrl).toBeNull()
  })
})
