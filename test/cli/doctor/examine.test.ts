import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import { runCommand } from '../run-command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-doctor-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function problems(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const { code, stdout } = await runCommand(folder, ['doctor', '--json'], { WINDROW_LOG_LEVEL: 'error', ...environment })
  expect(code).toBe(1)
  const findings = JSON.parse(stdout) as Finding[]
  return findings.filter(({ severity }) => severity === 'problem').map(({ about, text }) => `${about}: ${text}`)
}

const withoutAddress = { WINDROW_SINKS: 'cassandra' }
const noAddress = expect.stringMatching('^sinks: WR_USAGE: The sink cassandra')

test('what keeps the log from being opened is said once, and what needs no log is looked at all the same', async () => {
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'log'), 'no folder')
  expect(await problems(withoutAddress)).toEqual([expect.stringMatching('^log: '), noAddress])
})

test('a store without an address is a problem also while there is no log', async () => {
  expect(await problems(withoutAddress)).toEqual([noAddress])
})

test('a module that cannot be loaded is named once, and what needs no module is looked at all the same', async () => {
  mkdirSync(join(folder, 'data', 'log'), { recursive: true })
  const environment = { WINDROW_MODULES: './absent.js', ...withoutAddress }
  expect(await problems(environment)).toEqual([expect.stringMatching('^modules: WR_MODULE_'), noAddress])
})
