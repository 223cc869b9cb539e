import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { DAY_MS } from '../../../src/core/calendar.ts'
import type { EventType } from '../../../src/events/event-type.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { rteConsumption } from '../../../src/producers/rte/rte-consumption.ts'
import { startChild } from '../../support/child.ts'
import { readingsIn } from '../published.ts'
import { tempDir } from '../temp-dir.ts'
import { fakeServer } from './fake-server.ts'
import { createRandom } from './seeded-random.ts'
import { simulatedRteConsumption } from './simulated-rte.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = tempDir()

beforeAll(() => {
  // The child is one file, which looks for the schemas beside itself.
  const target = join(root, 'node_modules', '.windrow-test')
  mkdirSync(target, { recursive: true })
  const events = join(root, 'src', 'events')
  for (const name of readdirSync(events).filter((each) => each.endsWith('.avsc')))
    copyFileSync(join(events, name), join(target, name))
})

test('Producer processes that are killed with SIGKILL while they publish leave every reading and revision once', async () => {
  const start = Date.UTC(2025, 9, 22)
  const now = start + 4 * DAY_MS
  const upstream = simulatedRteConsumption({ seed: 7, start, end: now, now: () => now })
  let onAsked = (): void => undefined
  const server = await fakeServer((request) => {
    if (request.method === 'GET') onAsked()
    return upstream.answer(request)
  })
  if (upstream.credentials.kind !== 'client') throw new Error('RTE has clients')
  const { id, secret } = upstream.credentials
  const directory = join(folder.path, 'killed')
  const run = () =>
    startChild('test/producers/upstreams/workers/rte-producer.ts', [directory, server.url, String(now), id, secret.reveal()])
  const event = rteConsumption.events[0] as EventType
  const random = createRandom(7, 'kills')
  const counts: number[] = []
  const countNow = async (): Promise<number> => {
    const log = await openEmbeddedLog({ directory: join(directory, 'log') })
    const readings = await readingsIn(log, event)
    await log.close()
    return readings.length
  }
  try {
    for (let kill = 0; kill < 4; kill++) {
      const asked = new Promise<void>((resolve) => {
        onAsked = resolve
      })
      const child = await run()
      await asked
      // How much it gets published is left to chance: it may die at any instant.
      await wait((kill + 1) * 150 * (0.5 + random()))
      child.kill('SIGKILL')
      await child.ended
      counts.push(await countNow())
    }
    const last = await run()
    await last.next('done')
    await last.ended
    const log = await openEmbeddedLog({ directory: join(directory, 'log') })
    const logged = (await readingsIn(log, event)).map((each) => JSON.stringify([each.timestamp, upstream.valueOf(each)]))
    await log.close()
    expect(new Set(logged).size).toBe(logged.length)
    for (const { identity, values } of upstream.expected(() => false)) {
      const timestamp = (JSON.parse(identity) as unknown[])[2]
      expect(logged).toContain(JSON.stringify([timestamp, values.at(-1)]))
    }
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(logged.length).toBeGreaterThan(700)
    expect(counts[0]).toBeLessThan(logged.length)
  } finally {
    await server.close()
  }
})
