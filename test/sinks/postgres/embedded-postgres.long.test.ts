import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bootOf } from '../../../src/sinks/postgres/boot.ts'
import { EmbeddedPostgres } from '../../../src/sinks/postgres/embedded-postgres.ts'
import { clientOver } from '../../../src/sinks/postgres/session-source.ts'
import { setAsideAfterReboot } from '../../../src/sinks/postgres/set-aside.ts'
import { recordingLogger, silentLogger } from '../silent-logger.ts'
import { tempDirectory } from '../temp-directory.ts'

describe('the database of the embedded Postgres', () => {
  test('is tidied of what was deleted, and closed in good order', async () => {
    const directory = join(tempDirectory(), 'postgres')
    const { logger, lines } = recordingLogger()
    const embedded = new EmbeddedPostgres({ directory, logger, upkeepIntervalMs: 0 })
    onTestFinished(() => embedded.close())
    const client = clientOver(embedded)
    await client.query('CREATE TABLE t AS SELECT n, 0 AS m FROM generate_series(1, 10000) AS n')
    await client.query('UPDATE t SET m = 1')
    // The server counts changes for itself, and says so once a second at most.
    await client.query('SELECT pg_stat_force_next_flush()')
    await client.query('SELECT 1')
    await client.query('SELECT 1')
    expect(existsSync(`${directory}.open`)).toBe(true)
    await embedded.close()
    expect(lines).toContainEqual({
      level: 'debug',
      facts: { table: '"public"."t"' },
      message: 'a table of the embedded Postgres was tidied',
    })
    expect(existsSync(`${directory}.open`)).toBe(false)
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'WR_SQL_CLOSED' })
  })

  test('that was open when the machine went down is set aside, and kept', () => {
    const directory = join(tempDirectory(), 'postgres')
    for (const aside of [`${directory}.before-reboot`, `${directory}.before-reboot-2`]) {
      mkdirSync(directory)
      writeFileSync(`${directory}.open`, JSON.stringify({ id: 'another-boot', startedAt: 0 }))
      expect(setAsideAfterReboot(directory)).toBe(aside)
      expect(existsSync(directory)).toBe(false)
      expect(existsSync(aside)).toBe(true)
    }
  })

  test('that was open when its process was killed is taken as it is', () => {
    const directory = join(tempDirectory(), 'postgres')
    mkdirSync(directory)
    writeFileSync(`${directory}.open`, JSON.stringify(bootOf()))
    expect(setAsideAfterReboot(directory)).toBeNull()
    expect(existsSync(directory)).toBe(true)
  })

  test('that cannot be opened is an error that says where and what to do', async () => {
    const directory = join(tempDirectory(), 'postgres')
    writeFileSync(directory, 'not a directory')
    const embedded = new EmbeddedPostgres({ directory, logger: silentLogger })
    onTestFinished(() => embedded.close())
    await expect(clientOver(embedded).query('SELECT 1')).rejects.toMatchObject({
      code: 'WR_PGLITE_OPEN',
      message: expect.stringContaining(directory),
      canRetry: true,
    })
  })
})
