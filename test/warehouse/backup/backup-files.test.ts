import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dumpFault } from '../../../src/warehouse/backup/backup-errors.ts'
import { backupName, checkBackup, removeOldBackups, writeBackup } from '../../../src/warehouse/backup/backup-files.ts'
import { parseManifest } from '../../../src/warehouse/backup/backup-manifest.ts'

const contents = {
  format: 1,
  madeAt: '2026-11-23T13:00:00.000Z',
  windrow: '0.1.0',
  server: { version: 150014, database: 'weather', login: 'user_backup' },
  program: { version: '15.14', major: 15 },
  tables: [{ schema: 'public', table: 'weather_daily', rows: 3 }],
  views: [{ view: 'weather_daily', topicId: 'x', generation: null, nextOffsets: [1, 2] }],
  owners: ['windrow_etl'],
  roles: ['windrow_etl'],
  access: { members: [{ role: 'anna', group: 'admin' }] },
} as const

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-backup-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string) =>
  writeBackup(join(folder, name), async (partial) => {
    appendFileSync(partial, 'a dump')
    return contents
  })

test('both files are there, for nobody else to read, and the manifest is that of the dump', async () => {
  const made = await write('a.dump')
  expect(readdirSync(folder).sort()).toEqual(['a.dump', 'a.dump.json'])
  expect(await checkBackup(join(folder, 'a.dump'))).toEqual(made)
  expect(made.dump.bytes).toBe(6)
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
})

test('of a dump that fails nothing is left, and a folder that is not there is told', async () => {
  const failing = writeBackup(join(folder, 'a.dump'), async (partial) => {
    appendFileSync(partial, 'half')
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  expect(readdirSync(folder)).toEqual([])
  await expect(write('none/a.dump')).rejects.toMatchObject({ code: 'WR_BACKUP_FILE', kind: 'usage' })
})

test('a change of either file is found', async () => {
  await write('a.dump')
  const path = join(folder, 'a.dump')
  writeFileSync(path, 'A dump')
  await expect(checkBackup(path)).rejects.toThrow('its SHA-256 is not that of the manifest')
  writeFileSync(path, 'a dump, and more')
  await expect(checkBackup(path)).rejects.toThrow('it has 16 bytes, and had 6')
  rmSync(`${path}.json`)
  await expect(checkBackup(path)).rejects.toMatchObject({ code: 'WR_BACKUP_DAMAGED' })
})

test.each([
  ['{', 'it is no JSON'],
  ['null', 'it is no manifest'],
  [JSON.stringify({ ...contents, format: 2 }), 'it is no manifest'],
  [JSON.stringify({ ...contents, dump: { file: 'a', bytes: 1, sha256: 'x' } }), '/dump/sha256'],
  [
    JSON.stringify({
      ...contents,
      dump: { file: 'a', bytes: 1, sha256: '0'.repeat(64) },
      access: { members: [{ role: 'a', group: 'root' }] },
    }),
    '/access/members/0/group',
  ],
])('%s is no manifest', (text, why) => {
  expect(() => parseManifest('a.dump.json', text)).toThrow(why)
})

test('the newest are kept, of this database alone, with what others have put there', async () => {
  const now = new Date('2026-11-23T13:00:00Z')
  const names = [1, 2, 3].map((hour) => backupName('my weather', new Date(`2026-11-23T0${hour}:00:00Z`)))
  expect(names[0]).toBe('windrow-my_weather-20261123T010000Z.dump')
  for (const name of names) await write(name)
  await write(backupName('other', now))
  writeFileSync(join(folder, 'windrow-my_weather-20261123T000000Z.dump'), 'without a manifest')
  mkdirSync(join(folder, 'windrow-my_weather-20250101T000000Z'))
  const left = [`${names[2]}.7.partial`, `${names[2]}.8.partial`].map((name) => join(folder, name))
  for (const path of left) writeFileSync(path, '')
  utimesSync(left[0] as string, now, new Date(now.getTime() - 25 * 3_600_000))
  utimesSync(left[1] as string, now, now)
  expect(await removeOldBackups(folder, 'my weather', 2, now)).toEqual([names[0]])
  expect(readdirSync(folder)).toHaveLength(9)
  expect(readdirSync(folder)).not.toContain(`${names[0]}.json`)
  expect(readdirSync(folder)).not.toContain(`${names[2]}.7.partial`)
})

test('a full disk is told as that', () => {
  const said = 'pg_dump: error: could not write to output file: No space left on device'
  expect(dumpFault('/b/a.dump', said)).toMatchObject({
    code: 'WR_BACKUP_FILE',
    kind: 'failure',
    remedy: expect.stringContaining('Make room'),
  })
  expect(dumpFault('/b/a.dump', 'pg_dump: error: server closed the connection')).toMatchObject({ code: 'WR_BACKUP_FAILED' })
})
