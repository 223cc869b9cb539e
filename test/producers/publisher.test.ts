import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Log } from '../../src/log/port.ts'
import { type ProduceSummary, produce } from '../../src/producers/produce.ts'
import type { SessionOptions } from '../../src/producers/publisher-session.ts'
import type { BadInput, Source } from '../../src/producers/source.ts'
import { CRASH_POINTS, crashingLog } from '../../src/testing/crashing-log.ts'
import { manualClock } from '../../src/testing/manual-clock.ts'
import { type MemoryDisk, memoryDisk, memoryKv } from '../../src/testing/memory-kv.ts'
import { type MemoryLog, memoryLog } from '../../src/testing/memory-log.ts'
import { air, airItem, badItem, HOUR, listSource, type Said, START } from './list-source.ts'
import { deadLettersIn, type LoggedReading, readingsIn, recordsOf, truthOf } from './published.ts'
import { keepingLogger } from './quiet-logger.ts'

const NOW = START + 1000 * HOUR

interface World {
  readonly log: MemoryLog
  readonly disk: MemoryDisk
  readonly clock: ReturnType<typeof manualClock>
}

const world = (): World => ({ log: memoryLog(), disk: memoryDisk(), clock: manualClock(NOW) })

/** One process's life: a poll of what upstream says. */
async function pollOnce(
  { log, disk, clock }: World,
  said: ReadonlyArray<Said | BadInput | Error>,
  options: Partial<SessionOptions> & { readonly through?: (log: Log) => Log } = {},
): Promise<ProduceSummary> {
  const session = log.connect()
  const kv = memoryKv(disk)
  const { through = (plain: Log) => plain, ...rest } = options
  try {
    const source = listSource(() => said)
    return await produce({ log: through(session), kv, source, partitions: 2, clock, logger: keepingLogger(), ...rest })
  } finally {
    session.kill()
    await kv.close()
  }
}

const values = (readings: Iterable<LoggedReading>): unknown[] =>
  [...readings].map((each) => [each.key, (each.timestamp - START) / HOUR, each.co, each.revised_at])
const truth = async ({ log }: World): Promise<unknown[]> =>
  values(truthOf(await readingsIn(log, air)).values()).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

const undated = fc.record({ station: fc.constantFrom('a', 'b'), hour: fc.constantFrom(0, 1, 30, 500), value: fc.nat(4) })
const dated = fc.record({
  station: fc.constantFrom('a', 'b'),
  hour: fc.constantFrom(0, 1, 30),
  value: fc.nat(3),
  revisedAt: fc.option(fc.constantFrom(10, 20, NOW - 1, NOW, NOW + 1, NOW + 2)),
})
const polls = (said: fc.Arbitrary<Said>): fc.Arbitrary<Said[]> => fc.array(said, { maxLength: 25 })

describe('a poll', () => {
  test('publishes what was never seen, keyed by its station, however old, and counts it', async () => {
    const here = world()
    const said = [
      { station: 'a', hour: 5, value: 1 },
      { station: 'a', hour: 4, value: 2 },
      { station: 'é', hour: 4, value: 3, revisedAt: 9 },
      { station: 'a', hour: -24 * 365 * 30, value: 4 },
    ]
    const summary = await pollOnce(here, said)
    expect(summary).toMatchObject({ published: 4, revised: 0, unchanged: 0, stale: 0, deadLettered: 0, polls: 1, stopped: false })
    const readings = await readingsIn(here.log, air)
    expect(values(readings).sort()).toEqual(
      said.map(({ station, hour, value, revisedAt = null }) => [station, hour, value, revisedAt]).sort(),
    )
    expect(readings.map((each) => each.ingested_at)).toEqual([NOW, NOW, NOW, NOW])
  })

  test('of the same things adds nothing, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(polls(undated), polls(dated)), { minLength: 1, maxLength: 3 }),
        fc.nat(5),
        async (history, pause) => {
          const here = world()
          for (const said of history) await pollOnce(here, said)
          const before = await recordsOf(here.log, air.defaultTopic)
          const cursors = await recordsOf(here.log, 'producer.cursors')
          await here.clock.advance(pause)
          const again = await pollOnce(here, history.at(-1) ?? [])
          expect(again).toMatchObject({ published: 0, revised: 0, unchanged: expect.any(Number) })
          expect(again.unchanged + again.stale).toBe(history.at(-1)?.length)
          expect(await recordsOf(here.log, air.defaultTopic)).toEqual(before)
          expect(await recordsOf(here.log, 'producer.cursors')).toEqual(cursors)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('of undated values leaves of each reading the one that was said last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(polls(undated), { maxLength: 4 }), async (history) => {
        const here = world()
        const last = new Map<string, unknown>()
        for (const said of history) {
          await pollOnce(here, said)
          for (const { station, hour, value } of said) last.set(`${station} ${hour}`, [station, hour, value])
        }
        const found = (await truth(here)).map((row) => (row as unknown[]).slice(0, 3))
        expect(found.sort()).toEqual([...last.values()].sort())
      }),
      { numRuns: 30 },
    )
  })

  test('of values that upstream dates comes to the same in any order and in any pieces', async () => {
    const unique = fc.uniqueArray(dated, {
      selector: ({ station, hour, revisedAt }) => `${station} ${hour} ${revisedAt}`,
      maxLength: 20,
    })
    const shuffledCopies = unique.chain((said) =>
      fc.tuple(fc.constant(said), fc.shuffledSubarray(said, { minLength: said.length }), fc.integer({ min: 1, max: 6 })),
    )
    await fc.assert(
      fc.asyncProperty(shuffledCopies, async ([said, shuffled, size]) => {
        const [one, other] = [world(), world()]
        await pollOnce(one, said)
        for (let at = 0; at < shuffled.length; at += size) await pollOnce(other, shuffled.slice(at, at + size))
        expect(await truth(other)).toEqual(await truth(one))
      }),
      { numRuns: 30 },
    )
  })

  test('dates what it publishes anew: later than before, by its clock', async () => {
    const here = world()
    const say = (value: number): Promise<ProduceSummary> => pollOnce(here, [{ station: 'a', hour: 0, value }])
    await say(1)
    expect(await say(2)).toMatchObject({ published: 0, revised: 1 })
    expect(await say(3)).toMatchObject({ revised: 1 })
    await here.clock.advance(5000)
    expect(await say(2)).toMatchObject({ revised: 1 })
    expect(values(await readingsIn(here.log, air))).toEqual([
      ['a', 0, 1, null],
      ['a', 0, 2, NOW],
      ['a', 0, 3, NOW + 1],
      ['a', 0, 2, NOW + 5000],
    ])
  })

  test('gives the same with little memory as with much', async () => {
    const said = [...Array(400).keys()].map((i) => ({ station: `s${i % 7}`, hour: (i * 31) % 600, value: i }))
    const [much, little] = [world(), world()]
    for (const list of [said, [...said].reverse(), said]) {
      await pollOnce(much, list)
      await pollOnce(little, list, { cursorBudgetBytes: 2000, maxBatchRecords: 40 })
    }
    expect(await truth(little)).toEqual(await truth(much))
    expect(await readingsIn(little.log, air)).toHaveLength(400)
  })

  test('keeps readings of one time apart that are of several kinds', async () => {
    const { weatherReadings } = await import('../../src/events/weather.ts')
    const weather = weatherReadings as typeof air
    const source: Source = {
      ...listSource(() => []),
      events: [air, weather],
      async *poll() {
        const item = airItem({ station: 'a', hour: 0, value: 1 })
        yield item
        if (item.kind !== 'reading') return
        const nothing = { pressure: null, windSpeed: null, windDirection: null, precipitation: null, weatherCondition: null }
        const reading = { ...item.reading, ...nothing, isRain: null, isStorm: null, nextHourTemp: null, nextHourPrecip: null }
        yield { ...item, event: weather, reading }
      },
    }
    const here = world()
    expect(await pollOnce(here, [], { source })).toMatchObject({ published: 2 })
    expect(await pollOnce(here, [], { source })).toMatchObject({ published: 0, unchanged: 2 })
    expect(await readingsIn(here.log, weather)).toHaveLength(1)
  })
})

describe('progress', () => {
  test('counts what is being committed too, so that nothing is ever taken back', async () => {
    const here = world()
    const shown: number[] = []
    const said = Array.from({ length: 40 }, (_, hour) => ({ station: 'a', hour, value: hour }))
    const plain = listSource(() => said)
    const source: Source = {
      ...plain,
      async *poll(context) {
        for await (const item of plain.poll(context)) {
          context.progress(0, null)
          yield item
        }
      },
    }
    const progress = {
      begin: () => {},
      end: () => {},
      update: (_done: number, _total: number | null, counts: { published: number }) => void shown.push(counts.published),
    }
    const session = here.log.connect()
    const options = { log: session, kv: memoryKv(here.disk), source, partitions: 2, clock: here.clock, logger: keepingLogger() }
    await produce({ ...options, progress, maxBatchRecords: 3 })
    session.kill()
    expect(shown).toEqual(said.map((_, i) => i))
  })
})

describe('what is no reading', () => {
  test('goes to the dead letters once, with its origin and bytes', async () => {
    const here = world()
    const said = [badItem('oops', 'a', 7), { station: 'a', hour: 0, value: 1 }, badItem('oops', 'a', 9), badItem('oops', 'b')]
    expect(await pollOnce(here, said)).toMatchObject({ published: 1, deadLettered: 2, deadLetteredBefore: 1 })
    expect(await pollOnce(here, said)).toMatchObject({ published: 0, deadLettered: 0, deadLetteredBefore: 3 })
    const letters = await deadLettersIn(here.log)
    const [letter] = letters.filter(({ origin }) => origin.kind === 'source' && origin.station === 'a')
    expect(letters).toHaveLength(2)
    const origin = {
      kind: 'source',
      source: 'test',
      station: 'a',
      hash: said.map((item) => ('hash' in item ? item.hash : ''))[0],
    }
    expect(letter).toMatchObject({ origin, line: 7, code: 'WR_LINE_BROKEN', message: 'broken', valueLength: 4, at: NOW })
    expect(letter?.recordKey).toBe(JSON.stringify(['source', 'test', 'a', origin.hash]))
    expect(Buffer.from(letter?.value ?? []).toString()).toBe('oops')
  })

  test('includes readings that no reader would take, with the code of what is wrong, and the rest is published', async () => {
    const here = world()
    const said = [
      { station: 'a', hour: 1000 + 24, value: 0 },
      { station: 'a', hour: 1000 + 25, value: 1 },
      { station: 'a', hour: 80_000_000, value: 2 },
      { station: 'a', hour: 2.4e9, value: 2 },
      { station: 'a', hour: Number.NaN, value: 2 },
      { station: 'a', hour: 0.1 / HOUR, value: 3 },
      { station: 'a', hour: 3, value: Number.NaN },
      { station: '', hour: 4, value: 5 },
      { station: 'a', hour: 5, value: 6 },
    ]
    for (const [published, deadLettered] of [
      [2, 7],
      [0, 0],
    ]) {
      expect(await pollOnce(here, said)).toMatchObject({ published, deadLettered })
    }
    expect((await deadLettersIn(here.log)).map(({ code }) => code).sort()).toEqual([
      'WR_READING_FUTURE',
      'WR_READING_KEY',
      'WR_READING_NOT_FINITE',
      ...Array(4).fill('WR_READING_TIMESTAMP'),
    ])
    // What was too early then is a reading a day later.
    await here.clock.advance(24 * HOUR)
    expect(await pollOnce(here, said)).toMatchObject({ published: 1, deadLettered: 0 })
  })
})

test('what was published to a topic that is gone is published again to the one made in its place', async () => {
  const here = world()
  const said = [{ station: 'a', hour: 1, value: 2 }]
  expect(await pollOnce(here, said)).toMatchObject({ published: 1 })
  expect(await pollOnce(here, said)).toMatchObject({ published: 0, unchanged: 1 })
  await here.log.deleteTopic(air.defaultTopic)
  expect(await pollOnce(here, said)).toMatchObject({ published: 1, unchanged: 0 })
  expect(await readingsIn(here.log, air)).toHaveLength(1)
})

describe('a producer that dies', () => {
  const said = fc.array(undated, { minLength: 1, maxLength: 40 })
  const plans = fc.record({ point: fc.constantFrom(...CRASH_POINTS), nth: fc.integer({ min: 1, max: 6 }) })

  test('at any point publishes nothing twice and skips nothing once it runs again', async () => {
    await fc.assert(
      fc.asyncProperty(said, fc.array(plans, { maxLength: 4 }), async (list, crashes) => {
        const [smooth, rough] = [world(), world()]
        const options = { maxBatchRecords: 7, cursorBudgetBytes: 3000 }
        const unique = [...new Map(list.map((each) => [`${each.station} ${each.hour}`, each])).values()]
        await pollOnce(smooth, unique, options)
        for (const plan of crashes) {
          await pollOnce(rough, unique, { ...options, through: (log) => crashingLog(log, plan) }).catch((error: unknown) => {
            expect(error).toMatchObject({
              code: expect.stringMatching(/WR_TEST_CRASH|WR_COMMIT_UNKNOWN|WR_DISK_FULL|WR_TEST_LOG_AWAY/),
            })
          })
        }
        await pollOnce(rough, unique, options)
        expect(await truth(rough)).toEqual(await truth(smooth))
        expect(await readingsIn(rough.log, air)).toHaveLength(unique.length)
      }),
      { numRuns: 40 },
    )
  })

  test('by an error of its source has published all that came before', async () => {
    const here = world()
    const before = { station: 'a', hour: 0, value: 1 }
    await expect(pollOnce(here, [before, badItem('x'), new Error('upstream is away')])).rejects.toThrow('upstream is away')
    expect(await truth(here)).toEqual([['a', 0, 1, null]])
    expect(await deadLettersIn(here.log)).toHaveLength(1)
  })
})

describe('a producer that is stopped', () => {
  test('commits what it has taken, and goes on from there', async () => {
    const here = world()
    const stop = new AbortController()
    const said = [...Array(100).keys()].map((i) => ({ station: 'a', hour: i, value: i }))
    const source: Source = {
      ...listSource(() => []),
      async *poll() {
        for (const [i, each] of said.entries()) {
          yield airItem(each)
          if (i === 59) stop.abort()
        }
      },
    }
    const options = { source, maxBatchRecords: 25, signal: stop.signal }
    expect(await pollOnce(here, [], options)).toMatchObject({ published: 60, stopped: true })
    expect(await readingsIn(here.log, air)).toHaveLength(60)
    expect(await pollOnce(here, said)).toMatchObject({ published: 40, unchanged: 60 })
  })

  test('leaves its right to publish to the next; two at once cannot have it', async () => {
    const here = world()
    const held = await here.log.exclusiveWriter('producer:test:*')
    await expect(pollOnce(here, [])).rejects.toMatchObject({ code: 'WR_WRITER_HELD' })
    await held.close()
    await pollOnce(here, [])
  })
})

test('Several sources publish side by side, each with its own memory of what it said', async () => {
  const { log, disk, clock } = world()
  const kv = memoryKv(disk)
  const lists = [0, 1, 2].map((n) => [...Array(50).keys()].map((i) => ({ station: `s${n}`, hour: i, value: i })))
  const run = (): Promise<ProduceSummary[]> =>
    Promise.all(
      lists.map((list, n) =>
        produce({
          log,
          kv,
          source: listSource(() => list, `source-${n}`),
          partitions: 2,
          clock,
          logger: keepingLogger(),
          maxBatchRecords: 9,
        }),
      ),
    )
  expect((await run()).map(({ published }) => published)).toEqual([50, 50, 50])
  expect((await run()).map(({ published, unchanged }) => [published, unchanged])).toEqual([
    [0, 50],
    [0, 50],
    [0, 50],
  ])
})
