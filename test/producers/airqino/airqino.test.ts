import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../src/core/calendar.ts'
import { airqino } from '../../../src/producers/airqino/airqino.ts'
import { produce } from '../../../src/producers/produce.ts'
import type { Source } from '../../../src/producers/source.ts'
import type { Station } from '../../../src/producers/stations/station.ts'
import type { UpstreamSourceOptions } from '../../../src/producers/upstream-kind.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { memoryKv } from '../../../src/testing/memory-kv.ts'
import { memoryLog } from '../../../src/testing/memory-log.ts'
import { polled } from '../polled.ts'
import { deadLettersIn, readingsIn } from '../published.ts'
import { keepingLogger } from '../quiet-logger.ts'
import { handMadeUpstream } from '../upstreams/hand-made-upstream.ts'

const golden = readFileSync(new URL('./golden/station.json', import.meta.url), 'utf8')
const place = { city: 'Accra', country: 'GH', latitude: null, longitude: null, timeZone: 'Africa/Accra' }
const NOW = Date.UTC(2025, 5, 1)

function open(answer: () => unknown, station: Partial<Station> = {}, more: Partial<UpstreamSourceOptions> = {}) {
  const upstream = handMadeUpstream(answer)
  const source = airqino.open({
    station: { id: 'a', upstreamId: '28/31', place, ...station },
    upstream,
    credentials: { kind: 'none' },
    range: null,
    backfillMs: 0,
    revisionsMs: 0,
    ...more,
  })
  return { upstream, source }
}

describe('An answer', () => {
  test('is mapped row by row, in the order of time: null and absent are missing, zero is a value', async () => {
    const { source, upstream } = open(() => golden)
    const { readings, through, error } = await polled(source, { clock: manualClock(NOW) })
    const common = {
      intervalMinutes: 60,
      location: { ...place, latitude: 5.369345664978027, longitude: 0.05000000074505806 },
      revisedAt: null,
      ingestedAt: 0,
      dataOrigin: 'airqino',
      stationId: 'a',
    }
    const none = { co: null, no2: null, o3: null, pm10: null, pm25: null, temperature: null, humidity: null }
    const hour = (h: number): number => Date.UTC(2023, 8, 10, h)
    const first = { co: 0, no2: 17.839743, o3: 35.581387, pm10: 9.966666, pm25: 2.9333334 }
    expect(error).toBeNull()
    expect(readings).toEqual([
      { ...common, timestamp: hour(11), ...first, temperature: 29.376667, humidity: 73.753334 },
      { ...common, ...none, timestamp: hour(12), co: 0.31 },
      { ...common, ...none, timestamp: hour(13), no2: 17.7, pm10: 10.7, pm25: 0, temperature: 29.5 },
    ])
    expect(through).toEqual([hour(14)])
    expect(upstream.asked.map(({ path }) => path)).toEqual(['/v3/getStationHourlyAvg/28%2F31'])
  })

  test('has bad inputs for rows that are none, each with its own JSON', async () => {
    const { bad } = await polled(open(() => golden).source, { clock: manualClock(NOW) })
    expect(bad.map(({ code, station }) => [code, station])).toEqual([
      ['WR_READING_NOT_FINITE', 'a'],
      ['WR_READING_TIMESTAMP', 'a'],
      ['WR_READING_TIMESTAMP', 'a'],
      ['WR_READING_TIMESTAMP', 'a'],
      ['WR_READING_FIELD', 'a'],
    ])
    expect(bad.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as unknown)).toEqual(JSON.parse(golden).data.slice(3))
  })

  test('is of the zone and the unit that the station has', async () => {
    const options = { timestampZone: 'Europe/Rome', coUnit: 'ug/m3' }
    const rows = [
      { timestamp: '2024-03-31 01:00:00', CO: 400 },
      { timestamp: '2024-03-31 02:30:00', CO: 400 },
      { timestamp: '2024-03-31 03:00:00', CO: 400 },
    ]
    const { readings, bad } = await polled(open(() => ({ data: rows }), { options }).source, { clock: manualClock(NOW) })
    expect(readings).toMatchObject([
      { timestamp: Date.UTC(2024, 2, 31, 0), co: 0.4, location: { latitude: null } },
      { timestamp: Date.UTC(2024, 2, 31, 1), co: 0.4 },
    ])
    expect(bad).toMatchObject([{ code: 'WR_READING_TIMESTAMP' }])
  })

  test('of another form is refused with the place of what is wrong', async () => {
    for (const [body, at] of [
      ['{}', 'the document'],
      [{ data: {} }, '/data'],
      [{ header: 1, data: [] }, '/header'],
    ]) {
      const { error } = await polled(open(() => body).source)
      expect(error).toMatchObject({ code: 'WR_UPSTREAM_ANSWER', facts: { place: at } })
    }
  })

  test('gives history of the time that was asked for alone', async () => {
    const range = { from: Date.UTC(2023, 8, 10, 12), to: Date.UTC(2023, 8, 10, 13) }
    const { readings, through } = await polled(open(() => golden, {}, { range }).source, { clock: manualClock(NOW) })
    expect([readings.map(({ timestamp }) => timestamp), through]).toEqual([[range.from], []])
  })

  test('cannot be asked for without the number of the station, or with options that AirQino does not have', () => {
    expect(() => open(() => golden, { upstreamId: null })).toThrow(expect.objectContaining({ code: 'WR_STATION_ID' }))
    expect(() => open(() => golden, { options: { coUnit: 'ppm' } })).toThrow(
      expect.objectContaining({ code: 'WR_STATION_OPTION' }),
    )
    expect(() => open(() => golden, { options: { timestampZone: 'Nowhere' } })).toThrow(
      expect.objectContaining({ code: 'WR_TIME_ZONE' }),
    )
  })
})

interface Row {
  readonly timestamp: string
  readonly CO: number | string
}

const rowOf = (hour: number, co: number | string = hour): Row => ({
  timestamp: new Date(Date.UTC(2022, 0, 1) + hour * HOUR_MS).toISOString().slice(0, 19).replace('T', ' '),
  CO: co,
})

/** A station whose answer is `rows`, polled by one process into a log. */
function world(rows: Row[]) {
  const here = { rows, mapped: 0 }
  const { source } = open(() => ({ data: here.rows }))
  const counting: Source = {
    ...source,
    async *poll(context) {
      here.mapped = 0
      for await (const item of source.poll(context)) {
        if (item.kind !== 'through') here.mapped += 1
        yield item
      }
    },
  }
  const log = memoryLog()
  const kv = memoryKv()
  const clock = manualClock(NOW)
  const poll = () => produce({ log, kv, source: counting, partitions: 1, clock, logger: keepingLogger() })
  return { here, log, clock, poll }
}

describe("A station's whole history at each poll", () => {
  test('that has not changed is looked at once', async () => {
    const { here, poll } = world(Array.from({ length: 500 }, (_, hour) => rowOf(hour)))
    expect(await poll()).toMatchObject({ published: 500 })
    expect(here.mapped).toBe(500)
    expect(await poll()).toMatchObject({ published: 0, revised: 0 })
    expect(here.mapped).toBeLessThanOrEqual(1)
  })

  test('that has not changed tells again what was published last, not a dead letter after it', async () => {
    const { poll } = world([rowOf(1), rowOf(2, 99_999)])
    expect(await poll()).toMatchObject({ published: 1, deadLettered: 1 })
    expect(await poll()).toMatchObject({ unchanged: 1, deadLetteredBefore: 0 })
  })

  test('costs the days that have changed, however old: a new row, a late one, another value', async () => {
    const { here, poll } = world(Array.from({ length: 480 }, (_, hour) => rowOf(hour)).filter((_, hour) => hour !== 30))
    await poll()
    here.rows = [...here.rows, rowOf(480)]
    expect(await poll()).toMatchObject({ published: 1, revised: 0 })
    expect(here.mapped).toBeLessThanOrEqual(2)
    here.rows = [...here.rows, rowOf(30)]
    expect(await poll()).toMatchObject({ published: 1, revised: 0 })
    expect(here.mapped).toBeLessThanOrEqual(25)
    here.rows = here.rows.map((row) => (row.CO === 3 ? { ...row, CO: 3.5 } : row))
    expect(await poll()).toMatchObject({ published: 0, revised: 1 })
    here.rows = here.rows.map((row) => (row.CO === 3.5 ? { ...row, CO: 3 } : row))
    expect(await poll()).toMatchObject({ published: 0, revised: 1 })
  })

  test('leaves of two rows of one hour the later one, whichever is dropped or put before the other', async () => {
    const { here, log, poll } = world([rowOf(0, 1), rowOf(0, 2)])
    const last = async () => (await readingsIn(log, airqino.events[0] as (typeof airqino.events)[number])).at(-1)?.co
    await poll()
    expect(await last()).toBe(2)
    here.rows = [rowOf(0, 2), rowOf(0, 1)]
    await poll()
    expect(await last()).toBe(1)
    here.rows = [rowOf(0, 2)]
    await poll()
    expect(await last()).toBe(2)
  })

  test('has rows that are too early for a reading published when they no longer are', async () => {
    const early = Math.round((NOW - Date.UTC(2022, 0, 1)) / HOUR_MS) + 30
    const { clock, log, poll } = world([rowOf(1), rowOf(early, 1)])
    expect(await poll()).toMatchObject({ published: 1, deadLettered: 1 })
    await clock.advance(DAY_MS)
    expect(await poll()).toMatchObject({ published: 1, deadLettered: 0 })
    expect(await deadLettersIn(log)).toHaveLength(1)
  })

  test('is published again to a log that was deleted and made anew', async () => {
    const { log, poll } = world([rowOf(1), rowOf(2)])
    await poll()
    await log.deleteTopic('air.readings')
    expect(await poll()).toMatchObject({ published: 2 })
  })

  test('is looked at again whole when a poll was not published', async () => {
    const rows = Array.from({ length: 300 }, (_, hour) => rowOf(hour))
    const { here, poll, log } = world(rows)
    await poll()
    const { source } = open(() => ({ data: [...rows, rowOf(300)] }))
    const readThrough = NOW - DAY_MS
    await polled(source, { clock: manualClock(NOW), readThrough })
    const again = await polled(source, { clock: manualClock(NOW), readThrough })
    expect(again.readings).toHaveLength(301)
    expect(here.rows).toHaveLength(300)
    expect(await readingsIn(log, airqino.events[0] as (typeof airqino.events)[number])).toHaveLength(300)
  })
})
