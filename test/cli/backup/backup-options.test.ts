import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { outlookText } from '../../../src/cli/backup/outlook.ts'
import { restoreAddress } from '../../../src/cli/backup/restore-address.ts'
import { Secret } from '../../../src/core/secret.ts'
import { runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-backup-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the embedded Postgres', () => {
  test('restore says that no server is named', async () => {
    const { code, stderr } = await runCommand(folder, ['restore', 'a.dump'], { WINDROW_DATA_DIR: join(folder, 'data') })
    expect(code).toBe(2)
    expect(stderr).toContain('WR_BACKUP_EMBEDDED: no server to restore into')
    expect(stderr).toContain('Remedy: Set POSTGRES_ADMIN_URL')
    expect(readdirSync(folder)).not.toContain('data')
  })

  test('backup says that the log is the backup', async () => {
    const { code, stderr } = await runCommand(folder, ['backup'], { WINDROW_DATA_DIR: join(folder, 'data') })
    expect(code).toBe(2)
    expect(stderr).toContain('WR_BACKUP_EMBEDDED')
    expect(stderr).toContain(`tar -czf windrow.tgz -C "${join(folder, 'data')}" .`)
    expect(readdirSync(folder)).not.toContain('data')
  })
})

test('old backups are removed from a folder alone, whose names say what they are', async () => {
  const { code, stderr } = await runCommand(folder, ['backup', '--output', 'one.dump', '--keep', '3'], {
    POSTGRES_URL: 'postgres://u@127.0.0.1:1/d',
  })
  expect(code).toBe(2)
  expect(stderr).toContain('--keep goes by the names')
})

test('a server that does not answer is told before anything is written', async () => {
  const { code, stderr } = await runCommand(folder, ['backup'], { POSTGRES_URL: 'postgres://u:secret@127.0.0.1:1/d' })
  expect(code).toBe(3)
  expect(stderr).toContain('WR_SQL_AWAY')
  expect(stderr).not.toContain('secret')
  writeFileSync(join(folder, 'no.dump'), '')
  const restored = await runCommand(folder, ['restore', 'no.dump'], { POSTGRES_URL: 'postgres://u@127.0.0.1:1/d' })
  expect(restored.stderr).toContain('WR_BACKUP_DAMAGED')
  expect(restored.code).toBe(3)
})

describe('--into', () => {
  const configured = new Secret('postgres://admin:pw@db:5433/weather?sslmode=verify-full')

  test('names a database of that server, or a server', () => {
    expect(restoreAddress(undefined, configured)).toBe(configured)
    expect(restoreAddress('my db', configured)?.reveal()).toBe('postgres://admin:pw@db:5433/my%20db?sslmode=verify-full')
    expect(restoreAddress('postgres://a@other/x', configured)?.reveal()).toBe('postgres://a@other/x')
    expect(restoreAddress(undefined, null)).toBeNull()
  })

  test.each(['postgres://a:pw@h/x', 'postgres://a@h/x?password=pw', 'postgres://['])('%s is refused', (into) => {
    expect(() => restoreAddress(into, configured)).toThrow(expect.objectContaining({ code: 'WR_USAGE' }))
  })

  test('without a server a name says nothing', () => expect(() => restoreAddress('x', null)).toThrow('no server is configured'))
})

test('a log that has nothing of a restored view is a warning', () => {
  expect(
    outlookText({
      unknown: null,
      views: [
        { view: 'a', next: 'goes on', behind: 3 },
        { view: 'b', next: 'is compared', because: 'the log is older' },
        { view: 'c', next: 'is not in the log' },
      ],
    }),
  ).toMatch(
    /^Sinks go on with 1 views, 3 changes behind the log\.\nSinks compare these whole .*: b\.\nWARNING: the log has nothing of c\./,
  )
  expect(outlookText({ views: [], unknown: 'no log' })).toContain('restored rows go')
})
