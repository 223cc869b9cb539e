import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from '../../../src/cli/command-line.ts'
import { capture, runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'windrow-replaced-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const old = { WINDROW_LOG_LEVEL: 'info', WINDROW_PORT: '0', WINDROW_SINKS: 'none' }
/** Other logic, as a changed module is. */
const changed = { ...old, WINDROW_ALLOWED_LATENESS_AIR: '600' }

beforeAll(async () => {
  const days = ['--station', 'sim-paris', '--from', '2025-03-30', '--to', '2025-03-31', '--seed', '1']
  expect((await runCommand(folder, ['produce', '--source', 'simulator', ...days], old)).code).toBe(0)
}, 60_000)

function started(words: readonly string[]) {
  const [stdout, stderr, stop] = [capture(), capture(), new AbortController()]
  const context = { environment: old, folder, stdout, stderr, signal: stop.signal, ask: null, terminal: null }
  const ended = runCommandLine(words, context)
  const told = (text: string): Promise<void> => expect.poll(() => stdout.text + stderr.text, { timeout: 20_000 }).toContain(text)
  return { told, stop: () => stop.abort(), ended: ended.then((code) => ({ code, stderr: stderr.text })) }
}

const replayed = async (environment: Readonly<Record<string, string>>): Promise<void> => {
  expect(await runCommand(folder, ['replay', 'air_hourly', '--sinks', 'none'], environment)).toMatchObject({ code: 0 })
}

const untilReplaced = async (words: readonly string[], up: string): Promise<void> => {
  const running = started(words)
  await running.told(up)
  await replayed(changed)
  await running.told('a task has failed')
  running.stop()
  expect(await running.ended).toMatchObject({ code: 3, stderr: expect.stringContaining('WR_TOPOLOGY_REPLACED:') })
}

test('windrow run ends with 0 when it is stopped after a replay by its own logic, and with what ended its tasks after one by other logic', async () => {
  const running = started(['run', '--sinks', 'none'])
  await running.told('"running"')
  await replayed(old)
  running.stop()
  expect(await running.ended).toMatchObject({ code: 0 })
  await untilReplaced(['run', '--sinks', 'none'], '"running"')
}, 60_000)

test('so does windrow start', async () => {
  await replayed(old)
  await untilReplaced(['start', '--no-simulator'], 'windrow is at')
}, 60_000)
