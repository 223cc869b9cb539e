import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../../src/core/calendar.ts'
import { Secret } from '../../../src/core/secret.ts'
import { rteConsumption } from '../../../src/producers/rte/rte-consumption.ts'
import { rteGeneration } from '../../../src/producers/rte/rte-generation.ts'
import type { UpstreamKind } from '../../../src/producers/upstream-kind.ts'
import { manualClock } from '../../../src/testing/manual-clock.ts'
import { polled } from '../polled.ts'
import { handMadeUpstream } from '../upstreams/hand-made-upstream.ts'
import { tokenPath } from './token.ts'

const golden = (name: string): string => readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8')
const at = (text: string): number => Date.parse(`2025-01-01T${text}+01:00`)

/** One poll at 23:40 of the first of January 2025, in Paris. */
function pollAt2340(kind: UpstreamKind, body: unknown, options: Readonly<Record<string, string>> = {}) {
  const upstream = handMadeUpstream(({ path }) => tokenPath(path) ?? body)
  const station = { ...(kind.defaultStations?.[0] as NonNullable<UpstreamKind['defaultStations']>[number]), options }
  const source = kind.open({
    station,
    upstream,
    credentials: { kind: 'client', id: 'me', secret: new Secret('mine') },
    range: null,
    backfillMs: DAY_MS / 2,
    revisionsMs: DAY_MS / 2,
  })
  return polled(source, { clock: manualClock(at('23:40:00')) })
}

const common = {
  location: { city: null, country: 'FR', latitude: null, longitude: null, timeZone: 'Europe/Paris' },
  ingestedAt: 0,
  zoneId: 'FR',
}

describe('rte-consumption', () => {
  test('maps each value to a reading of its interval, in the order of time and of revisions', async () => {
    const { readings, through, error } = await pollAt2340(rteConsumption, golden('short-term'))
    const consumption = { ...common, dataOrigin: 'rte-consumption', series: 'consumption', productionType: null }
    const reading = (start: string, intervalMinutes: number, value: number | null, revisedAt: string | null) => ({
      ...consumption,
      timestamp: at(start),
      intervalMinutes,
      value,
      revisedAt: revisedAt === null ? null : at(revisedAt),
    })
    expect(error).toBeNull()
    expect(readings).toEqual([
      reading('00:00:00', 15, 63949, '00:26:03'),
      reading('00:00:00', 15, 63950, '09:00:00'),
      reading('00:15:00', 15, 63423.5, '00:41:03'),
      reading('00:30:00', 15, 62000, null),
      reading('00:45:00', 15, null, null),
      reading('01:00:00', 15, 0, '01:26:00'),
      reading('02:00:00', 30, 61000, '02:40:00'),
    ])
    expect(through).toEqual([at('02:30:00')])
  })

  test('makes bad inputs of values that are none, with their own bytes, and reads on', async () => {
    const { bad } = await pollAt2340(rteConsumption, golden('short-term'))
    expect(bad.map(({ code, message, station }) => [code, message, station])).toEqual([
      ['WR_READING_FIELD', 'value: there is none', 'FR'],
      ['WR_READING_FIELD', 'value: "ND" is not a number', 'FR'],
      ['WR_READING_INTERVAL', 'end_date: 0 minutes after start_date is no whole number of minutes from 1 to 1440', 'FR'],
      ['WR_READING_TIMESTAMP', 'end_date: there is none', 'FR'],
      ['WR_READING_TIMESTAMP', 'start_date: "2025-02-30T02:00:00+01:00" is a day or a time that does not exist', 'FR'],
      ['WR_READING_FIELD', 'the value is no JSON object', 'FR'],
    ])
    expect(bad.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as unknown)).toEqual(
      [6, 7, 8, 9, 10, 11].map((i) => JSON.parse(golden('short-term')).short_term[0].values[i]),
    )
  })

  test.each([
    ['{}', 'the document'],
    ['[]', 'the document'],
    [{ short_term: null }, '/short_term'],
    [{ short_term: [{ type: 'REALISED', values: 'none' }] }, '/short_term/0/values'],
    [{ short_term: [{ values: [] }] }, '/short_term/0'],
    [{ short_term: [{ type: 'REALISED' }, 7] }, '/short_term/1'],
  ])('refuses %j, which is no answer of the API', async (body, place) => {
    const { error, readings, bad } = await pollAt2340(rteConsumption, body)
    expect(error).toMatchObject({ code: 'WR_UPSTREAM_ANSWER', facts: { place }, remedy: expect.any(String) })
    expect([readings, bad]).toEqual([[], []])
  })

  test('takes an answer without values for what it is: nothing is known yet', async () => {
    const { readings, bad, through, error } = await pollAt2340(rteConsumption, { short_term: [] })
    expect({ readings, bad, through, error }).toEqual({ readings: [], bad: [], through: [], error: null })
  })
})

describe('rte-generation', () => {
  const generation = { ...common, dataOrigin: 'rte-generation', series: 'production', intervalMinutes: 60 }

  test('maps the values of every type to a series of its own, of the length that they have', async () => {
    const { readings, bad, through } = await pollAt2340(rteGeneration, golden('actual-generations'))
    expect(readings).toEqual([
      { ...generation, productionType: 'SOLAR', timestamp: at('10:00:00'), value: -4, revisedAt: at('11:31:00') },
      { ...generation, productionType: 'NUCLEAR', timestamp: at('10:00:00'), value: 51000, revisedAt: at('11:31:00') },
      { ...generation, productionType: 'SOLAR', timestamp: at('11:00:00'), value: 3120, revisedAt: at('12:31:00') },
    ])
    expect(bad.map(({ message }) => message)).toEqual([
      'SOLAR: value: "ND" is not a number',
      'NUCLEAR: value: "ND" is not a number',
    ])
    expect(new Set(bad.map(({ hash }) => hash)).size).toBe(2)
    // What NUCLEAR lacks is asked for again.
    expect(through).toEqual([at('11:00:00')])
  })

  test('asks once a type where types are configured, and takes no other', async () => {
    const asked: unknown[] = []
    const upstream = handMadeUpstream(({ path, query }) => {
      const token = tokenPath(path)
      if (token === null) asked.push(query.production_type)
      return token ?? golden('actual-generations')
    })
    const [station] = rteGeneration.defaultStations ?? []
    if (station === undefined) throw new Error('there is no default station')
    const source = rteGeneration.open({
      station: { ...station, options: { productionTypes: 'SOLAR,WIND_ONSHORE' } },
      upstream,
      credentials: { kind: 'client', id: 'me', secret: new Secret('mine') },
      range: { from: at('00:00:00'), to: at('12:00:00') },
      backfillMs: 0,
      revisionsMs: 0,
    })
    const { readings, through } = await polled(source, { clock: manualClock(at('23:40:00')) })
    expect(asked).toEqual(['SOLAR', 'WIND_ONSHORE'])
    expect(new Set(readings.map(({ productionType }) => productionType))).toEqual(new Set(['SOLAR']))
    expect(through).toEqual([])
  })

  test('takes of the mix the sums of the types', async () => {
    const value = {
      start_date: '2025-01-01T10:00:00+01:00',
      end_date: '2025-01-01T10:15:00+01:00',
      updated_date: '2025-01-01T10:31:00+01:00',
    }
    const mix = [
      { production_type: 'WIND', production_subtype: 'TOTAL', values: [{ ...value, value: 5000 }] },
      { production_type: 'WIND', production_subtype: 'OFFSHORE', values: [{ ...value, value: 600 }] },
    ]
    const body = { generation_mix_15min_time_scale: mix }
    const { readings } = await pollAt2340(rteGeneration, body, { resource: 'generation_mix_15min_time_scale' })
    expect(readings).toMatchObject([{ productionType: 'WIND', value: 5000, intervalMinutes: 15 }])
  })

  test('refuses options that it does not have', async () => {
    await expect(pollAt2340Rejected({ types: 'SOLAR' })).rejects.toMatchObject({ code: 'WR_STATION_OPTION' })
    await expect(pollAt2340Rejected({ productionTypes: 'SOLAR;WIND' })).rejects.toMatchObject({ code: 'WR_STATION_OPTION' })
  })
})

async function pollAt2340Rejected(options: Readonly<Record<string, string>>): Promise<unknown> {
  return pollAt2340(rteGeneration, '{}', options)
}
