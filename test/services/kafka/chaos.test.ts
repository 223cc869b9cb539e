import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaChaos } from '../../../bench/chaos/kafka-chaos.ts'
import { kafkaFaults } from '../../../bench/chaos/kafka-faults.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windrow-chaos-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

// `npm run chaos -- --kafka --rounds N` is the long run.
test('each kind of fault, once, leaves the views as they are without', async () => {
  const seed = Date.now() % 1_000_000
  const told: string[] = [`seed ${seed}`]
  const tell = (line: string): void => void told.push(line)
  const outcome = await kafkaChaos({ folder, rounds: kafkaFaults.length, seed, tell })
  expect(outcome, told.join('\n')).toMatchObject({ same: true })
}, 600_000)
