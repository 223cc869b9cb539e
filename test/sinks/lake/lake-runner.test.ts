import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WindrowError } from '../../../src/core/errors.ts'
import { thisProcess } from '../../../src/core/process-identity.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { LakeLayer } from '../../../src/sinks/lake/lake-layer.ts'
import { startLake } from '../../../src/sinks/lake/lake-runner.ts'
import { readingsLayer } from '../../../src/sinks/lake/readings/readings-layer.ts'
import { localFolder } from '../../../src/sinks/lake/storage/local-folder.ts'
import type { LakeStorage } from '../../../src/sinks/lake/storage/storage.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { airReading } from '../../events/readings.ts'
import { recordingLogger } from '../silent-logger.ts'
import { tempDirectory } from '../temp-directory.ts'
import { bringUp, lakeRows, lakeWorld, run, SMALL, topicsOf } from './lake-world.ts'

test('a lake that has no scratch folder says so, and is written as soon as there is one', async () => {
  const folder = tempDirectory()
  const world = await lakeWorld(memoryLog())
  await world.publish(airReadings, [airReading])
  const blocked = join(folder, 'scratch')
  writeFileSync(blocked, 'a file is in its place')
  const runner = await run({
    storage: localFolder(join(folder, 'lake')),
    log: world.log,
    tuning: { scratch: blocked },
    once: false,
  })
  try {
    await vi.waitFor(async () => {
      const [status] = await runner.status()
      expect(status).toMatchObject({ state: 'retrying', lastError: { code: 'WR_LAKE_DATABASE' } })
    })
    rmSync(blocked)
    await vi.waitFor(async () => expect(await lakeRows(join(folder, 'lake'), 'silver', airReadings)).toHaveLength(1), 5_000)
  } finally {
    await runner.stop()
  }
})

test('one who waits for the end is told that there can be no scratch folder', async () => {
  const folder = tempDirectory()
  const scratch = join(folder, 'scratch')
  writeFileSync(scratch, '')
  const written = bringUp(join(folder, 'lake'), (await lakeWorld(memoryLog())).log, { tuning: { scratch } })
  await expect(written).rejects.toMatchObject({ code: 'WR_LAKE_DATABASE', kind: 'usage' })
})

test('what a killed process has left in the scratch folder is removed by the next, what a living one has there is not', async () => {
  const scratch = tempDirectory()
  const own = thisProcess()
  const dead = { ...own, pid: 2 ** 22 + 1 }
  const owners = { living: own, dead, container: { ...dead, pidSpace: 'another' }, machine: { ...dead, boot: 'another' } }
  for (const [name, owner] of Object.entries(owners)) {
    mkdirSync(join(scratch, `windrow-lake-${name}`, 'spilled'), { recursive: true })
    writeFileSync(join(scratch, `windrow-lake-${name}`, 'owner.json'), JSON.stringify(owner))
  }
  mkdirSync(join(scratch, 'windrow-lake-unknown'))
  await bringUp(join(tempDirectory(), 'lake'), (await lakeWorld(memoryLog())).log, { tuning: { scratch } })
  expect(readdirSync(scratch).sort()).toEqual([
    ...['container', 'living', 'machine', 'unknown'].map((name) => `windrow-lake-${name}`),
  ])
  expect(existsSync(join(scratch, 'windrow-lake-living', 'spilled'))).toBe(true)
})

test('a layer that cannot even close what it had open goes on all the same', async () => {
  const folder = tempDirectory()
  const world = await lakeWorld(memoryLog())
  await world.publish(airReadings, [airReading])
  const inner = readingsLayer({ topics: topicsOf, keepDays: null })
  let opened = 0
  const layer: LakeLayer = {
    name: 'readings',
    async open(writer) {
      const work = await inner.open(writer)
      opened += 1
      if (opened > 1) return work
      const fail = (): Promise<never> => Promise.reject(new Error('the database is broken'))
      return Object.assign(Object.create(work), { read: fail, close: () => work.close().then(fail) })
    },
  }
  const runner = await run({ storage: localFolder(folder), log: world.log, layers: [layer], once: false })
  try {
    await vi.waitFor(async () => expect(await lakeRows(folder, 'silver', airReadings)).toHaveLength(1), 5_000)
  } finally {
    await runner.stop()
  }
})

test('a writer that waits for another one says so, one that has the lake does not', async () => {
  const folder = tempDirectory()
  const { log } = await lakeWorld(memoryLog())
  const start = async () => {
    const clock = manualClock()
    const { logger, lines } = recordingLogger()
    const runner = await startLake({ storage: localFolder(folder), log, layers: [], clock, logger, tuning: SMALL })
    onTestFinished(() => runner.stop())
    await clock.advance(3_000)
    return lines.filter(({ message }) => message.startsWith('another process writes the lake'))
  }
  expect(await start()).toEqual([])
  expect(await start()).toHaveLength(1)
})

test('a writer ends also when the lake does not answer, and the next one has all', async () => {
  const folder = tempDirectory()
  const world = await lakeWorld(memoryLog())
  await world.publish(airReadings, [airReading])
  const clock = manualClock()
  const inner = localFolder(folder)
  let isAsked = false
  let giveUp: (error: Error) => void = () => undefined
  const silent: LakeStorage = {
    ...delegated(inner),
    store: () =>
      new Promise((_, reject) => {
        isAsked = true
        giveUp = reject
      }),
    close: async () => giveUp(new WindrowError('WR_LAKE_AWAY', { message: 'closed', remedy: 'None.', canRetry: true })),
  }
  const { logger, lines } = recordingLogger()
  const layers = [readingsLayer({ topics: topicsOf, keepDays: null })]
  const runner = await startLake({ storage: silent, log: world.log, layers, clock, logger, tuning: { ...SMALL, flushMs: 0 } })
  await vi.waitFor(() => expect(isAsked).toBe(true))
  const stopped = runner.stop()
  await vi.waitFor(async () => {
    await clock.advance(20_000)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: expect.stringMatching('does not answer') }))
  })
  await stopped
  await bringUp(folder, world.log)
  expect(await lakeRows(folder, 'silver', airReadings)).toHaveLength(1)
})

function delegated(storage: LakeStorage): LakeStorage {
  return {
    list: (prefix) => storage.list(prefix),
    read: (name) => storage.read(name),
    fetch: (name, path) => storage.fetch(name, path),
    write: (name, bytes, expected) => storage.write(name, bytes, expected),
    store: (path, name, expected) => storage.store(path, name, expected),
    remove: (names) => storage.remove(names),
    describe: () => storage.describe(),
    close: () => storage.close(),
  }
}

test('a log that was put back and has grown past the lake since is refused, however often it is tried', async () => {
  const folder = tempDirectory()
  const reading = (hour: number, co: number) => ({ ...airReading, timestamp: airReading.timestamp - hour * 3_600_000, co })
  const before = await lakeWorld(memoryLog(), 1)
  await before.publish(airReadings, [reading(1, 1), reading(2, 2), reading(3, 3)])
  const topic = await before.topicOf(airReadings)
  await bringUp(folder, before.log)

  /** The log from its copy, with the first of these records and others then. */
  const putBack = await lakeWorld(memoryLog(), 1)
  await putBack.publish(airReadings, [reading(1, 1), reading(4, 4), reading(5, 5), reading(6, 6)])
  const { id } = await putBack.topicOf(airReadings)
  const state = join(folder, '_state', 'bronze', 'air.readings.json')
  for (const layer of ['bronze', 'silver']) {
    const path = join(folder, '_state', layer, 'air.readings.json')
    // The copy has the topic's id, and the epochs of starts that were refused.
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .replaceAll(topic.id, id)
        .replace(/"epoch":\d+/, '"epoch":0'),
    )
  }
  const was = readFileSync(state, 'utf8')
  for (let i = 0; i < 2; i++) {
    await expect(bringUp(folder, putBack.log)).rejects.toMatchObject({ code: 'WR_LAKE_AHEAD', facts: { offset: 3, end: 4 } })
  }
  expect(readFileSync(state, 'utf8')).toBe(was)
})

test('a lake of a version that did not remember the last record goes on', async () => {
  const folder = tempDirectory()
  const world = await lakeWorld(memoryLog())
  await world.publish(airReadings, [airReading])
  await bringUp(folder, world.log)
  for (const layer of ['bronze', 'silver']) {
    const path = join(folder, '_state', layer, 'air.readings.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/,"last":\[[^\]]*\]/, ''))
    expect(readFileSync(path, 'utf8')).not.toContain('"last"')
  }
  await world.publish(airReadings, [{ ...airReading, timestamp: airReading.timestamp - 3_600_000 }])
  await bringUp(folder, world.log)
  expect(await lakeRows(folder, 'silver', airReadings)).toHaveLength(2)
})
