import { describe, expect, test } from 'vitest'
import { readState, writeState } from '../../../src/api/page/app-state.js'
import { mergeSeries } from '../../../src/api/page/charts/merge-series.js'
import {
  chooseComparison,
  LINE_LOOKS,
  MOST_STATIONS,
  spanOfStations,
  zoneText,
} from '../../../src/api/page/sections/comparison.js'

const HOUR = 3_600_000
type Row = Record<string, string | number | boolean | null>
const station = (id: string, change: Row = {}) => ({
  ...{ kind: 'weather', station_id: id, city: id, country: null, latitude: null, longitude: null, time_zone: 'Europe/Paris' },
  ...{ interval_minutes: 60, first_reading: '2026-01-01T00:00:00Z', last_reading: '2026-03-31T09:00:00Z' },
  ...change,
})
const everyView = { has: () => true }
const stations = [
  station('paris'),
  station('paris-2', { city: 'paris' }),
  station('oslo', { time_zone: 'Europe/Oslo' }),
  station('sydney', { time_zone: 'Australia/Sydney' }),
  station('old', { last_reading: '2026-01-03T00:00:00Z' }),
  station('FR', { kind: 'energy', interval_minutes: 15 }),
]
const choose = (search: string) => chooseComparison(readState(search), stations, everyView)
const ids = (search: string) => choose(search)?.stations.map(({ station_id }) => station_id)

describe('what is compared', () => {
  test('is what the address says, in its order, and the address is made from it', () => {
    const address = '/?tab=compare&stations=sydney&stations=paris&quantity=humidity&range=30d'
    expect(ids(address)).toEqual(['sydney', 'paris'])
    expect(choose(address)?.quantity.id).toBe('humidity')
    expect(writeState(readState(new URL(address, 'http://x').search))).toBe(address)
  })

  test('begins with live stations, one of each city first', () => {
    expect(ids('?tab=compare')).toEqual(['oslo', 'paris', 'sydney', 'paris-2'])
  })

  test('says which stations of the address there are not, and is never of more than can be told apart', () => {
    expect(choose('?stations=nowhere&stations=oslo')).toMatchObject({ unknown: ['nowhere'], stations: [{ station_id: 'oslo' }] })
    const many = Array.from({ length: 20 }, (_, i) => station(`s${i}`))
    const search = `?${many.map(({ station_id }) => `stations=${station_id}`).join('&')}`
    expect(chooseComparison(readState(search), many, everyView)?.stations).toHaveLength(MOST_STATIONS)
    expect(new Set(LINE_LOOKS.map(({ color, look }) => `${color} ${look}`)).size).toBe(MOST_STATIONS)
  })

  test('has only the steps in which its quantity is kept', () => {
    expect(choose('?quantity=trend')).toMatchObject({ step: { id: 'months' }, steps: [{ id: 'months' }] })
    expect(choose('?kind=energy&quantity=load-factor&step=intervals')).toMatchObject({ kind: 'energy', step: { id: 'days' } })
    expect(choose('?kind=air')).toMatchObject({ kind: 'weather', kinds: ['weather', 'energy'] })
    expect(chooseComparison(readState(''), [], everyView)).toBe(null)
  })

  test('sums over a week are those of days', () => {
    expect([choose('?quantity=precipitation')?.step.id, choose('?quantity=precipitation&range=24h')?.step.id]).toEqual([
      'days',
      'hours',
    ])
    expect(choose('?quantity=humidity')?.step.id).toBe('hours')
  })

  test('spans from the first reading of any to the newest', () => {
    const span = spanOfStations([
      station('a', { last_reading: '2026-02-01T00:00:00Z' }),
      station('b', { first_reading: '2025-01-01T00:00:00Z' }),
    ])
    expect(span).toMatchObject({ station_id: 'a', first_reading: '2025-01-01T00:00:00Z', last_reading: '2026-03-31T09:00:00Z' })
  })

  test('says whose times the axis has', () => {
    const [paris, , oslo, sydney] = stations as [(typeof stations)[0], unknown, (typeof stations)[0], (typeof stations)[0]]
    expect(zoneText([paris, paris], 'instant')).toBe('Times of Europe/Paris')
    expect(zoneText([sydney, paris, oslo], 'instant')).toBe(
      'Times of Australia/Sydney, the zone of sydney, for all of them; the others are in Europe/Paris, Europe/Oslo',
    )
    expect(zoneText([sydney, paris], 'day')).toContain("Days are those of each station's own calendar")
  })
})

describe('several lines over one axis', () => {
  const entry = (start: number, end: number, value: number | null, complete = true) => ({
    key: `${start}`,
    row: { value, complete },
    start: start * HOUR,
    end: end * HOUR,
  })
  const merge = (...lines: ReturnType<typeof entry>[][]) =>
    mergeSeries(
      lines.map((entries) => ({
        entries,
        value: (row: Row) => row.value as number | null,
        unsure: (row: Row) => row.complete === false,
      })),
    )
  const column = (grid: ReturnType<typeof merge>, name: string) =>
    grid.entries.map((each) => (each === null ? null : each.row[name]))

  test('with the same windows share their points', () => {
    const grid = merge([entry(0, 1, 1), entry(1, 2, 2)], [entry(0, 1, 5), entry(1, 2, null)])
    expect(grid.x).toEqual([1800, 5400])
    expect([column(grid, 'v0'), column(grid, 'v1')]).toEqual([
      [1, 2],
      [5, null],
    ])
  })

  test('go on across points of others, which yet tell what they are there', () => {
    const grid = merge([entry(0, 2, 10), entry(2, 4, 20)], [entry(0, 1, 1), entry(1, 2, 2), entry(2, 3, 3), entry(3, 4, 4)])
    expect(grid.x.map((x) => (x * 1000) / HOUR)).toEqual([0.5, 1, 1.5, 2.5, 3, 3.5])
    expect(column(grid, 'v0')).toEqual([undefined, 10, undefined, undefined, 20, undefined])
    expect(column(grid, 'c0')).toEqual([10, 10, 10, 20, 20, 20])
    expect(grid.entries.map((each) => each && (each.end - each.start) / HOUR)).toEqual([1, 1, 1, 1, 1, 1])
  })

  test('a gap of one is a gap of it alone, even where no other has a point', () => {
    const grid = merge([entry(0, 1, 1), entry(2, 3, 3)], [entry(0, 3, 9)])
    expect(grid.x.map((x) => (x * 1000) / HOUR)).toEqual([0.5, 1.5, 2.5])
    expect([column(grid, 'v0'), column(grid, 'v1')]).toEqual([
      [1, null, 3],
      [undefined, 9, undefined],
    ])
  })

  test('where nobody measured there is nothing to point at, and what is open is told by line', () => {
    const grid = merge([entry(0, 1, 1), entry(4, 5, 3, false)], [entry(0, 1, 2)])
    expect(grid.entries[1]).toBe(null)
    expect([column(grid, 'u0'), column(grid, 'u1'), column(grid, 'complete')]).toEqual([
      [false, null, true],
      [false, null, false],
      [true, null, false],
    ])
  })
})
