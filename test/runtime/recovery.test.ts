import { beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { keyText } from '../../src/core/record-block.ts'
import type { Log, PartitionLease, Topic } from '../../src/log/port.ts'
import { readAgain } from '../../src/runtime/recovery.ts'
import { memoryLog } from '../../src/testing/memory-log.ts'
import { numbered, write } from '../conformance/plain-records.ts'

interface Told {
  readonly level: 'info' | 'warn'
  readonly facts: object
}

describe('the local state is read again', () => {
  let log: Log
  let lease: PartitionLease
  let told: Told[]
  let keys: string[]
  let parts: number[]

  const again = async (from: number, to: number, of: Log = log, msACall = 0): Promise<void> => {
    let now = 0
    const note = (level: Told['level']) => (facts: object) => void told.push({ level, facts })
    await readAgain({
      log: of,
      lease,
      from,
      to,
      batchBytes: 1,
      stop: new AbortController().signal,
      clock: { ...systemClock, monotonic: () => (now += msACall) },
      logger: { debug() {}, info: note('info'), warn: note('warn'), error() {} },
      take: async (batch) => void keys.push(...Array.from({ length: batch.count }, (_, i) => keyText(batch, i))),
      onProgress: (part) => void parts.push(part),
    })
  }
  const keysOf = (from: number, to: number): string[] => numbered(from, to).map(({ key }) => key)

  beforeEach(async () => {
    log = memoryLog()
    ;[told, keys, parts] = [[], [], []]
    const topic: Topic = await log.ensureTopic({ name: 't', partitions: 1, cleanup: 'keep' })
    for (let i = 0; i < 20; i += 5) await log.append([write(topic, 0, ...numbered(i, i + 5))])
    lease = await new Promise((resolve, reject) => {
      const onRevoked = async (): Promise<void> => undefined
      log.joinGroup({ group: 'g', topics: [topic], onAssigned: resolve, onRevoked }).catch(reject)
    })
  })

  test('from where it ends up to what is committed, and nothing beyond', async () => {
    await again(3, 12)
    expect(keys).toEqual(keysOf(3, 12))
    expect(parts.at(-1)).toBe(1)
    expect(parts).toEqual([...parts].sort((a, b) => a - b))
    expect(told).toEqual([])
  })

  test('with a word on how far it is where that takes long, and at the end', async () => {
    await again(0, 20, log, 2_000)
    expect(told.length).toBeGreaterThan(2)
    expect(told.every(({ level }) => level === 'info')).toBe(true)
    expect(told[0]?.facts).toMatchObject({ from: 0, to: 20, percent: expect.any(Number) })
    expect(told.at(-1)?.facts).toMatchObject({ to: 20, seconds: expect.any(Number) })
  })

  test('with a warning where the log has lost what it needs', async () => {
    const bounds: Log['bounds'] = async () => ({ start: 10, end: 20 })
    await again(4, 20, Object.assign(Object.create(log), { bounds }))
    expect(told).toEqual([{ level: 'warn', facts: { topic: 't', partition: 0, missing_from: 4, log_begins_at: 10 } }])
    expect(keys).toEqual(keysOf(10, 20))
  })
})
