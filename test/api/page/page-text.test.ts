import { describe, expect, test } from 'vitest'
import { readState, writeState } from '../../../src/api/page/app-state.js'
import { cellText, columnLabel } from '../../../src/api/page/column-text.js'
import { bytesText, compassPoint, numberText, quantityText } from '../../../src/api/page/number-format.js'
import { resolveRange } from '../../../src/api/page/range.js'
import { createRates, durationText, isAtWork, progressText } from '../../../src/api/page/replay-progress.js'
import { silenceOf } from '../../../src/api/page/silence.js'

const station = {
  kind: 'energy',
  station_id: 'FR',
  city: null,
  country: 'FR',
  latitude: null,
  longitude: null,
  time_zone: 'Europe/Paris',
  interval_minutes: 15,
  first_reading: '2026-01-01T00:00:00Z',
  last_reading: '2026-03-31T09:45:00Z',
}
const iso = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString())

describe('numbers and names for people', () => {
  test('a quantity has its unit and the digits that it deserves', () => {
    expect(quantityText(13.24, 'Cel')).toBe('13.2 °C')
    expect(quantityText(-3, 'Cel')).toBe('−3.0 °C')
    expect(quantityText(63949, 'MW')).toBe('63,949 MW')
    expect(quantityText(0.1234, '1')).toBe('12.3 %')
    expect(quantityText(298, 'deg')).toBe('298°')
    expect(numberText(-0.001, 'Cel')).toBe('0.0')
    expect(bytesText(4_200_000)).toBe('4.2 MB')
    expect(compassPoint(-10)).toBe('N')
    expect(compassPoint(298)).toBe('WNW')
  })

  test('a column of any view has a name, whatever it is called', () => {
    expect(['pm25_mean', 'consumption_energy_mwh', 'co_exceeds_who', 'station_id', 'wholly_new_column'].map(columnLabel)).toEqual(
      ['PM2.5 mean', 'Consumption energy', 'CO exceeds WHO', 'Station', 'Wholly new column'],
    )
  })

  test('null is a dash, an instant is on the clock of the zone', () => {
    const column = { name: 'updated_at', type: 'instant', unit: null, doc: '', nullable: true, is_key: false } as const
    expect(cellText(column, null, 'UTC')).toBe('–')
    expect(cellText(column, '2026-03-29T01:00:00Z', 'Europe/Paris')).toBe('2026-03-29 03:00')
  })
})

describe('silence', () => {
  const now = Date.parse('2026-04-30T10:00:00Z')

  test('is told where no station has said anything for longer than its cadence explains', () => {
    expect(silenceOf([station], now)).toBe(30 * 86_400_000)
    const live = { ...station, last_reading: '2026-04-30T09:30:00Z' }
    expect(silenceOf([station, live], now)).toBe(null)
    expect(silenceOf([], now)).toBe(null)
    expect(silenceOf([{ ...station, interval_minutes: 1440, last_reading: '2026-04-27T00:00:00Z' }], now)).toBe(null)
  })
})

describe('the address of the page', () => {
  test('reproduces what is shown', () => {
    const address =
      '/?tab=air&station=283164601&range=30d&why=%5B%22daily_sensor_means%22%2C%22283164601%22%2C%222026-03-31%22%5D'
    expect(writeState(readState(new URL(address, 'http://x').search))).toBe(address)
  })

  test('says only what differs from where everybody begins, and ignores nonsense', () => {
    expect(writeState(readState(''))).toBe('/')
    expect(writeState(readState('?tab=nonsense&range=fortnight&from=yesterday'))).toBe('/')
    expect(writeState(readState('?range=7d&from=2026-01-01&to=2026-01-02'))).toBe('/')
  })
})

describe('ranges', () => {
  const newest = Date.parse('2026-03-31T10:00:00Z')
  const range = (search: string, window: 'instant' | 'day' | 'month', leastHours = 0) => {
    const { from, to } = resolveRange(readState(search), station, newest, { window, leastHours })
    return [iso(from), iso(to)]
  }

  test('end with the newest reading, so that an old recording is seen too', () => {
    expect(range('?range=24h', 'instant')).toEqual(['2026-03-30T10:00:00.000Z', null])
  })

  test('of days begin with a local day: seven days are seven bars, over a change of clocks too', () => {
    expect(range('?range=7d', 'day')).toEqual(['2026-03-24T23:00:00.000Z', null])
    expect(range('?range=24h', 'day')).toEqual(['2026-03-30T22:00:00.000Z', null])
    expect(range('?range=24h', 'day', 168)).toEqual(['2026-03-24T23:00:00.000Z', null])
  })

  test('of months begin with the whole month that they begin in', () => {
    expect(range('?range=90d', 'month')).toEqual(['2025-12-31T23:00:00.000Z', null])
    expect(range('?range=all', 'month')).toEqual(['2025-12-31T23:00:00.000Z', null])
  })

  test('of one’s own are whole local days, the last one included', () => {
    expect(range('?range=custom&from=2026-03-29&to=2026-03-29', 'instant')).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ])
  })
})

describe('a replay that is under way', () => {
  type Replay = Parameters<typeof progressText>[0]
  const replay = (change: Partial<Replay>): Replay => ({
    id: 'a',
    view: 'weather_daily',
    state: 'building',
    stale: false,
    generation: 2,
    from: null,
    rollback: false,
    read: 0,
    to_read: 1_000_000,
    started_at: '2026-04-01T09:00:00Z',
    updated_at: '2026-04-01T09:00:00Z',
    host: 'fog',
    pid: 1,
    error: null,
    ...change,
  })

  test('says how far it is, and how fast and how long still once it has told twice', () => {
    const rates = createRates()
    const told = (read: number, seconds: number): string => {
      const now = replay({ read, updated_at: new Date(Date.UTC(2026, 3, 1, 9, 0, seconds)).toISOString() })
      rates.take([now, { ...now, view: 'stations' }])
      return progressText(now, rates.of(now))
    }
    expect(told(100_000, 0)).toBe('10 %')
    expect(told(100_000, 0)).toBe('10 %')
    expect(told(300_000, 2)).toBe('30 % · 100,000/s · 7 s left')
    // Asked again before it told anything new.
    expect(told(300_000, 2)).toBe('30 % · 100,000/s · 7 s left')
    expect(told(300_000, 4)).toBe('30 % · 0/s')
    expect(told(1_000_000, 6)).toBe('100 % · 350,000/s')
    // One that is gone on with begins at what was committed.
    expect(told(200_000, 20)).toBe('20 %')
  })

  test('is at work until it is done, has failed, or its process has died', () => {
    expect(isAtWork(replay({}))).toBe(true)
    expect(isAtWork(replay({ state: 'handover' }))).toBe(true)
    expect(isAtWork(replay({ stale: true }))).toBe(false)
    expect(isAtWork(replay({ state: 'done' }))).toBe(false)
    expect(isAtWork(replay({ state: 'failed' }))).toBe(false)
  })

  test('a duration has the units that matter', () => {
    expect([200, 8_400, 60_000, 200_000, 7_500_000].map(durationText)).toEqual(['1 s', '8 s', '1 min', '3 min 20 s', '2 h 5 min'])
  })
})
