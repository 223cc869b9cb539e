import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { howToRun } from '../../../scripts/services/how-to-run.js'
import { loadConfig } from '../../../src/config/load-config.ts'
import { openLmdbStore } from '../../../src/kv/lmdb-store.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/port.ts'
import { scramVerifier } from '../../../src/warehouse/access/scram-verifier.ts'
import type { BackupManifest } from '../../../src/warehouse/backup/backup-manifest.ts'
import { findPrograms } from '../../../src/warehouse/backup/pg-programs.ts'
import { type CommandOutcome, runCommand } from '../../cli/run-command.ts'
import { copyReadings, type Publisher, publisher } from '../../runtime/replay/replay-world.ts'
import { canStart } from '../postgres/server.ts'
import { storesOfLog } from '../sinks/stores-of-log.ts'
import { guardedServer } from './access-kit.ts'
import { catalogueOf, rowsOf } from './catalogue.ts'

const HOSTILE_TABLE = `x"; DROP TABLE notes; --\\ 'é`
const QUOTED = `"${HOSTILE_TABLE.replaceAll('"', '""')}"`

/** Of the server in a container: that of docker-compose.yml. */
const wanted = howToRun() === 'docker' ? 17 : 15
const hasPrograms = (await findPrograms(null, process.env.PATH ?? '')).some(({ major }) => major >= wanted)

describe.runIf(canStart && hasPrograms)('a backup of a server that asks for passwords', () => {
  const source = guardedServer()
  const other = guardedServer()
  let folder: string
  let backups: string
  let dump: string
  let log: Log
  let readings: Publisher
  let closeLog: () => Promise<void>
  const passwords = new Map<string, string>()

  const PATH = process.env.PATH as string
  const environment = (url: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    PATH,
    WINDROW_DATA_DIR: join(folder, 'data'),
    WINDROW_PARTITIONS: '4',
    WINDROW_SINKS: 'postgres',
    POSTGRES_URL: url,
    ...more,
  })
  const windrow = (url: string, words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CommandOutcome> =>
    runCommand(folder, words, environment(url, more))
  const succeed = async (url: string, words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const outcome = await windrow(url, words, more)
    expect(outcome.code, `${words.join(' ')}: ${outcome.stderr}`).toBe(0)
    return outcome
  }
  const backupAs = (login: string, words: readonly string[] = [], more: Readonly<Record<string, string>> = {}) =>
    windrow(source.server.url, ['backup', '--output', `${backups}/`, ...words], {
      POSTGRES_BACKUP_URL: source.url(login, passwords.get(login) as string),
      ...more,
    })
  const manifestOf = async (path: string): Promise<BackupManifest> => JSON.parse(await readFile(`${path}.json`, 'utf8'))
  const emptyDatabase = async (name: string): Promise<string> => {
    await other.admin.query(`DROP DATABASE IF EXISTS ${name}`)
    await other.admin.query(`CREATE DATABASE ${name}`)
    return other.server.url.replace(/\/windrow$/, `/${name}`)
  }
  const openLog = async (path: string) => {
    const kv = await openLmdbStore({ path })
    const opened = await openEmbeddedLog({ kv })
    return {
      opened,
      async close() {
        await opened.close()
        await kv.close()
      },
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windrow-backup-'))
    backups = join(folder, 'backups')
    await mkdir(backups)
    const { opened, close } = await openLog(join(folder, 'data', 'log'))
    log = opened
    closeLog = close
    readings = await publisher(log)
    await readings.publish(600)
    await succeed(source.server.url, ['run', '--until-end'])
    await source.admin.query(`CREATE ROLE anna LOGIN PASSWORD '${scramVerifier('pw of anna')}'`)
    passwords.set('anna', 'pw of anna')
    await succeed(source.server.url, ['access', 'setup', '--passwords', 'secrets', '--member', 'anna=admin'])
    for (const user of ['user_etl', 'user_data_analyst', 'user_readonly', 'user_backup'])
      passwords.set(user, (await readFile(join(folder, 'secrets', user), 'utf8')).trim())
    await makeOwnThings()
    // As while a view is compared: it is gone at any time, and none of anybody's business.
    await source.admin.query('CREATE TABLE windrow_mend_0123456789abcdef_01234567 ()')
    const { stdout, stderr, code } = await backupAs('user_backup', ['--json'])
    await source.admin.query('DROP TABLE windrow_mend_0123456789abcdef_01234567')
    expect(code, stderr).toBe(0)
    dump = JSON.parse(stdout).path
  })
  afterAll(async () => {
    await closeLog?.()
    await rm(folder, { recursive: true, force: true })
  })

  /** What is in no log: changes that were audited, and what people made. */
  async function makeOwnThings(): Promise<void> {
    const anna = source.as('anna', 'pw of anna')
    await anna.query('UPDATE daily_sensor_means SET city = city')
    for (const sql of [
      'CREATE ROLE keeper_of_notes',
      'CREATE SCHEMA own AUTHORIZATION keeper_of_notes',
      'CREATE TABLE own.notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL)',
      `COMMENT ON TABLE own.notes IS 'Notes of people.'`,
      'ALTER TABLE own.notes OWNER TO keeper_of_notes',
      `INSERT INTO own.notes (text) SELECT E'a\\tb\\\\.\\n' || n FROM generate_series(1, 50) AS n`,
      `CREATE TABLE own.${QUOTED} AS SELECT 1 AS one`,
      'CREATE VIEW own.all_notes WITH (security_invoker = true) AS SELECT * FROM own.notes',
      'GRANT USAGE ON SCHEMA own TO windrow_backup, windrow_analyst',
      'GRANT SELECT ON ALL TABLES IN SCHEMA own TO windrow_backup',
      'GRANT SELECT ON ALL SEQUENCES IN SCHEMA own TO windrow_backup',
      'GRANT SELECT ON own.notes TO windrow_analyst',
      'ALTER DEFAULT PRIVILEGES IN SCHEMA own GRANT SELECT ON TABLES TO windrow_backup',
    ])
      await source.admin.query(sql)
  }

  test('has every row that a superuser sees, also what policies hide from others, and says so', async () => {
    const manifest = await manifestOf(dump)
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
    expect((await stat(dump)).mode & 0o077).toBe(0)
    expect((await stat(`${dump}.json`)).mode & 0o077).toBe(0)
  })

  test('restored into an empty server it is equal: rows, rights, policies, triggers, indexes, comments and roles', async () => {
    const refused = await windrow(other.server.url, ['restore', dump])
    expect(refused.stderr).toContain('WR_RESTORE_ROLES')
    expect(refused.stderr).toContain('CREATE ROLE "keeper_of_notes"')
    expect(refused.code).toBe(2)
    await other.admin.query('CREATE ROLE keeper_of_notes')

    await other.admin.query('CREATE DATABASE without_anna')
    const without = await succeed(other.server.url, ['restore', dump, '--into', 'without_anna'])
    expect(without.stdout).toContain('--member anna=admin')
    await other.admin.query('DROP DATABASE without_anna')
    await other.admin.query('CREATE ROLE anna LOGIN')

    const { stdout } = await succeed(other.server.url, ['restore', dump])
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
    const url = await emptyDatabase('refusing')
    await other.admin.query('ALTER ROLE user_readonly BYPASSRLS')
    const taken = await windrow(url, ['restore', dump])
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
    await succeed(url, ['restore', dump])
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
    await readings.publish(400)
    const url = other.url('user_etl', passwords.get('user_etl') as string)
    const { stderr } = await succeed(url, ['run', '--until-end'], { WINDROW_LOG_LEVEL: 'debug' })
    expect(stderr).not.toContain('is compared as a whole')
    expect(stderr).not.toContain('is as its topic says')
    const stores = storesOfLog(folder, environment(url), ['postgres'])
    const compared = await stores.differences()
    expect(compared.lines).toEqual([])
    expect((await other.admin.query('SELECT count(*) FROM daily_sensor_means')).rows[0]?.[0]).toBeGreaterThan(started)
    expect((await other.admin.query(`SELECT count(*) FROM audit_log`)).rows).toEqual(
      (await source.admin.query(`SELECT count(*) FROM audit_log`)).rows,
    )
  })

  test('a replay of the readings alone into an empty server gives the same tables, and not what is in no log', async () => {
    const url = await emptyDatabase('replayed')
    const fresh = join(folder, 'fresh')
    const { opened, close } = await openLog(join(fresh, 'log'))
    await copyReadings(log, opened)
    await close()
    await succeed(url, ['run', '--until-end'], { WINDROW_DATA_DIR: fresh })
    const replayed = await onDatabase(url, rowsOf)
    const restored = await rowsOf(other.admin)
    const views = (await manifestOf(dump)).views.map(({ view }) => `public.${view}`)
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

  async function onDatabase<T>(url: string, work: (client: typeof other.admin) => Promise<T>): Promise<T> {
    const { openPgClient } = await import('../../../src/sinks/postgres/pg-client.ts')
    const { silentLogger } = await import('../../sinks/silent-logger.ts')
    const client = openPgClient({ url, logger: silentLogger, connections: 2 })
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }

  test('put in the place of newer rows it takes the right to write from a sink that is at work, which then brings the rest again', async () => {
    const epochs = 'SELECT max(owner_epoch) FROM windrow_progress'
    const before = (await other.admin.query(epochs)).rows[0]?.[0] as number
    const notEmpty = await windrow(other.server.url, ['restore', dump])
    expect(notEmpty.stderr).toContain('WR_RESTORE_NOT_EMPTY')
    expect(notEmpty.code).toBe(2)
    // It has nothing to write, and learns of the restore only by being asked who it is.
    const etl = other.url('user_etl', passwords.get('user_etl') as string)
    const stop = new AbortController()
    const running = runCommand(folder, ['run'], environment(etl), stop.signal)
    const stores = storesOfLog(folder, environment(other.server.url), ['postgres'])
    await expect.poll(async () => (await other.admin.query(epochs)).rows[0]?.[0], { timeout: 60_000 }).toBeGreaterThan(before)
    await stores.untilCaughtUp(['postgres'])

    const { stdout } = await succeed(other.server.url, ['restore', dump, '--replace', '--json'])
    const outcome = JSON.parse(stdout)
    expect(outcome.log.views.every(({ next }: { next: string }) => next === 'goes on')).toBe(true)
    expect(outcome.log.views.some(({ behind }: { behind: number }) => behind > 0)).toBe(true)
    await readings.publish(100)
    await stores.untilProcessed()
    await stores.untilCaughtUp(['postgres'])
    expect((await stores.differences()).lines).toEqual([])
    stop.abort()
    const { code, stderr } = await running
    expect(code, stderr).toBe(0)
  })

  test('with a log that is another one the tables become what that log says, and the restore says so', async () => {
    const url = await emptyDatabase('of_another_log')
    const { stdout } = await succeed(url, ['restore', dump, '--json'], { WINDROW_DATA_DIR: join(folder, 'fresh') })
    expect(new Set(JSON.parse(stdout).log.views.map(({ because }: { because: string }) => because))).toEqual(
      new Set(['another topic']),
    )
    const none = await succeed(await emptyDatabase('of_no_log'), ['restore', dump], { WINDROW_DATA_DIR: join(folder, 'none') })
    expect(none.stdout).toContain('The log could not be asked')
  })

  describe('is refused, or fails, and leaves nothing', () => {
    const failures = async (outcome: Promise<CommandOutcome>, code: string, exit: number): Promise<string> => {
      const files = await readdir(backups)
      const { stderr, code: ended } = await outcome
      expect(stderr).toContain(code)
      expect(ended).toBe(exit)
      expect(await readdir(backups)).toEqual(files)
      return stderr
    }

    test.each(['user_readonly', 'user_data_analyst', 'user_etl', 'anna'])('to %s, who would see only a part', async (login) => {
      await failures(backupAs(login), 'WR_BACKUP_PARTIAL', 2)
    })

    test('with what to grant, where a table of somebody is closed to it', async () => {
      await source.admin.query('CREATE TABLE own.closed ()')
      await source.admin.query('REVOKE ALL ON own.closed FROM windrow_backup')
      const told = await failures(backupAs('user_backup'), 'WR_BACKUP_PARTIAL', 2)
      expect(told).toContain('GRANT SELECT ON "own"."closed" TO windrow_backup')
      await source.admin.query('DROP TABLE own.closed')
    })

    test('with what to do, where somebody has made a large object, as every login can', async () => {
      const made = await source.as('user_readonly', passwords.get('user_readonly') as string).transaction(async (session) => {
        await session.query('SET TRANSACTION READ WRITE')
        return session.query(`SELECT lo_from_bytea(0, 'mine')::bigint`)
      })
      const told = await failures(backupAs('user_backup'), 'WR_BACKUP_PARTIAL', 2)
      expect(told).toContain(`${made.rows[0]?.[0]} of user_readonly`)
      await source.admin.query(/GRANT SELECT ON LARGE OBJECT \d+ TO \w+/.exec(told)?.[0] ?? '')
      const { path } = JSON.parse((await backupAs('user_backup', ['--json'])).stdout)
      await source.admin.query(/SELECT lo_unlink\(\d+\)/.exec(told)?.[0] ?? '')
      for (const each of [path, `${path}.json`]) await rm(each)
    })
    test('where one policy restricts what another shows', async () => {
      await source.admin.query(
        `CREATE POLICY less ON daily_sensor_means AS RESTRICTIVE FOR SELECT TO windrow_backup USING (false)`,
      )
      await failures(backupAs('user_backup'), 'WR_BACKUP_PARTIAL', 2)
      await source.admin.query('DROP POLICY less ON daily_sensor_means')
    })

    test('with a wrong password, without a server, and without the programs', async () => {
      const wrong = { POSTGRES_BACKUP_URL: source.url('user_backup', 'another') }
      const told = await failures(backupAs('user_backup', [], wrong), 'WR_SQL_LOGIN', 2)
      expect(told).not.toContain('another')
      const away = { POSTGRES_BACKUP_URL: 'postgres://user_backup:pw@127.0.0.1:1/windrow' }
      await failures(backupAs('user_backup', [], away), 'WR_SQL_AWAY', 3)
      await failures(backupAs('user_backup', ['--pg-bin', '/nowhere']), 'WR_BACKUP_TOOLS', 2)
    })

    test('when it is stopped in the middle', async () => {
      const files = await readdir(backups)
      const lock = source.admin.transaction(async (session) => {
        await session.query('LOCK TABLE own.notes IN ACCESS EXCLUSIVE MODE')
        const stop = new AbortController()
        const url = source.url('user_backup', passwords.get('user_backup') as string)
        const running = runCommand(folder, ['backup', '--output', `${backups}/`], environment(url), stop.signal)
        // It waits for the table by now.
        await expect
          .poll(
            async () =>
              (await session.query(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'own.notes'::regclass`))
                .rows[0]?.[0],
            { timeout: 60_000 },
          )
          .toBeGreaterThan(0)
        expect((await readdir(backups)).some((name) => name.endsWith('.partial'))).toBe(true)
        stop.abort()
        return running
      })
      const { code } = await lock
      expect(code).not.toBe(0)
      expect(await readdir(backups)).toEqual(files)
    })

    test('when the dump or its manifest is not what it was', async () => {
      const url = await emptyDatabase('empty')
      const bytes = await readFile(dump)
      const manifest = await manifestOf(dump)
      const copy = async (name: string, content: Buffer, value: unknown): Promise<string> => {
        const path = join(folder, name)
        await writeFile(path, content)
        await writeFile(`${path}.json`, JSON.stringify(value))
        return path
      }
      const flipped = Buffer.from(bytes)
      flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] as number) ^ 1
      const restored = (path: string): Promise<CommandOutcome> => windrow(url, ['restore', path])
      await failures(restored(await copy('flipped.dump', flipped, manifest)), 'WR_BACKUP_DAMAGED', 3)
      await failures(restored(await copy('cut.dump', bytes.subarray(0, 1000), manifest)), 'WR_BACKUP_DAMAGED', 3)
      await failures(restored(await copy('other.dump', bytes, { format: 2 })), 'WR_BACKUP_DAMAGED', 3)
      await failures(restored(join(folder, 'nothing.dump')), 'WR_BACKUP_DAMAGED', 3)
      const [first, ...rest] = manifest.tables
      const more = { ...manifest, tables: [{ ...first, rows: (first?.rows ?? 0) + 1 }, ...rest] }
      await failures(restored(await copy('more.dump', bytes, more)), 'WR_RESTORE_DIFFERS', 3)
      // A fingerprint that fits what is no archive: the script breaks off, and nothing of it is kept.
      const cut = bytes.subarray(0, bytes.length - 2_000)
      const { createHash } = await import('node:crypto')
      const sha256 = createHash('sha256').update(cut).digest('hex')
      const fitting = { ...manifest, dump: { ...manifest.dump, bytes: cut.length, sha256 } }
      await failures(restored(await copy('short.dump', cut, fitting)), 'WR_RESTORE_FAILED', 3)
      expect(await onDatabase(url, rowsOf)).toEqual({})
      await appendFile(join(folder, 'short.dump'), 'x')
    })
  })

  test('keeps as many as it is told, and nothing that is not its own', async () => {
    await writeFile(join(backups, 'windrow-windrow-20200101T000000Z.dump'), '')
    await writeFile(join(backups, 'windrow-windrow-20200101T000000Z.dump.json'), '{}')
    await writeFile(join(backups, 'windrow-windrow-mine.dump'), '')
    const { stdout, stderr } = await backupAs('user_backup', ['--keep', '1', '--json'])
    expect(JSON.parse(stdout).removed, stderr).toHaveLength(2)
    const left = (await readdir(backups)).filter((name) => name.endsWith('.dump'))
    expect(left).toHaveLength(2)
    expect(left).toContain('windrow-windrow-mine.dump')
  })

  test('of the embedded Postgres is the log, and it says how', async () => {
    const { code, stderr } = await runCommand(folder, ['backup'], { WINDROW_DATA_DIR: join(folder, 'data') })
    expect(code).toBe(2)
    expect(stderr).toContain('WR_BACKUP_EMBEDDED')
    expect(stderr).toContain('tar -czf')
    expect(loadConfig({}, folder).postgresUrl).toBeNull()
  })
})
