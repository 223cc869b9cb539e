import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-sinks-'))
const windrow = (...words: string[]) => runCommand(folder, words)

beforeAll(async () => {
  expect((await windrow('produce', '--source', 'simulator', '--days', '1')).code).toBe(0)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const count = async (): Promise<number> => {
  const { stdout } = await windrow('sql', 'SELECT count(*) AS n FROM weather_hourly', '--format', 'json')
  return (JSON.parse(stdout) as Array<{ n: number }>)[0]?.n ?? -1
}

test('a sink runs as a process of its own: topologies in one, what they made into Postgres by another', async () => {
  expect((await windrow('run', '--until-end', '--sinks', 'none')).code).toBe(0)
  const { code, stderr } = await windrow('run', '--until-end', '--sinks', 'postgres', '--no-topologies')
  expect([code, stderr]).toEqual([0, expect.stringContaining('all that was in the log is in Postgres')])
  const rows = await count()
  expect(rows).toBeGreaterThan(24)
  // It says how much that was, though it made no row itself.
  expect(Number(/"postgres_rows":(\d+)/.exec(stderr)?.[1])).toBeGreaterThan(rows)

  // It leaves the readings to others.
  expect((await windrow('produce', '--source', 'simulator', '--days', '1', '--seed', '2')).code).toBe(0)
  const { stdout: before } = await windrow('audit', '--json')
  expect((await windrow('run', '--until-end', '--sinks', 'postgres', '--no-topologies')).code).toBe(0)
  expect((await windrow('audit', '--json')).stdout).toBe(before)
})
