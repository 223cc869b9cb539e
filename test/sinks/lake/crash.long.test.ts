import { cpSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../../src/core/calendar.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { airReadings } from '../../../src/events/air.ts'
import type { Reading } from '../../../src/events/reading.ts'
import { localFolder } from '../../../src/sinks/lake/storage/local-folder.ts'
import type { LakeStorage } from '../../../src/sinks/lake/storage/storage.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { airReading } from '../../events/readings.ts'
import { tempDirectory } from '../temp-directory.ts'
import { bronzeOf, inLogOrder, type LakeWorld, lakeRows, lakeWorld, run, silverOf } from './lake-world.ts'
import { folderStorage } from './storage/folder-storage.ts'

const HOUR = 3_600_000
/** Several parts a day. */
const tuning = { fileRows: 4, memoryMb: 128 }

type Air = typeof airReading & Reading

/** Hours of two days of two stations, of which later rounds bring some late and some revised. */
function readingsOf(round: number): Air[] {
  const hours = round === 0 ? [0, 1, 2, 3, 4, 22, 23, 24, 25] : [2, 5, 24, 26]
  return hours.flatMap((hour, i) =>
    ['smart188', 'smart189'].map((stationId) => ({
      ...airReading,
      stationId,
      timestamp: airReading.timestamp + hour * HOUR,
      ingestedAt: airReading.ingestedAt + (round * 100 + hour) * HOUR,
      revisedAt: round > 0 && i % 2 === 0 ? airReading.ingestedAt + round * HOUR : null,
      co: round + hour / 100,
    })),
  )
}

async function writeOnce(storage: LakeStorage, { log }: LakeWorld, keepDays: number | null = null): Promise<'done' | 'crashed'> {
  const runner = await run({ storage, log, tuning, keepDays })
  try {
    await runner.done
    return 'done'
  } catch (error) {
    if (error instanceof Error && error.message === 'crashed') return 'crashed'
    throw error
  } finally {
    await runner.stop()
  }
}

async function expectEqualToLog(folder: string, { published }: LakeWorld): Promise<void> {
  expect(await lakeRows(folder, 'bronze', airReadings)).toEqual(inLogOrder(bronzeOf(airReadings, published)))
  expect(await lakeRows(folder, 'silver', airReadings)).toEqual(inLogOrder(silverOf(airReadings, published)))
}

async function world(): Promise<LakeWorld> {
  const made = await lakeWorld(memoryLog())
  await made.publish(airReadings, readingsOf(0))
  return made
}

describe('a writer of the lake that ends in the middle of a flush', () => {
  /** Every fifth call of a flush; the other test takes others. All of them would take five times as long. */
  const STRIDE = 5

  test.each([
    ['before', 1],
    ['after', 3],
  ] as const)('%s a call of the storage, leaves what the next one makes equal to the log', async (when, first) => {
    const of = await world()
    const begun = tempDirectory()
    await writeOnce(folderStorage(begun), of)
    await of.publish(airReadings, readingsOf(1))
    for (let call = first, isOver = false; !isOver; call += STRIDE) {
      const folder = tempDirectory()
      cpSync(begun, folder, { recursive: true })
      const dying = folderStorage(folder)
      dying.crashAt(call, when)
      isOver = (await writeOnce(dying, of)) === 'done'
      if (isOver) expect(call).toBeGreaterThan(20)
      else expect(await writeOnce(folderStorage(folder), of)).toBe('done')
      await expectEqualToLog(folder, of)
    }
  })
})

test('days that bronze is not to keep go, wherever a process ends that removes them, and all others stay', async () => {
  const of = await world()
  const begun = tempDirectory()
  await writeOnce(folderStorage(begun), of)
  await of.publish(airReadings, readingsOf(1))
  const second = airReading.timestamp + 24 * HOUR
  const keepDays = Math.floor(systemClock.now() / DAY_MS) - second / DAY_MS
  for (let call = 1, isOver = false; !isOver; call += 6) {
    const folder = tempDirectory()
    cpSync(begun, folder, { recursive: true })
    const dying = folderStorage(folder)
    dying.crashAt(call, call % 12 === 1 ? 'before' : 'after')
    isOver = (await writeOnce(dying, of, keepDays)) === 'done'
    expect(await writeOnce(folderStorage(folder), of, keepDays)).toBe('done')
    const kept = bronzeOf(airReadings, of.published).filter(({ timestamp }) => Number(timestamp) >= second)
    expect(await lakeRows(folder, 'bronze', airReadings)).toEqual(inLogOrder(kept))
    expect(await lakeRows(folder, 'silver', airReadings)).toEqual(inLogOrder(silverOf(airReadings, of.published)))
  }
})

test('a write that was on its way when another came to have the lake changes nothing', async () => {
  for (const layer of ['bronze', 'silver']) {
    const folder = tempDirectory()
    const of = await world()
    await writeOnce(folderStorage(folder), of)
    await of.publish(airReadings, readingsOf(1))
    const inner = folderStorage(folder)
    let isLate = false
    const sleeping: LakeStorage = {
      ...inner,
      describe: () => 'the same by another name',
      async store(path, name, expected) {
        if (!isLate && name.startsWith(layer)) {
          isLate = true
          await of.publish(airReadings, readingsOf(2))
          expect(await writeOnce(folderStorage(folder), of)).toBe('done')
        }
        return inner.store(path, name, expected)
      },
    }
    await writeOnce(sleeping, of)
    expect(isLate).toBe(true)
    await expectEqualToLog(folder, of)
  }
})

test('a lake that has moved goes on where it was', async () => {
  const from = tempDirectory()
  const to = tempDirectory()
  const of = await world()
  for (const round of [1, 2, 3]) {
    expect(await writeOnce(localFolder(from), of)).toBe('done')
    await of.publish(airReadings, readingsOf(round))
  }
  cpSync(from, to, { recursive: true })
  expect(await writeOnce(localFolder(to), of)).toBe('done')
  await expectEqualToLog(to, of)
})

test('two writers at a time that do not know of each other make the lake of one', async () => {
  const folder = tempDirectory()
  const of = await world()
  // By another name of the same place each has a lease of its own.
  const other: LakeStorage = { ...folderStorage(folder), describe: () => 'the same by another name' }
  for (const round of [1, 2]) {
    await Promise.all([writeOnce(folderStorage(folder), of), writeOnce(other, of)])
    await of.publish(airReadings, readingsOf(round))
  }
  await writeOnce(folderStorage(folder), of)
  await expectEqualToLog(folder, of)
})
