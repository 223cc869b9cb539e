import { createHash } from 'node:crypto'
import { appendFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CommandOutcome, runCommand } from '../../cli/run-command.ts'
import { backupWorld, canBackUp, emptyDatabase, manifestOf, onDatabase } from './backup-kit.ts'
import { rowsOf } from './catalogue.ts'

describe.runIf(canBackUp)('a backup or a restore is refused, or fails, and leaves nothing', () => {
  const world = backupWorld()
  const { source, passwords, environment, windrow, backupAs } = world
  let dump: string
  beforeAll(async () => {
    // Backups are named by the second: one that follows at once would find the name taken.
    dump = join(world.folder, 'whole.dump')
    for (const end of ['', '.json']) await rename(`${world.dump}${end}`, `${dump}${end}`)
  })

  const failures = async (outcome: Promise<CommandOutcome>, code: string, exit: number): Promise<string> => {
    const files = await readdir(world.backups)
    const { stderr, code: ended } = await outcome
    expect(stderr).toContain(code)
    expect(ended).toBe(exit)
    expect(await readdir(world.backups)).toEqual(files)
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
    await source.admin.query(`CREATE POLICY less ON daily_sensor_means AS RESTRICTIVE FOR SELECT TO windrow_backup USING (false)`)
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
    const files = await readdir(world.backups)
    const lock = source.admin.transaction(async (session) => {
      await session.query('LOCK TABLE own.notes IN ACCESS EXCLUSIVE MODE')
      const stop = new AbortController()
      const url = source.url('user_backup', passwords.get('user_backup') as string)
      const running = runCommand(world.folder, ['backup', '--output', `${world.backups}/`], environment(url), stop.signal)
      // It waits for the table by now.
      await expect
        .poll(
          async () =>
            (await session.query(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'own.notes'::regclass`))
              .rows[0]?.[0],
          { timeout: 60_000 },
        )
        .toBeGreaterThan(0)
      expect((await readdir(world.backups)).some((name) => name.endsWith('.partial'))).toBe(true)
      stop.abort()
      return running
    })
    const { code } = await lock
    expect(code).not.toBe(0)
    expect(await readdir(world.backups)).toEqual(files)
  })

  test('when the dump or its manifest is not what it was', async () => {
    const url = await emptyDatabase(source, 'empty')
    const bytes = await readFile(dump)
    const manifest = await manifestOf(dump)
    const copy = async (name: string, content: Buffer, value: unknown): Promise<string> => {
      const path = join(world.folder, name)
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
    await failures(restored(join(world.folder, 'nothing.dump')), 'WR_BACKUP_DAMAGED', 3)
    const [first, ...rest] = manifest.tables
    const more = { ...manifest, tables: [{ ...first, rows: (first?.rows ?? 0) + 1 }, ...rest] }
    await failures(restored(await copy('more.dump', bytes, more)), 'WR_RESTORE_DIFFERS', 3)
    // A fingerprint that fits what is no archive: the script breaks off, and nothing of it is kept.
    const cut = bytes.subarray(0, bytes.length - 2_000)
    const sha256 = createHash('sha256').update(cut).digest('hex')
    const fitting = { ...manifest, dump: { ...manifest.dump, bytes: cut.length, sha256 } }
    await failures(restored(await copy('short.dump', cut, fitting)), 'WR_RESTORE_FAILED', 3)
    expect(await onDatabase(url, rowsOf)).toEqual({})
    await appendFile(join(world.folder, 'short.dump'), 'x')
  })
})
