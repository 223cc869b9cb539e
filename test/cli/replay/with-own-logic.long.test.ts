import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommandLine } from '../../../src/cli/command-line.ts'
import { isBuilt } from '../../support/windrow-processes.ts'
import { capture, runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-upgrade-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environmentOf = (version: 'before' | 'after', more: Readonly<Record<string, string>> = {}) => ({
  WINDROW_LOG_LEVEL: 'info',
  WINDROW_PORT: '0',
  WINDROW_MODULES: fileURLToPath(new URL(`modules/days-${version}.js`, import.meta.url)),
  ...more,
})
const before = environmentOf('before')
const after = environmentOf('after')
const ok = async (environment: Readonly<Record<string, string>>, ...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(folder, words, { ...environment, WINDROW_LOG_LEVEL: 'error' })
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}
const rows = async (environment: Readonly<Record<string, string>>, select: string): Promise<unknown[]> =>
  JSON.parse(await ok(environment, 'sql', select, '--format', 'json'))
const BY_DAY = 'SELECT station_id, day, co_mean, co_n FROM co_days ORDER BY station_id, day'

describe.runIf(isBuilt)('a version whose view has a new count that takes no null (skipped where dist/ is not built)', () => {
  beforeAll(async () => {
    const days = ['--from', '2025-03-30', '--to', '2025-03-31', '--seed', '1']
    await ok(before, 'produce', '--source', 'simulator', ...days)
    await ok(before, 'run', '--until-end')
  }, 60_000)

  test('whose sinks run first fills the table from the old rows: the new count is 0 beside a mean that is not known to weigh nothing', async () => {
    await ok(after, 'run', '--no-topologies', '--until-end')
    const found = (await rows(after, BY_DAY)) as Array<Record<string, unknown>>
    expect(found.length).toBeGreaterThan(0)
    for (const row of found) expect(row).toMatchObject({ co_mean: expect.any(Number), co_n: 0 })
    const columns = await rows(
      after,
      `SELECT is_nullable, column_default FROM information_schema.columns WHERE table_name = 'co_days' AND column_name = 'co_n'`,
    )
    expect(columns).toEqual([{ is_nullable: 'NO', column_default: null }])
  }, 60_000)

  test('builds nothing of readings that are not those that the rows were made of', async () => {
    const elsewhere = environmentOf('after', { WINDROW_TOPIC_AIR: 'air.elsewhere' })
    const { code, stderr } = await runCommand(folder, ['start', '--no-simulator'], elsewhere)
    expect([code, stderr]).toEqual([2, expect.stringContaining('WR_TOPOLOGY_CHANGED')])
  }, 60_000)

  test('comes up by windrow start, which builds the view and ends right in the log and the tables', async () => {
    const [stdout, stderr, stop] = [capture(), capture(), new AbortController()]
    const context = { environment: after, folder, stdout, stderr, signal: stop.signal, ask: null, terminal: null }
    const ended = runCommandLine(['start', '--no-simulator'], context)
    await expect.poll(() => stdout.text + stderr.text, { timeout: 30_000 }).toContain('windrow is at')
    const url = stdout.text.trim().split(' ').at(-1) as string
    const least = async (): Promise<number> => {
      const answer = (await (await fetch(`${url}/api/views/co_days`)).json()) as { rows: ReadonlyArray<{ co_n: number }> }
      return Math.min(...answer.rows.map((row) => row.co_n))
    }
    await expect.poll(least, { timeout: 20_000 }).toBeGreaterThan(0)
    stop.abort()
    expect([await ended, stderr.text]).toEqual([0, expect.stringContaining('other logic made these views')])
    expect(await ok(after, 'replay', '--verify')).toContain('Nothing differs.')
  }, 120_000)

  test('whose older one comes back is built by that again, and stops at the table, which says why', async () => {
    const { code } = await runCommand(folder, ['replay', 'co_days', '--sinks', 'none'], before)
    expect(code).toBe(0)
    const { code: refused, stderr } = await runCommand(folder, ['run', '--until-end'], before)
    expect([refused, stderr]).toEqual([expect.any(Number), expect.stringContaining('co_n is no column of the view')])
    expect(refused).not.toBe(0)
  }, 60_000)
})
