import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { choosePrograms, findPrograms, versionOf } from '../../../src/warehouse/backup/pg-programs.ts'

const of = (version: string) => ({ folder: `/pg/${version}`, version, major: Number.parseInt(version, 10) })
const need = { atLeast: 16, why: 'PostgreSQL 16 (db:5432/weather)' }

test.each([
  ['pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n', { version: '15.14', major: 15 }],
  ['pg_dump (PostgreSQL) 18beta1', { version: '18beta1', major: 18 }],
  ['Error: PostgreSQL version 9 is not installed', null],
])('the version of %s', (text, expected) => expect(versionOf(text)).toEqual(expected))

describe('of the programs that are here', () => {
  test('those of the oldest version that is new enough are taken', () => {
    expect(choosePrograms(['18.1', '15.2', '17.6'].map(of), need).version).toBe('17.6')
    expect(choosePrograms(['16.0', '17.6'].map(of), need).version).toBe('16.0')
  })

  test('none that is too old is taken: what to install is told', () => {
    expect(() => choosePrograms([of('15.14')], need)).toThrow(
      expect.objectContaining({
        code: 'WR_BACKUP_TOOLS',
        message:
          'PostgreSQL 16 (db:5432/weather) needs pg_dump, pg_restore and psql of version 16 or newer; here is 15.14 in /pg/15.14',
        remedy: expect.stringContaining('postgresql-client-16'),
      }),
    )
    expect(() => choosePrograms([], need)).toThrow('are not installed here')
  })
})

describe.skipIf(process.platform === 'win32')('a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'windrow-programs-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('has them when all three are in it, and pg_dump says its version', async () => {
    const put = (name: string, line: string): void => writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
    put('pg_dump', 'echo "pg_dump (PostgreSQL) 99.1"')
    put('pg_restore', 'true')
    expect(await findPrograms(folder, '')).toEqual([])
    put('psql', 'true')
    expect(await findPrograms(folder, '')).toEqual([{ folder, version: '99.1', major: 99 }])
    expect(await findPrograms(null, `/nowhere:${folder}`)).toContainEqual({ folder, version: '99.1', major: 99 })
    put('pg_dump', 'exit 1')
    expect(await findPrograms(folder, '')).toEqual([])
  })
})
